"""The one way in for text: prepared (rendered, screened) outside the transaction, published inside it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.discussion import service
from forum.discussion.categories import category_by_id, category_by_slug
from forum.discussion.inputs import EditInput, ReplyInput, ThreadInput
from forum.discussion.models import Post, Thread
from forum.discussion.policy import may_edit, may_reply, may_start_thread
from forum.discussion.queries import visible_post, visible_thread
from forum.discussion.service import Written
from forum.kit.db import db, end_reading, outside_transaction, serialise
from forum.kit.errors import NotFound, NotSignedIn
from forum.kit.text import PIPELINE_VERSION, fingerprint, guess_lang, render
from forum.kit.verdicts import require
from forum.kit.words import text
from forum.moderation import cases
from forum.moderation.intake import Draft, gate, screen
from forum.moderation.policy import require_scope

Given = ThreadInput | ReplyInput | EditInput
AUTHORS = 1 << 40  # the first of the gates that authors have, one each


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text that is ready to be published by whoever prepared it."""

    viewer: Viewer
    given: Given
    draft: Draft
    written: Written


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a text: the post it is or belongs to, and whether a person looks at it first."""

    post: Post
    thread: Thread
    is_held: bool


def prepare(viewer: Viewer, given: Given) -> Prepared:
    """Render and screen a text; raises what the author has to know. Never inside a writing transaction."""
    outside_transaction("screening")
    if not viewer.is_member:
        raise NotSignedIn(text("Sign in to write."))
    require_scope(viewer, "write")
    kind, category_id = _place(viewer, given)
    end_reading()
    html = render(given.body)
    title = given.title if isinstance(given, ThreadInput | EditInput) else None
    tags = tuple(given.tags or ()) if isinstance(given, ThreadInput | EditInput) else ()
    draft = Draft(
        kind=kind,
        title=title if kind == "opening" else None,
        body=given.body,
        tags=tags,
        fingerprint=fingerprint(f"{title or ''}\n{given.body}"),
        shows_something=bool(html.strip()),
        category_id=category_id,
        is_edit=isinstance(given, EditInput),
    )
    screening = screen(viewer, draft)
    written = Written(
        given.body,
        html,
        guess_lang(f"{title or ''} {given.body}"),
        draft.fingerprint,
        PIPELINE_VERSION,
        screening,
    )
    end_reading()
    return Prepared(viewer, given, draft, written)


def _place(viewer: Viewer, given: Given) -> tuple[str, int]:
    """Where the text would stand, having asked whether it may: kind of post and category."""
    if isinstance(given, ThreadInput):
        category = category_by_slug(viewer, given.category)
        require(may_start_thread(viewer, category))
        return "opening", category.id
    if isinstance(given, ReplyInput):
        thread = visible_thread(viewer, given.thread_id)
        require(
            may_reply(
                viewer,
                thread,
                category_by_id(viewer, thread.category_id),
                locked=thread.locked_at is not None,
            )
        )
        return ("comment" if given.parent_id else "reply"), thread.category_id
    post = visible_post(viewer, given.post_id)
    thread = visible_thread(viewer, post.thread_id)
    require(may_edit(viewer, post, locked=thread.locked_at is not None))
    if post.version != given.version:
        raise service.stale(post, given.body)
    return post.kind, thread.category_id


def publish(prepared: Prepared) -> Published:
    """Store a prepared text, in the caller's transaction; a held one becomes a case in the same transaction."""
    viewer, given = prepared.viewer, prepared.given
    # One text of one author at a time, so that limits and duplicates hold under a double click.
    # A gate instead of a lock on the account's row, which others lock after a thread, not before it.
    serialise(AUTHORS + (viewer.id or 0))
    if db.session.scalar(select(User.id).where(User.id == viewer.id)) is None:
        raise NotFound(text("There is no such member."))
    gate(viewer, prepared.draft)
    revision_id = None
    if isinstance(given, ThreadInput):
        post = service.start_thread(viewer, given, prepared.written, prepared.draft.category_id)
    elif isinstance(given, ReplyInput):
        post = service.reply(viewer, given, prepared.written)
    else:
        post, revision = service.revise(viewer, given, prepared.written)
        revision_id = revision.id
    thread = db.session.get_one(Thread, post.thread_id)
    is_held = prepared.written.screening.action == "hold"
    if is_held:
        cases.hold(viewer, post, thread, prepared.written.screening.reasons, revision_id)
    return Published(post, thread, is_held)
