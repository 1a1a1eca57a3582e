"""Questions and answers: threads with their opening posts, replies, and the revisions of both."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from forum.discussion.events import PostRemoved, ReplyCreated, ThreadClosed, ThreadCreated, ThreadRemoved
from forum.discussion.models import Post, Revision, Tag, Thread, ThreadTag
from forum.importers.stackexchange.history import Change, Edit, History, history
from forum.importers.stackexchange.report import NOT_IN_DUMP, Tally
from forum.importers.stackexchange.rows import Row, chunks, moment, one_ahead, tag_names
from forum.importers.stackexchange.sidecar import ANSWER, EXCERPT, QUESTION, WIKI
from forum.importers.stackexchange.store import People, Person, Run, add_rows, lock, owner_of, record, table
from forum.importers.stackexchange.texts import Draft, Order, Ready
from forum.kit.db import retried, transaction
from forum.kit.outbox import Event, Subject
from forum.kit.text import PIPELINE_VERSION, single_line, slugify

TITLE_LENGTH: Final = 255


Write = Callable[[Run, Sequence["Item"]], int]


@dataclass(frozen=True, slots=True)
class Item:
    """A question or answer on its way: the row, its past, its text, and later the ids it got."""

    row: Row
    past: History
    ready: Ready
    post_id: int = 0

    @property
    def id(self) -> str:
        """Its id in the dump."""
        return self.row["Id"]

    @property
    def created_at(self) -> datetime:
        """When it was written."""
        return moment(self.row["CreationDate"])

    @property
    def title(self) -> str:
        """A question's title on one line."""
        return single_line(html.unescape(self.row.get("Title", "")))[:TITLE_LENGTH] or "…"

    @property
    def visibility(self) -> str:
        """Public, unless its history ends with a deletion."""
        return "removed" if self.past.deleted else "visible"

    @property
    def edited_at(self) -> datetime | None:
        """When its text last changed."""
        return self.past.edits[-1].at if len(self.past.edits) > 1 else None


def questions(run: Run, rows: Iterable[Row]) -> None:
    """Add the questions of the dump as threads with their opening posts."""
    for kind, count in run.sidecar.other_posts().items():
        if kind not in {EXCERPT, WIKI}:
            run.report["threads"].skip(f"post of type {kind}", count)
    of_wikis, orphans = run.sidecar.homeless_edits()
    run.report["revisions"].skip("of a tag wiki", of_wikis)
    run.report["revisions"].skip(NOT_IN_DUMP, orphans)
    _add(run, run.report["threads"], _new_questions(run, rows), _write_questions)


def _new_questions(run: Run, rows: Iterable[Row]) -> Iterator[list[Row]]:
    for chunk in chunks(row for row in rows if row["PostTypeId"] == QUESTION):
        new = _new(run, run.report["threads"], chunk)
        run.report.counts["titles_cut"] += sum(len(html.unescape(row.get("Title", ""))) > TITLE_LENGTH for row in new)
        yield new


def answers(run: Run, rows: Iterable[Row]) -> None:
    """Add the answers of the dump as replies; their questions have to be there."""
    _add(run, run.report["replies"], _new_answers(run, rows), _write_answers)


def _new_answers(run: Run, rows: Iterable[Row]) -> Iterator[list[Row]]:
    tally = run.report["replies"]
    for chunk in chunks(row for row in rows if row["PostTypeId"] == ANSWER):
        placed = run.sidecar.types(row["Id"] for row in chunk)
        tally.skip("question not in dump", len(chunk) - len(placed))
        yield _new(run, tally, [row for row in chunk if row["Id"] in placed])


def _new(run: Run, tally: Tally, rows: Sequence[Row]) -> list[Row]:
    known = run.ids(Post, (row["Id"] for row in rows))
    tally.existing += len(known)
    if known:
        _count_existing_revisions(run, known)
    return [row for row in rows if row["Id"] not in known]


def _count_existing_revisions(run: Run, posts: Iterable[str]) -> None:
    pasts = [history(rows) for rows in run.sidecar.history(posts).values()]
    edits = [edit.source_id for past in pasts for edit in past.edits]
    existing = len(run.ids(Revision, edits))
    tally = run.report["revisions"]
    tally.existing += existing
    tally.skip("edited after the first import", len(edits) - existing)
    for past in pasts:
        tally.skipped.update(past.skipped)


def _add(run: Run, tally: Tally, news: Iterable[list[Row]], write: Write) -> None:
    for rows, pasts, texts in one_ahead(_ordered(run, news)):
        items = [Item(*parts) for parts in zip(rows, pasts, texts(), strict=True)]
        _count(run, items)
        tally.added += len(items) if run.dry_run else retried(partial(write, run, items))


