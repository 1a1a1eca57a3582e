"""The one definition of seeing: SQL conditions that every reader of threads and posts puts into its query."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, true

from forum.accounts.viewer import Viewer
from forum.discussion.categories import unreadable_ids
from forum.discussion.models import Post, Thread

# An author goes on seeing these own texts, with a banner that says what happened.
OWN = ("held", "hidden", "blinded_kr", "removed")
# What everybody may know the place of, never the text.
TOMBSTONES = ("author_deleted", "removed", "blinded_kr")


@dataclass(frozen=True, slots=True)
class Sight:
    """What decides which rows a query yields, apart from which rows are somebody's own: statements are kept by it."""

    is_member: bool
    is_staff: bool
    hidden: frozenset[int]


def sight_of(viewer: Viewer) -> Sight:
    """How this viewer sees."""
    return Sight(viewer.is_member, viewer.is_staff, unreadable_ids(viewer))


# An id, or the parameter that is bound to it when the statement runs.
Me = int | None | ColumnElement[int]


def seen_posts(sight: Sight, me: Me) -> ColumnElement[bool]:
    """The condition on `post` for reading its text; join `thread` and ask `seen_threads` too."""
    if sight.is_staff:
        return Post.visibility != "erased"
    public = Post.visibility == "visible"
    if not sight.is_member:
        return public
    return or_(public, and_(Post.author_id == me, Post.visibility.in_(OWN)))


def placed_posts(sight: Sight, me: Me) -> ColumnElement[bool]:
    """The condition on `post` under which a page shows its place: the text, or a tombstone without it."""
    return or_(seen_posts(sight, me), and_(Post.visibility.in_(TOMBSTONES), Post.comment_count > 0))


def seen_threads(sight: Sight, me: Me) -> ColumnElement[bool]:
    """The condition on `thread` for opening it."""
    if sight.is_staff:
        seen: ColumnElement[bool] = Thread.visibility != "erased"
    elif not sight.is_member:
        seen = Thread.visibility == "visible"
    else:
        seen = or_(Thread.visibility == "visible", and_(Thread.author_id == me, Thread.visibility.in_(OWN)))
    return and_(seen, readable_threads(sight))


def listed_threads(sight: Sight) -> ColumnElement[bool]:
    """The condition on `thread` for lists: public ones alone, so that a list is one walk along an index."""
    return and_(Thread.visibility == "visible", readable_threads(sight))


def readable_threads(sight: Sight) -> ColumnElement[bool]:
    """The condition on `thread` that its category is not kept from the reader."""
    return Thread.category_id.not_in(sorted(sight.hidden)) if sight.hidden else true()


def post_is_visible(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on `post` for reading its text; join `thread` and ask `thread_is_visible` too."""
    return seen_posts(sight_of(viewer), viewer.id)


def post_is_placed(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on `post` under which a page shows its place: the text, or a tombstone without it."""
    return placed_posts(sight_of(viewer), viewer.id)


def thread_is_visible(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on `thread` under which this viewer may open it."""
    return seen_threads(sight_of(viewer), viewer.id)


def thread_is_listed(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on `thread` for lists: public ones alone, so that a list is one walk along an index."""
    return listed_threads(sight_of(viewer))
