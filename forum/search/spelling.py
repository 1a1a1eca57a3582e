"""Did you mean: the other keyboard, wrong letters, and words written apart; from words that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from forum.search.documents import Where
from forum.search.engine import index
from forum.search.folding import fold
from forum.search.keyboard import as_hangul, as_latin, keys
from forum.search.korean import stems
from forum.search.synonyms import SYNONYMS

_SHORTEST, _LONGEST = 2, 24
_SHORTEST_LATIN = 4
_TWO_ERRORS_FROM, _THREE_ERRORS_FROM = 6, 12  # keys
_HANGUL = re.compile("[가-힣]+")
_TYPED = re.compile("[가-힣\u3131-\u3163]+")
_PLAIN = re.compile(r"[^\s\"'@#:<>=-][^\s\"@#:<>=]*")
# Consonants that are taken for each other at the beginning of a word.
_ALIKE = ("ㄱㄲㅋ", "ㄷㄸㅌ", "ㅂㅃㅍ", "ㅅㅆ", "ㅈㅉㅊ")
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_BLOCK, _FIRST = 588, 0xAC00


class _Candidate(NamedTuple):
    distance: int
    rarity: int
    word: str


def corrected(typed: str) -> str | None:
    """What somebody may have meant, with the words that no post has replaced; None without an idea.

    What it returns was found in some post, not in one this reader may see: ask before showing it.
    """
    text = " ".join(fold(typed).split())
    joined = _joined(text)
    if joined:
        return joined
    changed = _PLAIN.sub(lambda match: _better(match.group()) or match.group(), text)
    return changed if changed != text else None


def _joined(text: str) -> str | None:
    """Two Latin words that are one in the posts."""
    first, _, second = text.partition(" ")
    both = (first + second).casefold()
    is_pair = first.isascii() and second.isascii() and first.isalpha() and second.isalpha()
    return both if is_pair and _is_known(both) else None


def _is_known(word: str) -> bool:
    if word in SYNONYMS:
        return True
    if _HANGUL.fullmatch(word):
        shorter = (found.text for found in stems(word) if len(found.text) >= _SHORTEST)
        return any(index().frequency(one) for one in (word, *shorter))
    return index().frequency(word, "word") > 0


def _better(word: str) -> str | None:
    """A word of the posts for one that is not there."""
    bare = word.rstrip(".,!?~…")
    if not _SHORTEST <= len(bare) <= _LONGEST or _is_known(bare.casefold()):
        return None
    other = as_latin(bare) if _TYPED.fullmatch(bare) else as_hangul(bare)
    if other and len(other) >= _SHORTEST and _is_known(other):
        return other
    if other and len(bare) >= _SHORTEST_LATIN and not _HANGUL.fullmatch(bare):
        nearest = _nearest(other)
        if nearest:
            return nearest
    return _nearest(bare.casefold())


def _nearest(word: str) -> str | None:
    written = [word]
    if _HANGUL.fullmatch(word):
        written += [found.text for found in stems(word) if len(found.text) >= _SHORTEST]
    elif not (word.isascii() and word.isalpha() and len(word) >= _SHORTEST_LATIN):
        return None
    best = min((found for one in written for found in _candidates(one)), default=None)
    return best.word if best else None


def _errors(length: int) -> int:
    return 1 + (length >= _TWO_ERRORS_FROM) + (length >= _THREE_ERRORS_FROM)


def _candidates(word: str) -> Iterator[_Candidate]:
    wanted = keys(word)
    most = _errors(len(wanted))
    letters = _letters(wanted)

    def is_near(other: str) -> bool:
        if not -1 <= len(other) - len(word) <= 1:
            return False
        keyed = keys(other)
        return abs(len(keyed) - len(wanted)) <= most and (letters ^ _letters(keyed)).bit_count() <= 2 * most

    where: Where = "text" if _HANGUL.fullmatch(word) else "word"
    for first, end in _ranges(word):
        for other, count in index().words(first, end, is_near, where).items():
            distance = _distance(wanted, keys(other), most)
            if 0 < distance <= most and (where == "word" or _HANGUL.fullmatch(other)):
                yield _Candidate(distance, -count, other)


def _ranges(word: str) -> list[tuple[str, str]]:
    """Where in the order of words those stand that begin alike."""
    if not _HANGUL.fullmatch(word):
        return [(word[0], chr(ord(word[0]) + 1))]
    initial = _INITIALS[(ord(word[0]) - _FIRST) // _BLOCK]
    group = next((alike for alike in _ALIKE if initial in alike), initial)
    starts = [_FIRST + _INITIALS.index(one) * _BLOCK for one in group]
    return [(chr(start), chr(start + _BLOCK)) for start in starts]


def _letters(keyed: str) -> int:
    mask = 0
    for key in keyed:
        mask |= 1 << (ord(key) & 63)
    return mask


def _distance(first: str, second: str, most: int) -> int:
    """How many keys differ, two in the wrong order counting once; more than `most` when it is more."""
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, one in enumerate(first, 1):
        older, before, row = before, row, [i]
        for j, other in enumerate(second, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (one != other))
            if i > 1 and j > 1 and one == second[j - 2] and first[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
