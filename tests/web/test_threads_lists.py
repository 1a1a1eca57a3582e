"""The lists: home and its tabs, categories, tags, and what an empty community says."""

from __future__ import annotations

import pytest

from forum.accounts.viewer import Viewer
from forum.discussion import curation, service
from forum.kit.db import transaction
from tests.people import People


@pytest.fixture
def bob(people: People) -> Viewer:
    """A member in a community with one category."""
    people.category()
    return people.user()


def test_the_home_page_shows_threads_with_their_state(people: People, bob: Viewer) -> None:
    people.thread(bob, title="How do I reset the valve?")
    page = people.browser().get("/").text
    assert "How do I reset the valve?" in page
    assert "Needs an answer" in page
    assert "1 thread so far" in page


@pytest.mark.parametrize(
    "path", ["/latest", "/unanswered", "/top", "/solved", "/ideas", "/c/general", "/c/general?sort=top"]
)
def test_every_list_opens_for_visitors_and_members(people: People, bob: Viewer, path: str) -> None:
    people.thread(bob)
    assert people.browser().get(path).status_code == 200
    assert people.browser(bob).get(path).status_code == 200


def test_each_tab_holds_what_it_says(people: People, bob: Viewer) -> None:
    ann = people.user("ann")
    waiting, _ = people.thread(bob, title="A question that waits")
    solved, _ = people.thread(bob, title="A question that is solved")
    people.thread(bob, title="An idea for all of us", kind="idea")
    answer = people.reply(ann, solved)
    with people.app.app_context(), transaction():
        service.accept_answer(bob, solved, answer)
    visitor = people.browser()
    unanswered = visitor.get("/unanswered").text
    assert f"/t/{waiting}/" in unanswered
    assert f"/t/{solved}/" not in unanswered
    assert f"/t/{solved}/" in visitor.get("/solved").text
    assert "An idea for all of us" in visitor.get("/ideas").text
    assert "A question that is solved" not in visitor.get("/ideas").text


def test_older_threads_stand_on_further_pages(people: People, bob: Viewer) -> None:
    people.settings(threads_per_day=100)
    for number in range(25):
        people.thread(bob, title=f"Question number {number:02}", body=f"What about the case {number}?")
    visitor = people.browser()
    first = visitor.get("/latest").text
    assert "Question number 24" in first
    assert "Question number 03" not in first
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    second = visitor.get(following).text
    assert "Question number 03" in second
    assert "Question number 24" not in second
    assert "noindex" in second


def test_a_damaged_page_link_is_refused_with_a_way_out(people: People, bob: Viewer) -> None:
    answer = people.browser().get("/latest?after=nonsense")
    assert answer.status_code == 422
    assert 'href="/latest"' in answer.text


def test_a_pinned_thread_leads_the_list(people: People, bob: Viewer) -> None:
    mod = people.user("mod", role="moderator")
    old, _ = people.thread(bob, title="Read this before you ask")
    people.thread(bob, title="Something newer than that", body="And its text is another.")
    with people.app.app_context(), transaction():
        curation.set_pinned(mod, old, pinned=True, site_wide=True)
    page = people.browser().get("/").text
    assert page.index("Read this before you ask") < page.index("Something newer than that")
    assert "Pinned" in page


def test_a_category_that_is_not_for_visitors_looks_missing(people: People, bob: Viewer) -> None:
    people.category("Back room", read_role="staff")
    visitor = people.browser()
    assert visitor.get("/c/back-room").status_code == 404
    assert "Back room" not in visitor.get("/").text
    assert "Back room" not in visitor.get("/categories").text
    assert people.browser(people.user("mod", role="moderator")).get("/c/back-room").status_code == 200


def test_a_tag_gathers_its_threads_and_an_unknown_one_is_not_found(people: People, bob: Viewer) -> None:
    people.thread(bob, tags=["valves"])
    visitor = people.browser()
    assert "How do I reset the valve?" in visitor.get("/tag/valves").text
    assert "How do I reset the valve?" in visitor.get("/tag/Valves").text
    assert "/tag/valves" in visitor.get("/tags").text
    assert visitor.get("/tag/pumps").status_code == 404


def test_an_empty_community_tells_each_what_to_do_next(people: People) -> None:
    owner = people.browser(people.user("boss", role="owner"))
    assert "being set up" in people.browser().get("/").text
    assert 'href="/admin/categories"' in owner.get("/").text
    people.category()
    assert "Nobody has asked yet" in people.browser().get("/").text
    assert "Write the first" in owner.get("/").text
    assert "Be the first to write in General." in people.browser().get("/c/general").text


def test_pages_for_visitors_carry_no_token(people: People, bob: Viewer) -> None:
    thread, _ = people.thread(bob)
    visitor = people.browser()
    for path in ("/", "/c/general", "/categories", "/tags", "/search", f"/t/{thread}/how-do-i-reset-the-valve"):
        answer = visitor.get(path)
        assert "csrf_token" not in answer.text
        assert "no-store" not in answer.headers["Cache-Control"]


def test_the_brand_colour_is_a_style_sheet_of_its_own(people: People) -> None:
    people.settings(brand_hue=150)
    answer = people.browser().get("/theme.css")
    assert answer.mimetype == "text/css"
    assert "--brand-hue:150" in answer.text
    assert "/theme.css?v=150" in people.browser().get("/").text


def test_a_list_takes_as_many_statements_for_many_threads_as_for_one(people: People, bob: Viewer) -> None:
    people.settings(threads_per_day=100)
    made = 0
    for count in (1, 20, 50):
        for number in range(made, count):
            people.thread(bob, title=f"Question number {number}", body=f"What about case {number}?", tags=["valves"])
        made = count
        for path in ("/", "/c/general", "/tag/valves"):
            for browser, most in ((people.browser(), 2), (people.browser(bob), 4)):
                browser.get(path)
                answer, statements = browser.statements(path)
                assert answer.status_code == 200
                assert len(statements) <= most, (path, count, statements)
