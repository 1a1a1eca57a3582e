"""A question as engines answer it: a tree of clauses about words, phrases and properties, never an engine's string."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from forum.search.analysis import PhraseTerms, Unit
from forum.search.operators import Order


class Hint(StrEnum):
    """Why a question finds nothing, for the page to say in words."""

    EMPTY = "empty"
    NOTHING_TO_FIND = "nothing_to_find"
    COMMON_WORDS = "common_words"
    ONLY_EXCLUDED = "only_excluded"


class Kind(StrEnum):
    """What a filter compares: the names of the index's labels."""

    AUTHOR = "author"
    CATEGORY = "category"
    TAG = "tag"
    STATE = "state"
    DAY = "day"


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


@dataclass(frozen=True, slots=True)
class Either:
    """Several clauses of which one is enough."""

    ways: tuple[Words | Phrase | Filter, ...]
    negated: bool = False


Simple = Words | Phrase | Filter
Clause = Simple | Either


@dataclass(frozen=True, slots=True)
class Query:
    """A question: clauses that must all hold. Without clauses it finds nothing and `hint` says why.

    `order` is what the words asked for, None when they did not; `needs_self` when a filter means the reader,
    whose name `for_reader` puts in.
    """

    text: str
    clauses: tuple[Clause, ...] = ()
    hint: Hint | None = None
    order: Order | None = None
    needs_self: bool = False

    def marked_words(self) -> frozenset[str]:
        """The words a reader looks for in a hit, for highlighting."""
        words: set[str] = set()
        for clause in self.wanted():
            if isinstance(clause, Words):
                words.update(word for unit in clause.units for way in unit.alternatives for word in way.words)
                words.update(unit.surface.casefold() for unit in clause.units)
            elif isinstance(clause, Phrase):
                words.update(clause.terms.words)
        return frozenset(words)

    def wanted(self) -> Iterator[Simple]:
        """The clauses that are not negated, those inside of an OR too."""
        for clause in self.clauses:
            if not clause.negated:
                yield from clause.ways if isinstance(clause, Either) else (clause,)

    def units(self) -> list[Unit]:
        """The units of all wanted words, in order."""
        return [unit for clause in self.wanted() if isinstance(clause, Words) for unit in clause.units]

    def by_words(self) -> Query | None:
        """The same question asked by words alone, without pairs of syllables; None when it cannot be."""
        if not any(way.grams for unit in self.units() for way in unit.alternatives):
            return None
        if any(unit.by_words() is None for unit in self.units()):
            return None
        return replace(self, clauses=tuple(_mapped(clause, _without_pairs) for clause in self.clauses))

    def without_soft_words(self) -> Query | None:
        """The same question without words for the kind of text that is wanted; None when that leaves nothing new."""
        if all(unit.soft for unit in self.units()) or not any(unit.soft for unit in self.units()):
            return None
        kept = (
            replace(clause, units=tuple(unit for unit in clause.units if not unit.soft))
            if isinstance(clause, Words) and not clause.negated
            else clause
            for clause in self.clauses
        )
        return replace(self, clauses=tuple(one for one in kept if not isinstance(one, Words) or one.units))

    def in_titles(self) -> Query:
        """The same question about titles alone."""
        return replace(self, clauses=tuple(_mapped(clause, _in_title) for clause in self.clauses))

    def for_reader(self, username: str) -> Query:
        """The question with the reader's folded user name where it says "mine"."""
        mine = Filter(Kind.AUTHOR, (username,))
        return replace(self, clauses=tuple(_mapped(clause, lambda one: _named(one, mine)) for clause in self.clauses))


def _mapped(clause: Clause, change: Callable[[Simple], Simple]) -> Clause:
    if isinstance(clause, Either):
        return replace(clause, ways=tuple(change(way) for way in clause.ways))
    return change(clause)


def _without_pairs(clause: Simple) -> Simple:
    if not isinstance(clause, Words) or clause.negated:
        return clause
    return replace(clause, units=tuple(unit.by_words() or unit for unit in clause.units))


def _in_title(clause: Simple) -> Simple:
    return clause if isinstance(clause, Filter) else replace(clause, in_title=True)


MINE = Filter(Kind.AUTHOR, ())


def _named(clause: Simple, mine: Filter) -> Simple:
    return replace(mine, negated=clause.negated) if isinstance(clause, Filter) and not clause.values else clause
