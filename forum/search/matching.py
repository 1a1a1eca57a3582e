"""The embedded engine's fields, and questions in its terms; with `index` the only module that knows the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from heapq import nlargest
from itertools import islice
from typing import Any

from whoosh import columns, fields, formats, scoring
from whoosh import query as match
from whoosh.searching import SearchContext

from forum.search.analysis import Alternative, Unit
from forum.search.documents import Hits, Where
from forum.search.operators import Order
from forum.search.query import Clause, Either, Filter, Phrase, Query, Words

MOST_HITS = 1000
RANKED = 200  # titles that are looked for beyond the newest posts
_MATCHES_A_STEP, _FEWEST_A_STEP = 1500, 1000  # expected matches and documents of the first look

_OPEN_END_TERMS, _OPEN_END_READ = 64, 1024
_IMPORTANCE = {"title": 3.0, "body": 1.0, "title_pairs": 0.3, "pairs": 0.3}
_LABELS = ("post", "word", "author", "category", "tag", "state", "day", "acl")

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


class Weighting(scoring.BM25F):  # type: ignore[misc] # the engine has no types
    """BM25F with a weight for each field: boosts of the engine wrap every matcher and slow it down."""

    def scorer(self, searcher: Any, fieldname: str, text: bytes, qf: int = 1) -> Any:
        """How the engine scores one word in one field."""
        scorer = super().scorer(searcher, fieldname, text, qf=qf)
        if fieldname in _IMPORTANCE:
            scorer.idf *= _IMPORTANCE[fieldname]
        return scorer


def schema() -> Any:
    """The fields of an index, as `documents.fields_of` fills them."""
    words = dict.fromkeys(("title", "body"), WordField())
    pairs = dict.fromkeys(("title_pairs", "pairs"), PairField())
    labels = dict.fromkeys(_LABELS, LabelField())
    numbers = {"number": "q", "created": "q", "votes": "i"}
    sortable = {name: fields.COLUMN(columns.NumericColumn(code)) for name, code in numbers.items()}
    return fields.Schema(**words, **pairs, **labels, **sortable)


# --- a question in the engine's terms ---


def _all_of(queries: list[Any]) -> Any:
    return queries[0] if len(queries) == 1 else match.And(queries)


def _any_of(queries: list[Any]) -> Any:
    """One is enough; lists inside of the list are laid open, so that the engine sees single words."""
    flat: list[Any] = []
    for one in queries:
        flat += one.subqueries if type(one) is match.Or else [one]
    return flat[0] if len(flat) == 1 else match.Or(flat)


def _word(word: str, in_title: bool) -> Any:
    title = match.Term("title", word)
    return title if in_title else match.Or([title, match.Term("body", word)])


def _alternative(way: Alternative, in_title: bool) -> Any:
    field = "title_pairs" if in_title else "pairs"
    needed = [_word(word, in_title) for word in way.words]
    for group in way.grams:
        needed.append(_any_of([match.Term(field, pair) for pair in group]))
    return _all_of(needed)


def _unit(unit: Unit, in_title: bool) -> Any:
    return _any_of([_alternative(way, in_title) for way in unit.alternatives])


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


def _clause(clause: Clause, reader: Any) -> Any:
    if isinstance(clause, Words):
        return _all_of([_unit(unit, clause.in_title) for unit in clause.units])
    if isinstance(clause, Phrase):
        return _phrase(clause, reader)
    if isinstance(clause, Either):
        return _any_of([_clause(way, reader) for way in clause.ways])
    return _any_of([match.Term(clause.kind.value, value) for value in clause.values])


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
        _all_of(scored or needed),
        bool(scored),
        _all_of(needed) if scored and needed else None,
        _any_of(unwanted) if unwanted else None,
    )


_SORTED: Mapping[Order, dict[str, Any]] = {
    "newest": {"sortedby": "created", "reverse": True},
    "oldest": {"sortedby": "created"},
    "votes": {"sortedby": "votes", "reverse": True},
}


def _ranked(searcher: Any, plan: _Plan, enough: int) -> list[tuple[int, float]]:
    """Documents by score. Where words are frequent, the newest that fit: older ones only until there are enough."""
    only = None if plan.only is None else set(searcher.docs_for_query(plan.only))
    without = set(searcher.docs_for_query(plan.without)) if plan.without is not None else frozenset()
    found: list[tuple[int, float]] = []
    end = searcher.doc_count_all()
    step = max(_FEWEST_A_STEP, end * _MATCHES_A_STEP // max(1, plan.query.estimate_size(searcher.reader())))
    context = SearchContext(weighting=searcher.weighting)
    while end > 0 and len(found) < enough:
        start = max(0, end - step)
        for doc, score in _between(searcher, plan.query, context, start, end):
            if (only is None or doc in only) and doc not in without:
                found.append((doc, score))
        end, step = start, step * 2
    return sorted(found, key=lambda hit: (-hit[1], -hit[0]))


def _between(searcher: Any, query: Any, context: Any, start: int, end: int) -> Iterator[tuple[int, float]]:
    """The documents with numbers in a range that fit, with their scores; the newest posts have the greatest."""
    for leaf, offset in searcher.leaf_searchers():
        if offset >= end or offset + leaf.doc_count_all() <= start:
            continue
        matcher = query.matcher(leaf, context)
        if start > offset and matcher.is_active():
            matcher.skip_to(start - offset)
        while matcher.is_active():
            doc = matcher.id() + offset
            if doc >= end:
                break
            yield doc, float(matcher.score())
            matcher.next()


def _frequent_in_titles(query: Query, acls: Iterable[str], searcher: Any) -> list[tuple[int, float]]:
    """The documents that have it all in their titles: the best, however old."""
    return _ranked(searcher, _plan(query.in_titles(), acls, searcher.reader()), RANKED)


def _found(query: Query, acls: Iterable[str], searcher: Any, order: Order) -> list[tuple[int, float]]:
    """Documents in order with their scores, at most one more than are counted."""
    plan = _plan(query, acls, searcher.reader())
    if plan.ranked and order == "relevance":
        found = _ranked(searcher, plan, MOST_HITS + 1)
        if len(found) > MOST_HITS:
            scores = dict(_frequent_in_titles(query, acls, searcher)) | dict(found)
            found = sorted(scores.items(), key=lambda hit: (-hit[1], -hit[0]))
        return found[: MOST_HITS + 1]
    sorting = _SORTED.get(order, _SORTED["newest"])
    # Not `optimize`: skipping blocks by quality loses hits of intersections.
    how = {"limit": MOST_HITS + 1, "optimize": False, "filter": plan.only, "mask": plan.without}
    return [(doc, 1.0) for doc, _ in searcher.search(plan.query, **how, **sorting).items()]


def matched(query: Query, acls: Iterable[str], searcher: Any, limit: int, order: Order) -> Hits:
    """What the engine answers."""
    found = _found(query, acls, searcher, order)
    reader = searcher.reader()
    if not found:
        return Hits()  # an index without posts has no columns
    number = reader.column_reader("number")
    return Hits(
        ids=tuple(int(number[doc]) for doc, _ in found[:limit]),
        scores=tuple(score for _, score in found[:limit]),
        total=min(len(found), MOST_HITS),
        capped=len(found) > MOST_HITS,
    )


_FIELDS: Mapping[Where, tuple[str, ...]] = {"text": ("title", "body"), "title": ("title",), "word": ("word",)}
MOST_WORDS = 64


def frequency(reader: Any, word: str, where: Where) -> int:
    """In how many posts a word is; in title and body it counts once."""
    return max(int(reader.doc_frequency(field, word)) for field in _FIELDS[where])


def words(reader: Any, first: str, end: str, keep: Callable[[str], bool], where: Where) -> dict[str, int]:
    """Words of the index in a range, with their frequencies."""
    last = end.encode()
    found: set[str] = set()
    for field in _FIELDS[where]:
        for name, word in reader.terms_from(field, first.encode()):
            if name != field or word >= last:
                break
            text = word.decode()
            if keep(text):
                found.add(text)
    counted = ((word, frequency(reader, word, where)) for word in found)
    return dict(nlargest(MOST_WORDS, counted, key=lambda one: one[1]))
