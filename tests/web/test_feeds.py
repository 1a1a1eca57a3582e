"""Feeds and the map of the site: true Atom, a visitor's eyes, cheap to ask again, and gone when nobody shall come."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from flask import Flask
from sqlalchemy import text

from forum.accounts.viewer import Viewer
from forum.discussion import service
from forum.discussion.inputs import EditInput
from forum.discussion.models import Post, Thread
from forum.kit.db import db, transaction
from forum.moderation import publishing
from tests.people import Browser, People

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
BOSS = Viewer(id=0, role="owner", username="boss", name="Boss")


@pytest.fixture
def ada(people: People) -> Viewer:
    """A member in a community with one category."""
    people.category("Help", description="Questions & answers")
    return people.user("ada")


def read(browser: Browser, path: str) -> ElementTree.Element:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return ElementTree.fromstring(answer.data)  # noqa: S314 - our own document


def titles(feed: ElementTree.Element) -> list[str]:
    return [entry.findtext(f"{ATOM}title") or "" for entry in feed.iter(f"{ATOM}entry")]


def locations(sitemap: ElementTree.Element) -> list[str]:
    return [found.text or "" for found in sitemap.iter(f"{MAP}loc")]


def hide(people: People, post_id: int, state: str = "hidden") -> None:
    with people.app.app_context(), transaction() as session:
        post = session.get_one(Post, post_id)
        service.set_visibility(BOSS, session.get_one(Thread, post.thread_id), post, state, reason="test")


def test_the_latest_feed_is_atom_with_everything_a_reader_needs(people: People, ada: Viewer) -> None:
    body = 'Look [here](/u/ada) & write `<a href="/x">`.'
    thread, _ = people.thread(ada, "help", title='Why "so" <slow> & old?', body=body, tags=["valve"])
    answer = people.browser().get("/feeds/latest.atom")
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert "Set-Cookie" not in answer.headers
    feed = ElementTree.fromstring(answer.data)  # noqa: S314 - our own document
    assert feed.get(XML_LANG) == "en"
    assert feed.find(f"{ATOM}link[@rel='self']").get("href") == "http://localhost/feeds/latest.atom"  # type: ignore[union-attr]  # it is there
    entry = feed.find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}title") == 'Why "so" <slow> & old?'
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "ada"
    assert entry.findtext(f"{ATOM}author/{ATOM}uri") == "http://localhost/u/ada"
    assert entry.find(f"{ATOM}category").get("term") == "valve"  # type: ignore[union-attr]  # it is there
    assert entry.find(f"{ATOM}link").get("href").startswith(f"http://localhost/t/{thread}/")  # type: ignore[union-attr]  # it is there
    assert entry.findtext(f"{ATOM}updated").endswith("Z")  # type: ignore[union-attr]  # it is there
    html = entry.findtext(f"{ATOM}content") or ""
    assert '<a href="http://localhost/u/ada"' in html
    assert '<code>&lt;a href="/x"&gt;</code>' in html


def test_an_entry_keeps_its_id_when_its_title_changes(people: People, ada: Viewer) -> None:
    _, post = people.thread(ada, "help", title="The first title", tags=[])

    def ids() -> list[str | None]:
        return [
            entry.findtext(f"{ATOM}id") for entry in read(people.browser(), "/feeds/latest.atom").iter(f"{ATOM}entry")
        ]

    before = ids()
    with people.app.app_context():
        given = EditInput(post_id=post, version=1, body="Another text altogether.", title="The second title", tags=[])
        prepared = publishing.prepare(ada, given)
        with transaction():
            publishing.publish(prepared)
    assert ids() == before
    assert titles(read(people.browser(), "/feeds/latest.atom")) == ["The second title"]


def test_the_last_spoken_in_stands_first_and_thirty_are_enough(app: Flask, people: People, ada: Viewer) -> None:
    people.settings(threads_per_day=100, threads_first_day=100)
    first, _ = people.thread(ada, "help", title="The oldest of all", body="Number one of many")
    for number in range(31):
        people.thread(ada, "help", title=f"Question number {number:02}", body=f"What about the case {number}?")
    people.reply(people.user("bob"), first)
    found = titles(read(people.browser(), "/feeds/latest.atom"))
    assert (len(found), found[0], found[1]) == (30, "The oldest of all", "Question number 30")


def test_a_thread_has_a_feed_of_its_posts(people: People, ada: Viewer) -> None:
    thread, _ = people.thread(ada, "help", title="How do I begin?")
    reply = people.reply(people.user("bob"), thread, "With the **first** step.")
    people.reply(ada, thread, "Thank you very much.", parent_id=reply)
    feed = read(people.browser(), f"/t/{thread}.atom")
    assert titles(feed) == ["Comment by ada", "Reply by bob", "How do I begin?"]
    links = [entry.find(f"{ATOM}link").get("href") for entry in feed.iter(f"{ATOM}entry")]  # type: ignore[union-attr]  # it is there
    assert links[1] == f"http://localhost/p/{reply}"


def test_a_feed_speaks_the_language_of_the_community_whoever_asks(people: People, ada: Viewer) -> None:
    people.settings(locale="ko")
    thread, _ = people.thread(ada, "help", title="밸브가 닫히지 않아요", body="어떻게 해야 밸브를 닫을 수 있나요?")
    people.reply(ada, thread, "두 번 돌리면 됩니다. 고맙습니다.")
    feed = read(people.browser(), f"/t/{thread}.atom")
    assert feed.get(XML_LANG) == "ko"
    assert [entry.get(XML_LANG) for entry in feed.iter(f"{ATOM}entry")] == ["ko", "ko"]
    assert "ada" in titles(feed)[0]
    assert "Reply by" not in titles(feed)[0]


@pytest.mark.parametrize("state", ["held", "hidden", "removed", "author_deleted", "blinded_kr", "erased"])
def test_what_a_visitor_may_not_see_is_in_no_feed_and_on_no_map(people: People, ada: Viewer, state: str) -> None:
    thread, opening = people.thread(ada, "help", title="A thread with a secret", body="The zqsecret text.")
    other, _ = people.thread(ada, "help", title="Another thread", body="Nothing to hide in here.")
    reply = people.reply(ada, other, "A reply with zqsecret in it.")
    hide(people, opening, state)
    hide(people, reply, state)
    browser = people.browser(ada)  # a feed is a visitor's view, whoever asks
    for path in ("/feeds/latest.atom", "/c/help.atom", f"/t/{other}.atom", "/sitemap/0.xml"):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert "secret" not in answer.text, path
    assert browser.get(f"/t/{thread}.atom").status_code == 404


def test_a_closed_category_has_neither_feed_nor_place(people: People, ada: Viewer) -> None:
    people.category("Team only", read_role="staff")
    boss = people.user("boss", role="owner")
    thread, _ = people.thread(boss, "team-only", title="A plan nobody may see", body="Secret plans of the team.")
    browser = people.browser(boss)
    assert browser.get("/c/team-only.atom").status_code == browser.get(f"/t/{thread}.atom").status_code == 404
    for path in ("/feeds/latest.atom", "/sitemap.xml", "/sitemap/places.xml", "/sitemap/0.xml"):
        text_ = browser.get(path).text
        assert "plan" not in text_, path
        assert "team-only" not in text_, path
    assert "atom" not in browser.get("/c/team-only").text


def test_what_does_not_exist_has_no_feed(people: People, ada: Viewer) -> None:
    for path in ("/c/nowhere.atom", "/t/999999.atom", "/t/99999999999999999999.atom", "/sitemap/7.xml"):
        assert people.browser().get(path).status_code == 404, path


def test_who_asks_again_gets_nothing_new_until_there_is_something_new(people: People, ada: Viewer) -> None:
    thread, _ = people.thread(ada, "help")
    for path in ("/feeds/latest.atom", "/c/help.atom", f"/t/{thread}.atom", "/sitemap/0.xml", "/sitemap.xml"):
        browser = people.browser()
        first = browser.get(path)
        assert first.headers["Cache-Control"] == "public, max-age=60"
        again = browser.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b""), path
        if "Last-Modified" in first.headers:
            since = {"If-Modified-Since": first.headers["Last-Modified"]}
            assert browser.get(path, headers=since).status_code == 304, path
    etag = people.browser().get("/feeds/latest.atom").headers["ETag"]
    people.reply(people.user("bob"), thread)
    assert people.browser().get("/feeds/latest.atom", headers={"If-None-Match": etag}).status_code == 200


def test_an_empty_community_has_empty_feeds(people: People, ada: Viewer) -> None:
    assert titles(read(people.browser(), "/feeds/latest.atom")) == []
    assert locations(read(people.browser(), "/sitemap.xml")) == [
        "http://localhost/sitemap/places.xml",
        "http://localhost/sitemap/0.xml",
    ]
    assert locations(read(people.browser(), "/sitemap/0.xml")) == []


def test_a_control_character_breaks_no_feed(app: Flask, people: People, ada: Viewer) -> None:
    thread, _ = people.thread(ada, "help", title="A plain title")
    with app.app_context(), transaction() as session:
        session.execute(text("UPDATE thread SET title = :t"), {"t": "A \x0b title ￾ with \x1f control"})
    assert titles(read(people.browser(), "/feeds/latest.atom")) == ["A  title  with  control"]
    assert read(people.browser(), f"/t/{thread}.atom") is not None


def test_the_map_names_each_thread_once_on_a_map_of_its_numbers(
    app: Flask, people: People, ada: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forum.web.feeds.THREADS_PER_MAP", 3)
    people.settings(threads_per_day=100, threads_first_day=100)
    made = [people.thread(ada, "help", title=f"Question number {n}", body=f"What about {n}?")[0] for n in range(8)]
    browser = people.browser()
    maps = locations(read(browser, "/sitemap.xml"))
    found = [href for one in maps[1:] for href in locations(read(browser, one.removeprefix("http://localhost")))]
    assert [int(href.split("/")[4]) for href in found] == made
    places = locations(read(browser, "/sitemap/places.xml"))
    assert "http://localhost/c/help" in places
    assert all(browser.get(href.removeprefix("http://localhost")).status_code == 200 for href in [*places, *found])
    assert next(read(browser, "/sitemap/1.xml").iter(f"{MAP}lastmod")).text.endswith("Z")  # type: ignore[union-attr]  # it is there


@pytest.mark.parametrize(
    "path", ["/feeds/latest.atom", "/c/help.atom", "/t/1.atom", "/sitemap.xml", "/sitemap/0.xml", "/sitemap/places.xml"]
)
def test_a_feed_takes_two_statements_at_most(people: People, ada: Viewer, path: str) -> None:
    people.thread(ada, "help")
    browser = people.browser()
    browser.get(path)
    answer, statements = browser.statements(path)
    assert answer.status_code == 200
    assert len(statements) <= 2, statements


@pytest.mark.parametrize("call", ["highest_thread", "threads_between"])
def test_the_map_walks_the_primary_key(fresh_app: Callable[..., Flask], call: str) -> None:
    from forum.discussion import syndication  # noqa: PLC0415 - beside the names it is asked for
    from forum.discussion.visibility import Sight  # noqa: PLC0415 - as above

    built = {"highest_thread": syndication._highest_statement, "threads_between": syndication._between_statement}
    with fresh_app().app_context():
        sql = str(
            built[call](Sight(False, False, frozenset({7}))).compile(db.engine, compile_kwargs={"literal_binds": False})
        )
        plan = db.session.execute(text("EXPLAIN QUERY PLAN " + _with_numbers(sql))).all()
    told = " ".join(str(row) for row in plan)
    assert "INTEGER PRIMARY KEY" in told or "SCAN thread" in told, told
    assert "TEMP B-TREE" not in told, told


def _with_numbers(sql: str) -> str:
    """The statement with a value in place of each parameter, whatever it is: a plan does not ask."""
    import re  # noqa: PLC0415 - for this alone

    return re.sub(r"\(__\[POSTCOMPILE_[^\]]*\]\)", "(7)", sql).replace("?", "1")


def test_pages_name_their_feeds(people: People, ada: Viewer) -> None:
    thread, _ = people.thread(ada, "help")
    browser = people.browser()
    assert 'type="application/atom+xml" title="Madang" href="/feeds/latest.atom"' in browser.get("/").text
    assert 'href="/c/help.atom"' in browser.get("/c/help").text
    assert f'href="/t/{thread}.atom"' in browser.get(f"/t/{thread}", follow_redirects=True).text


def test_robots_are_told_where_the_map_is_and_what_is_not_for_them(people: People, ada: Viewer) -> None:
    lines = people.browser().get("/robots.txt").text.splitlines()
    assert "Sitemap: http://localhost/sitemap.xml" in lines
    for path in ("/search", "/login", "/register", "/settings", "/mod", "/admin", "/api/"):
        assert f"Disallow: {path}" in lines


def test_a_community_that_is_not_listed_asks_robots_to_stay_away(people: People, ada: Viewer) -> None:
    assert 'content="noindex"' not in people.browser().get("/").text
    people.settings(indexed=False)
    browser = people.browser()
    assert browser.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"
    assert '<meta name="robots" content="noindex">' in browser.get("/").text
    assert browser.get("/feeds/latest.atom").headers["X-Robots-Tag"] == "noindex"
    for path in ("/sitemap.xml", "/sitemap/0.xml", "/sitemap/places.xml"):
        assert browser.get(path).status_code == 404
