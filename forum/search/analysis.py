"""Turns text into terms, once and for every search engine: words with positions, and pairs of syllables.

Korean is found by pairs of syllables and by words without their particles; a pair across one space is kept
apart (`터_베`), so that 데이터베이스 finds 데이터 베이스 and 배우 does not find 배 우산.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from forum.search.folding import fold
from forum.search.korean import DOUBTFUL, PARTICLES, stems
from forum.search.stemming import STOP_WORDS, stem

ANALYSIS_VERSION = "1"  # kept with the index: another value asks for a rebuild

_LONGEST_TERM = 64
_VERSION_PARTS = 2
_PAIR = 2

_HANGUL = "가-힣"
_JAMO = "\u3131-\u318e"
_CJK = "\u2e80-\u2fdf\u3005\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LETTER = rf"[^\W_{_HANGUL}{_JAMO}{_CJK}]"

_TOKEN = re.compile(
    rf"(?P<hangul>[{_HANGUL}]+)"
    rf"|(?P<jamo>[{_JAMO}]+)"
    rf"|(?P<cjk>[{_CJK}]+)"
    rf"|(?P<version>(?<!{_LETTER})[vV]?[0-9]+(?:\.[0-9]+){{1,7}})"
    rf"|(?P<sign>(?<!{_LETTER})[A-Za-z](?:\+\+|\#)(?!{_LETTER}))"
    rf"|(?P<word>{_LETTER}+(?:(?:[-']|_{{1,2}}){_LETTER}+)*)"
)
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_CAMEL_HUMP = re.compile(r"[a-z]{2}[A-Z]")  # not the hump of iPhone
_NAME_AND_NUMBER = re.compile(r"([a-z]{2,})([0-9]+)")
_REPEATED = re.compile(r"(.)\1{2,}")


class Token(NamedTuple):
    """A piece of folded text that is searched for as one word."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What an engine stores of a text: words with their positions, pairs of syllables with their counts."""

    words: dict[str, list[int]] = field(default_factory=dict)
    grams: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to meet a unit: all of these words, and of each group of pairs at least one."""

    words: tuple[str, ...] = ()
    grams: tuple[tuple[str, ...], ...] = ()

    def __add__(self, other: Alternative) -> Alternative:
        return Alternative(self.words + other.words, self.grams + other.grams)


@dataclass(frozen=True, slots=True)
class Unit:
    """One word of a question; a text has it when it meets one of the alternatives."""

    surface: str
    alternatives: tuple[Alternative, ...]
    common: bool = False


@dataclass(frozen=True, slots=True)
class PhraseTerms:
    """Words that follow each other; the last one may go on when `open_end` is set."""

    words: tuple[str, ...]
    open_end: bool


def tokens(folded: str) -> Iterator[Token]:
    """The words of folded text in order, without particles that hang on a foreign word (`iPhone은`)."""
    before: Token | None = None
    for match in _TOKEN.finditer(folded):
        token = Token(str(match.lastgroup), match.group(), match.start(), match.end())
        hangs_on = before is not None and before.end == token.start and before.kind != "hangul"
        if token.kind == "hangul" and hangs_on and token.text in PARTICLES:
            continue
        yield token
        before = token


@lru_cache(maxsize=50_000)
def _compound(word: str) -> tuple[str, tuple[str, ...], bool]:
    """A Latin word as one term, its parts, and whether the parts together say as much as the whole."""
    word = word.removesuffix("'s").replace("'", "")
    pieces: list[str] = []
    for piece in re.split("[-_]+", word):
        pieces += _CAMEL.findall(piece) if piece.isascii() and _CAMEL_HUMP.search(piece) else [piece]
    lowered = [piece.casefold() for piece in pieces]
    numbered = _NAME_AND_NUMBER.fullmatch(lowered[0]) if len(lowered) == 1 else None
    if numbered:
        lowered = [numbered[1], numbered[2]]
    whole = stem("".join(lowered))[:_LONGEST_TERM]
    if len(lowered) == 1:
        return whole, (), False
    telling = tuple(stem(part)[:_LONGEST_TERM] for part in lowered if len(part) > 1 or part.isdigit())
    return whole, telling, len(telling) == len(lowered)


def _version(text: str) -> list[str]:
    numbers = text.lstrip("vV").split(".")
    lengths = range(len(numbers), _VERSION_PARTS - 1, -1)
    return [".".join(numbers[:length])[:_LONGEST_TERM] for length in lengths]


def forms(token: Token) -> tuple[str, ...]:
    """The words under which a token of a text is found, the most exact first."""
    return _forms(token.kind, token.text)


# Few words make up most of every text.
@lru_cache(maxsize=50_000)
def _forms(kind: str, text: str) -> tuple[str, ...]:
    if kind == "hangul":
        return (text[:_LONGEST_TERM], *(found.text[:_LONGEST_TERM] for found in stems(text)))
    if kind == "version":
        return tuple(_version(text))
    if kind == "word":
        whole, parts, _ = _compound(text)
        return (whole, *(part for part in dict.fromkeys(parts) if part != whole))
    if kind == "jamo":
        return (_REPEATED.sub(r"\1\1", text)[:_LONGEST_TERM],)
    return (text.casefold()[:_LONGEST_TERM],)


def _pairs(run: str) -> Iterator[str]:
    return (first + second for first, second in pairwise(run))


def _across(before: Token | None, token: Token, folded: str) -> str | None:
    """The pair across a single space between two Korean words, if there is one."""
    if before is None or before.kind != "hangul" or token.kind != "hangul":
        return None
    if token.start - before.end != 1 or folded[before.end] != " ":
        return None
    single = len(before.text) == len(token.text) == 1
    return f"{before.text[-1]}{'' if single else '_'}{token.text[0]}"


def analyse(text: str) -> Terms:
    """The terms of a text of a document; never fails."""
    folded = fold(text)
    terms = Terms()
    words, grams = terms.words, terms.grams
    before: Token | None = None
    for position, token in enumerate(tokens(folded)):
        for form in _forms(token.kind, token.text):
            words.setdefault(form, []).append(position)
        if token.kind in ("hangul", "cjk"):
            for pair in _pairs(token.text):
                grams[pair] = grams.get(pair, 0) + 1
            across = _across(before, token, folded)
            if across:
                grams[across] = grams.get(across, 0) + 1
        before = token
    return terms


def _by_pairs(run: str, *, over_spaces: bool) -> Alternative:
    pairs = dict.fromkeys(_pairs(run))
    if over_spaces and len(run) > _PAIR:
        return Alternative(grams=tuple((pair, f"{pair[0]}_{pair[1]}") for pair in pairs))
    return Alternative(grams=tuple((pair,) for pair in pairs))


def _hangul(run: str) -> list[Alternative]:
    found = [Alternative(words=(run[:_LONGEST_TERM],))]
    if len(run) >= _PAIR:
        found.append(_by_pairs(run, over_spaces=True))
    doubtful = False
    for text, ending in stems(run):
        doubtful = doubtful or ending in DOUBTFUL
        if len(text) >= _PAIR or len(ending) >= _PAIR:
            found.append(Alternative(words=(text[:_LONGEST_TERM],)))
        if len(text) >= _PAIR and not doubtful:
            found.append(_by_pairs(text, over_spaces=True))
    return found


def _alternatives(token: Token) -> list[Alternative]:
    if token.kind == "hangul":
        return _hangul(token.text)
    exact = Alternative(words=(forms(token)[0],))
    if token.kind == "cjk" and len(token.text) >= _PAIR:
        return [exact, _by_pairs(token.text, over_spaces=False)]
    if token.kind == "word":
        _, parts, complete = _compound(token.text)
        return [exact, Alternative(words=parts)] if complete else [exact]
    return [exact]


def _written_apart(before: Token, token: Token, folded: str) -> bool:
    """Whether two Korean words may be one word to another writer: 글 쓰기 and 글쓰기."""
    return _across(before, token, folded) is not None and 1 in (len(before.text), len(token.text))


def _joined(first: Token, second: Token) -> Unit:
    both = [one + other for one in _alternatives(first) for other in _alternatives(second)]
    run = first.text + second.text
    return Unit(f"{first.text} {second.text}", (*both, *_hangul(run)))


def query_units(text: str) -> tuple[Unit, ...]:
    """The units of what a person typed, all of which a text must have; none when there is no word in it."""
    folded = fold(text)
    found = list(tokens(folded))
    units: list[Unit] = []
    place = 0
    while place < len(found):
        token = found[place]
        if place + 1 < len(found) and _written_apart(token, found[place + 1], folded):
            units.append(_joined(token, found[place + 1]))
            place += 2
            continue
        common = token.kind == "word" and token.text.casefold() in STOP_WORDS
        units.append(Unit(token.text, tuple(dict.fromkeys(_alternatives(token))), common))
        place += 1
    return tuple(units)


def phrase_terms(text: str) -> PhraseTerms:
    """The words of a quoted phrase in order; a Korean one may go on after its last syllable."""
    found = list(tokens(fold(text)))
    open_end = bool(found) and found[-1].kind == "hangul" and len(found[-1].text) >= _PAIR
    return PhraseTerms(tuple(forms(token)[0] for token in found), open_end)
