"""Who may report, who may moderate, and who may take a decision back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from forum.accounts.viewer import Viewer
from forum.kit.errors import NotFound
from forum.kit.verdicts import YES, Verdict, no
from forum.kit.words import text

UNDO_WINDOW = timedelta(minutes=30)


class Authored(Protocol):
    """Anything somebody wrote: a post's row, or a line of the queue."""

    @property
    def author_id(self) -> int | None: ...


class Flaggable(Authored, Protocol):
    """A post as reporting has to know it."""

    @property
    def visibility(self) -> str: ...


class Taken(Protocol):
    """A decision as taking it back has to know it."""

    @property
    def mod_id(self) -> int: ...
    @property
    def decided_at(self) -> datetime: ...


def may_flag(viewer: Viewer, post: Flaggable, *, trust_min: int = 0) -> Verdict:
    """Members may report what others wrote and everybody can read."""
    if not viewer.is_member:
        return no(text("Sign in to report a post."))
    if post.author_id == viewer.id:
        return no(text("This is your own post. You can edit or delete it."))
    if post.visibility != "visible":
        return no(text("Only a public post can be reported."))
    if viewer.trust < trust_min and not viewer.is_staff:
        return no(text("Reporting opens after you have taken part for a while."))
    return YES


def may_moderate(viewer: Viewer) -> Verdict:
    """The queue is for staff."""
    return YES if viewer.is_staff and viewer.may("moderate") else no(text("Only moderators can do this."))


def may_decide(viewer: Viewer, post: Authored, *, has_flagged: bool = False) -> Verdict:
    """Staff may, but never on their own text, and not on what they reported themselves."""
    if post.author_id is not None and post.author_id == viewer.id:
        return no(text("You cannot decide about your own post."))
    if has_flagged:
        return no(text("You reported this yourself. Somebody else decides about it."))
    return may_moderate(viewer)


def may_undo(viewer: Viewer, decision: Taken, now: datetime) -> Verdict:
    """Whoever decided may for half an hour, managers always."""
    if not may_moderate(viewer):
        return may_moderate(viewer)
    if viewer.has_rank("manager"):
        return YES
    if decision.mod_id != viewer.id:
        return no(text("Only a manager can take back what somebody else decided."))
    if now - decision.decided_at > UNDO_WINDOW:
        return no(text("This was decided more than 30 minutes ago. Only a manager can take it back."))
    return YES


def may_take_over(viewer: Viewer) -> Verdict:
    """Managers may take a case from whoever looks at it."""
    return YES if viewer.has_rank("manager") else no(text("Only managers can do this."))


def require_scope(viewer: Viewer, scope: str) -> None:
    """Pass when the key in use covers this; otherwise the thing looks missing."""
    if not viewer.may(scope):
        raise NotFound()
