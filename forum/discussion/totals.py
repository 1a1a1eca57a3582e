"""Totals of what somebody wrote, as far as it concerns the one who looks."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, literal_column, select

from forum.accounts.viewer import Viewer
from forum.discussion.categories import unreadable_ids
from forum.discussion.models import Post, Thread
from forum.kit.db import db


@dataclass(frozen=True, slots=True)
class KeptAway:
    """What of somebody's totals stands in categories that a viewer may not read."""

    threads: int = 0
    replies: int = 0
    accepted: int = 0
    votes: int = 0


def kept_away(viewer: Viewer, author_id: int) -> KeptAway:
    """What to take away from somebody's totals for this viewer; no statement when no category is closed to them."""
    hidden = unreadable_ids(viewer)
    if not hidden:
        return KeptAway()
    public = Post.visibility == literal_column("'visible'")
    threads, replies, accepted = (
        func.sum(case((condition, 1), else_=0))
        for condition in (
            public & (Post.kind == "opening"),
            public & (Post.kind == "reply"),
            Thread.accepted_post_id == Post.id,
        )
    )
    query = select(threads, replies, accepted, func.sum(Post.score)).join(Thread, Thread.id == Post.thread_id)
    row = db.session.execute(query.where(Post.author_id == author_id, Thread.category_id.in_(sorted(hidden)))).one()
    return KeptAway(*(int(count or 0) for count in row))
