"""Buttons: vote, accept, pin, lock, move."""

from __future__ import annotations

import pytest

from forum.accounts.viewer import Viewer
from tests.people import People


@pytest.fixture
def bob(people: People) -> Viewer:
    """The asker."""
    people.category()
    return people.user()


@pytest.fixture
def ann(people: People) -> Viewer:
    """Somebody else."""
    return people.user("ann")


@pytest.fixture
def mod(people: People) -> Viewer:
    """A moderator."""
    return people.user("mod", role="moderator")


def test_a_vote_leads_back_to_its_post(people: People, bob: Viewer, ann: Viewer) -> None:
    _, post = people.thread(bob)
    browser = people.browser(ann)
    answer = browser.post(f"/p/{post}/vote", {"choice": "up"})
    assert answer.status_code == 303
    assert answer.location == f"/p/{post}"
    page = browser.get(answer.location, follow_redirects=True).text
    assert 'value="clear" aria-pressed="true"' in page


def test_the_script_gets_the_control_alone(people: People, bob: Viewer, ann: Viewer) -> None:
    thread, post = people.thread(bob)
    browser = people.browser(ann)
    answer = browser.post(f"/p/{post}/vote", {"choice": "down"}, headers={"X-Fragment": "vote"})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'data-vote="-1"' in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    comment = people.reply(bob, thread, "A remark of mine on it.", parent_id=post)
    small = browser.post(f"/p/{comment}/vote", {"choice": "up"}, headers={"X-Fragment": "vote"}).text
    assert 'class="vote-up"' in small


def test_nobody_votes_on_an_own_post(people: People, bob: Viewer) -> None:
    _, post = people.thread(bob)
    answer = people.browser(bob).post(f"/p/{post}/vote", {"choice": "up"}, headers={"X-Fragment": "vote"})
    assert answer.status_code == 403
    assert "data-reason>You cannot vote on your own post." in answer.text


def test_a_vote_that_is_none_is_refused(people: People, bob: Viewer, ann: Viewer) -> None:
    _, post = people.thread(bob)
    assert people.browser(ann).post(f"/p/{post}/vote", {"choice": "ten"}).status_code == 422
    assert people.browser(ann).post("/p/4711/vote", {"choice": "up"}).status_code == 404


def test_the_asker_accepts_and_takes_it_back(people: People, bob: Viewer, ann: Viewer) -> None:
    thread, _ = people.thread(bob)
    reply = people.reply(ann, thread)
    browser = people.browser(bob)
    assert browser.post(f"/t/{thread}/accept", {"post_id": str(reply)}).location == f"/p/{reply}"
    assert "Accepted answer" in browser.get(f"/t/{thread}", follow_redirects=True).text
    assert browser.post(f"/t/{thread}/unaccept").status_code == 303
    assert "Accepted answer" not in browser.get(f"/t/{thread}", follow_redirects=True).text


def test_only_the_asker_accepts(people: People, bob: Viewer, ann: Viewer) -> None:
    thread, _ = people.thread(bob)
    reply = people.reply(ann, thread)
    assert people.browser(ann).post(f"/t/{thread}/accept", {"post_id": str(reply)}).status_code == 403
    assert people.browser(bob).post(f"/t/{thread}/accept", {"post_id": "none"}).status_code == 404


def test_a_moderator_pins_locks_and_moves(people: People, bob: Viewer, mod: Viewer) -> None:
    thread, _ = people.thread(bob)
    people.category("Elsewhere")
    browser = people.browser(mod)
    assert browser.post(f"/t/{thread}/pin", {"where": "site"}).status_code == 303
    assert browser.post(f"/t/{thread}/lock", {"locked": "1"}).status_code == 303
    assert browser.post(f"/t/{thread}/move", {"category": "elsewhere"}).status_code == 303
    page = people.browser(bob).get(f"/t/{thread}", follow_redirects=True).text
    assert "Closed" in page
    assert "Pinned" in page
    assert "/c/elsewhere" in page
    assert f'action="/t/{thread}/reply"' not in page
    assert browser.post(f"/t/{thread}/pin", {"where": ""}).status_code == 303
    assert browser.post(f"/t/{thread}/lock", {"locked": "0"}).status_code == 303
    assert f'action="/t/{thread}/reply"' in people.browser(bob).get(f"/t/{thread}", follow_redirects=True).text


@pytest.mark.parametrize(
    ("action", "given"), [("pin", {"where": "site"}), ("lock", {"locked": "1"}), ("move", {"category": "general"})]
)
def test_members_do_none_of_that(people: People, bob: Viewer, action: str, given: dict[str, str]) -> None:
    thread, _ = people.thread(bob)
    assert people.browser(bob).post(f"/t/{thread}/{action}", given).status_code == 403
    assert people.browser().post(f"/t/{thread}/{action}", given).location.startswith("/login")


def test_a_move_to_an_unknown_category_is_refused(people: People, bob: Viewer, mod: Viewer) -> None:
    thread, _ = people.thread(bob)
    assert people.browser(mod).post(f"/t/{thread}/move", {"category": "nowhere"}).status_code == 404
