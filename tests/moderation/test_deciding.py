"""Deciding: held texts approved or removed once, by somebody else, on the text as it is, and all of it in the log."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.discussion.inputs import EditInput, ThreadInput
from forum.discussion.models import Post, Revision, Thread
from forum.kit.db import db, transaction
from forum.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from forum.moderation import log, publishing, service
from forum.moderation.cases import judged_revision
from forum.moderation.inputs import DecisionInput
from forum.moderation.models import Case, Decision, ModEvent
from forum.moderation.queries import queue
from tests.people import People

LINKS = "See https://a.example and https://b.example and https://c.example for it."
PLAIN = {"title": "How do I reset the valve?", "body": "The valve does not close any more."}


@pytest.fixture(autouse=True)
def general(people: People) -> None:
    people.category()


@pytest.fixture
def newcomer(people: People) -> Viewer:
    return people.user("nora", trust=0)


@pytest.fixture
def ada(people: People) -> Viewer:
    return people.user("ada")


@pytest.fixture
def mod(people: People) -> Viewer:
    return people.user("mod", role="moderator")


def ask(app: Flask, viewer: Viewer, **given: Any) -> publishing.Published:
    with app.app_context():
        prepared = publishing.prepare(viewer, ThreadInput(category="general", **{**PLAIN, **given}))
        with transaction():
            return publishing.publish(prepared)


def edit(app: Flask, viewer: Viewer, post_id: int, body: str, version: int = 1) -> publishing.Published:
    with app.app_context():
        prepared = publishing.prepare(viewer, EditInput(post_id=post_id, version=version, body=body))
        with transaction():
            return publishing.publish(prepared)


def decide(app: Flask, viewer: Viewer, case_id: int, outcome: str, **given: Any) -> Decision:
    """Decide about a case as it is, unless the test says how the moderator saw it."""
    with app.app_context():
        case = db.session.get_one(Case, case_id)
        post = db.session.get_one(Post, case.target_id)
        values = {
            "outcome": outcome,
            "expected_version": case.version,
            "target_revision_id": read(post),
            "reason_code": "spam" if outcome == "remove" else "",
            "idem_key": f"{outcome}-{viewer.username}-{case_id}-{case.version}",
            **given,
        }
        pending = service.prepare_pending(viewer, case_id)
        with transaction():
            return service.decide(viewer, case_id, DecisionInput(**values), pending).decision


def read(post: Post) -> int | None:
    """The revision a moderator has before them."""
    revision = judged_revision(post)
    return None if revision is None else revision.id


def case_of(app: Flask, post_id: int) -> Case:
    with app.app_context():
        return db.session.scalars(select(Case).where(Case.target_id == post_id)).one()


def get(app: Flask, model: Any, key: int) -> Any:
    with app.app_context():
        return db.session.get_one(model, key)


def count(app: Flask, model: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_an_edit_is_screened_again(app: Flask, people: People, newcomer: Viewer, mod: Viewer) -> None:
    first = ask(app, newcomer)
    decide(app, mod, case_of(app, first.post.id).id, "approve")
    held = edit(app, newcomer, first.post.id, LINKS)
    assert held.is_held
    assert get(app, Post, first.post.id).body == PLAIN["body"]
    case = case_of(app, first.post.id)
    assert (case.status, case.round, case.kind_top) == ("pending", 2, "links")
    with pytest.raises(Invalid):
        edit(app, newcomer, first.post.id, "short")


def test_an_approved_edit_becomes_the_text_and_a_declined_one_does_not(
    app: Flask, people: People, newcomer: Viewer, mod: Viewer
) -> None:
    post_id = ask(app, newcomer).post.id
    decide(app, mod, case_of(app, post_id).id, "approve")
    edit(app, newcomer, post_id, LINKS)
    decide(app, mod, case_of(app, post_id).id, "approve")
    assert get(app, Post, post_id).body == LINKS
    edit(app, newcomer, post_id, LINKS + " And more of it.", version=2)
    decide(app, mod, case_of(app, post_id).id, "remove")
    post = get(app, Post, post_id)
    assert (post.body, post.visibility) == (LINKS, "visible")
    with app.app_context():
        states = db.session.scalars(select(Revision.state).order_by(Revision.number)).all()
    assert states == ["old", "current", "rejected"]


def test_approving_makes_public_and_counts(app: Flask, newcomer: Viewer, mod: Viewer) -> None:
    held = ask(app, newcomer)
    decision = decide(app, mod, case_of(app, held.post.id).id, "approve")
    assert (decision.before, decision.after) == ("held", "visible")
    assert get(app, Thread, held.thread.id).visibility == "visible"
    assert get(app, User, newcomer.id or 0).thread_count == 1
    case = case_of(app, held.post.id)
    assert (case.status, case.outcome, case.version) == ("decided", "approve", 2)


def test_removing_needs_a_reason_and_hides(app: Flask, newcomer: Viewer, mod: Viewer) -> None:
    held = ask(app, newcomer)
    case = case_of(app, held.post.id)
    with pytest.raises(Invalid) as refusal:
        decide(app, mod, case.id, "remove", reason_code="")
    assert "reason_code" in refusal.value.fields
    decide(app, mod, case.id, "remove", reason_code="off_topic", note_author="Ask in the other forum.")
    assert get(app, Post, held.post.id).visibility == "removed"
    assert count(app, Decision) == 1


def test_the_same_decision_sent_twice_is_carried_out_once(app: Flask, newcomer: Viewer, mod: Viewer) -> None:
    case = case_of(app, ask(app, newcomer).post.id)
    given = {"expected_version": 1, "idem_key": "the same key"}
    first = decide(app, mod, case.id, "approve", **given)
    assert decide(app, mod, case.id, "approve", **given).id == first.id
    with pytest.raises(Invalid, match="other content"):
        decide(app, mod, case.id, "remove", **given)
    assert count(app, Decision) == 1


def test_a_key_of_one_case_decides_no_other(app: Flask, newcomer: Viewer, mod: Viewer) -> None:
    cases = [case_of(app, ask(app, newcomer, title=f"Question number {n} of mine").post.id) for n in range(2)]
    decide(app, mod, cases[0].id, "approve", idem_key="the same key")
    with pytest.raises(Invalid, match="other content"):
        decide(app, mod, cases[1].id, "approve", idem_key="the same key")
    assert case_of(app, cases[1].target_id).status == "pending"


def test_who_comes_second_is_told_who_decided_what(app: Flask, people: People, newcomer: Viewer, mod: Viewer) -> None:
    case = case_of(app, ask(app, newcomer).post.id)
    decide(app, mod, case.id, "approve")
    other = people.user("maud", role="moderator")
    with pytest.raises(Conflict) as refusal:
        decide(app, other, case.id, "remove", expected_version=1)
    extra = refusal.value.extra
    assert (extra["problem"], extra["decided_by"], extra["outcome"]) == ("stale_version", "mod", "approve")


def test_a_text_that_changed_meanwhile_has_to_be_read_again(app: Flask, newcomer: Viewer, mod: Viewer) -> None:
    held = ask(app, newcomer)
    with app.app_context():
        before = read(held.post)
    edit(app, newcomer, held.post.id, "The text became another one meanwhile.")
    with pytest.raises(Conflict) as refusal:
        decide(app, mod, case_of(app, held.post.id).id, "approve", target_revision_id=before)
    assert refusal.value.extra["problem"] == "revision_changed"
    assert refusal.value.extra["target_revision_id"] != before
    assert get(app, Post, held.post.id).visibility == "held"


def test_nobody_decides_about_an_own_post(app: Flask, people: People, newcomer: Viewer) -> None:
    case = case_of(app, ask(app, newcomer).post.id)
    with app.app_context(), transaction() as session:
        session.get_one(User, newcomer.id).role = "moderator"
    with pytest.raises(NotAllowed, match="your own post"):
        decide(app, people.viewer(newcomer.id or 0), case.id, "approve")


def test_members_decide_nothing_and_see_no_queue(app: Flask, ada: Viewer, newcomer: Viewer, mod: Viewer) -> None:
    case = case_of(app, ask(app, newcomer).post.id)
    with pytest.raises(NotFound):
        decide(app, ada, case.id, "approve")
    with app.app_context():
        assert [item.case_id for item in queue(mod).items] == [case.id]
        assert not queue(ada).items


def test_of_two_moderators_at_one_moment_one_decides(app: Flask, people: People, newcomer: Viewer, mod: Viewer) -> None:
    case = case_of(app, ask(app, newcomer).post.id)
    other = people.user("maud", role="moderator")
    gate, outcomes = threading.Barrier(2), []

    def send(viewer: Viewer, outcome: str) -> None:
        gate.wait(20)
        try:
            outcomes.append(decide(app, viewer, case.id, outcome, expected_version=1).outcome)
        except Conflict as refusal:
            outcomes.append(refusal.extra["outcome"])

    senders = [threading.Thread(target=send, args=given) for given in ((mod, "approve"), (other, "remove"))]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(30)
    assert len(outcomes) == 2
    assert len(set(outcomes)) == 1, "both know the same outcome"
    assert count(app, Decision) == 1


def test_every_step_stands_in_the_log_and_a_change_of_the_past_shows(app: Flask, newcomer: Viewer, mod: Viewer) -> None:
    for n in range(3):
        post_id = ask(app, newcomer, title=f"Question number {n} of mine").post.id
        decide(app, mod, case_of(app, post_id).id, "remove")
    with app.app_context():
        rows = db.session.scalars(select(ModEvent).order_by(ModEvent.id)).all()
        assert [row.action for row in rows] == ["case_opened", "decision"] * 3
        assert log.first_broken() is None
        third = rows[2].id
        with transaction() as session:
            session.execute(update(ModEvent).where(ModEvent.id == third).values(reason_code="nothing"))
        assert log.first_broken() == third


def test_a_row_taken_out_of_the_log_shows(app: Flask, newcomer: Viewer, mod: Viewer) -> None:
    decide(app, mod, case_of(app, ask(app, newcomer).post.id).id, "approve")
    ask(app, mod)
    with app.app_context():
        first, second = db.session.scalars(select(ModEvent.id).order_by(ModEvent.id)).all()
        with transaction() as session:
            session.delete(session.get_one(ModEvent, first))
        assert log.first_broken() == second
