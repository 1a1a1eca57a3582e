"""From Markdown to what is stored: the render function, its version and its guard against costly input."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from forum.kit.db import outside_transaction
from forum.kit.text.clean import clean
from forum.kit.text.markdown import build_parser, plain_text
from forum.kit.text.plain import normalise

# Raise it with every change that alters the HTML of some text: stored texts are then rendered again.
PIPELINE_VERSION: Final = 1

# A short source can grow without bound (one long address named a thousand times, a table of empty cells).
# Beyond these bounds a text is shown as it was written.
_MOST_CELLS: Final = 20_000
_MOST_TOKENS: Final = 25_000
_MOST_OUTPUT: Final = 400_000

_DELIMITERS: Final = " \t>|:-"


def render(markdown: str) -> str:
    """Safe HTML of a Markdown source; the same source always gives the same HTML.

    Never raises for any text. The caller bounds the length (32,000 characters take less than two seconds).
    Must run outside a writing transaction: raises RuntimeError inside one.
    """
    outside_transaction("rendering")
    source = normalise(markdown)
    parser, env = _parser(), dict[str, object]()
    tokens = _tokens(source)
    if tokens is None:
        return clean(_as_written(source))
    return clean(parser.renderer.render(tokens, parser.options, env))


def to_plain(markdown: str) -> str:
    """The readable text of a Markdown source: with code and the words of links, without their addresses."""
    source = normalise(markdown)
    tokens = _tokens(source)
    return source if tokens is None else plain_text(tokens)


def links(markdown: str) -> tuple[str, ...]:
    """The addresses a Markdown source links to or loads images from, in order, repeated ones each time."""
    return tuple(
        str(token.attrs.get("href") or token.attrs.get("src"))
        for block in _tokens(normalise(markdown)) or ()
        for token in block.children or ()
        if token.type in {"link_open", "image"}
    )


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    """The parser holds no state between texts: all threads share it."""
    return build_parser()


def _tokens(source: str) -> Sequence[Token] | None:
    """The parsed text, or None where it costs more than a text that people write."""
    if _table_cells(source) > _MOST_CELLS:
        return None
    tokens = _parser().parse(source)
    return None if _is_costly(tokens) else tokens


def _table_cells(source: str) -> int:
    """No less than the number of cells of the largest table: rows are filled up to the width of the head."""
    lines = source.split("\n")
    heads = (line for line in lines if "|" in line and "-" in line and not line.strip(_DELIMITERS))
    return max((head.count("|") + 1 for head in heads), default=0) * len(lines)


def _is_costly(tokens: Sequence[Token]) -> bool:
    count = output = 0
    for block in tokens:
        inline = block.children or ()
        count += 1 + len(inline)
        output += len(block.content) + sum(sum(map(len, map(str, token.attrs.values()))) for token in inline)
    return count > _MOST_TOKENS or output > _MOST_OUTPUT


def _as_written(source: str) -> str:
    return "".join(f"<p>{escape(part.strip())}</p>\n" for part in source.split("\n\n") if part.strip())
