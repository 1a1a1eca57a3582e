"""Reads what a person typed into the search box; every text is a valid question, none is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum

from forum.search.analysis import PhraseTerms, Unit, phrase_terms, query_units
from forum.search.folding import fold, fold_name

MAX_CHARACTERS = 200
MAX_UNITS = 16

_PIECE = re.compile(r'(?P<minus>-?)(?:(?P<key>[^\s":]{1,10}):)?(?:"(?P<quoted>[^"]*)(?:"|$)|(?P<bare>[^\s"]+))')
_AUTHOR = re.compile(r"@([\w.-]+)")
_CATEGORY = re.compile(r"#(?=[\w-]*[^\W\d])([\w-]+)")


class Hint(StrEnum):
    """Why a question finds nothing, for the page to say in words."""

    EMPTY = "empty"
    NOTHING_TO_FIND = "nothing_to_find"
    COMMON_WORDS = "common_words"
    ONLY_EXCLUDED = "only_excluded"


class Kind(StrEnum):
    """What a filter compares."""

    AUTHOR = "author"
    CATEGORY = "category"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Words:
    """Words that a post must all have, or, negated, may not have."""

    units: tuple[Unit, ...]
    in_title: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that a post must have one after the other."""

    terms: PhraseTerms
    in_title: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A property of a post; one of the folded values is enough."""

    kind: Kind
    values: tuple[str, ...]
    negated: bool = False


Clause = Words | Phrase | Filter


@dataclass(frozen=True, slots=True)
class Query:
    """A question: clauses that must all hold. Without clauses it finds nothing and `hint` says why."""

    text: str
    clauses: tuple[Clause, ...] = ()
    hint: Hint | None = None

    def marked_words(self) -> frozenset[str]:
        """The words a reader looks for in a hit, for highlighting."""
        words: set[str] = set()
        for clause in self.clauses:
            if isinstance(clause, Words) and not clause.negated:
                words.update(word for unit in clause.units for way in unit.alternatives for word in way.words)
            elif isinstance(clause, Phrase) and not clause.negated:
                words.update(clause.terms.words)
        return frozenset(words)


_KEYS = {
    "author": Kind.AUTHOR,
    "글쓴이": Kind.AUTHOR,
    "작성자": Kind.AUTHOR,
    "category": Kind.CATEGORY,
    "분류": Kind.CATEGORY,
    "카테고리": Kind.CATEGORY,
    "tag": Kind.TAG,
    "tags": Kind.TAG,
    "태그": Kind.TAG,
}
_TITLE_KEYS = frozenset({"title", "제목"})
_IN_KEYS = frozenset({"in", "위치"})


@dataclass(slots=True)
class _Reader:
    """Collects the clauses; neighbouring plain words stay together, because Korean spacing varies."""

    clauses: list[Clause] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    title_only: bool = False

    def piece(self, match: re.Match[str]) -> None:
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
        if key in _IN_KEYS and value.casefold() in _TITLE_KEYS:
            self.title_only = True
        elif key in _TITLE_KEYS:
            self.flush()
            self.clauses.append(Words(query_units(value), in_title=True, negated=negated))
        elif key in _KEYS:
            self._filter(_KEYS[key], value, negated)
        else:
            # A key that still waits for its value says nothing yet.
            return not key and value.endswith(":") and value[:-1].casefold() in _KEYS.keys() | _TITLE_KEYS
        return True

    def _filter(self, kind: Kind, value: str, negated: bool) -> None:
        several = value.split(",") if kind is Kind.TAG else [value]
        sign = {Kind.AUTHOR: "@", Kind.CATEGORY: "#", Kind.TAG: "#"}[kind]
        values = tuple(filter(None, (fold_name(one).removeprefix(sign) for one in several)))
        if values:
            self.flush()
            self.clauses.append(Filter(kind, values, negated))

    def _shorthand(self, bare: str, negated: bool) -> bool:
        for pattern, kind in ((_AUTHOR, Kind.AUTHOR), (_CATEGORY, Kind.CATEGORY)):
            match = pattern.fullmatch(bare)
            if match:
                self._filter(kind, match[1], negated)
                return True
        return False

    def _phrase(self, quoted: str, negated: bool) -> None:
        terms = phrase_terms(quoted)
        if not terms.words:
            return
        self.flush()
        if len(terms.words) == 1:
            self.clauses.append(Words(query_units(quoted), negated=negated))
        else:
            self.clauses.append(Phrase(terms, negated=negated))

    def _text(self, bare: str, negated: bool) -> None:
        if negated and not bare.startswith("-"):
            self.flush()
            self.clauses.append(Words(query_units(bare), negated=True))
        else:
            self.plain.append(bare)

    def flush(self) -> None:
        """Ends a row of plain words."""
        if self.plain:
            self.clauses.append(Words(query_units(" ".join(self.plain))))
            self.plain.clear()


def _telling(clauses: list[Clause]) -> list[Clause]:
    """The clauses without words that occur everywhere, cut to the number of units a question may have."""
    kept: list[Clause] = []
    room = MAX_UNITS
    for clause in clauses:
        if isinstance(clause, Words):
            units = tuple(unit for unit in clause.units if not unit.common)[:room]
            if units:
                kept.append(replace(clause, units=units))
                room -= len(units)
        elif room:
            kept.append(clause)
            room -= 1
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


def _in_titles(clause: Clause) -> Clause:
    return clause if isinstance(clause, Filter) else replace(clause, in_title=True)


def parse(typed: str) -> Query:
    """The question in what a person typed; the first 200 characters and 16 units count."""
    text = " ".join(fold(typed[:MAX_CHARACTERS]).split())
    reader = _Reader()
    for match in _PIECE.finditer(text):
        reader.piece(match)
    reader.flush()
    kept = _telling(reader.clauses)
    hint = _hint(text, reader.clauses, kept)
    if hint is not None:
        return Query(text, hint=hint)
    if reader.title_only:
        kept = [_in_titles(clause) for clause in kept]
    return Query(text, tuple(kept))
