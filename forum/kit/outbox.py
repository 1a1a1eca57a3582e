"""Events and their consequences: recorded in the transaction of what happened, carried out once each afterwards."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Text, Uuid, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from forum.kit import clock
from forum.kit.db import Base, UTCDateTime, db, is_writing

ActorClass = Literal["member", "guest", "staff", "bot", "system"]
Source = Literal["web", "api", "import", "mail", "cli", "system"]
SCHEMA_VERSION = 1
BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself for INTEGER alone


@dataclass(frozen=True, slots=True)
class ActorRef:
    """Who did it, as they were at that moment."""

    key: str
    cls: ActorClass
    is_mod: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """What it was about, as it was at that moment; `target` is the actor or post that was answered."""

    thread: int | None = None
    post: int | None = None
    category: int | None = None
    lang: str | None = None
    target: str | None = None


@dataclass(frozen=True, kw_only=True)
class Event:
    """A past-tense fact; subclasses name the type and add their own keys, which become `props`."""

    type: ClassVar[str]

    by: ActorRef
    about: Subject = Subject()
    at: datetime | None = None
    source: Source = "web"
    id: UUID | None = None

    def props(self) -> dict[str, Any]:
        """The keys a subclass adds, as JSON values."""
        own = {field.name for field in fields(Event)}
        return {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if f.name not in own and getattr(self, f.name) is not None
        }


class EventRow(Base):
    """The participation log: append-only, the only thing figures are computed from."""

    __tablename__ = "event"
    __table_args__ = (
        Index(None, "type", "occurred_at"),
        Index(None, "thread_id", "occurred_at"),
        Index(None, "occurred_at"),
        Index(None, "received_at"),
    )

    event_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    occurred_at: Mapped[datetime] = mapped_column(UTCDateTime)
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    type: Mapped[str] = mapped_column(String(40))
    actor_key: Mapped[str] = mapped_column(String(64), index=True)
    actor_class: Mapped[str] = mapped_column(String(10))
    is_mod: Mapped[bool]
    visitor_key_day: Mapped[str | None] = mapped_column(String(64))
    session_hint: Mapped[str | None] = mapped_column(String(64))
    thread_id: Mapped[int | None] = mapped_column(BigInteger)
    post_id: Mapped[int | None] = mapped_column(BigInteger)
    parent_author_key: Mapped[str | None] = mapped_column(String(64))
    category_id: Mapped[int | None] = mapped_column(BigInteger)
    lang: Mapped[str | None] = mapped_column(String(8))
    source: Mapped[str] = mapped_column(String(10))
    props: Mapped[dict[str, Any]] = mapped_column(JSON)
    rule_versions: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    schema_version: Mapped[int]


class WorkRow(Base):
    """One reaction that still has to happen for one event."""

    __tablename__ = "work"
    __table_args__ = (Index(None, "dead_at", "not_before", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("event.event_id"), index=True)
    reaction: Mapped[str] = mapped_column(String(60))
    not_before: Mapped[datetime] = mapped_column(UTCDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    dead_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class WorkerLease(Base):
    """Which process may act alone; a lease that ran out can be taken by the next."""

    __tablename__ = "worker_lease"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(120))
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as reactions and figures read it back from the log."""

    id: UUID
    type: str
    at: datetime
    received_at: datetime
    actor_key: str
    actor_class: str
    is_mod: bool
    thread: int | None
    post: int | None
    category: int | None
    lang: str | None
    target: str | None
    source: str
    props: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reaction:
    """A consequence: `run` takes one event in a writing transaction, or, with `batch`, many events outside of one.

    `history` lets imported events reach it; a batch reaction must be safe to repeat.
    """

    name: str
    run: Callable[[Recorded], None] | None = None
    batch: Callable[[Sequence[Recorded]], None] | None = None
    history: bool = False


_table: dict[str, tuple[Reaction, ...]] = {}


def connect(table: Mapping[type[Event], Sequence[Reaction]]) -> None:
    """Make this the table of what follows from what; called once when the application is put together."""
    _table.clear()
    _table.update({event.type: tuple(reactions) for event, reactions in table.items()})


def reaction_named(name: str) -> Reaction | None:
    """The reaction behind a row of work, or None when the code no longer has it."""
    return next((r for reactions in _table.values() for r in reactions if r.name == name), None)


def uuid7(at: datetime) -> UUID:
    """A UUID of version 7 (RFC 9562): sortable by its moment in milliseconds, the rest random."""
    millis = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    value = millis << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return UUID(int=value)


def record(event: Event, *, after: timedelta = timedelta()) -> UUID:
    """Write the event and one row of work for each of its reactions into the caller's transaction.

    `after` holds the consequences back, so that an undo within that time leaves no trace outside.
    """
    if not is_writing():
        raise RuntimeError("an event belongs into the transaction of what happened")
    row = event_row(event)
    db.session.execute(insert(EventRow), [row])
    work = work_rows(event.type, row["event_id"], event.source, row["received_at"] + after)
    if work:
        db.session.execute(insert(WorkRow), work)
    event_id: UUID = row["event_id"]
    return event_id


def event_row(event: Event) -> dict[str, Any]:
    """The event as a row, for `record` and for importers that write many at once."""
    received = clock.now()
    at = event.at or received
    return {
        "event_id": event.id or uuid7(at),
        "occurred_at": at,
        "received_at": received,
        "type": event.type,
        "actor_key": event.by.key,
        "actor_class": event.by.cls,
        "is_mod": event.by.is_mod,
        "thread_id": event.about.thread,
        "post_id": event.about.post,
        "parent_author_key": event.about.target,
        "category_id": event.about.category,
        "lang": event.about.lang,
        "source": event.source,
        "props": event.props(),
        "schema_version": SCHEMA_VERSION,
    }


def append(rows: Sequence[Mapping[str, Any]]) -> None:
    """Write events that brought their own ids and that nothing follows from; an id that is there already is left alone.

    Part of the caller's transaction.
    """
    if not is_writing():
        raise RuntimeError("events belong into a transaction")
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    db.session.execute(dialect.insert(EventRow).on_conflict_do_nothing(index_elements=["event_id"]), rows)


def work_rows(event_type: str, event_id: UUID, source: str, not_before: datetime) -> list[dict[str, Any]]:
    """The work that follows from an event; imported history reaches only reactions that declare `history`."""
    return [
        {"event_id": event_id, "reaction": reaction.name, "not_before": not_before, "attempts": 0}
        for reaction in _table.get(event_type, ())
        if source != "import" or reaction.history
    ]


def consequences(event_type: str) -> int:
    """How many reactions follow from an event of this type."""
    return len(_table.get(event_type, ()))


def cancel(event_id: UUID) -> int:
    """Drop the work of an event that has not been done yet; returns how many rows were dropped."""
    return db.session.query(WorkRow).filter(WorkRow.event_id == event_id).delete()


def wait_for(condition: Callable[[], bool], timeout: float, pause: float = 0.1) -> bool:
    """Ask until it is true or the seconds are over."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)
    return True
