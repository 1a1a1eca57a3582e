"""The lines shown under a hit: safe HTML in which nothing is markup but our own `<mark>`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from html import escape

from forum.search.analysis import surface_forms, token_forms
from forum.search.folding import fold_with_offsets
from forum.search.query import Query
from forum.search.tokens import Token

_READ_AT_MOST = 20_000  # characters of a text that are looked at
_ANALYSED_AT_MOST = 500
_LEAD = 3  # a third of the window stands before the first match
_WORD_EDGE = 20  # characters by which the window may grow smaller to begin and end between words

_Span = tuple[int, int]
_SYLLABLES = re.compile("[가-힣\u3040-\u30ff\u3400-\u9fff]{2,}")


def _needles(words: frozenset[str]) -> re.Pattern[str] | None:
    """Finds words of two and more syllables inside longer ones, and written apart by one space."""
    long = sorted(filter(_SYLLABLES.fullmatch, words), key=len, reverse=True)
    if not long:
        return None
    spaced = (" ?".join(word) if len(word) > len("환불") else word for word in long)
    return re.compile("|".join(spaced))


def _token_span(token: Token, forms: tuple[str, ...], words: frozenset[str]) -> _Span | None:
    """The part of a token that a question's word stands for; Korean words lose their particles."""
    if words.isdisjoint(forms):
        return None
    if token.kind != "hangul" or token.text in words:
        return token.start, token.end
    named = [form for form in forms if form in words and token.text.startswith(form)]
    return token.start, token.start + max(map(len, named), default=len(token.text))


def _token_spans(found: Iterator[tuple[Token, tuple[str, ...]]], words: frozenset[str]) -> list[_Span]:
    return [span for token, forms in found if (span := _token_span(token, forms, words))]


def _folded_spans(folded: str, words: frozenset[str]) -> list[_Span]:
    spans = _token_spans(surface_forms(folded), words)
    pattern = _needles(words)
    if pattern:
        spans += [match.span() for match in pattern.finditer(folded)]
    if not spans:
        # Inflected forms need the morphology, which costs more than all the rest.
        spans = _token_spans(token_forms(folded[:_ANALYSED_AT_MOST]), words)
    merged: list[_Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _spans(text: str, query: Query) -> list[_Span]:
    words = query.marked_words()
    if not words:
        return []
    folded, offsets = fold_with_offsets(text)
    # The end is the place after the last matched character, however many dropped characters follow it.
    return [(offsets[start], offsets[end - 1] + 1) for start, end in _folded_spans(folded, words)]


def _marked(text: str, spans: list[_Span], start: int, end: int) -> str:
    pieces: list[str] = []
    place = start
    for first, last in spans:
        if last <= start or first >= end:
            continue
        first, last = max(first, start), min(last, end)  # noqa: PLW2901 - cut to the window
        pieces += [escape(text[place:first]), "<mark>", escape(text[first:last]), "</mark>"]
        place = last
    pieces.append(escape(text[place:end]))
    return "".join(pieces)


def _window(text: str, match: _Span | None, width: int) -> _Span:
    if len(text) <= width:
        return 0, len(text)
    first = match[0] if match else 0
    start = max(0, min(first - width // _LEAD, len(text) - width))
    end = start + width
    if start:
        edge = text.find(" ", start, min(start + _WORD_EDGE, first))
        start = edge + 1 if edge >= 0 else start
    if end < len(text):
        edge = text.rfind(" ", max(end - _WORD_EDGE, match[1] if match else 0), end)
        end = edge if edge >= 0 else end
    return start, end


def snippet(plain: str, query: Query, width: int = 240) -> str:
    """Safe HTML of some `width` characters of a plain text around its first match, else of its beginning."""
    text = " ".join(unicodedata.normalize("NFC", plain[:_READ_AT_MOST]).split())
    spans = _spans(text, query)
    start, end = _window(text, spans[0] if spans else None, width)
    before = "…" if start else ""
    after = "…" if end < len(text) or len(plain) > _READ_AT_MOST else ""
    return f"{before}{_marked(text, spans, start, end)}{after}"


def highlight(title: str, query: Query) -> str:
    """A whole title as safe HTML with the matches marked."""
    text = unicodedata.normalize("NFC", title)
    return _marked(text, _spans(text, query), 0, len(text))
