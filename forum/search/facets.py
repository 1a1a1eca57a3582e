"""How what was found divides: by category, kind, solution, tag, author and year; of visible threads alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from forum.search.retrieval import Found, Seen

MOST = 6
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Facets:
    """Numbers of threads, the greatest first; categories by id, authors by the name that is shown."""

    categories: Mapping[int, int] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    tags: Mapping[str, int] = field(default_factory=dict)
    authors: Mapping[str, int] = field(default_factory=dict)
    years: Mapping[int, int] = field(default_factory=dict)
    solved: int = 0
    total: int = 0


def facets(found: Found) -> Facets:
    """Count the threads of all posts that were found; a thread counts with its best post."""
    threads: dict[int, Seen] = {}
    for one in found.posts:
        threads.setdefault(one.post.thread_id, one.post)
    posts = list(threads.values())
    return Facets(
        categories=_counted(post.category_id for post in posts),
        kinds=_counted(post.thread_kind for post in posts),
        tags=_counted(tag for post in posts for tag in post.tags),
        authors=_counted(post.author_name for post in posts if post.author_name),
        years=_counted(post.created_at.year for post in posts),
        solved=sum(post.is_solved for post in posts),
        total=len(posts),
    )


def _counted(values: Iterable[Key]) -> dict[Key, int]:
    return dict(Counter(values).most_common(MOST))
