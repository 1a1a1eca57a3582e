"""What readers outside get: the newest threads and posts for feeds, addresses for search engines; a visitor's view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, bindparam, select

from forum.accounts.models import User
from forum.accounts.viewer import ANONYMOUS
from forum.discussion.models import Post, Thread
from forum.discussion.queries import ThreadView, thread_view
from forum.discussion.statements import kept
from forum.discussion.visibility import Sight, listed_threads, readable_threads, seen_posts, sight_of
from forum.kit.db import fetch
from forum.kit.settings import confirm, version_now

ENTRIES = 30


@dataclass(frozen=True, slots=True)
class Entry:
    """A thread with its opening text, or a post of a thread, as a feed tells of it."""

    thread_id: int
    slug: str
    title: str
    tag_names: tuple[str, ...]
    post_id: int
    kind: str
    lang: str
    author_name: str
    author_username: str | None
    created_at: datetime
    updated_at: datetime
    body_html: str


@dataclass(frozen=True, slots=True)
class Address:
    """A thread as a map of the site names it."""

    id: int
    slug: str
    active_at: datetime


def newest_threads(category_id: int | None = None, size: int = ENTRIES) -> Sequence[Entry]:
    """The threads with the latest activity, of all categories a visitor may read or of one; one statement."""
    statement = _threads_statement(sight_of(ANONYMOUS), category_id is not None, size)
    rows = fetch(statement, {"category": category_id} if category_id is not None else {}).all()
    confirm(rows[0].site_version if rows else None)
    entries = [_entry(row) for row in rows]
    return sorted(entries, key=lambda entry: (entry.updated_at, entry.thread_id), reverse=True)


def newest_posts(thread_id: int, size: int = ENTRIES) -> tuple[ThreadView, Sequence[Entry]]:
    """A thread with its latest posts, the newest first; raises NotFound for a thread visitors may not see."""
    thread = thread_view(ANONYMOUS, thread_id)
    rows = fetch(_posts_statement(sight_of(ANONYMOUS), size), {"thread": thread_id})
    return thread, [_entry(row) for row in rows]


def _entry(row: Any) -> Entry:
    moved = (moment for moment in (row.created_at, row.edited_at, row.active_at) if moment is not None)
    return Entry(
        thread_id=row.thread_id,
        slug=row.slug,
        title=row.title,
        tag_names=tuple(row.tag_names),
        post_id=row.post_id,
        kind=row.kind,
        lang=row.lang,
        author_name=row.author_name,
        author_username=row.username,
        created_at=row.created_at,
        updated_at=max(moved),
        body_html=row.body_html,
    )


_COLUMNS = (
    Thread.id.label("thread_id"),
    Thread.slug,
    Thread.title,
    Thread.tag_names,
    Post.id.label("post_id"),
    Post.kind,
    Post.lang,
    Post.author_name,
    Post.created_at,
    Post.edited_at,
    Post.body_html,
    User.username,
)


@kept
def _threads_statement(sight: Sight, in_category: bool, size: int) -> Select[Any]:
    """A walk along the index of the latest; binds `category` when it is one's."""
    query = (
        select(*_COLUMNS, Thread.active_at, version_now().label("site_version"))
        .join(Post, and_(Post.id == Thread.opening_post_id, seen_posts(sight, None)))
        .outerjoin(User, User.id == Post.author_id)
        .where(listed_threads(sight))
    )
    if in_category:
        query = query.where(Thread.category_id == bindparam("category", type_=BigInteger))
    return query.order_by(Thread.active_at.desc(), Thread.id.desc()).limit(size)


@kept
def _posts_statement(sight: Sight, size: int) -> Select[Any]:
    """The newest posts of a thread that was found visible; binds `thread`."""
    return (
        select(*_COLUMNS, Post.edited_at.label("active_at"))
        .join(Thread, Thread.id == Post.thread_id)
        .outerjoin(User, User.id == Post.author_id)
        .where(Post.thread_id == bindparam("thread", type_=BigInteger), seen_posts(sight, None))
        .order_by(Post.seq.desc())
        .limit(size)
    )


_ADDRESS: list[Any] = [Thread.id, Thread.slug, Thread.active_at, version_now().label("site_version")]


def highest_thread() -> int:
    """The highest id of a thread visitors may see, 0 when there is none; one look at the end of the primary key."""
    row = fetch(_highest_statement(sight_of(ANONYMOUS)), {}).first()
    confirm(None if row is None else row.site_version)
    return 0 if row is None else int(row.id)


@kept
def _highest_statement(sight: Sight) -> Select[Any]:
    return select(*_ADDRESS).where(*_public(sight)).order_by(Thread.id.desc()).limit(1)


def _public(sight: Sight) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """What lists ask of a thread, in words by which SQLite walks the primary key instead of all public threads."""
    return Thread.visibility + "" == "visible", readable_threads(sight)


def threads_between(low: int, high: int) -> Sequence[Address]:
    """The threads visitors may see with ids from `low` to below `high`, in order; one statement."""
    rows = fetch(_between_statement(sight_of(ANONYMOUS)), {"low": low, "high": high}).all()
    confirm(rows[0].site_version if rows else None)
    return [Address(row.id, row.slug, row.active_at) for row in rows]


@kept
def _between_statement(sight: Sight) -> Select[Any]:
    low, high = bindparam("low", type_=BigInteger), bindparam("high", type_=BigInteger)
    return select(*_ADDRESS).where(Thread.id >= low, Thread.id < high, *_public(sight)).order_by(Thread.id)
