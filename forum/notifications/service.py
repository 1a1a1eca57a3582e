"""Changing notifications: telling somebody, and marking all as read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, update

from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.kit import clock
from forum.kit.db import db
from forum.kit.outbox import Recorded
from forum.notifications.models import Notification


def tell(user_id: int, kind: str, event: Recorded, **detail: Any) -> None:
    """Tell one person one thing once; the same event again changes nothing."""
    known = db.session.scalar(
        select(Notification.id).where(
            Notification.event_id == event.id, Notification.user_id == user_id, Notification.kind == kind
        )
    )
    if known is not None:
        return
    db.session.add(
        Notification(
            user_id=user_id,
            kind=kind,
            event_id=event.id,
            thread_id=event.thread,
            post_id=event.post,
            detail=detail,
            created_at=clock.now(),
        )
    )
    db.session.flush()
    _recount(user_id)


def mark_all_read(viewer: Viewer) -> None:
    """Everything this viewer was told so far counts as read."""
    assert viewer.id is not None
    unread = update(Notification).where(Notification.user_id == viewer.id, Notification.read_at.is_(None))
    db.session.execute(unread.values(read_at=clock.now()))
    _recount(viewer.id)


def _recount(user_id: int) -> None:
    unread = select(func.count()).where(Notification.user_id == user_id, Notification.read_at.is_(None)).correlate(None)
    db.session.execute(update(User).where(User.id == user_id).values(unread_count=unread.scalar_subquery()))
