"""Lists of threads and posts: home, categories, tags, profiles; every one a walk along an index from a cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, case, func, literal, null, select, union_all

from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.discussion.models import Category, Post, Tag, Thread, ThreadTag
from forum.discussion.queries import plain_start
from forum.discussion.visibility import post_is_visible, thread_is_listed, thread_is_visible
from forum.kit import paging
from forum.kit.db import db
from forum.kit.settings import confirm, version_now

PAGE = 20
PINNED = 3
Sort = Literal["latest", "top", "unanswered", "solved"]


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A line in a list of threads."""

    id: int
    category_id: int
    kind: str
    title: str
    slug: str
    lang: str
    author_name: str
    created_at: datetime
    active_at: datetime
    last_poster_name: str
    reply_count: int
    score: int
    accepted_post_id: int | None
    official_post_id: int | None
    locked_at: datetime | None
    locked_reason: str | None
    pinned_at: datetime | None
    tag_names: list[str]
    author_username: str | None
    is_pinned_here: bool = False

    @property
    def is_solved(self) -> bool:
        """Whether the asker accepted an answer."""
        return self.accepted_post_id is not None


@dataclass(frozen=True, slots=True)
class ThreadQuery:
    """Which threads, in which order."""

    sort: Sort = "latest"
    kind: str | None = None
    category_id: int | None = None
    tag: str | None = None
    author_id: int | None = None


