"""A small town that lived through the services of the forum for a few weeks, at known moments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from forum.accounts.viewer import Viewer
from forum.discussion import curation
from forum.discussion import service as discussion
from forum.discussion.models import Post, Thread
from forum.kit import clock
from forum.kit.db import transaction
from forum.voting.inputs import VoteInput
from forum.voting.service import cast_vote
from tests.people import People

MONDAY = datetime(2026, 6, 1, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Town:
    """Who lives there, and what they wrote."""

    ada: Viewer
    bob: Viewer
    cy: Viewer
    boss: Viewer
    threads: list[int]
    end: datetime


def at(days: float) -> datetime:
    """So many days after the first Monday morning."""
    return MONDAY + timedelta(days=days)


def build(people: People) -> Town:
    """Six questions: answered at once, after a day and a half, by the team, not at all, closed, and removed."""
    with clock.frozen(at(0)):
        ada, bob, cy = (people.user(name) for name in ("ada", "bob", "cy"))
        boss = people.user("boss", role="owner")
        people.category("General")
    threads: list[int] = []
    askers = (ada, ada, bob, bob, cy, cy)
    for number in (0, 1, 2):
        with clock.frozen(at(number)):
            threads.append(people.thread(askers[number], title=f"Question number {number}")[0])
        if number == 0:
            with clock.frozen(at(0.1)):
                good = people.reply(bob, threads[0])
    with clock.frozen(at(2.5)):
        people.reply(cy, threads[1])
    with clock.frozen(at(2.6)):
        people.reply(boss, threads[2])
        people.reply(bob, threads[2], "I have found it myself, thanks.")
    for number in (3, 4, 5):
        with clock.frozen(at(number)):
            threads.append(people.thread(askers[number], title=f"Question number {number}")[0])
    with clock.frozen(at(6)), people.app.app_context():
        with transaction():
            discussion.accept_answer(ada, threads[0], good)
        with transaction():
            cast_vote(cy, good, VoteInput(choice="up"))
        with transaction():
            curation.set_locked(boss, threads[4], locked=True, reason="off_topic")
        with transaction() as session:
            thread = session.get_one(Thread, threads[5])
            post = session.get_one(Post, thread.opening_post_id)
            discussion.set_visibility(boss, thread, post, "removed", reason="spam")
    return Town(ada, bob, cy, boss, threads, at(20))
