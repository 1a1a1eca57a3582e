"""The review queue as pages: who sees it, how a case is decided and taken back, and what happens when two are at it."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum.accounts.viewer import Viewer
from forum.discussion.models import Post
from forum.kit.db import db
from forum.moderation.models import Decision
from forum.notifications.models import Notification
from tests.moderation.desk import Desk
from tests.people import Browser, People

LINKS = "http://a.example http://b.example http://c.example"


@pytest.fixture
def desk(app: Flask, people: People) -> Desk:
    people.category()
    return Desk(app, people)


@pytest.fixture
def eve(people: People, desk: Desk) -> Viewer:
    return people.user("eve", trust=0)


@pytest.fixture
def minseo(people: People) -> Viewer:
    return people.user("minseo", "moderator")


@pytest.fixture
def mod(people: People, minseo: Viewer) -> Browser:
    return people.browser(minseo)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, f"{name} is not on the page"
    return found.group(1)


def form(page: str, outcome: str, **more: str) -> dict[str, str]:
    names = ("expected_version", "target_revision_id", "idem_key")
    return {"outcome": outcome, **{name: hidden(page, name) for name in names}, **more}


def open_case(browser: Browser) -> tuple[str, str]:
    """The page of the case on top of the queue, and its address."""
    found = re.search(r'href="(/mod/cases/\d+)"', browser.get("/mod").text)
    assert found is not None
    return browser.get(found.group(1)).text, found.group(1)


def state(app: Flask, post_id: int) -> str:
    with app.app_context():
        return db.session.get_one(Post, post_id).visibility


@pytest.mark.parametrize("role", [None, "member"])
def test_for_everybody_else_there_is_no_queue(people: People, eve: Viewer, role: str | None) -> None:
    people.thread(eve, title="The secret canary sings")
    browser = people.browser(people.user("ada", role) if role else None)
    for path in ("/mod", "/mod/cases/1"):
        assert browser.get(path).status_code == 404
        assert "secret canary" not in browser.get(path).text
    given = {"outcome": "approve", "expected_version": "1", "target_revision_id": "1", "idem_key": "12345678"}
    for path in ("/mod/cases/1/decision", "/mod/cases/1/claim", "/mod/cases/1/release", "/mod/decisions/1/undo"):
        assert browser.post(path, given).status_code == 404


def test_an_empty_queue_says_so(mod: Browser) -> None:
    assert "Nothing waits" in mod.get("/mod").text


def test_a_case_shows_its_text_its_author_and_why_it_waits(people: People, eve: Viewer, mod: Browser) -> None:
    people.thread(eve, title="Is this on?", body=f"Look at {LINKS} now")
    page, _ = open_case(mod)
    assert "Is this on?" in page
    assert "http://b.example" in page
    assert "eve" in page
    assert "first post of every new member" in page
    assert "more links than new members may post" in page
    assert "What the author will read if you remove it" in page


def test_a_reported_post_shows_who_reported_it_and_the_equation(
    desk: Desk, people: People, mod: Browser, minseo: Viewer
) -> None:
    post = people.thread(people.user("vera"))[1]
    desk.report(people.user("ben"), post, "abuse", "He <i>always</i> does this.")
    page, _ = open_case(mod)
    assert "He &lt;i&gt;always&lt;/i&gt; does this." in page
    assert "ben" in page
    assert "4 × ln(1 + 1.50)" in page
    assert "Ignore" in page
    assert 'data-message="We removed your text in' in page


def test_tabs_narrow_the_queue_and_count(desk: Desk, people: People, eve: Viewer, mod: Browser) -> None:
    people.thread(eve, title="A question that is held")
    desk.report(people.user("ben"), people.thread(people.user("vera"), title="A question reported")[1])
    page = mod.get("/mod").text
    assert re.findall(r'class="dim">(\d+)', page) == ["2", "1", "1", "0"]
    assert "A question that is held" in mod.get("/mod?tab=held").text
    assert "A question that is held" not in mod.get("/mod?tab=reported").text
    assert "Nothing here" in mod.get("/mod?tab=mine").text


def test_an_approved_text_is_public_and_its_author_is_told(
    app: Flask, desk: Desk, people: People, eve: Viewer, mod: Browser
) -> None:
    _, post_id = people.thread(eve)
    page, at = open_case(mod)
    assert mod.post(f"{at}/decision", form(page, "approve")).location == "/mod?done=1"
    assert state(app, post_id) == "visible"
    assert "Nothing waits" in mod.get("/mod?done=1").text
    desk.settle()
    assert "was approved" in people.browser(eve).get("/notifications").text


def test_a_removed_text_stays_hidden_and_its_author_reads_the_reason(
    app: Flask, desk: Desk, people: People, eve: Viewer, mod: Browser
) -> None:
    _, post_id = people.thread(eve)
    page, at = open_case(mod)
    note = {"note_author": "Please ask in Ovens.", "note_internal": "The third one today."}
    mod.post(f"{at}/decision", form(page, "remove", reason_code="off_topic", **note))
    assert state(app, post_id) == "removed"
    own = people.browser(eve)
    assert "Off topic" not in own.get(f"/p/{post_id}/decision").text, "not while it can be taken back unseen"
    desk.settle()
    with desk.later(31):
        for told in (own.get("/notifications").text, own.get(f"/p/{post_id}/decision").text):
            assert "Off topic" in told
            assert "Please ask in Ovens." in told
            assert "minseo" not in told
            assert "third one" not in told
    assert "The third one today." in mod.get(at).text


def test_after_a_decision_comes_the_next_case_with_the_way_back(
    app: Flask, desk: Desk, people: People, eve: Viewer, mod: Browser
) -> None:
    first = people.thread(eve, title="The first of two questions")[1]
    people.thread(people.user("ella", trust=0), title="The second of two questions")
    page, at = open_case(mod)
    after = mod.post(f"{at}/decision", form(page, "remove", reason_code="spam")).location or ""
    assert re.fullmatch(r"/mod/cases/2\?done=1", after)
    shown = mod.get(after).text
    assert "The second of two questions" in shown
    assert "eve hears of it in" in shown
    back = mod.post("/mod/decisions/1/undo")
    assert back.location == at
    assert "Nobody was told" in mod.get(at).text
    assert state(app, first) == "held"
    desk.settle()
    with app.app_context():
        assert db.session.scalars(select(Notification.kind)).all() == ["held", "held"]


def test_nobody_else_is_offered_the_way_back(people: People, eve: Viewer, mod: Browser) -> None:
    people.thread(eve)
    page, at = open_case(mod)
    mod.post(f"{at}/decision", form(page, "approve"))
    other = people.browser(people.user("jiwoo", "moderator"))
    assert "/undo" not in other.get("/mod?done=1").text
    assert "/undo" not in other.get(at).text
    assert "/mod/decisions/1/undo" in mod.get(at).text
    assert other.post("/mod/decisions/1/undo").status_code == 403


def test_a_removal_needs_its_reason_and_keeps_the_note(app: Flask, people: People, eve: Viewer, mod: Browser) -> None:
    _, post_id = people.thread(eve)
    page, at = open_case(mod)
    response = mod.post(f"{at}/decision", form(page, "remove", note_author="Please ask in Ovens."))
    assert response.status_code == 422
    assert "Please ask in Ovens." in response.text
    assert 'class="err"' in response.text
    assert state(app, post_id) == "held"


@pytest.mark.parametrize("change", [{"outcome": "explode"}, {"expected_version": "x"}, {"idem_key": ""}])
def test_a_decision_that_cannot_be_read_changes_nothing(
    app: Flask, people: People, eve: Viewer, mod: Browser, change: dict[str, str]
) -> None:
    _, post_id = people.thread(eve)
    page, at = open_case(mod)
    assert mod.post(f"{at}/decision", {**form(page, "approve"), **change}).status_code == 422
    assert state(app, post_id) == "held"


def test_the_second_of_two_moderators_reads_who_decided_what(
    app: Flask, people: People, eve: Viewer, mod: Browser
) -> None:
    _, post_id = people.thread(eve)
    other = people.browser(people.user("jiwoo", "moderator"))
    (page, at), (theirs, _) = open_case(mod), open_case(other)
    other.post(f"{at}/decision", form(theirs, "approve"))
    response = mod.post(f"{at}/decision", form(page, "remove", reason_code="spam"))
    assert response.status_code == 409
    assert "jiwoo approved it." in response.text
    assert state(app, post_id) == "visible"


def test_a_double_click_decides_once(app: Flask, people: People, eve: Viewer, mod: Browser) -> None:
    people.thread(eve)
    page, at = open_case(mod)
    given = form(page, "approve")
    assert [mod.post(f"{at}/decision", given).status_code for _ in range(2)] == [303, 303]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Decision)) == 1


def test_a_text_that_changed_since_it_was_read_is_shown_with_what_changed(
    app: Flask, desk: Desk, people: People, eve: Viewer, mod: Browser
) -> None:
    _, post_id = people.thread(eve, body="It says one thing here.")
    page, at = open_case(mod)
    desk.edit(eve, post_id, "Now it says something quite different.")
    response = mod.post(f"{at}/decision", form(page, "approve"))
    assert response.status_code == 409
    assert "<del>It says one thing here.</del>" in response.text
    assert "<ins>Now it says something quite different.</ins>" in response.text
    assert state(app, post_id) == "held"
    assert mod.post(f"{at}/decision", form(response.text, "approve")).status_code == 303


def test_an_edit_that_waits_is_shown_with_what_it_changes_while_the_text_before_stays_public(
    app: Flask, desk: Desk, people: People, eve: Viewer, mod: Browser
) -> None:
    people.settings(hold_first_posts=False)
    thread_id, post_id = people.thread(eve, body="The text from before.")
    for word in ("first", "second"):
        desk.edit(eve, post_id, f"The {word} edit {LINKS}")
    page, at = open_case(mod)
    assert "The second edit" in page
    assert "<del>The text from before.</del>" in page
    assert "The text from before." in people.browser().get(f"/t/{thread_id}/x", follow_redirects=True).text
    assert mod.post(f"{at}/decision", form(page, "approve")).status_code == 303
    with app.app_context():
        assert "The second edit" in db.session.get_one(Post, post_id).body
    assert "Nothing waits" in mod.get("/mod").text


def test_a_declined_edit_leaves_the_text_and_says_so(
    app: Flask, desk: Desk, people: People, eve: Viewer, mod: Browser
) -> None:
    people.settings(hold_first_posts=False)
    _, post_id = people.thread(eve, body="The text from before.")
    desk.edit(eve, post_id, f"An edit {LINKS}")
    own = people.browser(eve)
    assert "Your change waits" in own.get(f"/p/{post_id}/decision").text
    page, at = open_case(mod)
    mod.post(f"{at}/decision", form(page, "remove", reason_code="spam"))
    desk.settle()
    assert state(app, post_id) == "visible"
    with desk.later(31):
        assert "did not approve your change" in own.get("/notifications").text
        assert "We did not publish your change" in own.get(f"/p/{post_id}/decision").text


def test_nobody_decides_about_an_own_text(app: Flask, people: People, eve: Viewer) -> None:
    _, post_id = people.thread(eve)
    people.browser(people.user("boss", "owner")).post(f"/admin/members/{eve.id}/role", {"role": "moderator"})
    own = people.browser(people.viewer(eve.id or 0))
    page, at = open_case(own)
    assert "You cannot decide about your own post." in page
    assert "/decision" not in page
    given = {"outcome": "approve", "expected_version": "1", "target_revision_id": "1", "idem_key": "12345678"}
    assert own.post(f"{at}/decision", given).status_code == 403
    assert state(app, post_id) == "held"


def test_the_decision_needs_its_token(app: Flask, people: People, eve: Viewer, mod: Browser) -> None:
    _, post_id = people.thread(eve)
    page, at = open_case(mod)
    assert mod.client.post(f"{at}/decision", data=form(page, "approve")).status_code == 403
    assert state(app, post_id) == "held"


def test_who_looks_at_a_case_is_seen_by_the_others(people: People, eve: Viewer, mod: Browser) -> None:
    people.thread(eve)
    other = people.browser(people.user("jiwoo", "moderator"))
    _, at = open_case(mod)
    line = mod.post(f"{at}/claim", headers={"X-Fragment": "claim"}).text
    assert "Yours" in line
    assert "minseo is also looking" in other.get(at).text
    assert "minseo is also looking" in other.post(f"{at}/claim", headers={"X-Fragment": "claim"}).text
    refused = other.post(f"{at}/claim", follow_redirects=True).text
    assert "minseo is looking at this case." in refused
    mod.post(f"{at}/release")
    assert "minseo" not in other.get(at).text
    manager = people.browser(people.user("maria", "manager"))
    mod.post(f"{at}/claim")
    assert "Take over" in manager.get(at).text
    manager.post(f"{at}/claim", {"take_over": "1"})
    assert "maria is also looking" in mod.get(at).text


def test_the_log_is_public_and_says_neither_who_nor_what(desk: Desk, people: People, mod: Browser) -> None:
    ben, vera = people.user("ben"), people.user("vera")
    post = people.thread(vera, title="The secret canary sings", body="A text about the canary.")[1]
    desk.report(ben, post, "abuse", "The canary note.")
    page, at = open_case(mod)
    mod.post(f"{at}/decision", form(page, "remove", reason_code="abuse", note_author="No canaries."))
    mod.post("/mod/decisions/1/undo")
    told = people.browser().get("/mod/log")
    assert told.status_code == 200
    for word in ("canary", "minseo", "vera", "ben", "canaries", f"/p/{post}"):
        assert word not in told.text.replace("beneath", ""), word
    for word in ("Removed", "Insult or harassment", "A moderator", "Decision taken back: removed", "thread"):
        assert word in told.text
    assert "Not checked yet" in told.text
    assert told.text.count("<tr>") == 3, "the report itself is nobody's business"


@pytest.mark.parametrize("path", ["/mod", "/mod/cases/1"])
def test_a_long_queue_takes_no_more_statements_than_a_short_one(
    people: People, mod: Browser, desk: Desk, path: str
) -> None:
    people.thread(people.user("eve1", trust=0))
    mod.get(path)
    few = mod.statements(path)[1]
    for number in range(2, 6):
        people.thread(people.user(f"eve{number}", trust=0))
    assert len(mod.statements(path)[1]) == len(few) <= (8 if path == "/mod" else 16)


def test_a_queue_is_read_page_by_page(
    people: People, mod: Browser, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forum.moderation.queries.queue.__defaults__", ("all", None, 2))
    for number in range(5):
        people.thread(people.user(f"eve{number}", trust=0), title=f"Question with the number {number}")
    seen: list[str] = []
    path = "/mod"
    for _ in range(3):
        page = mod.get(path).text
        seen += re.findall(r"Question with the number (\d)</b>", page)
        following = re.search(r'href="(/mod\?after=[^"]+)"', page)
        path = following.group(1) if following else ""
    assert seen == ["0", "1", "2", "3", "4"]
    assert path == ""
