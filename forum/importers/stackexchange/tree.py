"""A small tree of HTML elements, built from tokens that may be nested wrongly or never closed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

VOID: Final = frozenset({"br", "hr", "img"})
BLOCKS: Final = frozenset(
    [
        "p",
        "div",
        "ul",
        "ol",
        "li",
        "blockquote",
        "pre",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "table",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "td",
        "th",
        "hr",
        "dl",
        "dt",
        "dd",
    ]
)
# What a start tag closes without being asked, and what it must not reach beyond.
_CLOSED_BY: Final = {
    "li": (frozenset({"li", "p"}), frozenset({"ul", "ol"})),
    "p": (frozenset({"p"}), frozenset({"li", "blockquote", "td", "th", "div"})),
    "tr": (frozenset({"tr", "td", "th"}), frozenset({"table", "thead", "tbody"})),
    "td": (frozenset({"td", "th"}), frozenset({"tr", "table"})),
    "th": (frozenset({"td", "th"}), frozenset({"tr", "table"})),
}
# Deeper than any person nests; input that goes on is flattened instead of exhausting the stack.
_DEEPEST: Final = 40


@dataclass(slots=True)
class Element:
    """A tag with its attributes and what stands in it: text and further elements."""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    def text(self) -> str:
        """All text inside, without any tag."""
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)


class TreeBuilder:
    """Takes start tags, end tags and text in order and gives the tree they mean."""

    def __init__(self) -> None:
        """Begin with an empty root."""
        self.root = Element("")
        self._open = [self.root]

    @property
    def current(self) -> Element:
        """The innermost element that is still open."""
        return self._open[-1]

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        """Open an element; void ones are complete at once."""
        closes, fences = _CLOSED_BY.get(tag, (frozenset(), frozenset()))
        self._close_implied(closes, fences)
        element = Element(tag, attrs)
        self.current.children.append(element)
        if tag not in VOID and len(self._open) < _DEEPEST:
            self._open.append(element)

    def _close_implied(self, closes: frozenset[str], fences: frozenset[str]) -> None:
        for depth in range(len(self._open) - 1, 0, -1):
            tag = self._open[depth].tag
            if tag in fences:
                return
            if tag in closes:
                del self._open[depth:]

    def end(self, tag: str) -> None:
        """Close the innermost open element of this name; a stray end tag means nothing."""
        for depth in range(len(self._open) - 1, 0, -1):
            if self._open[depth].tag == tag:
                del self._open[depth:]
                return

    def text(self, data: str) -> None:
        """Add text to the innermost open element."""
        self.current.children.append(data)
