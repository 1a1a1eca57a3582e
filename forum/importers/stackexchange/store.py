"""How an import writes: many rows at once that know where they came from, with events and consequences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID, uuid5

from sqlalchemy import Insert, Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from forum.accounts.models import User
from forum.accounts.viewer import actor_key
from forum.discussion.models import Category
from forum.importers.stackexchange.report import Report
from forum.importers.stackexchange.rows import Row, Watch, chunks
from forum.importers.stackexchange.sidecar import Sidecar
from forum.importers.stackexchange.texts import Kitchen
from forum.kit.db import Base, db
from forum.kit.outbox import ActorRef, Event, EventRow, WorkRow, event_row, work_rows

# Every event of an import has the same id in every run; this is the space those ids lie in.
NAMESPACE: Final = UUID("6f1d3c1e-8f0e-5c57-9d0f-3a0c5f2b7e11")
ANONYMOUS: Final = "Anonymous"
VOTER: Final = ActorRef("anon", "guest")


@dataclass(slots=True)
class Run:
    """What all parts of one import share."""

    source: str
    category_id: int
    dry_run: bool
    report: Report
    sidecar: Sidecar
    kitchen: Kitchen
    watch: Watch | None = None

    def event_id(self, kind: str, source_id: str) -> UUID:
        """The id of the event that tells of this row of the dump."""
        return uuid5(NAMESPACE, f"{self.source}/{kind}/{source_id}")

    def origin(self, source_id: str) -> dict[str, str]:
        """The two columns that make a row known again."""
        return {"source": self.source, "source_id": source_id}

    def ids(self, model: type[Any], source_ids: Iterable[str]) -> dict[str, int]:
        """The ids of rows imported before or in this run, by their ids in the dump."""
        return {row.source_id: row.id for row in self.rows(model, ("id", "source_id"), source_ids)}

    def rows(self, model: type[Any], columns: Sequence[str], source_ids: Iterable[str]) -> list[Any]:
        """Chosen columns of imported rows, asked for in portions."""
        found: list[Any] = []
        for chunk in chunks(dict.fromkeys(source_ids)):
            query = select(*[getattr(model, name) for name in columns])
            found += db.session.execute(query.where(model.source == self.source, model.source_id.in_(chunk))).all()
        return found


@dataclass(frozen=True, slots=True)
class Person:
    """Who wrote something: an imported account, or only a name that was left behind."""

    id: int | None
    name: str
    is_bot: bool = False

    @property
    def actor(self) -> ActorRef:
        """The reference that events keep; people whose account is gone are told apart by their names."""
        key = f"anon:{self.name}"[:64] if self.id is None else actor_key(self.id)
        return ActorRef(key, "bot" if self.is_bot else "member")

    @property
    def target(self) -> str | None:
        """Their key as the one who was answered."""
        return None if self.id is None else actor_key(self.id)


class People:
    """The authors of one chunk, looked up together."""

    def __init__(self, run: Run, source_ids: Iterable[str | None]) -> None:
        """Read the accounts with these ids in the dump."""
        columns = ("id", "source_id", "display_name", "kind")
        rows = run.rows(User, columns, (source_id for source_id in source_ids if source_id))
        self._by_source = {row.source_id: Person(row.id, row.display_name, row.kind == "bot") for row in rows}

    def get(self, source_id: str | None, name: str | None) -> Person:
        """The account, or the name alone when there is none."""
        return self._by_source.get(source_id or "") or Person(None, (name or "").strip()[:60] or ANONYMOUS)


def owner_of(people: People, row: Row) -> Person:
    """Who a post belongs to."""
    return people.get(row.get("OwnerUserId"), row.get("OwnerDisplayName"))


def table(model: type[Base]) -> Table:
    """A model's table, for statements that bypass the session."""
    return cast("Table", model.__table__)


def lock(session: Session, run: Run) -> None:
    """Let two imports into one category write one after the other: neither doubles what the other adds."""
    session.execute(select(Category.id).where(Category.id == run.category_id).with_for_update())


def add_rows(
    session: Session,
    model: type[Base],
    rows: Sequence[dict[str, Any]],
    unique: Sequence[str] = ("source", "source_id"),
) -> None:
    """Insert rows; those that are there already, by the unique columns, stay as they are."""
    if rows:
        session.connection().execute(ignoring(session, model, unique), rows)


def ignoring(session: Session, model: type[Base], unique: Sequence[str]) -> Insert:
    """An insert that passes over rows which exist, in the words of the database in use."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table(model)).on_conflict_do_nothing(index_elements=unique)
    return postgresql.insert(table(model)).on_conflict_do_nothing(index_elements=unique)


def unknown_events(session: Session, events: Sequence[Event]) -> list[Event]:
    """Those of these events that the log does not hold yet."""
    ids = [event.id for event in events if event.id]
    known = set(session.scalars(select(EventRow.event_id).where(EventRow.event_id.in_(ids))))
    return [event for event in events if event.id not in known]


def record(session: Session, events: Sequence[Event]) -> None:
    """Write events with the work that follows from each, into the transaction of what they tell."""
    new = unknown_events(session, events)
    rows = [event_row(event) for event in new]
    if not rows:
        return
    connection = session.connection()
    connection.execute(insert(EventRow), rows)
    work = [item for row in rows for item in work_rows(row["type"], row["event_id"], row["source"], row["received_at"])]
    if work:
        connection.execute(insert(WorkRow), work)
