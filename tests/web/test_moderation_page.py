"""The review queue as a page: who sees it, how a case is decided, and what happens when two are at it."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum.accounts.viewer import Viewer
from forum.discussion.inputs import EditInput
from forum.discussion.models import Post
from forum.kit.db import db, transaction
from forum.moderation import publishing
from forum.moderation.models import Decision
from tests.people import Browser, People


@pytest.fixture
def eve(people: People) -> Viewer:
    people.category()
    return people.user("eve", trust=0)


@pytest.fixture
def mod(people: People) -> Browser:
    return people.browser(people.user("minseo", "moderator"))


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, f"{name} is not on the page"
    return found.group(1)


def form(page: str, outcome: str, **more: str) -> dict[str, str]:
    names = ("expected_version", "target_version", "idem_key")
    return {"outcome": outcome, **{name: hidden(page, name) for name in names}, **more}


def action(page: str) -> str:
    found = re.search(r'action="(/mod/cases/\d+/decision)"', page)
    assert found is not None
    return found.group(1)


def state(app: Flask, post_id: int) -> str:
    with app.app_context():
        return db.session.get_one(Post, post_id).visibility


@pytest.mark.parametrize("role", [None, "member"])
def test_for_everybody_else_there_is_no_queue(people: People, eve: Viewer, role: str | None) -> None:
    people.thread(eve, title="The secret canary sings")
    browser = people.browser(people.user("ada", role) if role else None)
    assert browser.get("/mod").status_code == 404
    assert "secret canary" not in browser.get("/mod").text
    given = {"outcome": "approve", "expected_version": "1", "target_version": "1", "idem_key": "12345678"}
    assert browser.post("/mod/cases/1/decision", given).status_code == 404


def test_an_empty_queue_says_so(mod: Browser) -> None:
    assert "Nothing waits" in mod.get("/mod").text


def test_a_case_shows_its_text_its_author_and_why_it_waits(people: People, eve: Viewer, mod: Browser) -> None:
    people.thread(eve, title="Is this on?", body="Look at http://a.example http://b.example http://c.example now")
    page = mod.get("/mod").text
    assert "Is this on?" in page
    assert "http://b.example" in page
    assert "eve" in page
    assert "first post of every new member" in page
    assert "more links than new members may post" in page


def test_an_approved_text_is_public_and_its_author_is_told(
    app: Flask, people: People, eve: Viewer, mod: Browser
) -> None:
    _, post_id = people.thread(eve)
    page = mod.get("/mod").text
    assert mod.post(action(page), form(page, "approve")).location == "/mod"
    assert state(app, post_id) == "visible"
    assert "Nothing waits" in mod.get("/mod").text
    people.drain()
    assert "was approved" in people.browser(eve).get("/notifications").text


def test_a_removed_text_stays_hidden_and_its_author_reads_the_reason(
    app: Flask, people: People, eve: Viewer, mod: Browser
) -> None:
    _, post_id = people.thread(eve)
    page = mod.get("/mod").text
    mod.post(action(page), form(page, "remove", reason_code="off_topic", note_author="Please ask in Ovens."))
    assert state(app, post_id) == "removed"
    people.drain()
    told = people.browser(eve).get("/notifications").text
    assert "Off topic" in told
    assert "Please ask in Ovens." in told
    assert "minseo" not in told


def test_a_removal_needs_its_reason_and_keeps_the_note(app: Flask, people: People, eve: Viewer, mod: Browser) -> None:
    _, post_id = people.thread(eve)
    page = mod.get("/mod").text
    response = mod.post(action(page), form(page, "remove", note_author="Please ask in Ovens."))
    assert response.status_code == 422
    assert "Please ask in Ovens." in response.text
    assert 'class="err"' in response.text
    assert state(app, post_id) == "held"


@pytest.mark.parametrize("change", [{"outcome": "explode"}, {"expected_version": "x"}, {"idem_key": ""}])
def test_a_decision_that_cannot_be_read_changes_nothing(
    app: Flask, people: People, eve: Viewer, mod: Browser, change: dict[str, str]
) -> None:
    _, post_id = people.thread(eve)
    page = mod.get("/mod").text
    assert mod.post(action(page), {**form(page, "approve"), **change}).status_code == 422
    assert state(app, post_id) == "held"


def test_the_second_of_two_moderators_reads_who_decided_what(
    app: Flask, people: People, eve: Viewer, mod: Browser
) -> None:
    _, post_id = people.thread(eve)
    other = people.browser(people.user("jiwoo", "moderator"))
    page, theirs = mod.get("/mod").text, other.get("/mod").text
    other.post(action(theirs), form(theirs, "approve"))
    response = mod.post(action(page), form(page, "remove", reason_code="spam"))
    assert response.status_code == 409
    assert "jiwoo approved it." in response.text
    assert state(app, post_id) == "visible"


def test_a_double_click_decides_once(app: Flask, people: People, eve: Viewer, mod: Browser) -> None:
    people.thread(eve)
    page = mod.get("/mod").text
    given = form(page, "approve")
    assert [mod.post(action(page), given).status_code for _ in range(2)] == [303, 303]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Decision)) == 1


def test_a_text_that_changed_since_it_was_read_is_read_again(
    app: Flask, people: People, eve: Viewer, mod: Browser
) -> None:
    _, post_id = people.thread(eve)
    page = mod.get("/mod").text
    edit(app, eve, post_id, "Now it says something quite different.")
    response = mod.post(action(page), form(page, "approve"))
    assert response.status_code == 409
    assert "something quite different" in response.text
    assert state(app, post_id) == "held"
    again = form(response.text, "approve")
    assert mod.post(action(page), again).status_code == 303


def edit(app: Flask, viewer: Viewer, post_id: int, body: str) -> None:
    with app.app_context():
        version = db.session.get_one(Post, post_id).version
        given = EditInput(post_id=post_id, version=version, body=body)
        prepared = publishing.prepare(viewer, given)
        with transaction():
            publishing.publish(prepared)


def test_an_edit_that_waits_is_shown_while_the_text_before_stays_public(
    app: Flask, people: People, eve: Viewer, mod: Browser
) -> None:
    people.settings(hold_first_posts=False)
    thread_id, post_id = people.thread(eve, body="The text from before.")
    for word in ("first", "second"):
        edit(app, eve, post_id, f"The {word} edit http://a.example http://b.example http://c.example")
    page = mod.get("/mod").text
    assert "The second edit" in page
    assert "The text from before." in people.browser().get(f"/t/{thread_id}/x", follow_redirects=True).text
    assert mod.post(action(page), form(page, "approve")).status_code == 303
    with app.app_context():
        assert "The second edit" in db.session.get_one(Post, post_id).body
    assert "Nothing waits" in mod.get("/mod").text


def test_a_declined_edit_leaves_the_text_and_says_so(app: Flask, people: People, eve: Viewer, mod: Browser) -> None:
    people.settings(hold_first_posts=False)
    _, post_id = people.thread(eve, body="The text from before.")
    edit(app, eve, post_id, "An edit http://a.example http://b.example http://c.example")
    page = mod.get("/mod").text
    mod.post(action(page), form(page, "remove", reason_code="spam"))
    people.drain()
    assert state(app, post_id) == "visible"
    assert "did not approve your change" in people.browser(eve).get("/notifications").text


def test_nobody_decides_about_an_own_text(app: Flask, people: People, eve: Viewer) -> None:
    _, post_id = people.thread(eve)
    people.browser(people.user("boss", "owner")).post(f"/admin/members/{eve.id}/role", {"role": "moderator"})
    own = people.browser(people.viewer(eve.id or 0))
    page = own.get("/mod").text
    assert "Somebody else decides about it" in page
    assert "/decision" not in page
    given = {"outcome": "approve", "expected_version": "1", "target_version": "1", "idem_key": "12345678"}
    assert own.post("/mod/cases/1/decision", given).status_code == 403
    assert state(app, post_id) == "held"


def test_the_decision_needs_its_token(app: Flask, people: People, eve: Viewer, mod: Browser) -> None:
    _, post_id = people.thread(eve)
    page = mod.get("/mod").text
    assert mod.client.post(action(page), data=form(page, "approve")).status_code == 403
    assert state(app, post_id) == "held"


def test_a_long_queue_takes_no_more_statements_than_a_short_one(people: People, mod: Browser) -> None:
    people.category()
    people.thread(people.user("eve1", trust=0))
    mod.get("/mod")
    few = mod.statements("/mod")[1]
    for number in range(2, 6):
        people.thread(people.user(f"eve{number}", trust=0))
    assert len(mod.statements("/mod")[1]) == len(few) <= 6
