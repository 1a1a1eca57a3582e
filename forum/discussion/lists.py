"""Lists of threads and posts: home, categories, tags, profiles; every one a walk along an index from a cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Select,
    bindparam,
    case,
    func,
    literal_column,
    null,
    select,
    union_all,
)

from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.discussion.models import Category, Post, Tag, Thread, ThreadTag
from forum.discussion.queries import plain_start
from forum.discussion.statements import kept
from forum.discussion.visibility import (
    Sight,
    listed_threads,
    post_is_visible,
    readable_threads,
    sight_of,
    thread_is_visible,
)
from forum.kit import paging
from forum.kit.db import db, fetch
from forum.kit.settings import confirm, version_now

PAGE = 20
PINNED = 3
WAITING = 3
Sort = Literal["latest", "top", "unanswered", "solved"]
SORTED_BY: dict[Sort, str] = {
    "latest": "active_at", "top": "score", "unanswered": "created_at", "solved": "active_at",
}  # fmt: skip
NARROWING = ("kind", "category_id", "tag", "author_id")


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
    tag_names: tuple[str, ...]
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
_TAGS = _ROW.index("tag_names")


def threads(
    viewer: Viewer, wanted: ThreadQuery, after: str | None = None, size: int = PAGE, *, pins: bool = True
) -> ThreadList:
    """A page of threads in one statement; the first page of `latest` begins with the pinned ones."""
    shape, bound = _shape(viewer, wanted, after, size)
    pins = pins and shape.has_pins
    raw = fetch(pinned_statement(shape) if pins else threads_statement(shape), bound).all()
    confirm(raw[0].site_version if raw else None)
    rows = [_row(row) for row in raw]
    on_top = [row for row in rows if row.is_pinned_here]
    top_ids = {row.id for row in on_top}
    # A UNION promises no order, so the page's few rows are put in theirs again.
    found = [row for row in rows if not row.is_pinned_here]
    found.sort(key=lambda row: _key(row, wanted.sort), reverse=True)
    page = paging.page(found, size, lambda row: _key(row, wanted.sort))
    return ThreadList([*on_top, *(row for row in page.items if row.id not in top_ids)], page.next)


def _shape(viewer: Viewer, wanted: ThreadQuery, after: str | None, size: int) -> tuple[Shape, dict[str, Any]]:
    """The statement for a list, and what is bound when it runs."""
    narrowed = {name: value for name in NARROWING if (value := getattr(wanted, name))}
    bound: dict[str, Any] = dict(narrowed)
    if after:
        kinds = [datetime if SORTED_BY[wanted.sort] != "score" else int, int]
        bound["key"], bound["key_id"] = paging.decode(after, kinds)
    return Shape(sight_of(viewer), wanted.sort, frozenset(narrowed), bool(after), size + 1), bound


@dataclass(frozen=True, slots=True)
class Glance:
    """What a list and its rail hang on, without the list itself: equal ones look the same at one moment."""

    key: tuple[tuple[Any, ...], ...]
    has_threads: bool
    latest: datetime | None
    rail: Rail


def glance(viewer: Viewer, wanted: ThreadQuery, after: str | None = None, size: int = PAGE) -> Glance:
    """The versions of a page's threads, and its rail, in one cheap statement: the page may be made already."""
    shape, bound = _shape(viewer, wanted, after, size)
    rows = fetch(glance_statement(shape, WAITING), bound).all()
    listed = [row for row in rows if row.what == "t"]
    confirm(listed[0].site_version if listed else None)
    moments = [row.created_at for row in rows if row.created_at is not None]
    return Glance(tuple(tuple(row) for row in rows), bool(listed), max(moments, default=None), _rail(rows))


@kept
def glance_statement(shape: Shape, waiting: int) -> CompoundSelect[Any]:
    """Ids and versions of what a list holds, with the rail's rows in the same columns."""
    lists: list[Any] = [pinned_alone(shape), threads_statement(shape)] if shape.has_pins else [threads_statement(shape)]
    nothing: ColumnElement[str] = literal_column("''")
    columns = (Thread.id, nothing.label("slug"), nothing.label("title"), nothing.label("lang"))
    narrow = [
        one.with_only_columns(
            literal_column("'t'").label("what"),
            *columns,
            Thread.active_at.label("created_at"),
            Thread.version.label("size"),
            version_now().label("site_version"),
        )
        for one in lists
    ]
    rail_rows = rail_statement(shape.sight, waiting).subquery()
    return union_all(*(select(one.subquery()) for one in narrow), select(rail_rows, literal_column("0")))


def _row(row: Sequence[Any]) -> ThreadRow:
    values = [*row[1:-1], bool(row[-1])]
    values[_TAGS] = tuple(values[_TAGS])
    return ThreadRow(*values)


