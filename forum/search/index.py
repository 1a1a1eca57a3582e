"""The embedded search index: the only module that knows the engine's index, fields and queries.

The engine reads its files with pickle and never calls fsync: the folder belongs to the server alone, and an
index that is torn is rebuilt, never repaired.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from heapq import nlargest
from itertools import islice
from pathlib import Path
from typing import Any

from whoosh import columns, fields, formats, scoring
from whoosh import index as engine
from whoosh import query as match
from whoosh.codec import default_codec

from forum.kit import clock
from forum.search.analysis import ANALYSIS_VERSION, Alternative, Unit
from forum.search.builds import Builds
from forum.search.documents import Document, Hits, IndexBroken, IndexBusy, fields_of
from forum.search.query import Clause, Filter, Phrase, Query, Words
from forum.search.ranking import boost

__all__ = ["MOST_HITS", "Document", "Hits", "Index", "IndexBroken", "IndexBusy"]

SCHEMA_VERSION = 1
MOST_HITS = 1000

_RERANKED = 200  # hits that are compared again with age, votes and solutions
_LOCK_SECONDS, _MEMORY_MB, _IDLE_SEARCHERS = 10, 256, 8
_OPEN_END_TERMS, _OPEN_END_READ = 64, 1024
_IMPORTANCE = {"title": 3.0, "body": 1.0, "title_pairs": 0.3, "pairs": 0.3}

_Posting = tuple[bytes, int, float, bytes]


class WordField(fields.FieldType):  # type: ignore[misc] # the engine has no types
    """Stores analysed words with their positions; the engine analyses nothing."""

    def __init__(self) -> None:
        super().__init__(formats.Positions(), None, scorable=True)

    def index(self, value: Mapping[str, list[int]], **_: object) -> Iterator[_Posting]:
        """The engine's postings of a text."""
        encode = self.format.encode
        for word, positions in value.items():
            yield word.encode(), len(positions), float(len(positions)), encode(positions)


class PairField(fields.FieldType):  # type: ignore[misc] # the engine has no types
    """Stores pairs of syllables with their counts."""

    def __init__(self) -> None:
        super().__init__(formats.Existence(), None, scorable=True)

    def index(self, value: Mapping[str, int], **_: object) -> Iterator[_Posting]:
        """The engine's postings of a text."""
        for pair, count in value.items():
            yield pair.encode(), count, float(count), b""


class LabelField(fields.FieldType):  # type: ignore[misc] # the engine has no types
    """Stores exact values that filters compare."""

    def __init__(self) -> None:
        super().__init__(formats.Existence(), None)

    def index(self, value: Iterable[str], **_: object) -> Iterator[_Posting]:
        """The engine's postings of the values."""
        for label in dict.fromkeys(value):
            yield label.encode(), 1, 1.0, b""


class _Weighting(scoring.BM25F):  # type: ignore[misc] # the engine has no types
    """BM25F with a weight for each field: boosts of the engine wrap every matcher and slow it down."""

    def scorer(self, searcher: Any, fieldname: str, text: bytes, qf: int = 1) -> Any:
        """How the engine scores one word in one field."""
        scorer = super().scorer(searcher, fieldname, text, qf=qf)
        if fieldname in _IMPORTANCE:
            scorer.idf *= _IMPORTANCE[fieldname]
        return scorer


def _schema() -> Any:
    words = dict.fromkeys(("title", "body"), WordField())
    pairs = dict.fromkeys(("title_pairs", "pairs"), PairField())
    labels = dict.fromkeys(("post", "author", "category", "tag", "kind", "acl"), LabelField())
    numbers = {"number": "q", "created": "q", "votes": "i", "flags": "B"}
    sortable = {name: fields.COLUMN(columns.NumericColumn(code)) for name, code in numbers.items()}
    return fields.Schema(**words, **pairs, **labels, **sortable)


def _word(word: str, in_title: bool) -> Any:
    title = match.Term("title", word)
    return title if in_title else match.Or([title, match.Term("body", word)])


def _alternative(way: Alternative, in_title: bool) -> Any:
    field = "title_pairs" if in_title else "pairs"
    needed = [_word(word, in_title) for word in way.words]
    for group in way.grams:
        needed.append(match.Or([match.Term(field, pair) for pair in group]))
    return match.And(needed)


def _units(units: Sequence[Unit], in_title: bool) -> Any:
    return match.And([match.Or([_alternative(way, in_title) for way in unit.alternatives]) for unit in units])