def _ordered(run: Run, news: Iterable[list[Row]]) -> Iterator[tuple[list[Row], list[History], Order]]:
    for rows in news:
        if rows:
            told = run.sidecar.history(row["Id"] for row in rows)
            pasts = [history(told.get(row["Id"], ())) for row in rows]
            drafts = [_draft(row, past) for row, past in zip(rows, pasts, strict=True)]
            yield rows, pasts, run.kitchen.order(drafts)


def _count(run: Run, items: Sequence[Item]) -> None:
    tally, counts = run.report["revisions"], run.report.counts
    for item in items:
        tally.added += len(item.past.edits)
        tally.skipped.update(item.past.skipped)
        counts["threads_closed"] += item.past.closed is not None and item.row["PostTypeId"] == QUESTION
        counts["posts_without_markdown"] += _source(item.past) is None
        counts["posts_of_deleted_users"] += "OwnerUserId" not in item.row


def _source(past: History) -> str | None:
    return past.edits[-1].body if past.edits else None


def _draft(row: Row, past: History) -> Draft:
    source = _source(past)
    title = html.unescape(row.get("Title", ""))
    if source is None:
        return Draft("html", row.get("Body", ""), title=title)
    earlier = tuple(edit.body or "" for edit in past.edits)
    return Draft("post", source, earlier, title, row.get("Body", ""))


def _fresh(run: Run, items: Sequence[Item]) -> list[Item]:
    """Asked again inside the transaction: another import may have been faster."""
    known = run.ids(Post, (item.id for item in items))
    return [item for item in items if item.id not in known]


def _people(run: Run, items: Sequence[Item]) -> People:
    ids: set[str | None] = {item.row.get("OwnerUserId") for item in items}
    return People(run, ids.union(*(item.past.people for item in items)))


def _write_questions(run: Run, items: Sequence[Item]) -> int:
    with transaction() as session:
        lock(session, run)
        items = _fresh(run, items)
        people = _people(run, items)
        add_rows(session, Thread, [_thread(run, item, owner_of(people, item.row)) for item in items])
        threads = run.ids(Thread, (item.id for item in items))
        placed = [(item, threads[item.id], 1, None) for item in items]
        written = _write_posts(run, session, people, "opening", placed)
        session.connection().execute(
            update(table(Thread)).where(Thread.id == bindparam("thread")).values(opening_post_id=bindparam("post")),
            [{"thread": threads[item.id], "post": item.post_id} for item in written],
        ) if written else None
        _tag(session, written, threads)
        record(
            session,
            [event for item in written for event in _thread_events(run, item, threads[item.id], people)],
        )
    return len(written)


def _thread(run: Run, item: Item, owner: Person) -> dict[str, Any]:
    closed = item.past.closed
    return {
        **run.origin(item.id),
        "category_id": run.category_id,
        "kind": "question",
        "title": item.title,
        "slug": slugify(item.title),
        "lang": item.ready.lang,
        "author_id": owner.id,
        "author_name": owner.name,
        "visibility": item.visibility,
        "created_at": item.created_at,
        "active_at": item.created_at,
        "last_poster_id": owner.id,
        "last_poster_name": owner.name,
        "next_seq": 2,
        "locked_at": closed.at if closed else None,
        "locked_reason": closed.reason if closed else None,
        "tag_names": tag_names(item.row.get("Tags", "")),
    }


def _tag(session: Session, items: Sequence[Item], threads: dict[str, int]) -> None:
    """Threads carry their tags; a tag that the list of tags left out is made."""
    carried = [(threads[item.id], name) for item in items for name in tag_names(item.row.get("Tags", ""))]
    names = sorted({name for _, name in carried})
    add_rows(session, Tag, [{"name": name} for name in names], unique=("name",))
    ids = dict(session.execute(select(Tag.name, Tag.id).where(Tag.name.in_(names))).all())
    hidden = {threads[item.id] for item in items if item.visibility != "visible"}
    rows = [{"thread_id": thread, "tag_id": ids[name]} for thread, name in carried if thread not in hidden]
    add_rows(session, ThreadTag, rows, unique=("tag_id", "thread_id"))


def _thread_events(run: Run, item: Item, thread_id: int, people: People) -> list[Event]:
    about = Subject(thread_id, item.post_id, run.category_id, item.ready.lang)
    created = ThreadCreated(
        by=owner_of(people, item.row).actor,
        about=about,
        at=item.created_at,
        source="import",
        id=run.event_id("thread", item.id),
        kind="question",
    )
    told: list[Event] = [created]
    if item.past.closed:
        told.append(ThreadClosed(reason=item.past.closed.reason, **_state(run, "closed", item, people, about)))
    if item.past.deleted:
        told.append(ThreadRemoved(reason=item.past.deleted.reason, **_state(run, "deleted", item, people, about)))
    return told


def _state(run: Run, name: str, item: Item, people: People, about: Subject) -> dict[str, Any]:
    """What the events of closing and deleting have in common."""
    change: Change = getattr(item.past, name)
    return {
        "by": people.get(change.user, change.name).actor,
        "about": about,
        "at": change.at,
        "source": "import",
        "id": run.event_id(name, item.id),
    }


