"""Everything derived from imported rows, counted again in SQL at the end: the same after every run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, ScalarSelect, func, select, update
from sqlalchemy.orm import aliased

from forum.accounts.models import User
from forum.discussion.models import Category, Post, Tag, Thread, ThreadTag
from forum.importers.stackexchange.store import Run
from forum.kit.db import db, retried, transaction
from forum.voting.models import Vote

# So many rows in one transaction: nobody else waits long for the write lock.
_PORTION: Final = 2000


def recount(run: Run) -> None:
    """Scores, counts and last posts of what this source brought; the tags and the category it touched."""
    _each(run, Post, _count_posts)
    _each(run, Thread, _count_threads)
    _each(run, User, _count_users)
    retried(partial(_count_places, run))


def _each(run: Run, model: type[Any], count: Any) -> None:
    for first, last in _portions(run, model):
        retried(partial(_in_transaction, count, (model.source == run.source, model.id.between(first, last))))


def _portions(run: Run, model: type[Any]) -> Iterator[tuple[int, int]]:
    after = 0
    while True:
        own = select(model.id).where(model.source == run.source, model.id > after).order_by(model.id).limit(_PORTION)
        ids = db.session.scalars(own).all()
        if not ids:
            return
        yield ids[0], ids[-1]
        after = ids[-1]


def _in_transaction(count: Any, where: Sequence[ColumnElement[bool]]) -> None:
    with transaction() as session:
        session.execute(count().where(*where).execution_options(synchronize_session=False))


def _count_posts() -> Any:
    child = aliased(Post)
    return update(Post).values(
        score=select(func.coalesce(func.sum(Vote.value), 0)).where(Vote.post_id == Post.id).scalar_subquery(),
        comment_count=select(func.count())
        .where(child.parent_id == Post.id, child.visibility == "visible")
        .scalar_subquery(),
    )


def _count_threads() -> Any:
    post = aliased(Post)
    public = (post.thread_id == Thread.id, post.visibility == "visible")

    def counted(kind: str) -> ScalarSelect[int]:
        return select(func.count()).where(*public, post.kind == kind).scalar_subquery()

    def of_last(column: str) -> ScalarSelect[Any]:
        newest = select(getattr(post, column)).where(*public).order_by(post.created_at.desc(), post.seq.desc())
        return newest.limit(1).scalar_subquery()

    answered = (*public, post.kind != "opening", post.author_id.is_distinct_from(Thread.author_id))
    return update(Thread).values(
        reply_count=counted("reply"),
        comment_count=counted("comment"),
        score=func.coalesce(select(post.score).where(post.id == Thread.opening_post_id).scalar_subquery(), 0),
        next_seq=select(func.coalesce(func.max(post.seq), 0) + 1).where(post.thread_id == Thread.id).scalar_subquery(),
        active_at=func.coalesce(of_last("created_at"), Thread.created_at),
        last_poster_id=of_last("author_id"),
        last_poster_name=func.coalesce(of_last("author_name"), Thread.author_name),
        first_reply_at=select(func.min(post.created_at)).where(*answered).scalar_subquery(),
    )


def _count_users() -> Any:
    own = (Post.author_id == User.id, Post.visibility == "visible")
    return update(User).values(
        thread_count=select(func.count())
        .where(Thread.author_id == User.id, Thread.visibility == "visible")
        .scalar_subquery(),
        reply_count=select(func.count()).where(*own, Post.kind == "reply").scalar_subquery(),
        accepted_count=select(func.count())
        .where(
            Post.author_id == User.id,
            Post.kind == "reply",
            Thread.id == Post.thread_id,
            Thread.accepted_post_id == Post.id,
        )
        .scalar_subquery(),
        votes_received=select(func.coalesce(func.sum(Vote.value), 0))
        .where(Vote.post_id == Post.id, Post.author_id == User.id)
        .scalar_subquery(),
    )


def _count_places(run: Run) -> None:
    """Tags of imported threads, and the category."""
    carried = (ThreadTag.tag_id == Tag.id, Thread.id == ThreadTag.thread_id, Thread.visibility == "visible")
    touched = select(ThreadTag.tag_id).join(Thread, Thread.id == ThreadTag.thread_id).where(Thread.source == run.source)
    inside = (Thread.category_id == Category.id, Thread.visibility == "visible")
    with transaction() as session:
        tags = update(Tag).values(thread_count=select(func.count()).where(*carried).scalar_subquery())
        session.execute(tags.where(Tag.id.in_(touched)).execution_options(synchronize_session=False))
        category = update(Category).values(thread_count=select(func.count()).where(*inside).scalar_subquery())
        session.execute(category.where(Category.id == run.category_id).execution_options(synchronize_session=False))
