"""Reading notifications: what one person is told, with titles and texts read through the conditions of seeing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, select

from forum.accounts.viewer import Viewer
from forum.discussion.models import Post, Thread
from forum.discussion.visibility import post_is_visible, thread_is_visible
from forum.kit import paging
from forum.kit.db import db
from forum.notifications.models import Notification


@dataclass(frozen=True, slots=True)
class NotificationView:
    """A line on the page of notifications; title empty when the thread cannot be seen any more."""

    id: int
    kind: str
    created_at: datetime
    read_at: datetime | None
    detail: dict[str, Any]
    post_id: int | None
    thread_id: int | None
    thread_slug: str
    thread_title: str
    lang: str
    actor_name: str


def notifications(viewer: Viewer, after: str | None = None, size: int = 30) -> paging.Page[NotificationView]:
    """What this viewer was told, the newest first."""
    seen = thread_is_visible(viewer)
    readable = post_is_visible(viewer)
    query = (
        select(
            Notification.id,
            Notification.kind,
            Notification.created_at,
            Notification.read_at,
            Notification.detail,
            Notification.post_id,
            Notification.thread_id,
            case((seen, Thread.slug), else_=""),
            case((seen, Thread.title), else_=""),
            case((seen, Thread.lang), else_=""),
            case((seen & readable, Post.author_name), else_=""),
        )
        .outerjoin(Thread, Thread.id == Notification.thread_id)
        .outerjoin(Post, Post.id == Notification.post_id)
        .where(Notification.user_id == viewer.id)
        .order_by(Notification.id.desc())
        .limit(size + 1)
    )
    if after:
        query = query.where(Notification.id < paging.decode(after, [int])[0])
    rows = [NotificationView(*row[:7], *(part or "" for part in row[7:])) for row in db.session.execute(query)]
    return paging.page(rows, size, lambda row: [row.id])
