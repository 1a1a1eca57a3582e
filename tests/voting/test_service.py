"""Casting votes: what counts, what is refused, and what stays when it happens twice or at once."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.discussion.models import Post, Thread
from forum.kit.db import db, transaction
from forum.kit.errors import NotAllowed, NotFound
from forum.kit.outbox import EventRow
from forum.voting.inputs import VoteInput
from forum.voting.models import Vote
from forum.voting.service import cast_vote
from tests.people import People


@pytest.fixture
def ada(people: People) -> Viewer:
    people.category()
    return people.user("ada")


def vote(app: Flask, viewer: Viewer, post_id: int, choice: str) -> int:
    with app.app_context(), transaction():
        return cast_vote(viewer, post_id, VoteInput(choice=choice)).score  # type: ignore[arg-type]  # tests try all


def test_a_vote_counts_on_the_post_its_thread_and_its_author(app: Flask, people: People, ada: Viewer) -> None:
    thread_id, post_id = people.thread(ada)
    assert vote(app, people.user("bob"), post_id, "up") == 1
    with app.app_context():
        assert db.session.get_one(Thread, thread_id).score == 1
        assert db.session.get_one(User, ada.id).votes_received == 1


def test_the_same_vote_again_changes_nothing(app: Flask, people: People, ada: Viewer) -> None:
    _, post_id = people.thread(ada)
    bob = people.user("bob")
    vote(app, bob, post_id, "up")
    assert vote(app, bob, post_id, "up") == 1
    with app.app_context():
        assert db.session.scalar(select(func.count()).where(EventRow.type == "vote")) == 1


def test_a_vote_can_be_turned_and_taken_back(app: Flask, people: People, ada: Viewer) -> None:
    _, post_id = people.thread(ada)
    bob = people.user("bob")
    assert [vote(app, bob, post_id, choice) for choice in ("up", "down", "clear")] == [1, -1, 0]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Vote)) == 0
        assert db.session.get_one(User, ada.id).votes_received == 0
        events = db.session.scalars(
            select(EventRow.props).where(EventRow.type == "vote").order_by(EventRow.received_at)
        ).all()
        assert [(e["before"], e["value"]) for e in events] == [(0, 1), (1, -1), (-1, 0)]


def test_nobody_votes_on_an_own_post(app: Flask, people: People, ada: Viewer) -> None:
    _, post_id = people.thread(ada)
    with pytest.raises(NotAllowed, match="own post"):
        vote(app, ada, post_id, "up")


def test_a_hidden_post_looks_missing(app: Flask, people: People, ada: Viewer) -> None:
    _, post_id = people.thread(ada)
    with app.app_context(), transaction() as session:
        session.get_one(Post, post_id).visibility = "held"
        session.get_one(Thread, session.get_one(Post, post_id).thread_id).visibility = "held"
    with pytest.raises(NotFound):
        vote(app, people.user("bob"), post_id, "up")
