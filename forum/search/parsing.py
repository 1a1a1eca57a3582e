"""Reads what a person typed into the search box; every text is a valid question, none is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date

from forum.kit import clock
from forum.search import days
from forum.search.analysis import phrase_terms, query_units
from forum.search.folding import fold, fold_name
from forum.search.operators import KEYS, OR_WORDS, ORDERS, PLACES, STATES, Operator, Order
from forum.search.query import MINE, Clause, Either, Filter, Hint, Kind, Phrase, Query, Simple, Words

MAX_CHARACTERS = 200
MAX_UNITS = 16
_YEARS_AHEAD = 10

_PIECE = re.compile(r'(?P<minus>-?)(?:(?P<key>[^\s":]{1,10}):)?(?:"(?P<quoted>[^"]*)(?:"|$)|(?P<bare>[^\s"]+))')
_AUTHOR = re.compile(r"@([\w.-]+)")
_CATEGORY = re.compile(r"#(?=[\w-]*[^\W\d])([\w-]+)")
_KINDS = {Operator.AUTHOR: Kind.AUTHOR, Operator.CATEGORY: Kind.CATEGORY, Operator.TAG: Kind.TAG}
_SIGNS = {Kind.AUTHOR: "@", Kind.CATEGORY: "#", Kind.TAG: "#"}


@dataclass(slots=True)
class _Reader:
    """Collects the clauses; neighbouring plain words stay together, because Korean spacing varies."""

    today: date
    clauses: list[Clause] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    title_only: bool = False
    needs_self: bool = False
    order: Order | None = None
    # Where an OR stood: the clauses before and after it belong together.
    joints: set[int] = field(default_factory=set)

    def piece(self, match: re.Match[str], next_is_or: bool) -> None:
        """One piece of the text; what stands beside an OR is a clause of its own."""
        if self.is_or(match):
            self.flush()
            self.joints.add(len(self.clauses))
            return
        if next_is_or:
            self.flush()
        self._read(match)
        if next_is_or or len(self.clauses) in self.joints:
            self.flush()

    @staticmethod
    def is_or(match: re.Match[str]) -> bool:
        """Whether a piece joins its neighbours."""
        return match.group() in OR_WORDS

    def _read(self, match: re.Match[str]) -> None:
        negated = bool(match["minus"])
        key, quoted, bare = (match["key"] or "").casefold(), match["quoted"], match["bare"]
        value = quoted if quoted is not None else bare
        if self._operator(key, value, negated):
            return
        if key:
            self._text(f"{match['key']}:" if quoted is not None else f"{match['key']}:{bare}", negated)
        if quoted is not None:
            self._phrase(quoted, negated)
        elif not key and not self._shorthand(bare, negated):
            self._text(bare, negated)

    def _operator(self, key: str, value: str, negated: bool) -> bool:
        """Whether the piece was an operator that this value fits."""
        operator = KEYS.get(key)
        if operator is None:
            # A key that still waits for its value says nothing yet.
            return not key and value.endswith(":") and value[:-1].casefold() in KEYS
        if operator in _KINDS:
            self._named(_KINDS[operator], value, negated)
            return True
        if operator is Operator.TITLE:
            self._add(Words(query_units(value), in_title=True, negated=negated))
            return True
        return self._chosen(operator, fold_name(value), negated)

    def _chosen(self, operator: Operator, value: str, negated: bool) -> bool:
        if operator is Operator.PLACE:
            return self._place(PLACES.get(value), negated)
        if operator is Operator.STATE:
            return self._state(STATES.get(value), negated)
        if operator is Operator.SORT:
            self.order = ORDERS.get(value, self.order)
            return value in ORDERS
        return self._day(operator, days.read(value, self.today), negated)

    def _place(self, place: str | None, negated: bool) -> bool:
        if place == "title":
            self.title_only = True
        elif place:
            self._add(Filter(Kind.STATE, (place,), negated))
        return place is not None

    def _state(self, state: str | None, negated: bool) -> bool:
        if state == "mine":
            self.needs_self = True
            self._add(replace(MINE, negated=negated))
        elif state:
            self._add(Filter(Kind.STATE, (state,), negated))
        return state is not None

    def _day(self, operator: Operator, day: date | None, negated: bool) -> bool:
        if day is None:
            return False
        latest = date(self.today.year + _YEARS_AHEAD, 1, 1)  # clocks differ, and imports may be dated ahead
        span = (day, latest) if operator is Operator.AFTER else (days.EARLIEST, min(day, latest))
        self._add(Filter(Kind.DAY, days.between(*span) or ("none",), negated))
        return True

    def _named(self, kind: Kind, value: str, negated: bool) -> None:
        groups = value.split("+") if kind is Kind.TAG else [value]
        for group in groups:
            several = group.split(",") if kind is Kind.TAG else [group]
            values = tuple(filter(None, (fold_name(one).removeprefix(_SIGNS[kind]) for one in several)))
            if kind is Kind.AUTHOR and values and values[0] in ("me", "나"):
                self.needs_self = True
                self._add(replace(MINE, negated=negated))
            elif values:
                self._add(Filter(kind, values, negated))

    def _shorthand(self, bare: str, negated: bool) -> bool:
        for pattern, kind in ((_AUTHOR, Kind.AUTHOR), (_CATEGORY, Kind.CATEGORY)):
            match = pattern.fullmatch(bare)
            if match:
                self._named(kind, match[1], negated)
                return True
        return False

    def _phrase(self, quoted: str, negated: bool) -> None:
        terms = phrase_terms(quoted)
        if len(terms.words) == 1:
            self._add(Words(query_units(quoted), negated=negated))
        elif terms.words:
            self._add(Phrase(terms, negated=negated))

    def _text(self, bare: str, negated: bool) -> None:
        if negated and not bare.startswith("-"):
            self._add(Words(query_units(bare), negated=True))
        else:
            self.plain.append(bare)

    def _add(self, clause: Clause) -> None:
        self.flush()
        self.clauses.append(clause)

    def flush(self) -> None:
        """Ends a row of plain words."""
        if self.plain:
            self.clauses.append(Words(query_units(" ".join(self.plain))))
            self.plain.clear()

    def joined(self) -> list[Clause]:
        """The clauses, those around an OR as one."""
        found: list[Clause] = []
        for place, clause in enumerate(self.clauses):
            if place in self.joints and found and not _is_negated(found[-1]) and not _is_negated(clause):
                before = found.pop()
                ways = before.ways if isinstance(before, Either) else (before,)
                found.append(Either((*ways, *(clause.ways if isinstance(clause, Either) else (clause,)))))
            else:
                found.append(clause)
        return found


def _is_negated(clause: Clause) -> bool:
    return clause.negated


def _cut(clause: Simple, room: int) -> Simple | None:
    """A clause without words that occur everywhere and with at most so many units; None when nothing is left."""
    if not isinstance(clause, Words):
        return clause if room else None
    units = tuple(unit for unit in clause.units if not unit.common)[:room]
    return replace(clause, units=units) if units else None


def _telling(clauses: list[Clause]) -> list[Clause]:
    """The clauses without words that occur everywhere, cut to the number of units a question may have."""
    kept: list[Clause] = []
    room = MAX_UNITS
    for clause in clauses:
        ways = clause.ways if isinstance(clause, Either) else (clause,)
        left = tuple(way for way in (_cut(one, room) for one in ways) if way)
        room = max(0, room - sum(len(way.units) if isinstance(way, Words) else 1 for way in left))
        if isinstance(clause, Either) and len(left) > 1:
            kept.append(replace(clause, ways=left))
        else:
            kept.extend(left)
    return kept


def _hint(text: str, given: list[Clause], kept: list[Clause]) -> Hint | None:
    if any(not clause.negated for clause in kept):
        return None
    if not text:
        return Hint.EMPTY
    if kept:
        return Hint.ONLY_EXCLUDED
    common = any(isinstance(clause, Words) and clause.units for clause in given)
    return Hint.COMMON_WORDS if common else Hint.NOTHING_TO_FIND


def parse(typed: str, today: date | None = None) -> Query:
    """The question in what a person typed; the first 200 characters and 16 units count.

    `today` is the day from which `7d` counts back; the day in UTC without it.
    """
    text = " ".join(fold(typed[:MAX_CHARACTERS]).split())
    reader = _Reader(today or clock.now().date())
    pieces = list(_PIECE.finditer(text))
    for place, match in enumerate(pieces):
        reader.piece(match, place + 1 < len(pieces) and reader.is_or(pieces[place + 1]))
    reader.flush()
    given = reader.joined()
    kept = _telling(given)
    hint = _hint(text, given, kept)
    if hint is not None:
        return Query(text, hint=hint, order=reader.order)
    query = Query(text, tuple(kept), order=reader.order, needs_self=reader.needs_self)
    return query.in_titles() if reader.title_only else query
