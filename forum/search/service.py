"""Keeping the index true: documents are made from the database and written by one process alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import structlog
from sqlalchemy import or_, select

from forum.accounts.models import User
from forum.discussion.categories import CategoryView, categories
from forum.discussion.models import Post, Thread
from forum.kit import clock
from forum.kit.db import db
from forum.kit.outbox import EventRow
from forum.search import analysis
from forum.search.documents import Document, plain_text
from forum.search.engine import index
from forum.search.retrieval import zone

log = structlog.get_logger(__name__)
CHUNK = 500
# Whose eyes a category is for, as the index labels it; the database asks again for every hit.
ACLS = {"everyone": "public", "members": "members", "staff": "staff"}
# A transaction may commit after a later one; what was recorded shortly before a rebuild is looked at again.
OVERLAP = timedelta(seconds=60)


def refresh(post_ids: Iterable[int]) -> None:
    """Bring these posts in the index to what the database says: public ones in, all others out."""
    ids = sorted(set(post_ids))
    if not ids:
        return
    docs = list(_documents(ids))
    here = index()
    here.update(docs)
    here.delete(set(ids) - {doc.post_id for doc in docs})


def _documents(post_ids: Sequence[int]) -> Iterator[Document]:
    """The documents of those posts that are public, a chunk of rows at a time."""
    known, here = categories(), zone()
    for start in range(0, len(post_ids), CHUNK):
        rows = db.session.execute(
            select(
                Post.id,
                Post.thread_id,
                Post.kind,
                Post.body_html,
                Post.author_name,
                Post.created_at,
                Post.score,
                User.username,
                Thread.title,
                Thread.kind.label("thread_kind"),
                Thread.category_id,
                Thread.tag_names,
                Thread.accepted_post_id,
                Thread.locked_at,
            )
            .join(Thread, Thread.id == Post.thread_id)
            .outerjoin(User, User.id == Post.author_id)
            .where(
                Post.id.in_(post_ids[start : start + CHUNK]),
                Post.visibility == "visible",
                Thread.visibility == "visible",
            )
        ).all()
        db.session.rollback()
        for row in rows:
            yield _document(row, known[row.category_id], row.created_at.astimezone(here).date())


def _document(row: Any, category: CategoryView, day: date) -> Document:
    return Document(
        post_id=row.id,
        thread_id=row.thread_id,
        title=row.title,
        body=plain_text(row.body_html),
        author=row.username or "",
        author_name=row.author_name,
        category=category.slug,
        category_name=category.name,
        created_at=row.created_at,
        acl=ACLS[category.read_role],
        kind=row.thread_kind,
        tags=tuple(row.tag_names),
        score=row.score,
        is_opening=row.kind == "opening",
        solved=row.accepted_post_id is not None,
        closed=row.locked_at is not None,
        day=day,
    )


def rebuild() -> int:
    """Write the index anew beside the old one and swap, then what happened meanwhile; returns how many posts."""
    began = clock.now() - OVERLAP
    written = index().rebuild(_all_documents())
    changed = db.session.scalars(
        select(Post.id)
        .join(
            EventRow,
            or_(
                EventRow.post_id == Post.id,
                (EventRow.post_id.is_(None)) & (EventRow.thread_id == Post.thread_id),
            ),
        )
        .where(EventRow.received_at >= began)
        .distinct()
    ).all()
    db.session.rollback()
    refresh(changed)
    return written


def rebuild_when_needed() -> int | None:
    """Write the index anew when it was never filled, was made by other rules, or is damaged; how many posts."""
    if not index().needs_rebuild():
        return None
    count = rebuild()
    log.info("search_rebuilt", posts=count, analysis=analysis.version())
    return count


def _all_documents() -> Iterator[Document]:
    last = 0
    while True:
        ids = db.session.scalars(select(Post.id).where(Post.id > last).order_by(Post.id).limit(CHUNK)).all()
        db.session.rollback()
        if not ids:
            return
        yield from _documents(ids)
        last = ids[-1]


def public_ids() -> set[int]:
    """The posts that belong into the index."""
    query = select(Post.id).join(Thread, Thread.id == Post.thread_id)
    ids = set(db.session.scalars(query.where(Post.visibility == "visible", Thread.visibility == "visible")))
    db.session.rollback()
    return ids
