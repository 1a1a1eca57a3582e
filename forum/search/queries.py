"""Searching: a page of threads that fit what somebody typed, with what is shown of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.discussion.models import Post, Thread
from forum.discussion.visibility import post_is_visible, thread_is_visible
from forum.kit.db import db
from forum.kit.paging import decode, encode
from forum.search.documents import IndexBroken, plain_text
from forum.search.operators import Order
from forum.search.parsing import MAX_CHARACTERS
from forum.search.query import Hint, Query
from forum.search.retrieval import Found, Ranked, question, retrieve
from forum.search.snippets import highlight, snippet
from forum.search.spelling import corrected

__all__ = ["PAGE", "Hit", "Order", "Results", "find", "look_up"]
PAGE = 20
FEW = 3  # threads below which other words are proposed


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
    order: Order = "relevance"
    did_you_mean: str | None = None


def look_up(viewer: Viewer, typed: str, order: Order = "relevance", narrowed: str = "") -> Found:
    """All posts that fit; `narrowed` holds more operators, chosen beside the box. The words' own order wins."""
    query = question(viewer, typed)
    if narrowed:
        query = _both(query, question(viewer, narrowed))
    order = query.order or order
    return retrieve(viewer, query, order) if query.clauses else Found(query, order=order)


def _both(typed: Query, chosen: Query) -> Query:
    if not chosen.clauses or typed.hint not in (None, Hint.EMPTY):
        return typed
    return replace(typed, clauses=(*typed.clauses, *chosen.clauses), hint=None)


def find(
    viewer: Viewer,
    typed: str,
    after: str | None = None,
    size: int = PAGE,
    *,
    order: Order = "relevance",
    narrowed: str = "",
) -> Results:
    """Threads that fit what somebody typed, in order; from the database when the index is broken."""
    return page_of(viewer, typed, look_up(viewer, typed, order, narrowed), after, size=size, narrowed=narrowed)


def page_of(
    viewer: Viewer, typed: str, found: Found, after: str | None = None, *, size: int = PAGE, narrowed: str = ""
) -> Results:
    """The same for what `look_up` found before, with other words where that is little."""
    results = shown(viewer, found, after, size)
    if results.total >= FEW or found.is_degraded or not found.query.clauses:
        return results
    return replace(results, did_you_mean=meant(viewer, typed, results.total, narrowed))


def meant(viewer: Viewer, typed: str, found: int, narrowed: str = "") -> str | None:
    """Other words with which this viewer would find more threads; None without an idea."""
    try:
        other = corrected(typed[:MAX_CHARACTERS])
    except (IndexBroken, OSError):
        return None
    if other is None:
        return None
    return other if len(_grouped(look_up(viewer, other, narrowed=narrowed).posts)) > found else None


def shown(viewer: Viewer, found: Found, after: str | None = None, size: int = PAGE) -> Results:
    """A page of what was found, with titles and snippets."""
    threads = _grouped(found.posts)
    start = decode(after, [int])[0] if after else 0
    start = max(0, min(start, len(threads)))
    chosen = list(threads.items())[start : start + size]
    hits = _hits(viewer, found.query, chosen)
    following = encode([start + size]) if start + size < len(threads) else None
    return Results(hits, len(threads), following, found.query.hint, found.is_degraded, found.is_capped, found.order)


def _grouped(posts: Sequence[Ranked]) -> Mapping[int, list[int]]:
    """Threads in order of their first post, with all their posts that were found."""
    grouped: dict[int, list[int]] = {}
    for one in posts:
        grouped.setdefault(one.post.thread_id, []).append(one.post.post_id)
    return grouped


def _hits(viewer: Viewer, query: Query, chosen: Sequence[tuple[int, list[int]]]) -> list[Hit]:
    if not chosen:
        return []
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
        snippet_html=snippet(plain_text(post.body_html), query),
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
