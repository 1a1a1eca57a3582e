"""Who may do what in discussions; answers about loaded things, without queries."""

from __future__ import annotations

from typing import Protocol

from forum.accounts.viewer import Viewer
from forum.discussion.categories import CategoryView
from forum.kit.verdicts import YES, Verdict, no
from forum.kit.words import text


class Facts(Protocol):
    """What a policy needs to know of a thread or post; the table's rows and the pages' records both have it."""

    @property
    def author_id(self) -> int | None: ...
    @property
    def kind(self) -> str: ...
    @property
    def visibility(self) -> str: ...


def may_start_thread(viewer: Viewer, category: CategoryView) -> Verdict:
    """Members may where the category lets them."""
    if not viewer.is_member:
        return no(text("Sign in to ask."))
    if category.is_archived:
        return no(text("This category is closed."))
    if not category.takes_posts_of(viewer):
        return no(text("Only the team starts threads here."))
    return YES


def may_reply(viewer: Viewer, thread: Facts, category: CategoryView, *, locked: bool) -> Verdict:
    """Members may while the thread is open and public."""
    if not viewer.is_member:
        return no(text("Sign in to reply."))
    if locked and not viewer.is_staff:
        return no(text("This thread is closed. It takes no more replies."))
    if thread.visibility != "visible":
        return no(text("This thread is not public at present. Replies open when it is."))
    if category.is_archived or not category.takes_posts_of(viewer):
        return no(text("Only the team writes here."))
    return YES


def may_edit(viewer: Viewer, post: Facts, *, locked: bool) -> Verdict:
    """Authors may while the text is theirs to change; staff may always."""
    if not viewer.is_member:
        return no(text("Sign in to edit."))
    if post.visibility in {"erased", "author_deleted"}:
        return no(text("This post was deleted."))
    if viewer.is_staff:
        return YES
    if post.author_id != viewer.id:
        return no(text("Only the author can edit this."))
    if post.visibility in {"removed", "blinded_kr"}:
        return no(text("A moderator took this post down. It cannot be edited."))
    if locked:
        return no(text("This thread is closed. It takes no more changes."))
    return YES


def may_delete(viewer: Viewer, post: Facts, *, reply_count: int) -> Verdict:
    """Authors may delete their own; a question others answered stays, because the answers are theirs."""
    if post.author_id != viewer.id or viewer.id is None:
        return no(text("Only the author can delete this."))
    if post.visibility not in {"visible", "held", "hidden"}:
        return no(text("This post was deleted."))
    if post.kind == "opening" and reply_count > 0:
        return no(text("People have replied. Ask a moderator if it has to go."))
    return YES


def may_accept(viewer: Viewer, thread: Facts, post: Facts) -> Verdict:
    """The asker chooses a visible reply to an own question; staff may for askers who left."""
    if not viewer.is_member:
        return no(text("Sign in to accept an answer."))
    if thread.kind != "question":
        return no(text("Only questions have an accepted answer."))
    if post.kind != "reply" or post.visibility != "visible":
        return no(text("Only a visible reply can be accepted."))
    if thread.author_id == viewer.id or viewer.is_staff:
        return YES
    return no(text("Only the person who asked can accept an answer."))


def may_curate(viewer: Viewer) -> Verdict:
    """Pinning, locking and moving are for moderators."""
    return YES if viewer.is_staff else no(text("Only moderators can do this."))
