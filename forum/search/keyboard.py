"""The two-set Korean keyboard: what a word becomes when the other language was switched on, and the keys of a word."""

from __future__ import annotations

import re
from functools import lru_cache

_FIRST = 0xAC00
_VOWELS, _FINALS = 21, 28
# The keys of the consonants that begin a syllable, of the vowels, and of those that end it, in Unicode's order.
_LEADS = list("rRseEfaqQtTdwWczxvg")
_BY_KEYS = """k o i O j p u P h hk ho hl y n nj np nl b m ml l
r R rt s sw sg e f fr fa fq ft fx fv fg a q qt t T d w c z x v g
r R rt s sw sg e E f fr fa fq ft fx fv fg a q Q qt t T d w W c z x v g"""
_MIDDLES, _CLOSING, _LETTERS = (line.split() for line in _BY_KEYS.splitlines())
_ENDS = ("", *_CLOSING)
_CONSONANTS, _VOICED = (
    "ㄱㄲㄳㄴㄵㄶㄷㄸㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅃㅄㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ",
    "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ",
)
_LONE = dict(zip(_CONSONANTS + _VOICED, _LETTERS + _MIDDLES, strict=True))

_VOWEL = "[kojpuhynbmliOP]"
_MIDDLE = "|".join(sorted(_MIDDLES, key=len, reverse=True))
_END = "|".join(sorted(filter(None, _ENDS), key=len, reverse=True))
_SYLLABLE = re.compile(rf"([rRseEfaqQtTdwWczxvg])({_MIDDLE})((?:{_END})(?!{_VOWEL}))?")
_SHIFTED = frozenset("RETQWOP")


@lru_cache(maxsize=20_000)
def keys(word: str) -> str:
    """The keys with which a word is typed; characters that are no Hangul stay."""
    return "".join(map(_keys_of, word))


def _keys_of(char: str) -> str:
    place = ord(char) - _FIRST
    if not "가" <= char <= "힣":
        return _LONE.get(char, char)
    lead, rest = divmod(place, _VOWELS * _FINALS)
    middle, end = divmod(rest, _FINALS)
    return _LEADS[lead] + _MIDDLES[middle] + _ENDS[end]


def as_hangul(typed: str) -> str | None:
    """The Hangul word whose keys were typed in Latin letters; None when they make no whole syllables."""
    if not typed.isascii() or not typed.isalpha():
        return None
    keyed = "".join(key if key in _SHIFTED else key.lower() for key in typed)
    made: list[str] = []
    place = 0
    while place < len(keyed):
        match = _SYLLABLE.match(keyed, place)
        if match is None:
            return None
        lead, middle, end = _LEADS.index(match[1]), _MIDDLES.index(match[2]), _ENDS.index(match[3] or "")
        made.append(chr(_FIRST + (lead * _VOWELS + middle) * _FINALS + end))
        place = match.end()
    return "".join(made)


def as_latin(typed: str) -> str | None:
    """The Latin word whose keys were typed in Hangul; None when other characters are in it."""
    keyed = keys(typed).casefold()
    return keyed if keyed != typed and keyed.isascii() and keyed.isalpha() else None
