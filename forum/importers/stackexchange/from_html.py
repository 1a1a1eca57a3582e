"""HTML to Markdown, for profile texts and for posts whose Markdown source is not in the dump."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Final

from forum.importers.stackexchange.tree import BLOCKS, Element, TreeBuilder

_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>~])")
_ENTITY_LIKE: Final = re.compile(r"&(?=#?\w+;)")
_BLOCK_START: Final = re.compile(r"^([ ]*)([#+=|-])", re.MULTILINE)
_NUMBER_START: Final = re.compile(r"^([ ]*\d{1,9})(?=[.)])", re.MULTILINE)
_SPACE: Final = re.compile(r"[ \t\r\n\f]+")
_FENCED_OR_BLANK: Final = re.compile(
    r"(?P<fenced>^[> ]*(`{3,}).*?^[> ]*\2$)|\n(?:[ \t]*\n){2,}", re.MULTILINE | re.DOTALL
)
_BACKTICKS: Final = re.compile(r"`+")
_LANGUAGE: Final = re.compile(r"\blang(?:uage)?-([\w+#-]+)")
_PLAIN_ADDRESS: Final = re.compile(r"[^\s()<>]+")

_LOW: Final = dict(zip("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_HIGH: Final = dict(
    zip("0123456789+-=()abcdefghijklmnoprstuvwxyz", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", strict=True)
)
_MARKS: Final = {"b": "**", "strong": "**", "i": "*", "em": "*", "s": "~~", "strike": "~~", "del": "~~"}
_HEADINGS: Final = {f"h{level}": "#" * level for level in range(1, 7)}
KNOWN: Final = frozenset(
    {*_MARKS, *_HEADINGS, *BLOCKS, "a", "br", "code", "img", "kbd", "sub", "sup"} - {"div", "dl", "dt", "dd"}
)


def html_to_markdown(html: str, seen: Counter[str]) -> str:
    """The Markdown that gives this HTML again; `seen` counts the tags that Markdown has no sign for."""
    reader = _Reader(seen)
    reader.feed(html)
    reader.close()
    return Writer(literal=False).document(reader.tree.root)


class _Reader(HTMLParser):
    """Hands the tokens of real HTML to the tree."""

    def __init__(self, seen: Counter[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.tree = TreeBuilder()
        self._seen = seen

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in KNOWN:
            self._seen[tag] += 1
        self.tree.start(tag, {name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        self.tree.end(tag)

    def handle_data(self, data: str) -> None:
        self.tree.text(data)


class Writer:
    """Writes a tree as Markdown; with `literal`, its text is Markdown already and stays as it is."""

    def __init__(self, *, literal: bool) -> None:
        """Choose whether text is escaped."""
        self._literal = literal
        self._by_tag: dict[str, Callable[[Element], str]] = {
            "": self._inner,
            "a": self._link,
            "blockquote": self._quote,
            "br": lambda _: "  \n",
            "code": lambda element: code_span(element.text()),
            "hr": lambda _: "\n\n---\n\n",
            "img": self._image,
            "kbd": lambda element: code_span(element.text()),
            "li": lambda element: _block(self._list("-", [element])),
            "ol": lambda element: _block(self._list("1.", self._items(element))),
            "script": lambda _: "",
            "style": lambda _: "",
            "pre": lambda element: _block(fence(element)),
            "sub": lambda element: self._script(element, _LOW),
            "sup": lambda element: self._script(element, _HIGH),
            "table": self._table,
            "ul": lambda element: _block(self._list("-", self._items(element))),
        }

    def document(self, root: Element) -> str:
        """The whole text, without blank lines at its ends."""
        return _tidy(self._inner(root)).strip("\n").rstrip() if self._literal else self._paragraph(root)

    def _write(self, node: Element | str) -> str:
        if isinstance(node, str):
            return node if self._literal else escaped(_SPACE.sub(" ", node))
        if node.tag in _MARKS:
            return _wrapped(self._inner(node), _MARKS[node.tag])
        if node.tag in _HEADINGS:
            return self._heading(node)
        if node.tag in self._by_tag:
            return self._by_tag[node.tag](node)
        return _block(self._paragraph(node)) if node.tag in BLOCKS else self._inner(node)

    def _inner(self, element: Element) -> str:
        """What stands in an element; runs of inline text between blocks become paragraphs of their own."""
        parts = [self._write(child) for child in self._worth_writing(element)]
        return "".join(parts)

    def _worth_writing(self, element: Element) -> list[Element | str]:
        has_blocks = any(isinstance(child, Element) and child.tag in BLOCKS for child in element.children)
        if not has_blocks or (self._literal and element.tag == ""):
            return element.children
        return [child for child in element.children if isinstance(child, Element) or child.strip()]

    def _paragraph(self, element: Element) -> str:
        inner = _tidy(self._inner(element)).strip("\n").rstrip()
        if self._literal:
            return "\n".join(line.lstrip() if line.strip() else "" for line in inner.split("\n"))
        return without_block_starts(inner.strip()) if _is_inline(element) else inner.strip()

    def _heading(self, element: Element) -> str:
        line = _SPACE.sub(" ", self._inner(element)).strip()
        return _block(f"{_HEADINGS[element.tag]} {line}" if line else "")

    def _quote(self, element: Element) -> str:
        lines = self._paragraph(element).split("\n")
        return _block("\n".join(f"> {line}".rstrip() if not line.endswith("  ") else f"> {line}" for line in lines))

    @staticmethod
    def _items(element: Element) -> list[Element]:
        return [child for child in element.children if isinstance(child, Element)]

    def _list(self, marker: str, items: list[Element]) -> str:
        written = []
        for number, item in enumerate(items, start=1):
            sign = f"{number}." if marker == "1." else marker
            body = self._paragraph(item) if item.tag == "li" else self._write(item).strip()
            written.append(f"{sign} " + body.replace("\n", "\n" + " " * (len(sign) + 1)))
        loose = any("\n\n" in item for item in written)
        text = ("\n\n" if loose else "\n").join(written)
        return re.sub(r"^[ ]+$", "", text, flags=re.MULTILINE)

    def _link(self, element: Element) -> str:
        inner, href = self._inner(element), element.attrs.get("href", "").strip()
        if not href or not inner.strip() or "\n\n" in inner:
            return inner
        return f"[{inner.strip()}]({_address(href)}{_title(element)})"

    def _image(self, element: Element) -> str:
        alt = _SPACE.sub(" ", element.attrs.get("alt", "")).replace("[", "(").replace("]", ")")
        source = element.attrs.get("src", "").strip()
        return f"![{alt}]({_address(source)}{_title(element)})" if source else alt

    def _script(self, element: Element, signs: dict[str, str]) -> str:
        inner = self._inner(element)
        return "".join(signs[char] for char in inner) if inner and all(char in signs for char in inner) else inner

    def _table(self, element: Element) -> str:
        rows = [[self._cell(cell) for cell in self._items(row)] for row in _rows(element)]
        rows = [row for row in rows if row]
        if not rows:
            return ""
        width = max(map(len, rows))
        lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in rows]
        return _block("\n".join([lines[0], "|" + " --- |" * width, *lines[1:]]))

    def _cell(self, cell: Element) -> str:
        return _SPACE.sub(" ", self._inner(cell)).strip().replace("|", r"\|")


def escaped(text: str) -> str:
    """Text in which nothing is a sign of Markdown."""
    return _ENTITY_LIKE.sub("&amp;", _SPECIAL.sub(r"\\\1", text))


def without_block_starts(text: str) -> str:
    """The text with the signs escaped that would begin a heading, a list or a rule at the start of a line."""
    return _NUMBER_START.sub(r"\1\\", _BLOCK_START.sub(r"\1\\\2", text))


def code_span(text: str) -> str:
    """Inline code with a fence longer than any run of backticks in it."""
    text = _SPACE.sub(" ", text)
    if not text.strip():
        return text
    ticks = "`" * (max((len(run) for run in _BACKTICKS.findall(text)), default=0) + 1)
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def fence(element: Element) -> str:
    """A fenced block of an element's text, with the language its class names."""
    text = element.text().strip("\n").replace("\t", "    ")
    ticks = "`" * max(3, max((len(run) for run in _BACKTICKS.findall(text)), default=0) + 1)
    inner = [child.attrs for child in element.children if isinstance(child, Element)]
    named = _LANGUAGE.search(" ".join(attrs.get("class", "") for attrs in [element.attrs, *inner]))
    return f"{ticks}{named[1] if named else ''}\n{text}\n{ticks}"


