"""The embedded search index: its files, its writers and its readers; `matching` knows its fields and queries.

The engine reads its files with pickle and never calls fsync: the folder belongs to the server alone, and an
index that is torn is rebuilt, never repaired.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from whoosh import index as engine
from whoosh import query as match
from whoosh.codec import default_codec

from forum.search import analysis, matching
from forum.search.builds import Builds
from forum.search.documents import Document, Hits, IndexBroken, IndexBusy, Where, fields_of
from forum.search.matching import MOST_HITS, Weighting, matched, schema
from forum.search.operators import Order
from forum.search.query import Query

__all__ = ["MOST_HITS", "Document", "Hits", "Index", "IndexBroken", "IndexBusy"]

SCHEMA_VERSION = 2

_LOCK_SECONDS, _MEMORY_MB, _IDLE_SEARCHERS = 10, 256, 8


@contextmanager
def _engine_errors() -> Iterator[None]:
    """Turns whatever the engine throws at damaged files into our own exception."""
    try:
        yield
    except (IndexBroken, IndexBusy):
        raise
    except engine.LockError as error:
        raise IndexBusy("another process is writing the search index") from error
    except Exception as error:
        raise IndexBroken(f"the search index cannot be used: {error!r}") from error


class _Searchers:
    """Open searchers of one process; each is lent to one thread at a time: it moves file positions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Any] = []
        self._stamp: object = None

    @contextmanager
    def lend(self, stamp: object, opened: Any) -> Iterator[Any]:
        """A searcher of the state that `stamp` names; one that failed is not lent again."""
        searcher = self._take(stamp) or opened.searcher(weighting=Weighting(K1=1.2, body_B=0.6, title_B=0.3))
        kept = False
        try:
            yield searcher
            kept = self._keep(stamp, searcher)
        finally:
            if not kept:
                _close([searcher])

    def _take(self, stamp: object) -> Any:
        with self._lock:
            stale: list[Any] = []
            if stamp != self._stamp:
                stale, self._idle, self._stamp = self._idle, [], stamp
            searcher = self._idle.pop() if self._idle else None
        _close(stale)
        return searcher

    def _keep(self, stamp: object, searcher: Any) -> bool:
        with self._lock:
            if stamp != self._stamp or len(self._idle) >= _IDLE_SEARCHERS:
                return False
            self._idle.append(searcher)
            return True


def _close(searchers: list[Any]) -> None:
    for searcher in searchers:
        with suppress(Exception):  # a searcher that failed may fail again while it closes
            searcher.close()