def _write_answers(run: Run, items: Sequence[Item]) -> int:
    with transaction() as session:
        lock(session, run)
        items = _fresh(run, items)
        people = _people(run, items)
        columns = ("id", "source_id", "author_id")
        parents = {row.source_id: row for row in run.rows(Thread, columns, (item.row["ParentId"] for item in items))}
        items = [item for item in items if item.row["ParentId"] in parents]
        seqs = Sequences(session, (row.id for row in parents.values()))
        placed = [
            (item, parents[item.row["ParentId"]].id, seqs.next(parents[item.row["ParentId"]].id), None)
            for item in items
        ]
        written = _write_posts(run, session, people, "reply", placed)
        seqs.save(session)
        threads = [parents[item.row["ParentId"]] for item in written]
        told = [_reply_events(run, item, thread, people) for item, thread in zip(written, threads, strict=True)]
        record(session, [event for events in told for event in events])
    return len(written)


def _reply_events(run: Run, item: Item, thread: Any, people: People) -> list[Event]:
    target = Person(thread.author_id, "").target
    about = Subject(thread.id, item.post_id, run.category_id, item.ready.lang, target)
    created = ReplyCreated(
        by=owner_of(people, item.row).actor,
        about=about,
        at=item.created_at,
        source="import",
        id=run.event_id("reply", item.id),
    )
    if item.past.deleted is None:
        return [created]
    return [
        created,
        PostRemoved(reason=item.past.deleted.reason, **_state(run, "deleted", item, people, about)),
    ]


Placed = tuple[Item, int, int, int | None]


def _write_posts(run: Run, session: Session, people: People, kind: str, placed: Sequence[Placed]) -> list[Item]:
    """Insert posts with their revisions; gives the items back with the ids of their posts."""
    add_rows(session, Post, [_post(run, kind, owner_of(people, place[0].row), place) for place in placed])
    ids = run.ids(Post, (place[0].id for place in placed))
    items = [replace(place[0], post_id=ids[place[0].id]) for place in placed]
    add_rows(session, Revision, [row for item in items for row in _revisions(run, item, people)])
    return items


def _post(run: Run, kind: str, owner: Person, place: Placed) -> dict[str, Any]:
    item, thread_id, seq, parent_id = place
    return {
        **run.origin(item.id),
        "thread_id": thread_id,
        "seq": seq,
        "kind": kind,
        "parent_id": parent_id,
        "author_id": owner.id,
        "author_name": owner.name,
        "body": item.ready.body,
        "body_html": item.ready.html,
        "pipeline_version": PIPELINE_VERSION,
        "fingerprint": item.ready.fingerprint,
        "lang": item.ready.lang,
        "visibility": item.visibility,
        "created_at": item.created_at,
        "edited_at": item.edited_at,
    }


def _revisions(run: Run, item: Item, people: People) -> list[dict[str, Any]]:
    """Its past as rows, the last one current; a post without a past gets one revision as it stands."""
    row = item.row
    edits = item.past.edits or [
        Edit(f"post-{item.id}", item.created_at, row.get("OwnerUserId"), row.get("OwnerDisplayName"), "")
    ]
    bodies = item.ready.earlier or (item.ready.body,)
    is_question = row["PostTypeId"] == QUESTION
    rows = []
    for number, (edit, body) in enumerate(zip(edits, bodies, strict=True), start=1):
        editor = people.get(edit.user, edit.name)
        rows.append(
            {
                **run.origin(edit.source_id),
                "post_id": item.post_id,
                "number": number,
                "state": "current" if number == len(edits) else "old",
                "title": (single_line(edit.title or "")[:TITLE_LENGTH] or item.title) if is_question else None,
                "tag_names": list(edit.tags or tag_names(row.get("Tags", ""))) if is_question else None,
                "body": body,
                "editor_id": editor.id,
                "editor_name": editor.name,
                "comment": edit.comment,
                "created_at": edit.at,
            }
        )
    return rows


class Sequences:
    """Hands out the next numbers within threads and saves where each thread goes on."""

    def __init__(self, session: Session, threads: Iterable[int]) -> None:
        """Begin where the threads stand, and let nobody else number in them meanwhile."""
        query = select(Thread.id, Thread.next_seq).where(Thread.id.in_(set(threads)))
        self._next = dict(session.execute(query.order_by(Thread.id).with_for_update()).all())

    def next(self, thread_id: int) -> int:
        """The next number of this thread."""
        number = self._next[thread_id]
        self._next[thread_id] = number + 1
        return number

    def save(self, session: Session) -> None:
        """Write it back to the threads."""
        rows = [{"thread": thread, "next": number} for thread, number in self._next.items()]
        if rows:
            statement = update(table(Thread)).where(Thread.id == bindparam("thread"))
            session.connection().execute(statement.values(next_seq=bindparam("next")), rows)
