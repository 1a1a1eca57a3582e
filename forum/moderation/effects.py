"""What a decision does to the text it is about, and how the same is taken back."""

from __future__ import annotations

from sqlalchemy import select, update

from forum.accounts.viewer import Viewer
from forum.discussion.events import PostApproved, PostRestored, ThreadRestored
from forum.discussion.models import Post, Revision, Thread
from forum.discussion.screening import Screening
from forum.discussion.service import Written, about, apply_revision, set_visibility
from forum.kit import outbox
from forum.kit.db import db
from forum.kit.errors import Conflict
from forum.kit.text import PIPELINE_VERSION, fingerprint, guess_lang, render
from forum.kit.words import text

PUBLIC = "visible"


def written(revision: Revision) -> Written:
    """A revision rendered, ready to become its post's text; never inside a writing transaction."""
    return Written(
        revision.body,
        render(revision.body),
        guess_lang(f"{revision.title or ''} {revision.body}"),
        fingerprint(f"{revision.title or ''}\n{revision.body}"),
        PIPELINE_VERSION,
        Screening.trusted("approved by a moderator"),
    )


def publish(viewer: Viewer, thread: Thread, post: Post, *, reason: str) -> None:
    """Make a text public that was held, hidden or removed; one that is public already stays so."""
    before = post.visibility
    if before == PUBLIC:
        return
    set_visibility(viewer, thread, post, PUBLIC, reason=reason)
    subject = about(thread, post)
    if before == "held":
        outbox.record(PostApproved(by=viewer.actor, about=subject, source=viewer.source))
    else:
        event = ThreadRestored if post.kind == "opening" else PostRestored
        outbox.record(event(by=viewer.actor, about=subject, source=viewer.source))


def withdraw(viewer: Viewer, thread: Thread, post: Post, state: str, *, reason: str) -> None:
    """Take a text out of everybody's sight."""
    set_visibility(viewer, thread, post, state, reason=reason)


def apply_edit(thread: Thread, post: Post, revision: Revision, pending: Written | None) -> None:
    """Let an edit that waited become the text; raises Conflict when it is not the one that was prepared."""
    reject_edits(post.id, but=revision.id)
    if pending is None or pending.body != revision.body:
        raise changed_since_read()
    apply_revision(thread, post, revision, pending)


def reject_edits(post_id: int, *, but: int = 0) -> None:
    """An author may send several edits before somebody looks; the last one stands for all."""
    waiting = (Revision.post_id == post_id, Revision.state == "pending", Revision.id != but)
    db.session.execute(update(Revision).where(*waiting).values(state="rejected"))


def before_edit(post_id: int, revision_id: int) -> Revision | None:
    """The text that an edit replaced, when no other came after it."""
    query = (
        select(Revision)
        .where(Revision.post_id == post_id, Revision.state == "old", Revision.id != revision_id)
        .order_by(Revision.number.desc())
        .limit(1)
    )
    return db.session.scalar(query)


def take_edit_back(thread: Thread, post: Post, edit: Revision, before: Written | None) -> None:
    """Let the text from before an edit stand again, and the edit wait again."""
    older = before_edit(post.id, edit.id)
    if edit.state != "current" or older is None or before is None or before.body != older.body:
        raise changed_since_read()
    apply_revision(thread, post, older, before)
    if edit.title is not None and older.title is None:
        thread.title = _last_title(post.id, edit.number) or thread.title
    edit.state = "pending"
    db.session.flush()


def _last_title(post_id: int, before_number: int) -> str | None:
    query = (
        select(Revision.title)
        .where(
            Revision.post_id == post_id,
            Revision.number < before_number,
            Revision.title.is_not(None),
            Revision.state.in_(("old", "current")),
        )
        .order_by(Revision.number.desc())
        .limit(1)
    )
    return db.session.scalar(query)


def changed_since_read() -> Conflict:
    """The refusal of a decision about a text that is no longer the one that was read."""
    return Conflict(
        text("The text was changed since you read it. Read it again."), extra={"problem": "revision_changed"}
    )
