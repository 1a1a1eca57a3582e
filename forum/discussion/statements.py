"""The statements of the busiest pages, built once for each kind of reader: building costs more than running."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import BigInteger, CompoundSelect, Select, and_, bindparam, case, func, literal, or_, select, union_all

from forum.accounts.models import User
from forum.discussion.models import Post, Thread
from forum.discussion.visibility import Sight, placed_posts, seen_posts, seen_threads
from forum.kit.settings import version_now

# A value that is bound at each execution has no value here: forgetting one is an error, never somebody else's.
ME = bindparam("me", type_=BigInteger)
LEADS = tuple(bindparam(f"lead{n}", type_=BigInteger) for n in range(3))
KEPT = 64
P = ParamSpec("P")
T = TypeVar("T")


def kept(build: Callable[P, T]) -> Callable[P, T]:
    """Build a statement once for each set of arguments, which are values that can be hashed."""
    found: Callable[P, T] = lru_cache(maxsize=KEPT)(build)  # type: ignore[assignment]  # a class is a value like any other
    return found


@kept
def thread_statement(sight: Sight, columns: tuple[str, ...]) -> Select[Any]:
    """A thread with its author's name and the site's version; binds `thread` and `me`."""
    return (
        select(*[getattr(Thread, name) for name in columns], User.username, version_now())
        .outerjoin(User, User.id == Thread.author_id)
        .where(Thread.id == bindparam("thread", type_=BigInteger), seen_threads(sight, ME))
    )


@kept
def posts_statement(sight: Sight, columns: tuple[str, ...], votes: type[Any] | None) -> Select[Any]:
    """Posts with their authors, the text only where the reader may read it, and the reader's own vote; binds `me`."""
    readable = seen_posts(sight, ME)
    own = votes if sight.is_member else None
    vote = literal(0) if own is None else func.coalesce(own.value, 0)
    query = select(
        *[getattr(Post, name) for name in columns],
        User.username,
        User.role,
        User.trust,
        case((readable, Post.body_html), else_="").label("body_html"),
        case((readable, 1), else_=0).label("is_readable"),
        vote.label("my_vote"),
    ).outerjoin(User, User.id == Post.author_id)
    return query if own is None else query.outerjoin(own, and_(own.post_id == Post.id, own.voter_id == ME))


@kept
def first_page_statement(
    sight: Sight, columns: tuple[str, ...], votes: type[Any] | None, order: str, size: int
) -> CompoundSelect[Any]:
    """The leading posts and the first replies; binds `thread`, `me` and `lead0` to `lead2` (0 for none)."""
    posts = posts_statement(sight, columns, votes)
    leading = posts.where(Post.id.in_(LEADS), placed_posts(sight, ME)).limit(len(LEADS))
    replies = _ordered(_replies(sight, posts), order).limit(size)
    return union_all(select(leading.subquery()), select(replies.subquery()))


@kept
def next_page_statement(
    sight: Sight, columns: tuple[str, ...], votes: type[Any] | None, order: str, size: int
) -> Select[Any]:
    """The replies after a key; binds `thread`, `me`, the leads, `seq` and, unless the oldest come first, `score`."""
    query = _ordered(_replies(sight, posts_statement(sight, columns, votes)), order).limit(size)
    seq, score = bindparam("seq", type_=BigInteger), bindparam("score", type_=BigInteger)
    if order == "oldest":
        return query.where(Post.seq > seq)
    return query.where(Post.score <= score, or_(Post.score < score, Post.seq > seq))


def _replies(sight: Sight, posts: Select[Any]) -> Select[Any]:
    of_thread = Post.thread_id == bindparam("thread", type_=BigInteger)
    return posts.where(of_thread, Post.kind == "reply", Post.id.not_in(LEADS), placed_posts(sight, ME))


def _ordered(query: Select[Any], order: str) -> Select[Any]:
    return query.order_by(Post.seq) if order == "oldest" else query.order_by(Post.score.desc(), Post.seq)


@kept
def comments_statement(
    sight: Sight, columns: tuple[str, ...], votes: type[Any] | None, few: int, many: int
) -> Select[Any]:
    """The first few comments of each parent, many of one; binds `parents`, `open_post` and `me`."""
    place = func.row_number().over(partition_by=Post.parent_id, order_by=Post.seq).label("place")
    of_parents = Post.parent_id.in_(bindparam("parents", expanding=True))
    posts = posts_statement(sight, columns, votes).add_columns(place).where(of_parents, seen_posts(sight, ME))
    inner = posts.subquery()
    allowed = case((inner.c.parent_id == bindparam("open_post", type_=BigInteger), many), else_=few)
    return select(inner).where(inner.c.place <= allowed).order_by(inner.c.parent_id, inner.c.seq)
