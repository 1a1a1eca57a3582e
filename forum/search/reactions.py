"""What the index does when something happens in discussions."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select

from forum.discussion.models import Post, Thread
from forum.kit.db import db
from forum.kit.outbox import Recorded
from forum.search.service import refresh


def refresh_posts(events: Sequence[Recorded]) -> None:
    """Look again at the posts these events are about."""
    refresh(event.post for event in events if event.post is not None)


def refresh_threads(events: Sequence[Recorded]) -> None:
    """Look again at all posts of the threads these events are about: they appear and vanish together."""
    threads = {event.thread for event in events if event.thread is not None}
    ids = db.session.scalars(select(Post.id).where(Post.thread_id.in_(threads))).all()
    db.session.rollback()
    refresh(ids)


def refresh_categories(events: Sequence[Recorded]) -> None:
    """Look again at all posts of the categories these events are about: name and readers stand with each post."""
    categories = {event.category for event in events if event.category is not None}
    _refresh_where(Thread.category_id.in_(categories))


def refresh_authors(events: Sequence[Recorded]) -> None:
    """Look again at all posts of the members these events are about: their name stands with each post."""
    _refresh_where(Post.author_id.in_({int(event.props["member"]) for event in events}))


def _refresh_where(condition: ColumnElement[bool]) -> None:
    ids = db.session.scalars(select(Post.id).join(Thread, Thread.id == Post.thread_id).where(condition)).all()
    db.session.rollback()
    refresh(ids)
