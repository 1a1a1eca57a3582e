"""What goes into a search index and what comes out, whatever the engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forum.search.analysis import Terms, analyse
from forum.search.folding import fold_name

SOLVED, OPENING = 1, 2  # bits of `flags`


class IndexBroken(Exception):
    """The index on disk cannot be read; it has to be rebuilt."""


class IndexBusy(Exception):
    """Another process has been writing the index for longer than a writer waits."""


@dataclass(frozen=True, slots=True)
class Document:
    """A post as the index wants it. `acl` names who may read it, such as `public`, `members` or `staff`.

    The title is searched in opening posts only, so that a thread is not found once for each of its replies.
    """

    post_id: int
    thread_id: int
    title: str
    body: str
    author: str
    author_name: str
    category: str
    category_name: str
    created_at: datetime
    acl: str
    kind: str = "discussion"
    tags: tuple[str, ...] = ()
    score: int = 0
    is_opening: bool = True
    solved: bool = False


@dataclass(frozen=True, slots=True)
class Hits:
    """Posts found, the best first; `total` counts them, and there are more than that when `capped`."""

    ids: tuple[int, ...] = ()
    scores: tuple[float, ...] = ()
    total: int = 0
    capped: bool = False


def fields_of(doc: Document) -> dict[str, Any]:
    """What an index stores of a post, field by field."""
    body, title = analyse(doc.body), analyse(doc.title) if doc.is_opening else Terms()
    pairs = dict(body.grams)
    for pair, count in title.grams.items():
        pairs[pair] = pairs.get(pair, 0) + count
    return {
        "post": [str(doc.post_id)],
        "title": title.words,
        "body": body.words,
        "title_pairs": title.grams,
        "pairs": pairs,
        "author": [fold_name(doc.author), fold_name(doc.author_name)],
        "category": [fold_name(doc.category), fold_name(doc.category_name)],
        "tag": [fold_name(tag) for tag in doc.tags],
        "kind": [doc.kind],
        "acl": [doc.acl],
        "number": doc.post_id,
        "created": int(doc.created_at.timestamp()),
        "votes": doc.score,
        "flags": SOLVED * doc.solved + OPENING * doc.is_opening,
    }
