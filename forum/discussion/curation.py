"""What moderators and managers do with threads and categories: pin, lock, move, arrange."""

from __future__ import annotations

from sqlalchemy import select, update

from forum.accounts.policy import may_administer
from forum.accounts.viewer import Viewer
from forum.discussion.categories import category_by_slug
from forum.discussion.events import CategoryChanged, ThreadClosed, ThreadEdited, ThreadPinned, ThreadReopened
from forum.discussion.inputs import CategoryInput
from forum.discussion.models import Category, Thread
from forum.discussion.policy import may_curate
from forum.discussion.queries import visible_thread
from forum.discussion.service import about
from forum.kit import clock, outbox
from forum.kit.db import db
from forum.kit.errors import NotFound
from forum.kit.outbox import Subject
from forum.kit.settings import bump_version
from forum.kit.text import slugify
from forum.kit.verdicts import require
from forum.kit.words import text


def set_pinned(viewer: Viewer, thread_id: int, *, pinned: bool, site_wide: bool = False) -> Thread:
    """Pin a thread to the top of its category, or of all lists; pinning again changes nothing but the reach."""
    thread = visible_thread(viewer, thread_id, lock=True)
    require(may_curate(viewer))
    if (thread.pinned_at is not None) == pinned and thread.pinned_site_wide == (pinned and site_wide):
        return thread
    thread.pinned_at, thread.pinned_site_wide = (clock.now(), site_wide) if pinned else (None, False)
    outbox.record(ThreadPinned(by=viewer.actor, about=about(thread), source=viewer.source, pinned=pinned))
    return thread


def set_locked(viewer: Viewer, thread_id: int, *, locked: bool, reason: str = "moderator") -> Thread:
    """Close a thread to replies, or open it again; the present state again changes nothing."""
    thread = visible_thread(viewer, thread_id, lock=True)
    require(may_curate(viewer))
    if (thread.locked_at is not None) == locked:
        return thread
    thread.locked_at, thread.locked_reason = (clock.now(), reason) if locked else (None, None)
    if locked:
        outbox.record(ThreadClosed(by=viewer.actor, about=about(thread), source=viewer.source, reason=reason))
    else:
        thread.duplicate_of_id = None
        outbox.record(ThreadReopened(by=viewer.actor, about=about(thread), source=viewer.source))
    return thread


def move_thread(viewer: Viewer, thread_id: int, category_slug: str) -> Thread:
    """Put a thread into another category, which this viewer must see as well."""
    thread = visible_thread(viewer, thread_id, lock=True)
    require(may_curate(viewer))
    target = category_by_slug(viewer, category_slug)
    if target.id == thread.category_id:
        return thread
    if thread.visibility == "visible":
        for category_id, step in ((thread.category_id, -1), (target.id, +1)):
            db.session.execute(
                update(Category).where(Category.id == category_id).values(thread_count=Category.thread_count + step)
            )
    thread.category_id = target.id
    outbox.record(ThreadEdited(by=viewer.actor, about=about(thread), source=viewer.source))
    return thread


def create_category(viewer: Viewer, given: CategoryInput) -> Category:
    """Make a category; its address comes from its name, with a number when that is taken."""
    require(may_administer(viewer))
    base = slugify(given.name)[:50]
    slug, number = base, 1
    while db.session.scalar(select(Category.id).where(Category.slug == slug)):
        number += 1
        slug = f"{base}-{number}"
    category = Category(slug=slug)
    _describe(category, given)
    db.session.add(category)
    return _announced(viewer, category)


def update_category(viewer: Viewer, category_id: int, given: CategoryInput) -> Category:
    """Describe a category anew; its address stays, so that links go on working."""
    require(may_administer(viewer))
    category = db.session.get(Category, category_id, with_for_update=True)
    if category is None:
        raise NotFound(text("There is no such category."))
    _describe(category, given)
    return _announced(viewer, category)


def _describe(category: Category, given: CategoryInput) -> None:
    category.name, category.description, category.hue = given.name, given.description, given.hue
    category.position, category.read_role, category.post_role = (
        given.position,
        given.read_role,
        given.post_role,
    )
    if given.archived != (category.archived_at is not None):
        category.archived_at = clock.now() if given.archived else None


def _announced(viewer: Viewer, category: Category) -> Category:
    db.session.flush()
    bump_version()
    outbox.record(CategoryChanged(by=viewer.actor, about=Subject(category=category.id), source=viewer.source))
    return category