def _is_inline(element: Element) -> bool:
    return not any(isinstance(child, Element) and child.tag in BLOCKS for child in element.children)


def _block(text: str) -> str:
    return f"\n\n{text}\n\n" if text.strip() else ""


def _tidy(text: str) -> str:
    """At most one blank line in a row, outside of fenced code."""
    return _FENCED_OR_BLANK.sub(lambda match: match["fenced"] or "\n\n", text)


def _wrapped(inner: str, mark: str) -> str:
    """Emphasis around a text, its outer spaces kept outside; around several blocks there is none."""
    core = inner.strip()
    if not core or "\n\n" in core or core.startswith(mark):
        return inner
    before = inner[: len(inner) - len(inner.lstrip())]
    return f"{before}{mark}{core}{mark}{inner[len(inner.rstrip()) :]}"


def _address(href: str) -> str:
    href = f"https:{href}" if href.startswith("//") else href
    if _PLAIN_ADDRESS.fullmatch(href):
        return href
    return "<" + re.sub(r"[<>\s]", lambda match: f"%{ord(match[0]):02X}", href) + ">"


def _title(element: Element) -> str:
    title = _SPACE.sub(" ", element.attrs.get("title", "")).replace('"', "'").strip()
    return f' "{title}"' if title else ""


def _rows(table: Element) -> list[Element]:
    found: list[Element] = []
    for child in table.children:
        if isinstance(child, Element):
            found += [child] if child.tag == "tr" else _rows(child)
    return found
