"""A table of reactions for tests of the outbox: each writes one row that no constraint keeps from being doubled."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, insert, select

from forum.kit import clock, outbox
from forum.kit.db import db, transaction
from forum.kit.drainer import Drainer
from forum.kit.outbox import ActorRef, Event, Reaction, Recorded, Source, Subject
from forum.kit.settings import SettingChange
from forum.voting.events import VoteCast

SOMEBODY = ActorRef("u1", "member")


def write(mark: str, event: Recorded) -> None:
    """The effect that is counted."""
    values = {"key": mark, "old": None, "new": str(event.id), "changed_by": "test", "changed_at": clock.now()}
    db.session.execute(insert(SettingChange), [values])


def quick(event: Recorded) -> None:
    write("quick", event)


def slow(event: Recorded) -> None:
    """Slow enough that a kill finds it at work."""
    time.sleep(0.002)
    write("slow", event)


def historic(event: Recorded) -> None:
    write("historic", event)


def broken(event: Recorded) -> None:
    """Fails after it has written something, which must not stay."""
    write("broken", event)
    raise ValueError("never works")


def picky(event: Recorded) -> None:
    """Fails for votes against, carries out all others."""
    if event.props["value"] < 0:
        raise ValueError("votes against are not for me")
    write("picky", event)


def busy(event: Recorded) -> None:
    """Each event makes the next: work that never ends."""
    record()


def table(*reactions: Reaction) -> Mapping[type[Event], Sequence[Reaction]]:
    return {VoteCast: reactions}


QUICK, SLOW = Reaction("test.quick", quick), Reaction("test.slow", slow)


def record(value: int = 1, source: Source = "web") -> UUID:
    """Record one event in the transaction that is open."""
    return outbox.record(VoteCast(by=SOMEBODY, about=Subject(thread=1, post=2), value=value, source=source))


def happen(count: int = 1, **about: object) -> list[UUID]:
    """Let something happen a number of times, in one transaction."""
    with transaction():
        return [record(**about) for _ in range(count)]  # type: ignore[arg-type]  # keywords of `record`


def effects() -> Counter[tuple[str, str]]:
    """How often each reaction took effect for each event."""
    found = Counter((row.key, row.new) for row in db.session.execute(select(SettingChange.key, SettingChange.new)
                    .where(SettingChange.changed_by == "test")))  # fmt: skip
    db.session.rollback()
    return found


def count_effects() -> int:
    """How many effects there were so far, whatever they are."""
    count = db.session.scalar(select(func.count()).where(SettingChange.changed_by == "test")) or 0
    db.session.rollback()
    return count


def work_until_killed() -> None:
    """What a worker process does, with this table instead of the forum's."""
    outbox.connect(table(QUICK, SLOW))
    Drainer().run(lambda: False)


def take_the_lease_and_die() -> None:
    """Hold the lease with fifteen seconds left on it, and be gone."""
    assert Drainer().acquire()
