"""Makes spellings of the same text equal: width, accents, decomposed Hangul; case is left to others."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_CACHED_BELOW = 0x20000
_COMPATIBILITY_JAMO = range(0x3130, 0x3190)
_DROPPED = ("Mn", "Me", "Cf", "Cs", "Cc")
_REPLACED = {
    "‘": "'",
    "’": "'",
    "\u02bc": "'",
    "“": '"',
    "”": '"',
    "\u2010": "-",
    "\u2011": "-",
    "\t": " ",
    "\n": "\n",
    "\r": "\n",
}


def _tells(char: str) -> bool:
    """Whether a character of decomposed text makes a difference; vowel and voice marks of Asia do."""
    return unicodedata.category(char) not in _DROPPED or "\u0900" <= char <= "\u1aff" or char in "\u3099\u309a"


def _fold_char(char: str) -> str:
    if char in _REPLACED:
        return _REPLACED[char]
    if ord(char) in _COMPATIBILITY_JAMO:
        return char  # NFKC would turn a lone ㅋ into a piece of a syllable
    wide = unicodedata.normalize("NFKC", char)
    if "가" <= wide <= "힣":
        return wide
    kept = (mark for mark in unicodedata.normalize("NFD", wide) if _tells(mark))
    return unicodedata.normalize("NFC", "".join(kept))


class _Table(dict[int, str]):
    """A translation table that learns a character when it first meets it."""

    def __missing__(self, codepoint: int) -> str:
        folded = _fold_char(chr(codepoint))
        if codepoint < _CACHED_BELOW:
            self[codepoint] = folded
        return folded


_table = _Table()


def fold(text: str) -> str:
    """The text with one spelling for each character; never fails, keeps case, drops what has no width."""
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFC", text).translate(_table)


def fold_with_offsets(composed: str) -> tuple[str, Sequence[int]]:
    """The folded form of text that is in NFC, and for each folded character its place in `composed`.

    The sequence is one longer than the folded text, so that the end of a match can be looked up, too.
    """
    if all(len(_table[ord(char)]) == 1 for char in set(composed)):
        return composed.translate(_table), range(len(composed) + 1)
    pieces: list[str] = []
    offsets: list[int] = []
    for place, char in enumerate(composed):
        folded = _table[ord(char)]
        pieces.append(folded)
        offsets.extend([place] * len(folded))
    offsets.append(len(composed))
    return "".join(pieces), offsets


def fold_name(name: str) -> str:
    """The form in which names, slugs and tags are compared: folded, without case, single spaces."""
    return " ".join(fold(name).casefold().split())
