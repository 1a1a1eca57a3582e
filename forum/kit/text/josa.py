"""Korean particles: which of two forms follows a word."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal

Ending = Literal["none", "rieul", "other"]

_PAIRS: Final = {
    frozenset(pair): pair
    for pair in (
        ("은", "는"), ("이", "가"), ("을", "를"), ("과", "와"), ("으로", "로"),
        ("아", "야"), ("이나", "나"), ("이랑", "랑"),
    )
}  # fmt: skip
_OPEN_FORMS: Final = {"으로": "(으)로", "이나": "(이)나", "이랑": "(이)랑"}

# How the last digit is read: 영 일 이 삼 사 오 육 칠 팔 구 (and 십, 백, 천, 만 end like 영: in a consonant).
_DIGITS: Final[dict[str, Ending]] = {
    "0": "other", "1": "rieul", "2": "none", "3": "other", "4": "none",
    "5": "none", "6": "other", "7": "rieul", "8": "rieul", "9": "none",
}  # fmt: skip
# Letters whose Korean name ends in a consonant: 엘, 엠, 엔, 알.
_LETTER_NAMES: Final[dict[str, Ending]] = {"L": "rieul", "M": "other", "N": "other", "R": "rieul"}
_SIGNS: Final[dict[str, Ending]] = {"%": "none", "℃": "none", "℉": "none", "$": "none", "원": "other"}

_BRACKETED: Final = re.compile(r"\s*\([^()]*\)\s*$")
_LATIN_WORD: Final = re.compile(r"[A-Za-z]+$")
_ACRONYM_LENGTH: Final = 5
_SYLLABLES: Final = ("가", "힣")
_FINALS: Final = 28
_RIEUL: Final = 8

# English words as Korean writes them: what their ending turns into, the first that matches.
_ENDINGS: Final[tuple[tuple[re.Pattern[str], Ending], ...]] = (
    (re.compile(r"(?:l|le)$"), "rieul"),
    (re.compile(r"(?:[mn]e?|ng)$"), "other"),
    (re.compile(r"(?:ck|[aeiou][cckpt])$"), "other"),
)


def josa(word: str, pair: str) -> str:
    """The particle of `pair` ("을/를", either order) that follows `word`: the particle alone.

    Goes by the final consonant of the last syllable, by how a digit is read aloud and by how Korean writes
    an English ending. Closing quotes and a remark in brackets at the end are not heard. Where the sound
    cannot be known, the answer is the written form for both, such as "을(를)".
    Raises ValueError for a pair that is not known.
    """
    closed, open_ = _forms(pair)
    sound = _final(word)
    if sound is None:
        return _OPEN_FORMS.get(closed, f"{closed}({open_})")
    if sound == "none" or (sound == "rieul" and closed == "으로"):
        return open_
    return closed


def _forms(pair: str) -> tuple[str, str]:
    known = _PAIRS.get(frozenset(pair.split("/")))
    if known is None:
        raise ValueError(f"not a pair of particles: {pair!r}")
    return known


def _final(word: str) -> Ending | None:
    """The sound at the end of a word: no consonant, ㄹ, another consonant; None where it cannot be known."""
    word = unicodedata.normalize("NFKC", _BRACKETED.sub("", word) or word)
    while word and not _is_heard(word[-1]):
        word = word[:-1]
    if not word:
        return None
    last = word[-1]
    if _SYLLABLES[0] <= last <= _SYLLABLES[1]:
        return _syllable_final(last)
    if latin := _LATIN_WORD.search(word):
        return _latin_final(latin[0])
    return _DIGITS.get(last) or _SIGNS.get(last)


def _is_heard(char: str) -> bool:
    return char in _SIGNS or unicodedata.category(char)[0] in "LN"


def _syllable_final(syllable: str) -> Ending:
    final = (ord(syllable) - ord(_SYLLABLES[0])) % _FINALS
    if final == 0:
        return "none"
    return "rieul" if final == _RIEUL else "other"


def _latin_final(word: str) -> Ending:
    """Short words in capitals are spelt out letter by letter, the others are read."""
    if len(word) == 1 or (word.isupper() and len(word) <= _ACRONYM_LENGTH):
        return _LETTER_NAMES.get(word[-1].upper(), "none")
    lower = word.lower()
    return next((sound for ending, sound in _ENDINGS if ending.search(lower)), "none")