@dataclass(frozen=True, slots=True)
class ThreadList:
    """A page of a list."""

    items: Sequence[ThreadRow]
    next: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question nobody has answered yet."""

    id: int
    slug: str
    title: str
    lang: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Rail:
    """What stands beside the lists: who waits longest and how many threads each category has."""

    waiting: Sequence[Waiting]
    thread_counts: dict[int, int]


@dataclass(frozen=True, slots=True)
class AuthoredPost:
    """A line on a profile: a post with the thread it stands in."""

    post_id: int
    kind: str
    score: int
    created_at: datetime
    visibility: str
    start: str
    lang: str
    thread_id: int
    thread_slug: str
    thread_title: str
    category_id: int
    is_accepted: bool


_ROW = [name for name in ThreadRow.__dataclass_fields__ if name not in {"author_username", "is_pinned_here"}]


def _rows(viewer: Viewer) -> Select[Any]:
    columns = [getattr(Thread, name) for name in _ROW]
    query = select(version_now().label("site_version"), *columns, User.username.label("author_username"))
    return query.outerjoin(User, User.id == Thread.author_id).where(thread_is_listed(viewer))


def threads(
    viewer: Viewer, wanted: ThreadQuery, after: str | None = None, size: int = PAGE, *, pins: bool = True
) -> ThreadList:
    """A page of threads in one statement; the first page of `latest` begins with the pinned ones."""
    query = _sorted(_narrowed(_rows(viewer), wanted), wanted, after).limit(size + 1)
    pins = (
        pins
        and wanted.sort == "latest"
        and after is None
        and wanted.tag is None
        and wanted.author_id is None
        and wanted.kind is None
    )
    if not pins:
        plain = db.session.execute(query).all()
        confirm(plain[0].site_version if plain else None)
        found = [ThreadRow(*row[1:]) for row in plain]
        page = paging.page(found, size, lambda row: _key(row, wanted.sort))
        return ThreadList(page.items, page.next)
    pinned = _narrowed(_rows(viewer), wanted).where(Thread.pinned_at.is_not(None))
    if wanted.category_id is None:
        pinned = pinned.where(Thread.pinned_site_wide)
    pinned = pinned.order_by(Thread.pinned_at.desc()).limit(PINNED)
    both = union_all(
        select(pinned.subquery(), literal(1).label("is_pinned_here")),
        select(query.subquery(), literal(0).label("is_pinned_here")),
    )
    raw = db.session.execute(both).all()
    confirm(raw[0].site_version if raw else None)
    rows = [ThreadRow(*[*row[1:-1], bool(row[-1])]) for row in raw]
    on_top = [row for row in rows if row.is_pinned_here]
    top_ids = {row.id for row in on_top}
    found = sorted(
        (row for row in rows if not row.is_pinned_here), key=lambda row: (row.active_at, row.id), reverse=True
    )
    page = paging.page(found, size, lambda row: _key(row, wanted.sort))
    return ThreadList([*on_top, *(row for row in page.items if row.id not in top_ids)], page.next)


def _narrowed(query: Select[Any], wanted: ThreadQuery) -> Select[Any]:
    if wanted.kind:
        query = query.where(Thread.kind == wanted.kind)
    if wanted.category_id:
        query = query.where(Thread.category_id == wanted.category_id)
    if wanted.author_id:
        query = query.where(Thread.author_id == wanted.author_id)
    if wanted.tag:
        tag = select(ThreadTag.thread_id).join(Tag, Tag.id == ThreadTag.tag_id).where(Tag.name == wanted.tag)
        query = query.where(Thread.id.in_(tag))
    return query


def _sorted(query: Select[Any], wanted: ThreadQuery, after: str | None) -> Select[Any]:
    columns: list[ColumnElement[Any]]
    if wanted.sort == "top":
        columns, kinds = [Thread.score, Thread.id], [int, int]  # type: ignore[list-item]  # columns of a mapped class are column elements
    elif wanted.sort == "unanswered":
        columns, kinds = [Thread.created_at, Thread.id], [datetime, int]  # type: ignore[list-item]  # as above
        query = query.where(*is_unanswered())
    else:
        columns, kinds = [Thread.active_at, Thread.id], [datetime, int]  # type: ignore[list-item]  # as above
        if wanted.sort == "solved":
            query = query.where(Thread.accepted_post_id.is_not(None))
    if after:
        query = query.where(paging.after(columns, paging.decode(after, kinds), descending=True))
    return query.order_by(*[column.desc() for column in columns])


def _key(row: ThreadRow, sort: Sort) -> Sequence[object]:
    first: object = row.score if sort == "top" else row.created_at if sort == "unanswered" else row.active_at
    return [first, row.id]


def is_unanswered() -> tuple[ColumnElement[bool], ...]:
    """The conditions for a question that still waits, in the words of its partial index."""
    # Literals, because a bound parameter would keep SQLite from seeing that the partial index covers the query.
    return (
        Thread.visibility == literal("visible", literal_execute=True),
        Thread.kind == literal("question", literal_execute=True),
        Thread.reply_count == literal(0, literal_execute=True),
        Thread.locked_at.is_(None),
    )


def rail(viewer: Viewer, waiting: int = 3) -> Rail:
    """Who waits longest and the size of each category, in one statement."""
    longest = (
        select(
            literal("w").label("what"),
            Thread.id,
            Thread.slug,
            Thread.title,
            Thread.lang,
            Thread.created_at,
            literal(0).label("size"),
        )
        .where(thread_is_listed(viewer), *is_unanswered())
        .order_by(Thread.created_at, Thread.id)
        .limit(waiting)
    )
    sizes = select(literal("c"), Category.id, literal(""), literal(""), literal(""), null(), Category.thread_count)
    rows = db.session.execute(union_all(select(longest.subquery()), sizes)).all()
    found = [Waiting(row.id, row.slug, row.title, row.lang, row.created_at) for row in rows if row.what == "w"]
    return Rail(
        sorted(found, key=lambda w: (w.created_at, w.id)),
        {row.id: row.size for row in rows if row.what == "c"},
    )


def thread_counts() -> dict[int, int]:
    """The number of public threads in each category."""
    return {row.id: row.thread_count for row in db.session.execute(select(Category.id, Category.thread_count))}


def authored(
    viewer: Viewer,
    author_id: int,
    *,
    kind: str | None = None,
    best: bool = False,
    after: str | None = None,
    size: int = PAGE,
) -> paging.Page[AuthoredPost]:
    """What somebody wrote, as far as this viewer may see it: the best first, or the newest."""
    query = (
        select(
            Post.id,
            Post.kind,
            Post.score,
            Post.created_at,
            Post.visibility,
            func.substr(Post.body_html, 1, 900),
            Post.lang,
            Thread.id,
            Thread.slug,
            Thread.title,
            Thread.category_id,
            case((Thread.accepted_post_id == Post.id, 1), else_=0),
        )
        .join(Thread, Thread.id == Post.thread_id)
        .where(Post.author_id == author_id, post_is_visible(viewer), thread_is_visible(viewer))
        .where(Post.visibility != "author_deleted")
        .limit(size + 1)
    )
    if kind:
        query = query.where(Post.kind == kind)
    columns: list[Any] = [Post.score, Post.id] if best else [Post.created_at, Post.id]
    if after:
        query = query.where(
            paging.after(columns, paging.decode(after, [int if best else datetime, int]), descending=True)
        )
    query = query.order_by(*[column.desc() for column in columns])
    rows = [
        AuthoredPost(*[*row[:5], plain_start(row[5]), *row[6:11], bool(row[11])]) for row in db.session.execute(query)
    ]
    return paging.page(rows, size, lambda row: [row.score if best else row.created_at, row.post_id])
