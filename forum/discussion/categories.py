"""Categories as every page needs them: read once, kept until the site's version moves, with who may read and write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import select

from forum.accounts.viewer import Viewer
from forum.discussion.models import Category
from forum.kit.db import db
from forum.kit.errors import NotFound
from forum.kit.settings import Versioned, confirm
from forum.kit.words import text


@dataclass(frozen=True, slots=True)
class CategoryView:
    """A category without its counters, which change too often to be kept."""

    id: int
    slug: str
    name: str
    description: str
    hue: int
    position: int
    read_role: str
    post_role: str
    is_archived: bool

    def is_readable_by(self, viewer: Viewer) -> bool:
        """Whether this viewer may know that the category exists."""
        if self.read_role == "everyone" or viewer.is_staff:
            return True
        return self.read_role == "members" and viewer.is_member

    def takes_posts_of(self, viewer: Viewer) -> bool:
        """Whether this viewer may start threads and reply here."""
        if self.is_archived or not viewer.is_member or not self.is_readable_by(viewer):
            return False
        return self.post_role == "members" or viewer.has_rank(
            {"moderators": "moderator", "managers": "manager"}[self.post_role]
        )


def _load() -> Mapping[int, CategoryView]:
    names = [name for name in CategoryView.__dataclass_fields__ if name != "is_archived"]
    rows = db.session.execute(
        select(*[getattr(Category, name) for name in names], Category.archived_at.is_not(None)).order_by(
            Category.position, Category.id
        )
    )
    return MappingProxyType({row[0]: CategoryView(*[*row[:-1], bool(row[-1])]) for row in rows})


_categories: Versioned[Mapping[int, CategoryView]] = Versioned(_load)


def categories() -> Mapping[int, CategoryView]:
    """All categories by id in their order, hidden ones included: never hand this to a page."""
    return _categories.get()


def readable_categories(viewer: Viewer) -> Sequence[CategoryView]:
    """The categories this viewer may see, in their order."""
    return [category for category in categories().values() if category.is_readable_by(viewer)]


def unreadable_ids(viewer: Viewer) -> frozenset[int]:
    """The categories to keep from this viewer; empty for most, which keeps the SQL short."""
    return frozenset(c.id for c in categories().values() if not c.is_readable_by(viewer))


def category_by_slug(viewer: Viewer, slug: str) -> CategoryView:
    """A category by the name in its address; raises NotFound also for one this viewer may not see."""
    for category in categories().values():
        if category.slug == slug and category.is_readable_by(viewer):
            return category
    confirm(None)  # what is not there may be new
    raise NotFound(text("There is no such category."))


def category_by_id(viewer: Viewer, category_id: int) -> CategoryView:
    """A category by its id; raises NotFound also for one this viewer may not see."""
    category = categories().get(category_id)
    if category is None or not category.is_readable_by(viewer):
        confirm(None)
        raise NotFound(text("There is no such category."))
    return category
