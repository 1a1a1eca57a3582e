"""The version of a thread: moves with every change of anything its page shows, so that a page can be kept by it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import event, update
from sqlalchemy.orm import Session

from forum.discussion.models import Post, Thread
from forum.kit.db import db


def stamp(session: Session, thread_ids: Iterable[int]) -> None:
    """Move the versions of these threads, in the caller's transaction."""
    for thread_id in sorted(set(thread_ids)):
        # Counted by the database: two that read the same number must not both write the next one.
        moved = update(Thread).where(Thread.id == thread_id).values(version=Thread.version + 1)
        session.connection().execute(moved)
        loaded = session.identity_map.get(session.identity_key(Thread, thread_id))
        if loaded is not None:
            session.expire(loaded, ["version"])


@event.listens_for(db.session, "before_flush")
def _stamp_what_changed(session: Session, *_: Any) -> None:
    """A changed or new post changes its thread; what is written past the session stamps by itself."""
    changed = [one for one in (*session.new, *session.dirty) if session.is_modified(one)]
    posts = {one.thread_id for one in changed if isinstance(one, Post)}
    threads = {one.id for one in changed if isinstance(one, Thread) and one.id is not None}
    stamp(session, posts | threads)
