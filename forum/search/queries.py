"""Searching: the index ranks, the database decides what this viewer may see and yields the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import structlog
from sqlalchemy import or_, select

from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.discussion.models import Post, Thread
from forum.discussion.visibility import post_is_visible, thread_is_visible
from forum.kit.db import db
from forum.kit.paging import decode, encode
from forum.kit.settings import confirm, version_now
from forum.kit.text import text_of_html
from forum.search.documents import IndexBroken
from forum.search.engine import index
from forum.search.index import MOST_HITS
from forum.search.query import Hint, Query, Words, parse
from forum.search.snippets import highlight, snippet

log = structlog.get_logger(__name__)
PAGE = 20
FALLBACK = 200
Order = Literal["relevance", "newest"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A thread with the post of it that fits best; title and snippet are safe HTML with only `<mark>` in them."""

    thread_id: int
    post_id: int
    slug: str
    title: str
    title_html: str
    snippet_html: str
    kind: str
    post_kind: str
    lang: str
    category_id: int
    author_name: str
    author_username: str | None
    created_at: datetime
    score: int
    reply_count: int
    is_solved: bool
    is_official: bool
    is_locked: bool
    more_in_thread: int


@dataclass(frozen=True, slots=True)
class Results:
    """A page of hits; `total` counts threads this viewer may see, at most those of the best 1,000 posts."""

    items: Sequence[Hit]
    total: int
    next: str | None
    hint: Hint | None
    is_degraded: bool = False
    is_capped: bool = False


def acls(viewer: Viewer) -> tuple[str, ...]:
    """The labels in the index this viewer may read."""
    if viewer.is_staff:
        return ("public", "members", "staff")
    return ("public", "members") if viewer.is_member else ("public",)


def find(
    viewer: Viewer, typed: str, after: str | None = None, size: int = PAGE, *, order: Order = "relevance"
) -> Results:
    """Threads that fit what somebody typed, in order; from the database when the index is broken."""
    query = parse(typed)
    if not query.clauses:
        return Results((), 0, None, query.hint)
    try:
        found = index().search(query, acls(viewer), MOST_HITS)
        ids, capped, degraded = list(found.ids), found.capped, False
    except (IndexBroken, OSError) as error:
        log.warning("search_degraded", error=repr(error))
        ids, capped, degraded = _from_database(viewer, query), False, True
    threads = _visible(viewer, ids, order)
    start = decode(after, [int])[0] if after else 0
    start = max(0, min(start, len(threads)))
    chosen = list(threads.items())[start : start + size]
    hits = _hits(viewer, query, chosen)
    following = encode([start + size]) if start + size < len(threads) else None
    return Results(hits, len(threads), following, query.hint, degraded, capped)


def _visible(viewer: Viewer, ids: Sequence[int], order: Order) -> dict[int, list[int]]:
    """Threads in order of their best or newest post, with all their posts that were found and may be seen."""
    rows = db.session.execute(
        select(Post.id, Post.thread_id, version_now(), Post.created_at)
        .join(Thread, Thread.id == Post.thread_id)
        .where(Post.id.in_(ids), post_is_visible(viewer), thread_is_visible(viewer))
    ).all()
    confirm(rows[0][2] if rows else None)
    thread_of = {row[0]: row[1] for row in rows}
    if order == "newest":
        ids = [row[0] for row in sorted(rows, key=lambda row: (row[3], row[0]), reverse=True)]
    grouped: dict[int, list[int]] = {}
    for post_id in ids:
        if post_id in thread_of:
            grouped.setdefault(thread_of[post_id], []).append(post_id)
    return grouped


def _hits(viewer: Viewer, query: Query, chosen: Sequence[tuple[int, list[int]]]) -> list[Hit]:
    best = [posts[0] for _, posts in chosen]
    rows = db.session.execute(
        select(Post, Thread, User.username)
        .join(Thread, Thread.id == Post.thread_id)
        .outerjoin(User, User.id == Post.author_id)
        .where(Post.id.in_(best), post_is_visible(viewer), thread_is_visible(viewer))
    ).all()
    by_id: dict[int, tuple[Post, Thread, str | None]] = {row[0].id: (row[0], row[1], row[2]) for row in rows}
    return [_hit(query, *by_id[posts[0]], len(posts) - 1) for _, posts in chosen if posts[0] in by_id]


def _hit(query: Query, post: Post, thread: Thread, username: str | None, more: int) -> Hit:
    return Hit(
        thread_id=thread.id,
        post_id=post.id,
        slug=thread.slug,
        title=thread.title,
        title_html=highlight(thread.title, query),
        snippet_html=snippet(text_of_html(post.body_html), query),
        kind=thread.kind,
        post_kind=post.kind,
        lang=post.lang,
        category_id=thread.category_id,
        author_name=post.author_name,
        author_username=username,
        created_at=post.created_at,
        score=post.score,
        reply_count=thread.reply_count,
        is_solved=thread.accepted_post_id is not None,
        is_official=thread.official_post_id is not None,
        is_locked=thread.locked_at is not None,
        more_in_thread=more,
    )


def _from_database(viewer: Viewer, query: Query) -> list[int]:
    """Posts that contain the words somewhere, the newest first: poorer than the index, but true."""
    conditions: list[Any] = []
    for clause in query.clauses:
        if isinstance(clause, Words) and not clause.negated:
            for word in query.text.split()[:8]:
                like = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
                conditions.append(or_(Post.body.ilike(like, escape="\\"), Thread.title.ilike(like, escape="\\")))
            break
    if not conditions:
        return []
    return list(
        db.session.scalars(
            select(Post.id)
            .join(Thread, Thread.id == Post.thread_id)
            .where(post_is_visible(viewer), thread_is_visible(viewer), *conditions)
            .order_by(Post.id.desc())
            .limit(FALLBACK)
        )
    )
