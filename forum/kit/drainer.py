"""The drainer: claims rows of work in batches and carries each out once, alone among all processes."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Row, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from forum.kit import clock
from forum.kit.db import db, retried, transaction
from forum.kit.outbox import EventRow, Reaction, Recorded, WorkerLease, WorkRow, reaction_named

log = structlog.get_logger(__name__)

BATCH = 200
# The search index pays for each commit, whatever its size: an import of thousands of posts is a few large ones.
BATCH_FACTOR = 20
LEASE = timedelta(seconds=120)
HOLD = timedelta(seconds=60)
MAX_TRIES = 12
IDLE_SECONDS = 0.25
# 10 s, then longer, up to 6 h: a mail server that is down for a night is not asked a thousand times.
BACK_OFF = (10, 30, 60, 300, 900, 1800, 3600, 7200, 10800, 21600, 21600)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row of work taken by this drainer, with its event."""

    id: int
    attempts: int
    reaction: Reaction | None
    name: str
    event: Recorded


def holder_name() -> str:
    """This process, so that a later one on the same machine can see whether it is still alive."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def _started(pid: int) -> str:
    """When the process started, in clock ticks since boot; tells a process from a later one with its number."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    except (OSError, ValueError):
        return "0"
    # A process that was killed and not buried yet works no more.
    return "0" if state == "Z" else rest[18]


def is_gone(holder: str) -> bool:
    """Whether the holder ran on this machine and has ended; unknown counts as alive."""
    host, _, rest = holder.rpartition(":")[0].partition(":")
    started = holder.rpartition(":")[2]
    return host == socket.gethostname() and rest.isdecimal() and _started(int(rest)) != started


