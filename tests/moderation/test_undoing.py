"""Taking back: unseen within the window, with a correction after it, and never over what happened since."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from forum.accounts.viewer import Viewer
from forum.discussion.models import Revision, Thread
from forum.kit.db import db
from forum.kit.drainer import drain
from forum.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from forum.kit.outbox import WorkRow
from forum.moderation import flags, log
from forum.moderation.models import Decision, ModEvent
from forum.notifications.models import Notification
from tests.moderation.desk import Desk
from tests.people import People

LINKS = "See https://a.example and https://b.example and https://c.example for it."


@pytest.fixture
def post(people: People, desk: Desk, author: Viewer) -> int:
    return people.thread(author)[1]


def actions(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(ModEvent.action).order_by(ModEvent.id)))


def test_c7_undo_at_ten_seconds_and_nobody_was_ever_told(
    app: Flask, desk: Desk, people: People, post: int, author: Viewer, ben: Viewer, minseo: Viewer
) -> None:
    desk.report(ben, post)
    people.drain()
    case = desk.case(post)
    decision = desk.decide(minseo, case.id, "remove")
    assert desk.post(post).visibility == "removed", "the text goes at once"
    with desk.later(10):
        assert not desk.undo(minseo, decision.id).was_told
    assert desk.post(post).visibility == "visible"
    assert [signal.status for signal in desk.signals(case.id)] == ["pending"]
    again = desk.case(post)
    assert (again.status, again.outcome, again.version) == ("pending", None, case.version + 2)
    with app.app_context():
        assert flags.history(ben.id or 0, case.opened_at) == (0.0, 0.0)
        assert log.first_broken() is None
    assert actions(app)[-2:] == ["decision", "decision_reverted"]
    with desk.later(3600):
        people.drain()
    assert desk.count(Notification) == desk.count(WorkRow) == 0
    assert desk.events("flag_decision") == []


def test_c8_undo_at_forty_seconds_sends_a_correction(
    desk: Desk, people: People, post: int, author: Viewer, ben: Viewer, minseo: Viewer
) -> None:
    desk.report(ben, post)
    decision = desk.decide(minseo, desk.case(post).id, "remove")
    with desk.later(40):
        people.drain()
        assert (desk.told(author), desk.told(ben)) == (["removed"], ["reviewed"])
        assert desk.undo(minseo, decision.id).was_told
        people.drain()
    assert desk.told(author) == ["removed", "corrected"]
    assert desk.told(ben) == ["reviewed", "reviewed"]
    assert desk.post(post).visibility == "visible"


def test_nobody_hears_of_a_decision_before_the_window_is_over(
    desk: Desk, people: People, post: int, author: Viewer, ben: Viewer, minseo: Viewer
) -> None:
    thread_id = desk.post(post).thread_id
    held = people.reply(people.user("nora", trust=0), thread_id, "My first answer to anybody.")
    people.drain()
    desk.decide(minseo, desk.case(held).id, "approve")
    with desk.app.app_context(), desk.later(29):
        assert drain(5, wait_for_delayed=False)
    assert desk.told(author) == [], "neither the author nor who is answered"
    assert people.browser().get(f"/t/{thread_id}/x", follow_redirects=True).text.count("My first answer") >= 1
    desk.settle()
    assert desk.told(author) == ["replied"]


def test_undoing_an_approval_holds_the_text_again(desk: Desk, people: People, minseo: Viewer) -> None:
    nora = people.user("nora", trust=0)
    thread_id, post = people.thread(nora)
    decision = desk.decide(minseo, desk.case(post).id, "approve")
    assert people.browser().get(f"/t/{thread_id}/x", follow_redirects=True).status_code == 200
    desk.undo(minseo, decision.id)
    assert desk.post(post).visibility == "held"
    assert people.browser().get(f"/t/{thread_id}/x", follow_redirects=True).status_code == 404
    desk.settle()
    assert desk.told(nora) == ["held"]


def test_undoing_an_approved_edit_brings_the_text_from_before_back(
    app: Flask, desk: Desk, people: People, minseo: Viewer
) -> None:
    people.settings(hold_first_posts=False)
    nora = people.user("nora", trust=0)
    thread_id, post = people.thread(nora, title="The title from before", body="The text from before.")
    assert desk.edit(nora, post, LINKS, title="Another title altogether")
    decision = desk.decide(minseo, desk.case(post).id, "approve")
    assert desk.post(post).body == LINKS
    desk.undo(minseo, decision.id)
    assert desk.post(post).body == "The text from before."
    with app.app_context():
        assert db.session.get_one(Thread, thread_id).title == "The title from before"
        states = db.session.scalars(select(Revision.state).order_by(Revision.number)).all()
    assert states == ["current", "pending"]
    desk.decide(minseo, desk.case(post).id, "approve")
    assert desk.post(post).body == LINKS


def test_undoing_a_declined_edit_lets_it_wait_again(app: Flask, desk: Desk, people: People, minseo: Viewer) -> None:
    people.settings(hold_first_posts=False)
    nora = people.user("nora", trust=0)
    _, post = people.thread(nora)
    desk.edit(nora, post, LINKS)
    decision = desk.decide(minseo, desk.case(post).id, "remove")
    assert desk.post(post).visibility == "visible"
    desk.undo(minseo, decision.id)
    with app.app_context():
        assert db.session.scalars(select(Revision.state).order_by(Revision.number)).all() == ["current", "pending"]
    desk.settle()
    assert desk.told(nora) == ["held"]


def test_ignoring_leaves_the_text_and_the_reporters_record_alone(
    app: Flask, desk: Desk, people: People, post: int, author: Viewer, ben: Viewer, minseo: Viewer
) -> None:
    desk.report(ben, post)
    case = desk.case(post)
    desk.decide(minseo, case.id, "ignore")
    assert desk.post(post).visibility == "visible"
    assert [signal.status for signal in desk.signals(case.id)] == ["ignored"]
    with app.app_context():
        assert flags.history(ben.id or 0, case.opened_at) == (0.0, 0.0)
    desk.settle()
    assert (desk.told(author), desk.told(ben)) == ([], ["reviewed"])
    assert desk.events("flag_decision") == [{"outcome": "ignored"}]


@pytest.mark.parametrize(("outcome", "verdict"), [("approve", "disagreed"), ("remove", "agreed")])
def test_judged_reports_are_recorded_once_for_each_decision(
    desk: Desk, people: People, post: int, minseo: Viewer, outcome: str, verdict: str
) -> None:
    for name in ("one", "two"):
        desk.report(people.user(name), post)
    desk.decide(minseo, desk.case(post).id, outcome)
    desk.settle()
    desk.settle()
    assert desk.events("flag_decision") == [{"outcome": verdict}]


def test_who_may_take_a_decision_back_and_until_when(
    desk: Desk, people: People, post: int, ben: Viewer, minseo: Viewer, jiwoo: Viewer
) -> None:
    desk.report(ben, post)
    decision = desk.decide(minseo, desk.case(post).id, "remove")
    with pytest.raises(NotAllowed, match="Only a manager"):
        desk.undo(jiwoo, decision.id)
    with pytest.raises(NotFound):
        desk.undo(ben, decision.id)
    with desk.later(31 * 60):
        with pytest.raises(NotAllowed, match="30 minutes"):
            desk.undo(minseo, decision.id)
        people.drain()
        assert desk.undo(people.user("maria", role="manager"), decision.id).was_told


def test_taking_back_twice_is_one_thing(desk: Desk, post: int, ben: Viewer, minseo: Viewer) -> None:
    desk.report(ben, post)
    decision = desk.decide(minseo, desk.case(post).id, "remove")
    first, second = desk.undo(minseo, decision.id), desk.undo(minseo, decision.id)
    assert first.decision.id == second.decision.id
    assert desk.count(Decision) == 2


def test_what_happened_since_is_not_undone(
    desk: Desk, people: People, post: int, author: Viewer, ben: Viewer, minseo: Viewer
) -> None:
    desk.report(ben, post)
    decision = desk.decide(minseo, desk.case(post).id, "ignore")
    desk.report(people.user("olga"), post, "abuse")
    with pytest.raises(Conflict) as refusal:
        desk.undo(minseo, decision.id)
    assert refusal.value.extra["problem"] == "stale_version"


def test_nobody_decides_what_they_reported_themselves_unless_nobody_else_is_there(
    desk: Desk, people: People, post: int, minseo: Viewer
) -> None:
    desk.report(minseo, post)
    case = desk.case(post)
    assert desk.decide(minseo, case.id, "remove").self_review
    other = people.thread(people.user("vic"), title="Another question of others")[1]
    desk.report(minseo, other)
    people.user("jiwoo", role="moderator")
    with pytest.raises(NotAllowed, match="reported this yourself"):
        desk.decide(minseo, desk.case(other).id, "remove")


def test_what_waits_for_an_answer_cannot_be_ignored(desk: Desk, people: People, minseo: Viewer) -> None:
    post = people.thread(people.user("nora", trust=0))[1]
    with pytest.raises(Invalid, match="waits for an answer"):
        desk.decide(minseo, desk.case(post).id, "ignore")


def test_removing_a_reported_text_takes_it_away_though_an_edit_of_it_waits(
    desk: Desk, people: People, minseo: Viewer, ben: Viewer
) -> None:
    people.settings(hold_first_posts=False)
    nora = people.user("nora", trust=0)
    _, post = people.thread(nora)
    desk.edit(nora, post, LINKS)
    desk.report(ben, post)
    decision = desk.decide(minseo, desk.case(post).id, "remove")
    assert desk.post(post).visibility == "removed"
    desk.undo(minseo, decision.id)
    assert desk.post(post).visibility == "visible"
