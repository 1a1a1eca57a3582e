"""Comments under questions and answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from forum.discussion.events import ReplyCreated
from forum.discussion.models import Post, Revision
from forum.importers.stackexchange.posts import Sequences
from forum.importers.stackexchange.report import NOT_IN_DUMP
from forum.importers.stackexchange.rows import Row, chunks, moment, one_ahead
from forum.importers.stackexchange.sidecar import ANSWER, EXCERPT, QUESTION, WIKI
from forum.importers.stackexchange.store import People, Person, Run, add_rows, lock, record
from forum.importers.stackexchange.texts import Draft, Order, Ready
from forum.kit.db import retried, transaction
from forum.kit.outbox import Event, Subject
from forum.kit.text import PIPELINE_VERSION


def source_id(row: Row) -> str:
    """Comments are posts here, and both number from 1 in the dump: the letter keeps them apart."""
    return f"c{row['Id']}"


def comments(run: Run, rows: Iterable[Row]) -> None:
    """Add the comments of the dump; the posts they hang under have to be there."""
    for new, texts in one_ahead(_ordered(run, rows)):
        ready = texts()
        run.report["comments"].added += len(new) if run.dry_run else retried(partial(_write, run, new, ready))


def _ordered(run: Run, rows: Iterable[Row]) -> Iterator[tuple[list[Row], Order]]:
    tally = run.report["comments"]
    for chunk in chunks(rows):
        types = run.sidecar.types(row["PostId"] for row in chunk)
        tally.skip(NOT_IN_DUMP, sum(row["PostId"] not in types for row in chunk))
        tally.skip("on a tag wiki", sum(types.get(row["PostId"]) in {EXCERPT, WIKI} for row in chunk))
        placed = [row for row in chunk if types.get(row["PostId"]) in {QUESTION, ANSWER}]
        known = run.ids(Post, map(source_id, placed))
        new = [row for row in placed if source_id(row) not in known]
        tally.existing += len(known)
        # The dump has the sums but not the votes, and without them a score is gone at the next recount.
        run.report.counts["comment_scores_left_out"] += sum(row.get("Score", "0") != "0" for row in new)
        if new:
            yield new, run.kitchen.order([Draft("comment", row.get("Text", "")) for row in new])


@dataclass(frozen=True, slots=True)
class Placed:
    """A comment on its way: its row, its text, the post it hangs under, and who wrote it."""

    row: Row
    ready: Ready
    parent: Any
    writer: Person

    @property
    def id(self) -> str:
        """Its id in our columns."""
        return source_id(self.row)

    @property
    def created_at(self) -> datetime:
        """When it was written."""
        return moment(self.row["CreationDate"])


def _write(run: Run, rows: Sequence[Row], texts: Sequence[Ready]) -> int:
    with transaction() as session:
        lock(session, run)
        placed = _placed(run, rows, texts)
        seqs = Sequences(session, (item.parent.thread_id for item in placed))
        add_rows(session, Post, [_comment(run, item, seqs.next(item.parent.thread_id)) for item in placed])
        ids = run.ids(Post, (item.id for item in placed))
        add_rows(session, Revision, [_revision(run, item, ids[item.id]) for item in placed])
        seqs.save(session)
        record(session, [_event(run, item, ids[item.id]) for item in placed])
    return len(placed)


def _placed(run: Run, rows: Sequence[Row], texts: Sequence[Ready]) -> list[Placed]:
    known = run.ids(Post, map(source_id, rows))
    columns = ("id", "source_id", "thread_id", "author_id")
    parents = {row.source_id: row for row in run.rows(Post, columns, (row["PostId"] for row in rows))}
    people = People(run, (row.get("UserId") for row in rows))
    return [
        Placed(row, ready, parents[row["PostId"]], people.get(row.get("UserId"), row.get("UserDisplayName")))
        for row, ready in zip(rows, texts, strict=True)
        if source_id(row) not in known and row["PostId"] in parents
    ]


def _comment(run: Run, item: Placed, seq: int) -> dict[str, Any]:
    return {
        **run.origin(item.id),
        "thread_id": item.parent.thread_id,
        "seq": seq,
        "kind": "comment",
        "parent_id": item.parent.id,
        "author_id": item.writer.id,
        "author_name": item.writer.name,
        "body": item.ready.body,
        "body_html": item.ready.html,
        "pipeline_version": PIPELINE_VERSION,
        "fingerprint": item.ready.fingerprint,
        "lang": item.ready.lang,
        "visibility": "visible",
        "created_at": item.created_at,
    }


def _revision(run: Run, item: Placed, post_id: int) -> dict[str, Any]:
    return {
        **run.origin(item.id),
        "post_id": post_id,
        "number": 1,
        "state": "current",
        "body": item.ready.body,
        "editor_id": item.writer.id,
        "editor_name": item.writer.name,
        "created_at": item.created_at,
    }


def _event(run: Run, item: Placed, post_id: int) -> Event:
    target = Person(item.parent.author_id, "").target
    return ReplyCreated(
        by=item.writer.actor,
        about=Subject(item.parent.thread_id, post_id, run.category_id, item.ready.lang, target),
        at=item.created_at,
        source="import",
        id=run.event_id("comment", item.row["Id"]),
        comment=True,
    )
