"""The one definition of seeing: SQL conditions that every reader of threads and posts puts into its query."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_, true

from forum.accounts.viewer import Viewer
from forum.discussion.categories import unreadable_ids
from forum.discussion.models import Post, Thread

# An author goes on seeing these own texts, with a banner that says what happened.
OWN = ("held", "hidden", "blinded_kr", "removed")
# What everybody may know the place of, never the text.
TOMBSTONES = ("author_deleted", "removed", "blinded_kr")


def post_is_visible(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on `post` for reading its text; join `thread` and ask `thread_is_visible` too."""
    if viewer.is_staff:
        return Post.visibility != "erased"
    public = Post.visibility == "visible"
    if viewer.id is None:
        return public
    return or_(public, and_(Post.author_id == viewer.id, Post.visibility.in_(OWN)))


def post_is_placed(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on `post` under which a page shows its place: the text, or a tombstone without it."""
    return or_(post_is_visible(viewer), and_(Post.visibility.in_(TOMBSTONES), Post.comment_count > 0))


def thread_is_visible(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on `thread` under which this viewer may open it."""
    if viewer.is_staff:
        seen: ColumnElement[bool] = Thread.visibility != "erased"
    elif viewer.id is None:
        seen = Thread.visibility == "visible"
    else:
        seen = or_(Thread.visibility == "visible", and_(Thread.author_id == viewer.id, Thread.visibility.in_(OWN)))
    return and_(seen, category_is_readable(viewer))


def thread_is_listed(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on `thread` for lists: public ones alone, so that a list is one walk along an index."""
    return and_(Thread.visibility == "visible", category_is_readable(viewer))


def category_is_readable(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on `thread` that its category is not kept from this viewer."""
    hidden = unreadable_ids(viewer)
    return Thread.category_id.not_in(hidden) if hidden else true()
