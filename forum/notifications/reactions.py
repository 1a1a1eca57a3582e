"""What people are told when something happens to their posts and threads."""

from __future__ import annotations

from sqlalchemy import select

from forum.accounts.models import User
from forum.accounts.viewer import Viewer, actor_key
from forum.discussion.models import Post, Thread
from forum.discussion.visibility import post_is_visible, thread_is_visible
from forum.kit.db import db
from forum.kit.outbox import Recorded
from forum.notifications.service import tell


def tell_of_reply(event: Recorded) -> None:
    """The author of what was answered hears of a public reply; the thread's author of every reply."""
    post = db.session.get(Post, event.post) if event.post else None
    if post is None or post.visibility != "visible":
        return
    kind = "commented" if post.kind == "comment" else "replied"
    for user_id in _answered(post):
        if user_id != post.author_id and _may_see(user_id, post.id):
            tell(user_id, kind, event)


def _answered(post: Post) -> set[int]:
    thread = db.session.get_one(Thread, post.thread_id)
    parent = db.session.get(Post, post.parent_id) if post.parent_id else None
    return {user_id for user_id in (thread.author_id, parent.author_id if parent else None) if user_id is not None}


def _may_see(user_id: int, post_id: int) -> bool:
    """Asked at the moment of telling, because a category may have been closed to this person since."""
    user = db.session.get(User, user_id)
    if user is None or user.erased_at is not None or user.kind != "person":
        return False
    viewer = Viewer.of(user)
    query = select(Post.id).join(Thread, Thread.id == Post.thread_id)
    return (
        db.session.scalar(query.where(Post.id == post_id, post_is_visible(viewer), thread_is_visible(viewer)))
        is not None
    )


def tell_of_hold(event: Recorded) -> None:
    """The author hears that a person reads the text first, and why."""
    author = _author(event)
    if author is not None:
        tell(author, "held", event, reasons=list(event.props.get("reasons", [])))


def tell_of_decision(event: Recorded) -> None:
    """The author hears what was decided, with the reason."""
    author = _author(event)
    if author is None:
        return
    if event.props.get("outcome") == "approve":
        tell(author, "published", event)
    else:
        # A declined edit leaves the text before it public.
        post = db.session.get_one(Post, event.post)
        is_edit = post.visibility == "visible"
        tell(author, "removed", event, reason=event.props.get("reason"), note=event.props.get("note"), edit=is_edit)


def tell_of_acceptance(event: Recorded) -> None:
    """The author of the accepted answer hears of it, unless they chose it themselves."""
    author = _author(event)
    if author is not None and actor_key(author) != event.actor_key and event.post and _may_see(author, event.post):
        tell(author, "accepted", event)


def _author(event: Recorded) -> int | None:
    post = db.session.get(Post, event.post) if event.post else None
    return None if post is None else post.author_id
