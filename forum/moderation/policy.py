"""Who may moderate what."""

from __future__ import annotations

from typing import Protocol

from forum.accounts.viewer import Viewer
from forum.kit.errors import NotFound
from forum.kit.verdicts import YES, Verdict, no
from forum.kit.words import text


class Authored(Protocol):
    """Anything somebody wrote: a post's row, or a line of the queue."""

    @property
    def author_id(self) -> int | None: ...


def may_moderate(viewer: Viewer) -> Verdict:
    """The queue is for staff."""
    return YES if viewer.is_staff and viewer.may("moderate") else no(text("Only moderators can do this."))


def may_decide(viewer: Viewer, post: Authored) -> Verdict:
    """Staff may, but never on their own text."""
    if post.author_id is not None and post.author_id == viewer.id:
        return no(text("You cannot decide about your own post."))
    return may_moderate(viewer)


def require_scope(viewer: Viewer, scope: str) -> None:
    """Pass when the key in use covers this; otherwise the thing looks missing."""
    if not viewer.may(scope):
        raise NotFound()
