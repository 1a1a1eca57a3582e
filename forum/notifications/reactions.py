"""What people are told when something happens to their posts and threads."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from forum.accounts.models import User
from forum.accounts.viewer import Viewer, actor_key
from forum.discussion.models import Post, Thread
from forum.discussion.visibility import post_is_visible, thread_is_visible
from forum.kit.db import db
from forum.kit.outbox import Recorded
from forum.moderation.flags import reporters
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


def tell_of_hiding(event: Recorded) -> None:
    """The author hears that reports hid the text until a person looks at it."""
    author = _author(event)
    if author is not None:
        tell(author, "hidden", event)


def tell_of_decision(event: Recorded) -> None:
    """The author hears what was decided, with the reason; who reported it, that somebody looked."""
    outcome, before = event.props["outcome"], event.props["before"]
    author = _author(event)
    if author is not None and outcome == "remove":
        said = {"reason": event.props.get("reason"), "note": event.props.get("note"), "edit": event.props["edit"]}
        tell(author, "removed", event, **said)
    elif author is not None and outcome == "approve" and (before != "visible" or event.props["edit"]):
        tell(author, "restored" if before == "hidden" else "published", event, edit=event.props["edit"])
    _tell_reporters(event, author, outcome=outcome)


def _tell_reporters(event: Recorded, author: int | None, **said: Any) -> None:
    """A neutral line for each of them, apart from who decided it."""
    for user_id in reporters(event.props["case"], event.props["round"]):
        if user_id != author and actor_key(user_id) != event.actor_key:
            tell(user_id, "reviewed", event, **said)


def tell_of_publication(event: Recorded) -> None:
    """Who is answered by a text that was held hears of it once it is public for good."""
    if event.props["outcome"] == "approve" and event.props["before"] == "held":
        tell_of_reply(event)


def tell_of_reversal(event: Recorded) -> None:
    """Whoever was told of a decision that was taken back hears that it was; nobody else hears anything."""
    if not event.props["told"]:
        return
    author, outcome = _author(event), event.props["outcome"]
    if author is not None and outcome != "ignore":
        tell(author, "corrected", event, outcome=outcome, edit=event.props["edit"])
    _tell_reporters(event, author, outcome="revert")


def tell_of_acceptance(event: Recorded) -> None:
    """The author of the accepted answer hears of it, unless they chose it themselves."""
    author = _author(event)
    if author is not None and actor_key(author) != event.actor_key and event.post and _may_see(author, event.post):
        tell(author, "accepted", event)


def _author(event: Recorded) -> int | None:
    post = db.session.get(Post, event.post) if event.post else None
    return None if post is None else post.author_id
