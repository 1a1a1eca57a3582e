"""Turns text into terms, once and for every search engine: words with positions, and pairs of syllables.

Korean is found by its words in dictionary form where a morphology is installed, by words without particles
and endings where it is not, and by pairs of syllables in both; a pair across one space is kept apart
(`터_베`), so that 데이터베이스 finds 데이터 베이스 and 배우 does not find 배 우산.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise

from forum.search import morphemes
from forum.search.folding import fold
from forum.search.korean import DOUBTFUL, denies, is_common, stems
from forum.search.morphemes import COMMON, NEGATION, Morpheme
from forum.search.stemming import STOP_WORDS, stem
from forum.search.synonyms import SYNONYMS
from forum.search.tokens import LONGEST_TERM, Token, compound, foreign_forms, tokens
from forum.search.verbs import dictionary_forms

_RULES = "3"
_LONGEST_VERB = 8
_SHORTEST_SPELT = 4  # shorter ones are too many to keep and too short to correct
_PAIR = 2
# What kind of text is wanted, not about what.
_SOFT = """
방법 법 문제 문제점 현상 증상 이유 원인 관련 질문 문의 요청 도움 정보 해결 해결법 사람 분
problem problems issue issues question questions help way reason fix solution advice
"""
SOFT = frozenset(_SOFT.split())
# Verbs and these words are one word to many writers: log in, login.
_ADVERBS = frozenset({"in", "up", "out", "off", "on", "down"})


@dataclass(frozen=True, slots=True)
class Terms:
    """What an engine stores of a text: words with their positions, pairs of syllables with their counts.

    `spelt` has the Latin words as they were written, which their stems do not show any more.
    """

    words: dict[str, list[int]] = field(default_factory=dict)
    grams: dict[str, int] = field(default_factory=dict)
    spelt: set[str] = field(default_factory=set)


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
    # Says what kind of text is wanted (방법, problem): given up when nothing has it.
    soft: bool = False

    def by_words(self) -> Unit | None:
        """The same unit without pairs of syllables; None when it has no other way."""
        ways = tuple(way for way in self.alternatives if not way.grams)
        return replace(self, alternatives=ways) if ways else None


@dataclass(frozen=True, slots=True)
class PhraseTerms:
    """Words that follow each other; the last one may go on when `open_end` is set."""

    words: tuple[str, ...]
    open_end: bool


def chain() -> str:
    """How Korean is analysed here: `kiwi` by morphemes and pairs of syllables, `bigram` by pairs and rules."""
    return "kiwi" if morphemes.load() else "bigram"


def version() -> str:
    """What the terms of an index were made by: another value asks for a rebuild."""
    return f"{_RULES} {morphemes.version() or 'bigram'}"


# --- what a text holds ---


# Few words make up most of every text.
@lru_cache(maxsize=50_000)
def _forms(kind: str, text: str) -> tuple[str, ...]:
    if kind == "hangul":
        denied = (NEGATION,) if denies(text) else ()
        verbs = dictionary_forms(text) if len(text) <= _LONGEST_VERB else ()
        return (text[:LONGEST_TERM], *(found.text[:LONGEST_TERM] for found in stems(text)), *denied, *verbs)
    return foreign_forms(kind, text)


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


def _login(before: Token | None, token: Token, folded: str) -> str | None:
    """The one word that two English ones are to many writers: login for log in and logged in."""
    if before is None or before.kind != "word" or token.kind != "word" or token.text.casefold() not in _ADVERBS:
        return None
    if token.start - before.end != 1 or folded[before.end] not in " -" or not before.text.isalpha():
        return None
    return stem(stem(before.text.casefold()) + token.text.casefold())


class _ByToken:
    """Hands each Hangul token the morphemes that begin in it; both are in the order of the text."""

    def __init__(self, found: Sequence[Morpheme]) -> None:
        self._found = found
        self._place = 0

    def of(self, token: Token) -> list[Morpheme]:
        """The morphemes of a token that comes after those asked for before."""
        mine: list[Morpheme] = []
        while self._place < len(self._found) and self._found[self._place].start < token.end:
            one = self._found[self._place]
            if one.start >= token.start:
                mine.append(one)
            self._place += 1
        return mine


def _morphemes_of(folded: str, found: Sequence[Token]) -> _ByToken | None:
    """The morphemes by token; None where words have to be taken apart by rule."""
    if not any(token.kind == "hangul" for token in found):
        return None
    return _ByToken(morphemes.morphemes(folded)) if morphemes.load() else None


def token_forms(folded: str) -> Iterator[tuple[Token, tuple[str, ...]]]:
    """Each token of a folded text with the words under which it is found, the most exact first."""
    found = list(tokens(folded))
    by_token = _morphemes_of(folded, found)
    for token in found:
        if by_token is not None and token.kind == "hangul":
            terms = dict.fromkeys(one.term[:LONGEST_TERM] for one in by_token.of(token))
            terms.pop(token.text, None)
            yield token, (token.text[:LONGEST_TERM], *terms)
        else:
            yield token, _forms(token.kind, token.text)


def surface_forms(folded: str) -> Iterator[tuple[Token, tuple[str, ...]]]:
    """The same by rules alone: cheaper, and without most inflected forms."""
    return ((token, _forms(token.kind, token.text)) for token in tokens(folded))


def analyse(text: str) -> Terms:
    """The terms of a text of a document; never fails."""
    folded = fold(text)
    terms = Terms()
    before: Token | None = None
    for position, (token, found) in enumerate(token_forms(folded)):
        for form in found:
            terms.words.setdefault(form, []).append(position)
        if token.kind in ("hangul", "cjk"):
            _count_pairs(terms.grams, token, _across(before, token, folded))
        elif token.kind == "word" and token.text.isalpha():
            if len(token.text) >= _SHORTEST_SPELT and token.text.casefold() not in STOP_WORDS:
                terms.spelt.add(token.text.casefold()[:LONGEST_TERM])
            if joined := _login(before, token, folded):
                terms.words.setdefault(joined, []).append(position)
        before = token
    return terms


def _count_pairs(grams: dict[str, int], token: Token, across: str | None) -> None:
    for pair in _pairs(token.text):
        grams[pair] = grams.get(pair, 0) + 1
    if across:
        grams[across] = grams.get(across, 0) + 1


# --- what a question asks for ---


def _by_pairs(run: str, *, over_spaces: bool) -> Alternative:
    pairs = dict.fromkeys(_pairs(run))
    if over_spaces and len(run) > _PAIR:
        return Alternative(grams=tuple((pair, f"{pair[0]}_{pair[1]}") for pair in pairs))
    return Alternative(grams=tuple((pair,) for pair in pairs))


def _by_rules(run: str) -> list[Alternative]:
    found = [Alternative(words=(run[:LONGEST_TERM],))]
    if len(run) >= _PAIR:
        found.append(_by_pairs(run, over_spaces=True))
    doubtful = False
    for text, ending in stems(run):
        doubtful = doubtful or ending in DOUBTFUL
        if len(text) >= _PAIR or len(ending) >= _PAIR:
            found.append(Alternative(words=(text[:LONGEST_TERM],)))
        if len(text) >= _PAIR and not doubtful:
            found.append(_by_pairs(text, over_spaces=True))
    if denies(run):
        found.append(Alternative(words=(NEGATION,)))
    elif len(run) <= _LONGEST_VERB:
        found += [Alternative(words=(verb,)) for verb in dictionary_forms(run)]
    return found


def _core(token: Token, found: Sequence[Morpheme]) -> str:
    """The nouns a word begins with, without what is said about them."""
    end = token.start
    for one in found:
        if not one.is_noun:
            break
        end = one.end
    return token.text[: end - token.start]


def _by_morphemes(token: Token, found: Sequence[Morpheme]) -> list[Alternative]:
    run = token.text
    outer = [one for one in found if not one.is_inner and not _is_part(one, found)]
    if len(run) == _PAIR and run[-1] == "지" and not any(one.is_noun for one in outer):
        outer = []  # 가지 alone is the vegetable, not a form of 가다
    telling = [one.term for one in outer if one.term not in COMMON] or [one.term for one in outer]
    ways = [Alternative(words=tuple(dict.fromkeys(term[:LONGEST_TERM] for term in telling or [run])))]
    if any(one.base for one in outer):
        ways.append(Alternative(words=tuple(dict.fromkeys((one.base or one.term)[:LONGEST_TERM] for one in outer))))
    core = _core(token, found)
    for part in dict.fromkeys((run, core)):
        if len(part) >= _PAIR:
            ways.append(_by_pairs(part, over_spaces=True))
    return ways


def _is_part(one: Morpheme, found: Sequence[Morpheme]) -> bool:
    return any(one is not other and other.start <= one.start and one.end <= other.end for other in found)


def _other_words(names: Sequence[str]) -> list[Alternative]:
    """The ways to meet what other people call it."""
    found: list[Alternative] = []
    for name in dict.fromkeys(names):
        for other in SYNONYMS.get(name, ()):
            for token, forms in token_forms(other):
                found.append(Alternative(words=(forms[0],)))
                if token.kind == "hangul" and len(other) > _PAIR:
                    found.append(_by_pairs(other, over_spaces=True))
    return found


def _hangul(token: Token, found: Sequence[Morpheme] | None) -> list[Alternative]:
    if found is None:
        names = [token.text, *(one.text for one in stems(token.text))]
        return _by_rules(token.text) + _other_words(names)
    return _by_morphemes(token, found) + _other_words([token.text, _core(token, found)])


def _foreign(token: Token) -> list[Alternative]:
    exact = Alternative(words=(foreign_forms(token.kind, token.text)[0],))
    if token.kind == "cjk" and len(token.text) >= _PAIR:
        return [exact, _by_pairs(token.text, over_spaces=False)]
    if token.kind == "word":
        _, parts, is_complete = compound(token.text)
        apart = [Alternative(words=parts)] if parts and is_complete else []
        return [exact, *apart, *_other_words([token.text.casefold()])]
    return [exact]


def _is_common(token: Token, found: Sequence[Morpheme] | None) -> bool:
    if token.kind == "word":
        return token.text.casefold() in STOP_WORDS
    if token.kind != "hangul":
        return False
    if found is None:
        return is_common(token.text) and not denies(token.text)
    return all(one.term in COMMON for one in found)  # nothing at all: 싶어요, 주세요


def _written_apart(before: Token, token: Token, folded: str) -> bool:
    """Whether two Korean words may be one word to another writer: 글 쓰기 and 글쓰기."""
    return _across(before, token, folded) is not None and 1 in (len(before.text), len(token.text))


class _Questioner:
    """Makes the units of a question; two Korean words become one unit when others write them as one."""

    def __init__(self, folded: str) -> None:
        self._folded = folded
        self._tokens = list(tokens(folded))
        by_token = _morphemes_of(folded, self._tokens)
        self._morphemes = [
            by_token.of(token) if by_token is not None and token.kind == "hangul" else None for token in self._tokens
        ]

    def units(self) -> Iterator[Unit]:
        """The units in order."""
        place = 0
        while place < len(self._tokens):
            pair = self._joined(place) if place + 1 < len(self._tokens) else None
            yield pair or self._single(place)
            place += 2 if pair else 1

    def _ways(self, place: int) -> list[Alternative]:
        token = self._tokens[place]
        return _hangul(token, self._morphemes[place]) if token.kind == "hangul" else _foreign(token)

    def _common(self, place: int) -> bool:
        return _is_common(self._tokens[place], self._morphemes[place])

    def _single(self, place: int) -> Unit:
        ways = tuple(dict.fromkeys(self._ways(place)))
        token = self._tokens[place]
        names = {token.text.casefold(), *(one.term for one in self._morphemes[place] or ())}
        if token.kind == "hangul" and self._morphemes[place] is None:
            names.update(one.text for one in stems(token.text))
        return Unit(token.text, ways, self._common(place), not names.isdisjoint(SOFT))

    def _joined(self, place: int) -> Unit | None:
        first, second = self._tokens[place], self._tokens[place + 1]
        login = _login(first, second, self._folded)
        if login:
            ways = [Alternative(words=(login,)), *self._ways(place)]
            return Unit(f"{first.text} {second.text}", tuple(dict.fromkeys(ways)))
        if not _written_apart(first, second, self._folded):
            return None
        is_common = [self._common(place), self._common(place + 1)]
        if all(is_common):
            return None
        if any(is_common):
            both = self._ways(place + 1 if is_common[0] else place)
        else:
            both = [one + other for one in self._ways(place) for other in self._ways(place + 1)]
        run = first.text + second.text
        as_one = _Questioner(run)
        return Unit(f"{first.text} {second.text}", tuple(dict.fromkeys([*both, *as_one._ways(0)])))


def query_units(text: str) -> tuple[Unit, ...]:
    """The units of what a person typed, all of which a text must have; none when there is no word in it."""
    return tuple(_Questioner(fold(text)).units())


def phrase_terms(text: str) -> PhraseTerms:
    """The words of a quoted phrase in order; a Korean one may go on after its last syllable."""
    found = list(tokens(fold(text)))
    open_end = bool(found) and found[-1].kind == "hangul" and len(found[-1].text) >= _PAIR
    return PhraseTerms(tuple(_forms(token.kind, token.text)[0] for token in found), open_end)
