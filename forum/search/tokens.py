"""Splits folded text into the pieces that are searched for as one word, by script; Latin pieces into their forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from forum.search.korean import PARTICLES
from forum.search.stemming import stem

LONGEST_TERM = 64
_VERSION_PARTS = 2

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
def compound(word: str) -> tuple[str, tuple[str, ...], bool]:
    """A Latin word as one term, its parts, and whether the parts together say as much as the whole."""
    word = word.removesuffix("'s").replace("'", "")
    pieces: list[str] = []
    for piece in re.split("[-_]+", word):
        pieces += _CAMEL.findall(piece) if piece.isascii() and _CAMEL_HUMP.search(piece) else [piece]
    lowered = [piece.casefold() for piece in pieces]
    numbered = _NAME_AND_NUMBER.fullmatch(lowered[0]) if len(lowered) == 1 else None
    if numbered:
        lowered = [numbered[1], numbered[2]]
    whole = stem("".join(lowered))[:LONGEST_TERM]
    if len(lowered) == 1:
        return whole, (), False
    parts = tuple(stem(part)[:LONGEST_TERM] for part in lowered)
    return whole, parts, all(len(part) > 1 or part.isdigit() for part in lowered)


def _version(text: str) -> list[str]:
    numbers = text.lstrip("vV").split(".")
    lengths = range(len(numbers), _VERSION_PARTS - 1, -1)
    return [".".join(numbers[:length])[:LONGEST_TERM] for length in lengths]


def foreign_forms(kind: str, text: str) -> tuple[str, ...]:
    """The words under which a piece that is not Hangul is found, the most exact first."""
    if kind == "version":
        return tuple(_version(text))
    if kind == "word":
        whole, parts, _ = compound(text)
        return (whole, *(part for part in dict.fromkeys(parts) if part != whole))
    if kind == "jamo":
        return (_REPEATED.sub(r"\1\1", text)[:LONGEST_TERM],)
    return (text.casefold()[:LONGEST_TERM],)