class Drainer:
    """Carries out work while it holds the lease; safe to kill at any moment."""

    def __init__(self) -> None:
        """Start without the lease."""
        self.holder = holder_name()

    def acquire(self) -> bool:
        """Take or renew the one lease; a holder that died on this machine is followed at once."""
        try:
            return retried(self._acquire)
        except IntegrityError:  # two took the very first lease at one moment; the other one has it
            return False

    def _acquire(self) -> bool:
        now = clock.now()
        lease = db.session.get(WorkerLease, "drainer")
        mine = lease is not None and lease.holder == self.holder
        if lease is not None and mine and lease.expires_at - now > HOLD / 2:
            return True
        if lease is not None and not mine and lease.expires_at > now and not is_gone(lease.holder):
            return False
        return self._take(now, None if lease is None else lease.holder)

    def _take(self, now: datetime, seen: str | None) -> bool:
        with transaction() as session:
            lease = session.get(WorkerLease, "drainer", with_for_update=True)
            if lease is None:
                session.add(WorkerLease(name="drainer", holder=self.holder, expires_at=now + HOLD))
            elif lease.holder not in {seen, self.holder}:
                return False
            else:
                lease.holder, lease.expires_at = self.holder, now + HOLD
            if seen != self.holder:
                # What the one before had claimed is free again: it cannot finish it without the lease.
                session.execute(update(WorkRow).where(WorkRow.leased_until.is_not(None)).values(leased_until=None))
        return True

    def release(self) -> None:
        """Give the lease back, so that the next drainer need not wait."""
        with transaction() as session:
            session.execute(delete(WorkerLease).where(WorkerLease.name == "drainer", WorkerLease.holder == self.holder))

    def step(self, limit: int = BATCH) -> int:
        """Carry out due rows of the reaction that waits longest; returns how many were taken. Needs the lease.

        At most `limit` rows share a transaction; a batch reaction, which works outside of one, gets more at once.
        """
        if not self.has_due():
            return 0
        claimed = retried(lambda: self._claim(limit))
        if claimed:
            self._carry_out(claimed)
        return len(claimed)

    def has_due(self) -> bool:
        """Whether some work could be done now."""
        found = db.session.scalar(select(WorkRow.id).where(*_due(clock.now())).limit(1))
        db.session.rollback()
        return found is not None

    def _claim(self, limit: int) -> list[Claimed]:
        now = clock.now()
        with transaction() as session:
            lease = session.get(WorkerLease, "drainer", with_for_update=True)
            if lease is None or lease.holder != self.holder:
                return []
            oldest = select(WorkRow.reaction).where(*_due(now)).order_by(WorkRow.id).limit(1)
            name = session.scalar(oldest) or ""
            reaction = reaction_named(name)
            if reaction is not None and reaction.batch is not None:
                limit *= BATCH_FACTOR
            rows = session.execute(
                select(WorkRow.id.label("work_id"), WorkRow.attempts, WorkRow.reaction, *EventRow.__table__.c)
                .join(EventRow, EventRow.event_id == WorkRow.event_id)
                .where(*_due(now), WorkRow.reaction == name)
                .order_by(WorkRow.id)
                .limit(limit)
            ).all()
            session.execute(
                update(WorkRow)
                .where(WorkRow.id.in_([row.work_id for row in rows]))
                .values(leased_until=now + LEASE, attempts=WorkRow.attempts + 1)
            )
        return [
            Claimed(row.work_id, row.attempts + 1, reaction_named(row.reaction), row.reaction, recorded(row))
            for row in rows
        ]

    def _carry_out(self, rows: list[Claimed]) -> None:
        reaction = rows[0].reaction
        if reaction is None:
            self._put_back(rows, "the code has no such reaction any more")
        elif reaction.batch is not None:
            self._run_batch(reaction, rows)
        else:
            self._run_each(reaction, rows)

    def _run_batch(self, reaction: Reaction, rows: list[Claimed]) -> None:
        assert reaction.batch is not None
        try:
            reaction.batch([row.event for row in rows])
        except Exception as error:  # noqa: BLE001 - a failing reaction must not stop its neighbours
            db.session.rollback()
            self._put_back(rows, repr(error))
            return
        with transaction() as session:
            session.execute(delete(WorkRow).where(WorkRow.id.in_([row.id for row in rows])))

    def _run_each(self, reaction: Reaction, rows: list[Claimed]) -> None:
        failed: list[tuple[Claimed, str]] = []

        def unit() -> None:
            failed.clear()
            with transaction() as session:
                held = self._still_held(rows)
                for row in held:
                    try:
                        with session.begin_nested():
                            assert reaction.run is not None
                            reaction.run(row.event)
                    except Exception as error:  # noqa: BLE001 - a failing reaction must not stop its neighbours
                        failed.append((row, repr(error)))
                missed = {row.id for row, _ in failed}
                done = [row.id for row in held if row.id not in missed]
                session.execute(delete(WorkRow).where(WorkRow.id.in_(done)))

        try:
            retried(unit)
        except Exception as error:  # noqa: BLE001 - the batch as a whole failed; each row gets its next try
            self._put_back(rows, repr(error))
            return
        for row, error_text in failed:
            self._put_back([row], error_text)

    def _still_held(self, rows: list[Claimed]) -> list[Claimed]:
        """The rows nobody else took since: a process that stood still beyond its lease must not repeat them."""
        tries = {row.id: row.attempts for row in rows}
        found = db.session.execute(
            select(WorkRow.id, WorkRow.attempts).where(WorkRow.id.in_(list(tries))).with_for_update()
        )
        mine = {work_id for work_id, attempts in found if attempts == tries[work_id]}
        return [row for row in rows if row.id in mine]

    def _put_back(self, rows: list[Claimed], error: str) -> None:
        now = clock.now()
        with transaction() as session:
            for row in rows:
                wait = BACK_OFF[min(row.attempts, len(BACK_OFF)) - 1]
                session.execute(
                    update(WorkRow)
                    .where(WorkRow.id == row.id, WorkRow.attempts == row.attempts)
                    .values(
                        error=error[:2000],
                        leased_until=None,
                        not_before=now + timedelta(seconds=wait),
                        dead_at=now if row.attempts >= MAX_TRIES else None,
                    )
                )
        log.warning(
            "reaction_failed",
            reaction=rows[0].name,
            rows=len(rows),
            attempts=rows[0].attempts,
            error=error[:500],
        )

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Work until told to stop, waking within half a second of new work; waits while another holds the lease."""
        while not should_stop():
            try:
                busy = self.acquire() and self.step() > 0
            except Exception:
                log.exception("drainer_failed")
                db.session.rollback()
                time.sleep(1)
                continue
            if not busy:
                db.session.rollback()
                time.sleep(IDLE_SECONDS)
        self.release()


def _due(now: datetime) -> Iterable[Any]:
    return (
        WorkRow.dead_at.is_(None),
        WorkRow.not_before <= now,
        or_(WorkRow.leased_until.is_(None), WorkRow.leased_until < now),
    )


def recorded(row: Row[Any]) -> Recorded:
    """The event of a row that selected the columns of `event`."""
    return Recorded(
        id=row.event_id,
        type=row.type,
        at=row.occurred_at,
        received_at=row.received_at,
        actor_key=row.actor_key,
        actor_class=row.actor_class,
        is_mod=row.is_mod,
        thread=row.thread_id,
        post=row.post_id,
        category=row.category_id,
        lang=row.lang,
        target=row.parent_author_key,
        source=row.source,
        props=row.props,
    )


def pending() -> int:
    """How many consequences are still to come, waiting ones included, dead ones not."""
    count = db.session.scalar(select(func.count()).select_from(WorkRow).where(WorkRow.dead_at.is_(None))) or 0
    db.session.rollback()
    return count


@dataclass(frozen=True, slots=True)
class Backlog:
    """Consequences that wait: how many, how many were given up, and since when the oldest could have happened."""

    waiting: int
    given_up: int
    oldest: datetime | None


def backlog() -> Backlog:
    """How far the drainer is behind; one statement along an index."""
    alive = WorkRow.dead_at.is_(None)
    row = db.session.execute(
        select(
            func.count().filter(alive),
            func.count().filter(WorkRow.dead_at.is_not(None)),
            func.min(WorkRow.not_before).filter(alive),
        ).select_from(WorkRow)
    ).one()
    return Backlog(row[0], row[1], row[2])


def drain(timeout: float = 60.0, *, wait_for_delayed: bool = True) -> bool:
    """Wait until every consequence of what happened so far is done, helping when no other drainer is at work.

    Returns False when the seconds were not enough. Without `wait_for_delayed`, only what is due now counts.
    """
    deadline = time.monotonic() + timeout
    drainer = Drainer()
    try:
        while True:
            if drainer.acquire():
                while time.monotonic() < deadline and drainer.step():
                    drainer.acquire()
                if not wait_for_delayed and not drainer.has_due():
                    return True
            if pending() == 0:
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.05)
    finally:
        drainer.release()