def _phrase(phrase: Phrase, reader: Any) -> Any:
    """Words in a row; the last one may stand for longer ones, for the 64 that are in most posts."""
    rows = []
    for field in ("title",) if phrase.in_title else ("title", "body"):
        slots = [match.Term(field, word) for word in phrase.terms.words]
        if phrase.terms.open_end:
            longer = islice(reader.expand_prefix(field, phrase.terms.words[-1]), _OPEN_END_READ)
            ends = nlargest(_OPEN_END_TERMS, longer, key=partial(reader.doc_frequency, field))
            slots[-1] = match.Or([match.Term(field, word.decode()) for word in ends])
            slots[-1].matcher_type = match.Or.DEFAULT_MATCHER  # the other kinds know no positions
        rows.append(match.SpanNear2(slots, slop=1, ordered=True) if len(slots) > 1 else slots[0])
    return match.Or(rows)


def _labels(field: str, values: Iterable[str]) -> Any:
    return match.Or([match.Term(field, value) for value in values])


def _clause(clause: Clause, reader: Any) -> Any:
    if isinstance(clause, Words):
        return _units(clause.units, clause.in_title)
    if isinstance(clause, Phrase):
        return _phrase(clause, reader)
    return _labels(clause.kind.value, clause.values)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the engine ranks, what it keeps of that, and what it leaves out."""

    query: Any
    ranked: bool
    only: Any
    without: Any


def _plan(query: Query, acls: Iterable[str], reader: Any) -> _Plan:
    wanted = [clause for clause in query.clauses if not clause.negated]
    scored = [_clause(clause, reader) for clause in wanted if not isinstance(clause, Filter)]
    needed = [_clause(clause, reader) for clause in wanted if isinstance(clause, Filter)]
    unwanted = [_clause(clause, reader) for clause in query.clauses if clause.negated]
    # Most posts are open to everybody: to leave out the few others is faster than to ask for those.
    closed = {label.decode() for label in reader.lexicon("acl")}.difference(acls)
    unwanted += [match.Term("acl", label) for label in sorted(closed)]
    # Not AndNot and Require: in this engine the first lets a hit slip through, the second loses some.
    return _Plan(
        match.And(scored or needed),
        bool(scored),
        match.And(needed) if scored and needed else None,
        match.Or(unwanted) if unwanted else None,
    )


def _reranked(found: list[tuple[int, float]], reader: Any) -> list[tuple[int, float]]:
    created, votes, flags = (reader.column_reader(name) for name in ("created", "votes", "flags"))
    now = clock.now().timestamp()
    best = [(doc, score * boost(created[doc], votes[doc], flags[doc], now)) for doc, score in found]
    return sorted(best, key=lambda hit: -hit[1])


def _hits(query: Query, acls: Iterable[str], searcher: Any, limit: int) -> Hits:
    reader = searcher.reader()
    plan = _plan(query, acls, reader)
    order = {} if plan.ranked else {"sortedby": "created", "reverse": True}
    # Not `optimize`: skipping blocks by quality loses hits of intersections.
    how = {"limit": MOST_HITS + 1, "optimize": False, "filter": plan.only, "mask": plan.without}
    results = searcher.search(plan.query, **how, **order)
    found = [(doc, float(score) if plan.ranked else 1.0) for doc, score in results.items()]
    if not found:
        return Hits()  # an index without posts has no columns
    if plan.ranked:
        found = _reranked(found[:_RERANKED], reader) + found[_RERANKED:]
    number = reader.column_reader("number")
    return Hits(
        ids=tuple(int(number[doc]) for doc, _ in found[:limit]),
        scores=tuple(score for _, score in found[:limit]),
        total=min(len(found), MOST_HITS),
        capped=len(found) > MOST_HITS,
    )


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
        searcher = self._take(stamp) or opened.searcher(weighting=_Weighting(K1=1.2, body_B=0.6, title_B=0.3))
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

    def search(self, query: Query, acls: Iterable[str], limit: int = MOST_HITS) -> Hits:
        """The best `limit` (at most 1000) posts for a reader with these access labels; counts up to 1000.

        A question of filters alone is answered newest first. Raises IndexBroken.
        """
        allowed = tuple(acls)
        if not query.clauses or not allowed:
            return Hits()
        limit = min(limit, MOST_HITS)
        try:
            return self._search(query, allowed, limit)
        except IndexBroken:
            self._opened = None  # a commit or a rebuild may have come between: once more, from the pointer
            return self._search(query, allowed, limit)

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

    def needs_rebuild(self) -> bool:
        """Whether the index was never filled, was made by other rules of analysis, or cannot be read."""
        try:
            with _engine_errors(), self._searcher() as searcher:
                searcher.search(_labels("acl", ["public"]), limit=1)
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

    def _search(self, query: Query, acls: tuple[str, ...], limit: int) -> Hits:
        with _engine_errors(), self._searcher() as searcher:
            return _hits(query, acls, searcher, limit)

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
        engine.create_in(str(build), _schema())
        return build


def _meta(*, complete: bool) -> dict[str, object]:
    return {"schema": SCHEMA_VERSION, "analysis": ANALYSIS_VERSION, "complete": complete}


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