class Index:
    """One search index. Many processes may read it; a writer waits for another up to ten seconds."""

    def __init__(self, builds: Builds) -> None:
        self._builds = builds
        self._searchers = _Searchers()
        self._opened: tuple[Path, Any] | None = None

    @classmethod
    def open(cls, folder: Path) -> Index:
        """The index in a folder. One that did not exist is made, is empty, and asks for a rebuild."""
        made = cls(Builds(folder))
        if not made._builds.exists():
            with _engine_errors():
                made._builds.publish(made._new_build(), _meta(complete=False))
        return made

    def update(self, docs: Iterable[Document]) -> int:
        """Puts posts in place of what the index has of them, in one commit; how many.

        Raises IndexBusy or IndexBroken; nothing has changed then.
        """
        rows = {doc.post_id: fields_of(doc) for doc in docs}
        if rows:
            self._write(rows.keys(), rows.values())
        return len(rows)

    def delete(self, ids: Iterable[int]) -> None:
        """Takes posts out, in one commit; unknown ids do not matter. Raises IndexBusy or IndexBroken."""
        gone = list(ids)
        if gone:
            self._write(gone, ())

    def search(self, query: Query, acls: Iterable[str], limit: int = MOST_HITS, order: Order = "relevance") -> Hits:
        """The first `limit` (at most 1000) posts for a reader with these access labels; counts up to 1000.

        The scores say how well the words fit, without age and votes. A question of filters alone is
        answered newest first. Raises IndexBroken.
        """
        allowed = tuple(acls)
        if not query.clauses or not allowed:
            return Hits()
        limit = min(limit, MOST_HITS)
        try:
            return self._search(query, allowed, limit, order)
        except IndexBroken:
            self._opened = None  # a commit or a rebuild may have come between: once more, from the pointer
            return self._search(query, allowed, limit, order)

    def doc_count(self) -> int:
        """How many posts the index has. Raises IndexBroken."""
        with _engine_errors():
            return int(self._current()[1].doc_count())

    def ids(self) -> set[int]:
        """The posts the index has. Raises IndexBroken."""
        with _engine_errors(), self._searcher() as searcher:
            documents, reader = list(searcher.reader().all_doc_ids()), searcher.reader()
            number = reader.column_reader("number") if documents else ()  # without posts there are no columns
            return {int(number[document]) for document in documents}

    def frequency(self, word: str, where: Where = "text") -> int:
        """In how many posts a word is. Raises IndexBroken."""
        with _engine_errors(), self._searcher() as searcher:
            return matching.frequency(searcher.reader(), word, where)

    def words(self, first: str, end: str, keep: Callable[[str], bool], where: Where = "text") -> Mapping[str, int]:
        """Words from `first` to before `end` that `keep` wants, the most frequent 64. Raises IndexBroken."""
        with _engine_errors(), self._searcher() as searcher:
            return matching.words(searcher.reader(), first, end, keep, where)

    def needs_rebuild(self) -> bool:
        """Whether the index was never filled, was made by other rules of analysis, or cannot be read."""
        try:
            with _engine_errors(), self._searcher() as searcher:
                searcher.search(match.Term("acl", "public"), limit=1)
            return self._builds.meta() != _meta(complete=True)
        except (OSError, ValueError, IndexBroken):
            return True

    def rebuild(self, docs: Iterable[Document]) -> int:
        """Writes all posts, each given once, into a new build and makes it the current one; how many.

        Readers go on in the old build until then; its files stay until the next rebuild. What changes
        meanwhile has to be updated again afterwards.
        """
        with _engine_errors():
            self._builds.sweep()
            build = self._new_build()
            opened = engine.open_dir(str(build))
        count = _fill(opened, (fields_of(doc) for doc in docs))
        with _engine_errors():
            self._builds.publish(build, _meta(complete=True))
        return count

    def reset(self) -> None:
        """Makes the index empty; readers see it at once."""
        self.rebuild(())

    @contextmanager
    def _searcher(self) -> Iterator[Any]:
        build, opened = self._current()
        stamp = (build, opened.latest_generation(), os.getpid())
        with self._searchers.lend(stamp, opened) as searcher:
            yield searcher

    def _search(self, query: Query, acls: tuple[str, ...], limit: int, order: Order) -> Hits:
        with _engine_errors(), self._searcher() as searcher:
            return matched(query, acls, searcher, limit, order)

    def _write(self, ids: Iterable[int], rows: Iterable[dict[str, Any]]) -> None:
        with _engine_errors():
            opened = self._current()[1]
        _fill(opened, rows, ids)

    def _current(self) -> tuple[Path, Any]:
        build = self._builds.current()
        if self._opened is None or self._opened[0] != build:
            self._opened = (build, engine.open_dir(str(build)))
        return self._opened

    def _new_build(self) -> Path:
        build = self._builds.new()
        engine.create_in(str(build), schema())
        return build


def _meta(*, complete: bool) -> dict[str, object]:
    return {"schema": SCHEMA_VERSION, "analysis": analysis.version(), "complete": complete}


def _fill(opened: Any, rows: Iterable[dict[str, Any]], replaced: Iterable[int] = ()) -> int:
    """One commit: takes out what is replaced, adds the rows; nothing at all when something fails.

    What the rows raise while they are read is not the index's failure and passes through as it is.
    """
    with _engine_errors():
        # Most blocks of postings are tiny: compressing them costs a fifth of the time.
        codec = default_codec(compression=0)
        writer = opened.writer(timeout=_LOCK_SECONDS, limitmb=_MEMORY_MB, codec=codec)
    count = 0
    try:
        with _engine_errors(), writer.searcher() as searcher:
            for post_id in replaced if searcher.doc_count_all() else ():
                writer.delete_by_term("post", str(post_id), searcher=searcher)
        for row in rows:
            with _engine_errors():
                writer.add_document(**row)
            count += 1
    except BaseException:
        with suppress(Exception):  # the first failure is the one to report
            writer.cancel()
        raise
    with _engine_errors():
        writer.commit()
    return count
