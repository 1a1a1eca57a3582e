"""Publishing: what is held, refused or limited on its way in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum.accounts.viewer import Viewer
from forum.discussion import service as discussion
from forum.discussion.inputs import ReplyInput, ThreadInput
from forum.discussion.models import Post, Thread
from forum.kit import clock
from forum.kit.db import db, transaction
from forum.kit.errors import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn, Refused, TooSoon
from forum.moderation import publishing, service
from forum.moderation.cases import judged_revision
from forum.moderation.inputs import DecisionInput
from forum.moderation.models import Case, Decision, Sanction, Signal
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


@pytest.fixture
def inside(app: Flask) -> Iterator[None]:
    """Direct calls of the test itself."""
    with app.app_context():
        yield


def ask(app: Flask, viewer: Viewer, **given: Any) -> publishing.Published:
    with app.app_context():
        prepared = publishing.prepare(viewer, ThreadInput(category="general", **{**PLAIN, **given}))
        with transaction():
            return publishing.publish(prepared)


def answer(app: Flask, viewer: Viewer, thread_id: int, body: str) -> publishing.Published:
    with app.app_context():
        prepared = publishing.prepare(viewer, ReplyInput(thread_id=thread_id, body=body))
        with transaction():
            return publishing.publish(prepared)


def decide(app: Flask, viewer: Viewer, case_id: int, outcome: str, **given: Any) -> Decision:
    """Decide about a case as it is, unless the test says how the moderator saw it."""
    with app.app_context():
        case = db.session.get_one(Case, case_id)
        revision = judged_revision(db.session.get_one(Post, case.target_id))
        values = {
            "outcome": outcome,
            "expected_version": case.version,
            "target_revision_id": revision.id if revision else None,
            "reason_code": "spam" if outcome == "remove" else "",
            "idem_key": f"{outcome}-{viewer.username}-{case_id}-{case.version}",
            **given,
        }
        pending = service.prepare_pending(viewer, case_id)
        with transaction():
            return service.decide(viewer, case_id, DecisionInput(**values), pending).decision


def case_of(app: Flask, post_id: int) -> Case:
    with app.app_context():
        return db.session.scalars(select(Case).where(Case.target_id == post_id)).one()


def get(app: Flask, model: Any, key: int) -> Any:
    with app.app_context():
        return db.session.get_one(model, key)


def count(app: Flask, model: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_the_first_post_of_a_new_member_waits_for_a_person(app: Flask, newcomer: Viewer) -> None:
    held = ask(app, newcomer)
    assert held.is_held
    assert get(app, Post, held.post.id).visibility == "held"
    assert get(app, Thread, held.thread.id).visibility == "held"
    case = case_of(app, held.post.id)
    assert (case.status, case.kind_top, case.author_id) == ("pending", "first_post", newcomer.id)


def test_the_second_waits_too_until_one_is_public(app: Flask, people: People, newcomer: Viewer, mod: Viewer) -> None:
    first = ask(app, newcomer)
    assert ask(app, newcomer, title="Another question altogether", body="With another text.").is_held
    decide(app, mod, case_of(app, first.post.id).id, "approve")
    assert not ask(app, newcomer, title="A third question by now", body="With a third text.").is_held


def test_a_member_who_is_known_is_not_held(app: Flask, ada: Viewer) -> None:
    assert not ask(app, ada).is_held
    assert count(app, Case) == 0


def test_holding_first_posts_is_a_setting(app: Flask, people: People, newcomer: Viewer) -> None:
    people.settings(hold_first_posts=False)
    assert not ask(app, newcomer).is_held


def test_many_links_of_a_new_member_are_held_with_every_reason(app: Flask, people: People, newcomer: Viewer) -> None:
    held = ask(app, newcomer, body=LINKS)
    with app.app_context():
        kinds = db.session.scalars(select(Signal.kind).order_by(Signal.id)).all()
        detail = db.session.scalars(select(Signal.detail).where(Signal.kind == "links")).one()
    assert kinds == ["links", "first_post"]
    assert detail == {"links": 3}
    people.settings(links_max_new=3, hold_first_posts=False)
    assert held.is_held
    assert not ask(app, newcomer, title="Another question altogether", body=LINKS + " Really.").is_held


def test_members_with_some_trust_post_links_freely(app: Flask, ada: Viewer) -> None:
    assert not ask(app, ada, body=LINKS).is_held


def test_between_two_posts_a_moment_has_to_pass(app: Flask, people: People, ada: Viewer, newcomer: Viewer) -> None:
    people.settings(post_seconds=5, post_seconds_new=30, hold_first_posts=False)
    for viewer, seconds in ((ada, 5), (newcomer, 30)):
        now = clock.now() + timedelta(minutes=seconds)
        with clock.frozen(now):
            thread_id = ask(app, viewer, title=f"The question of {viewer.name}").thread.id
        with clock.frozen(now + timedelta(seconds=seconds - 1)), pytest.raises(TooSoon) as refusal:
            answer(app, viewer, thread_id, "Too soon after the last.")
        assert refusal.value.retry_after == 2
        with clock.frozen(now + timedelta(seconds=seconds)):
            answer(app, viewer, thread_id, "Late enough after the last.")


def test_the_first_day_has_its_limits(app: Flask, people: People, newcomer: Viewer) -> None:
    people.settings(threads_first_day=2, replies_first_day=1, hold_first_posts=False)
    thread_id = ask(app, newcomer).thread.id
    ask(app, newcomer, title="Another question altogether", body="With another text.")
    with pytest.raises(TooSoon, match="all for today"):
        ask(app, newcomer, title="A third question by now", body="With a third text.")
    answer(app, newcomer, thread_id, "The only reply of today.")
    with pytest.raises(TooSoon, match="all for today"):
        answer(app, newcomer, thread_id, "One reply too many.")
    with clock.shifted(timedelta(days=1, minutes=1)):
        answer(app, newcomer, thread_id, "A reply on the second day.")


def test_a_day_has_only_so_many_threads_for_anybody(app: Flask, people: People, ada: Viewer) -> None:
    people.settings(threads_per_day=1)
    thread_id = ask(app, ada).thread.id
    with pytest.raises(TooSoon):
        ask(app, ada, title="Another question altogether", body="With another text.")
    answer(app, ada, thread_id, "Replies are not threads.")


def test_the_same_text_again_leads_to_the_first(app: Flask, ada: Viewer) -> None:
    first = ask(app, ada)
    with pytest.raises(Conflict) as refusal:
        ask(app, ada)
    assert refusal.value.extra == {"post_id": first.post.id, "thread_id": first.thread.id}
    with clock.shifted(timedelta(minutes=6)):
        assert ask(app, ada).post.id != first.post.id


def test_a_text_that_was_deleted_may_be_posted_again(app: Flask, ada: Viewer) -> None:
    first = ask(app, ada)
    with app.app_context(), transaction():
        discussion.delete_post(ada, first.post.id)
    assert ask(app, ada).post.id != first.post.id


def test_what_is_wrong_is_named_field_by_field(app: Flask, ada: Viewer) -> None:
    with pytest.raises(Invalid) as refusal:
        ask(app, ada, title="Why", body="\u200b \u200b", tags=["a1", "b1", "c1", "d1", "e1", "f1"])
    assert set(refusal.value.fields) == {"title", "body", "tags"}
    for given, field in (
        ({"title": "x" * 151}, "title"),
        ({"body": "@a1 @b1 @c1 @d1 @e1 @f1 @g1 @h1 @i1 @j1 @k1 look"}, "body"),
        ({"body": "[nothing]: https://to-be-seen.example"}, "body"),
    ):
        with pytest.raises(Invalid) as refusal:
            ask(app, ada, **given)
        assert set(refusal.value.fields) == {field}
    assert count(app, Post) == 0


def test_a_short_korean_title_is_long_enough(app: Flask, people: People, ada: Viewer) -> None:
    people.settings(title_min=4)
    assert not ask(app, ada, title="밸브가 샌다", body="밸브가 잘 닫히지 않습니다.").is_held


@pytest.mark.parametrize("kind", ["suspend", "silence"])
def test_somebody_who_is_sanctioned_cannot_write(app: Flask, people: People, ada: Viewer, kind: str) -> None:
    thread_id = ask(app, ada).thread.id
    now = clock.now()
    with app.app_context(), transaction() as session:
        session.add(
            Sanction(user_id=ada.id, kind=kind, reason="three warnings", starts_at=now, ends_at=now + timedelta(days=1))
        )
    with pytest.raises(NotAllowed, match="three warnings"):
        answer(app, ada, thread_id, "I have something to say.")
    with clock.shifted(timedelta(days=1, minutes=1)):
        answer(app, ada, thread_id, "It is over by its date alone.")


def test_a_sanction_in_one_category_leaves_the_others(app: Flask, people: People, ada: Viewer) -> None:
    people.category("Repairs")
    thread_id = ask(app, ada).thread.id
    with app.app_context(), transaction() as session:
        category_id = session.get_one(Thread, thread_id).category_id
        session.add(Sanction(user_id=ada.id, kind="silence", category_id=category_id, starts_at=clock.now()))
    with pytest.raises(NotAllowed):
        answer(app, ada, thread_id, "I have something to say.")
    people.thread(ada, "repairs", title="Another question altogether", body="With another text.")


def test_staff_are_not_limited(app: Flask, people: People, mod: Viewer) -> None:
    people.settings(post_seconds=3600, threads_per_day=1)
    ask(app, mod, body=LINKS)
    assert not ask(app, mod, body=LINKS).is_held


def test_visitors_and_keys_without_the_scope_cannot_publish(app: Flask, ada: Viewer, inside: None) -> None:
    given = ThreadInput(category="general", **PLAIN)
    with pytest.raises(NotSignedIn):
        publishing.prepare(Viewer(), given)
    reader = Viewer(id=ada.id, username="ada", name="ada", role="member", trust=1, scopes=frozenset({"read"}))
    with pytest.raises(NotFound):
        publishing.prepare(reader, given)


def test_two_equal_requests_at_one_moment_make_one_post(app: Flask, ada: Viewer) -> None:
    gate, outcomes = threading.Barrier(2), []

    def send() -> None:
        with app.app_context():
            prepared = publishing.prepare(ada, ThreadInput(category="general", **PLAIN))
            gate.wait(20)
            try:
                with transaction():
                    outcomes.append(publishing.publish(prepared).post.id)
            except Refused as refusal:
                outcomes.append(refusal)

    senders = [threading.Thread(target=send) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(30)
    made = [outcome for outcome in outcomes if isinstance(outcome, int)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert (len(made), len(refused)) == (1, 1)
    assert refused[0].extra["post_id"] == made[0]
    assert count(app, Post) == 1
