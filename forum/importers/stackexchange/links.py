"""Links between questions: related ones, and what a question duplicates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import bindparam, select, tuple_, update
from sqlalchemy.orm import Session

from forum.discussion.models import Thread, ThreadLink
from forum.importers.stackexchange.report import NOT_IN_DUMP
from forum.importers.stackexchange.rows import Row, chunks, moment
from forum.importers.stackexchange.sidecar import QUESTION
from forum.importers.stackexchange.store import Run, add_rows, lock, table
from forum.kit.db import retried, transaction

_KINDS: Final = {"1": "related", "3": "duplicate"}
_LINKED: Final = "the two threads are linked already"


def links(run: Run, rows: Iterable[Row]) -> None:
    """Add the links; one that leaves an answer counts for the answer's thread."""
    tally = run.report["links"]
    for chunk in chunks(rows):
        types = run.sidecar.types(row[key] for row in chunk for key in ("PostId", "RelatedPostId"))
        threads = run.sidecar.threads(types)
        placed = []
        for row in chunk:
            reason = _reason(row, threads)
            if reason:
                tally.skip(reason)
            else:
                placed.append(row)
        known = run.ids(ThreadLink, (row["Id"] for row in placed))
        new = [row for row in placed if row["Id"] not in known]
        tally.existing += len(known)
        if new and run.dry_run:
            tally.added += len(new)
        elif new:
            added = retried(partial(_write, run, new, types, threads))
            tally.added += added
            tally.skip(_LINKED, len(new) - added)


def _reason(row: Row, threads: dict[str, str]) -> str:
    """Why a link has no place here; empty when it has one."""
    if row["LinkTypeId"] not in _KINDS:
        return f"link of type {row['LinkTypeId']}"
    if row["PostId"] not in threads or row["RelatedPostId"] not in threads:
        return NOT_IN_DUMP
    return "within one thread" if threads[row["PostId"]] == threads[row["RelatedPostId"]] else ""


def _write(run: Run, rows: Sequence[Row], types: dict[str, str], threads: dict[str, str]) -> int:
    with transaction() as session:
        lock(session, run)
        ids = run.ids(Thread, threads.values())
        known = run.ids(ThreadLink, (row["Id"] for row in rows))
        ends = {row["Id"]: (ids.get(threads[row["PostId"]]), ids.get(threads[row["RelatedPostId"]])) for row in rows}
        linked = _linked(session, ends.values())
        new = []
        for row in rows:
            key = (*ends[row["Id"]], _KINDS[row["LinkTypeId"]])
            if row["Id"] not in known and None not in key and key not in linked:
                linked.add(key)
                new.append(row)
        add_rows(session, ThreadLink, [_link(run, row, ends[row["Id"]]) for row in new])
        _mark_duplicates(session, [ends[row["Id"]] for row in new if _duplicates(row, types)])
    return len(new)


def _linked(session: Session, ends: Iterable[tuple[int | None, int | None]]) -> set[tuple[Any, ...]]:
    columns = (ThreadLink.from_thread_id, ThreadLink.to_thread_id)
    return set(map(tuple, session.execute(select(*columns, ThreadLink.kind).where(tuple_(*columns).in_(list(ends))))))


def _link(run: Run, row: Row, ends: tuple[int | None, int | None]) -> dict[str, Any]:
    return {
        **run.origin(row["Id"]),
        "from_thread_id": ends[0],
        "to_thread_id": ends[1],
        "kind": _KINDS[row["LinkTypeId"]],
        "created_at": moment(row["CreationDate"]),
    }


def _duplicates(row: Row, types: dict[str, str]) -> bool:
    return _KINDS[row["LinkTypeId"]] == "duplicate" and types[row["PostId"]] == QUESTION


def _mark_duplicates(session: Session, ends: Sequence[tuple[int | None, int | None]]) -> None:
    """A closed question with such a link was closed as its duplicate, whatever its history says."""
    if ends:
        closed = update(table(Thread)).where(
            Thread.id == bindparam("thread"), Thread.locked_at.is_not(None), Thread.duplicate_of_id.is_(None)
        )
        statement = closed.values(duplicate_of_id=bindparam("original"), locked_reason="duplicate")
        session.connection().execute(statement, [{"thread": thread, "original": original} for thread, original in ends])
