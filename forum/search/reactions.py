"""What the index does when something happens in discussions."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from forum.discussion.models import Post
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
