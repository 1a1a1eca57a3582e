"""What discussions do when something happens to accounts."""

from __future__ import annotations

from sqlalchemy import select, update

from forum.accounts.models import User
from forum.discussion.models import Post, Thread
from forum.kit.db import db
from forum.kit.outbox import Recorded


def carry_name(event: Recorded) -> None:
    """Write a member's present name on everything they wrote: pages read it there, without asking for the account."""
    user = db.session.get(User, event.props["member"])
    if user is None:
        return
    name = user.display_name
    written = select(Post.thread_id).where(Post.author_id == user.id)
    db.session.execute(update(Thread).where(Thread.id.in_(written)).values(version=Thread.version + 1))
    db.session.execute(update(Post).where(Post.author_id == user.id).values(author_name=name))
    db.session.execute(update(Thread).where(Thread.author_id == user.id).values(author_name=name))
    db.session.execute(update(Thread).where(Thread.last_poster_id == user.id).values(last_poster_name=name))
