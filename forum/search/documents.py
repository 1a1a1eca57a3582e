"""What goes into a search index and what comes out, whatever the engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol

from forum.kit.text import text_of_html
from forum.search import days
from forum.search.analysis import Terms, analyse
from forum.search.folding import fold_name
from forum.search.operators import Order
from forum.search.query import Query

# Marks inside of a word, such as **환불**을, do not part it.
_INLINE = re.compile(r"</?(?:em|strong|b|i|del|s|code|a|mark|span|sub|sup)(?:\s[^>]*)?>")


class IndexBroken(Exception):
    """The index cannot be read; it has to be rebuilt."""


class IndexBusy(Exception):
    """Another process has been writing the index for longer than a writer waits."""


@dataclass(frozen=True, slots=True)
class Document:
    """A post as the index wants it. `acl` names who may read it, such as `public`, `members` or `staff`.

    The title is searched in opening posts only, so that a thread is not found once for each of its replies.
    `day` is the day of writing in the community's zone, the one in UTC when it is None.
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
    closed: bool = False
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Hits:
    """Posts found, the best first; `total` counts them, and there are more than that when `capped`."""

    ids: tuple[int, ...] = ()
    scores: tuple[float, ...] = ()
    total: int = 0
    capped: bool = False


# Where words are looked up: in dictionary form in titles and bodies or in titles alone, or Latin ones as written.
Where = Literal["text", "title", "word"]


class SearchBackend(Protocol):
    """What an engine has to do; readers may be many, there is one writer at a time.

    Everything raises IndexBroken when the index cannot be used; writing raises IndexBusy too.
    """

    def update(self, docs: Iterable[Document]) -> int:
        """Put posts in place of what the index has of them; how many."""

    def delete(self, ids: Iterable[int]) -> None:
        """Take posts out; unknown ids do not matter."""

    def search(self, query: Query, acls: Iterable[str], limit: int = ..., order: Order = ...) -> Hits:
        """The first posts for a reader with these access labels."""

    def ids(self) -> set[int]:
        """The posts the index has."""

    def frequency(self, word: str, where: Where = ...) -> int:
        """In how many posts a word is."""

    def words(self, first: str, end: str, keep: Callable[[str], bool], where: Where = ...) -> Mapping[str, int]:
        """Words from `first` to before `end` that `keep` wants, the most frequent 64 with their frequencies."""

    def needs_rebuild(self) -> bool:
        """Whether the index was never filled, was made by other rules of analysis, or cannot be read."""

    def rebuild(self, docs: Iterable[Document]) -> int:
        """Write all posts anew, while readers go on in the old index; how many."""


def plain_text(html: str) -> str:
    """The words of a rendered post, each whole."""
    return text_of_html(_INLINE.sub("", html))


def states_of(doc: Document) -> list[str]:
    """What `is:` and `in:first` compare."""
    found = [doc.kind, "closed" if doc.closed else "open"]
    if doc.is_opening:
        found.append("first")
    if doc.solved:
        found.append("solved")
    elif doc.kind == "question":
        found.append("unsolved")
    return found


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
        # What spelling help and typing ahead choose from: what threads are about, a tenth of all that is written.
        "word": body.spelt | title.spelt if doc.is_opening else set(),
        "author": [fold_name(doc.author), fold_name(doc.author_name)],
        "category": [fold_name(doc.category), fold_name(doc.category_name)],
        "tag": [fold_name(tag) for tag in doc.tags],
        "state": states_of(doc),
        "day": list(days.labels(doc.day or doc.created_at.date())),
        "acl": [doc.acl],
        "number": doc.post_id,
        "created": int(doc.created_at.timestamp()),
        "votes": doc.score,
    }