@dataclass(frozen=True, slots=True)
class Shape:
    """What distinguishes the statements of lists; everything else is bound when they run."""

    sight: Sight
    sort: Sort
    narrowed: frozenset[str]
    is_continued: bool
    limit: int

    @property
    def has_pins(self) -> bool:
        """Whether the pinned threads stand above: on the first page of the latest, of all or of one category."""
        return self.sort == "latest" and not self.is_continued and not self.narrowed - {"category_id"}


@kept
def threads_statement(shape: Shape) -> Select[Any]:
    """A walk along one index; binds what narrows it and, when it goes on after a row, `key` and `key_id`."""
    columns: list[Any] = [getattr(Thread, SORTED_BY[shape.sort]), Thread.id]
    query = _narrowed(shape)
    if shape.sort == "unanswered":
        query = query.where(*is_unanswered())
    elif shape.sort == "solved":
        query = query.where(Thread.accepted_post_id.is_not(None))
    if shape.is_continued:
        key = (bindparam("key", type_=columns[0].type), bindparam("key_id", type_=columns[1].type))
        query = query.where(paging.after(columns, key, descending=True))
    ordered = query.order_by(*[column.desc() for column in columns]).limit(shape.limit)
    return ordered.add_columns(literal_column("0").label("is_pinned_here"))


@kept
def pinned_statement(shape: Shape) -> CompoundSelect[Any]:
    """The same with the pinned threads, in one statement."""
    return union_all(select(pinned_alone(shape).subquery()), select(threads_statement(shape).subquery()))


def pinned_alone(shape: Shape) -> Select[Any]:
    """The threads that stand above a list."""
    # Sums with nothing keep SQLite from walking all public threads: the few pinned ones have an index of their own.
    pinned = _columns().where(Thread.pinned_at.is_not(None), Thread.visibility + "" == "visible")
    pinned = pinned.where(readable_threads(shape.sight))
    if "category_id" in shape.narrowed:
        pinned = pinned.where(Thread.category_id + 0 == bindparam("category_id", type_=BigInteger))
    else:
        pinned = pinned.where(Thread.pinned_site_wide)
    pinned = pinned.add_columns(literal_column("1").label("is_pinned_here"))
    return pinned.order_by(Thread.pinned_at.desc()).limit(PINNED)


def _columns() -> Select[Any]:
    columns = [getattr(Thread, name) for name in _ROW]
    query = select(version_now().label("site_version"), *columns, User.username.label("author_username"))
    return query.outerjoin(User, User.id == Thread.author_id)


def _narrowed(shape: Shape) -> Select[Any]:
    query = _columns().where(listed_threads(shape.sight))
    for name in sorted(shape.narrowed - {"tag"}):
        column = getattr(Thread, name)
        query = query.where(column == bindparam(name, type_=column.type))
    if "tag" in shape.narrowed:
        tag = select(ThreadTag.thread_id).join(Tag, Tag.id == ThreadTag.tag_id).where(Tag.name == bindparam("tag"))
        query = query.where(Thread.id.in_(tag))
    return query


def _key(row: ThreadRow, sort: Sort) -> list[Any]:
    first: object = row.score if sort == "top" else row.created_at if sort == "unanswered" else row.active_at
    return [first, row.id]


def is_unanswered() -> tuple[ColumnElement[bool], ...]:
    """The conditions for a question that still waits, in the words of its partial index."""
    # Literals, because a bound parameter would keep SQLite from seeing that the partial index covers the query.
    return (
        Thread.visibility == literal_column("'visible'"),
        Thread.kind == literal_column("'question'"),
        Thread.reply_count == literal_column("0"),
        Thread.locked_at.is_(None),
    )


def rail(viewer: Viewer, waiting: int = WAITING) -> Rail:
    """Who waits longest and the size of each category, in one statement."""
    return _rail(fetch(rail_statement(sight_of(viewer), waiting), {}).all())


def _rail(rows: Sequence[Any]) -> Rail:
    found = [Waiting(row.id, row.slug, row.title, row.lang, row.created_at) for row in rows if row.what == "w"]
    return Rail(
        sorted(found, key=lambda w: (w.created_at, w.id)),
        {row.id: row.size for row in rows if row.what == "c"},
    )


@kept
def rail_statement(sight: Sight, waiting: int) -> CompoundSelect[Any]:
    """The oldest unanswered questions, and the categories with their sizes."""
    longest: Any = (
        select(
            literal_column("'w'").label("what"),
            Thread.id,
            Thread.slug,
            Thread.title,
            Thread.lang,
            Thread.created_at,
            literal_column("0").label("size"),
        )
        .where(listed_threads(sight), *is_unanswered())
        .order_by(Thread.created_at, Thread.id)
        .limit(waiting)
    )
    nothing: ColumnElement[str] = literal_column("''")
    sizes: Any = select(literal_column("'c'"), Category.id, nothing, nothing, nothing, null(), Category.thread_count)
    return union_all(select(longest.subquery()), sizes)


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
