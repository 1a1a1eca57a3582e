"""Stack Exchange's Markdown to ours: the HTML written between the lines becomes Markdown, code stays."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html import unescape
from typing import Final

from markdown_it import MarkdownIt

from forum.importers.stackexchange.from_html import KNOWN, Writer, escaped, fence, without_block_starts
from forum.importers.stackexchange.tree import Element, TreeBuilder

_ATTRIBUTE: Final = r"""\s+([A-Za-z_:][\w:.-]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'=<>`]+))?"""
_TAG: Final = re.compile(rf"<(/?)([A-Za-z][A-Za-z0-9-]*)((?:{_ATTRIBUTE})*)\s*/?>")
_ONE_ATTRIBUTE: Final = re.compile(_ATTRIBUTE)
_COMMENT: Final = re.compile(r"<!--.*?-->[ \t]*", re.DOTALL)
_PRE: Final = re.compile(r"<pre\b([^>]*)>(.*?)</pre>", re.DOTALL | re.IGNORECASE)
_SPAN: Final = re.compile(r"(?<!`)(`+)(?!`)((?:(?!\n[ \t]*\n).)+?)(?<!`)\1(?!`)", re.DOTALL)
_TAG_SIGN: Final = re.compile(r"\[(?:meta-)?tag:([^\]\s`]+)\]")
_SPOILER: Final = re.compile(r"^([ ]{0,3}>)[ ]?![ ]?(?!\[)", re.MULTILINE)
_TIGHT_HEADING: Final = re.compile(r"^(#{1,6})(?=[^#\s])", re.MULTILINE)
_BREAK_IN_LINE: Final = re.compile(r"^([ ]{0,3}(?:#|\|).*?)\s*<br\s*/?>\s*?", re.MULTILINE | re.IGNORECASE)
_AFTER_BREAK: Final = re.compile(r"[ \t]*\n")
_NO_SCHEME: Final = re.compile(r"(\]\(\s*|^[ ]{0,3}\[[^\]\n]+\]:\s*)(?=//[\w-])", re.MULTILINE)
_LINK: Final = re.compile(r'<a href="([^"]+)"[^>]*>([^<]+)</a>')
_ADDRESS: Final = re.compile(r"(?<![^\s(])https?://[^\s<>\]]+")
_DEFINITION: Final = re.compile(r"[ ]{0,3}\[[^\]]+\]:\s*")
_WORTH_A_LOOK: Final = re.compile(
    r"<[A-Za-z/!]|(?:\]:?\(?\s*)//|\[(?:meta-)?tag:|^[ ]{0,3}>[ ]?!|^#{1,6}[^#\s]", re.MULTILINE
)
_KEPT_BLOCK: Final = re.compile("^(.*?)\ue000(\\d+)\ue001", re.MULTILINE)
_KEPT_SPAN: Final = re.compile("\ue002(\\d+)\ue001")
_MARKERS: Final = re.compile("[\ue000-\ue002]")
_QUOTE_OR_FENCE: Final = re.compile(r"^(>|~{3}|`{3})")

_blocks: Final = MarkdownIt("commonmark")


@dataclass
class HtmlFound:
    """The tags met in Markdown: turned into Markdown, or left to be shown as they were written."""

    converted: Counter[str] = field(default_factory=Counter)
    shown: Counter[str] = field(default_factory=Counter)


def post_markdown(source: str, found: HtmlFound, html: str = "") -> str:
    """The Markdown of a post for our pipeline.

    `html` is what Stack Exchange made of it, where the dump has it: it shows whether `##Title` without a space
    was a heading, and the titles that bare addresses of questions were shown with.
    """
    source = _MARKERS.sub("", source.replace("\r\n", "\n").replace("\r", "\n"))
    titles = _titles(source, html)
    if not titles and not _WORTH_A_LOOK.search(source):
        return source
    code = _Kept()
    text = code.hide(source)
    text = _COMMENT.sub("", text)
    if "<h" in html:
        text = _TIGHT_HEADING.sub(r"\1 ", text)
    text = _TAG_SIGN.sub(lambda match: f"`{match[1]}`", _SPOILER.sub(r"\1 ", text))
    text = _NO_SCHEME.sub(r"\1https:", text)
    if "<" in text:
        text = _without_html(text, found)
    if titles:
        text = _ADDRESS.sub(lambda match: _titled(match, titles), text)
    return code.show(text).strip("\n")


def _titles(source: str, html: str) -> dict[str, str]:
    """The addresses in the source that were shown with the title of what they lead to."""
    links = ((unescape(address), unescape(title)) for address, title in _LINK.findall(html))
    return {address: escaped(title) for address, title in links if address != title and address in source}


def _titled(match: re.Match[str], titles: dict[str, str]) -> str:
    """A bare address with its title; one inside of a link or of a definition of links stays."""
    address = match[0].rstrip(").,;:!?")
    before = match.string[match.string.rfind("\n", 0, match.start()) + 1 : match.start()]
    if address not in titles or before.endswith(("](", "<")) or _DEFINITION.fullmatch(before):
        return match[0]
    return f"[{titles[address]}]({address}){match[0][len(address) :]}"


def comment_markdown(source: str) -> str:
    """The Markdown of a comment: no blocks were possible there, so nothing may begin one here."""
    text = _TAG_SIGN.sub(lambda match: f"`{match[1]}`", source.replace("\r\n", "\n").strip())
    return _QUOTE_OR_FENCE.sub(r"\\\1", without_block_starts(text))


class _Kept:
    """Code taken out of a text while the rest is changed, and put back afterwards."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._spans: list[str] = []

    def hide(self, text: str) -> str:
        """The text with every piece of code replaced by a sign."""
        text = self._hide_code_blocks(text)
        text = _PRE.sub(self._hide_pre, text)
        return _SPAN.sub(self._hide_span, text)

    def show(self, text: str) -> str:
        """The text with its code again; a block in a quote or list follows the line it stands in."""
        text = _KEPT_BLOCK.sub(self._block_at, text)
        return _KEPT_SPAN.sub(lambda match: self._spans[int(match[1])], text)

    def _hide_code_blocks(self, text: str) -> str:
        lines = text.split("\n")
        tokens = [token for token in _blocks.parse(text) if token.type in {"fence", "code_block"} and token.map]
        for token in reversed(tokens):
            first, end = token.map or [0, 0]
            while end > first and not lines[end - 1].strip():
                end -= 1
            self._blocks.append("\n".join(lines[first:end]))
            lines[first:end] = [f"\ue000{len(self._blocks) - 1}\ue001"]
        return "\n".join(lines)

    def _hide_pre(self, match: re.Match[str]) -> str:
        inner = _KEPT_BLOCK.sub(self._block_at, match[2])
        text = unescape(_TAG.sub("", inner))
        self._blocks.append(fence(Element("pre", {"class": match[1]}, [text])))
        return f"\n\n\ue000{len(self._blocks) - 1}\ue001\n\n"

    def _hide_span(self, match: re.Match[str]) -> str:
        self._spans.append(match[0])
        return f"\ue002{len(self._spans) - 1}\ue001"

    def _block_at(self, match: re.Match[str]) -> str:
        before = match[1]
        follow = re.sub(r"[-*+]|\d+[.)]", lambda marker: " " * len(marker[0]), before)
        return before + self._blocks[int(match[2])].replace("\n", "\n" + follow)


def _without_html(text: str, found: HtmlFound) -> str:
    """Known tags as Markdown; unknown ones stay and will be shown as text."""
    text = _BREAK_IN_LINE.sub(r"\1 ", text)
    tree, position = TreeBuilder(), 0
    for match in _TAG.finditer(text):
        if match.start() < position:
            continue
        tree.text(text[position : match.start()])
        position = match.end()
        tag = match[2].lower()
        if tag not in KNOWN:
            tree.text(match[0])
            found.shown[tag] += not match[1]
        elif match[1]:
            tree.end(tag)
        else:
            found.converted[tag] += 1
            tree.start(tag, _attributes(match[3]))
            after = _AFTER_BREAK.match(text, position) if tag == "br" else None
            position = after.end() if after else position
    tree.text(text[position:])
    _join_text(tree.root)
    return Writer(literal=True).document(tree.root)


def _attributes(written: str) -> dict[str, str]:
    return {name.lower(): unescape(value.strip("\"'")) for name, value in _ONE_ATTRIBUTE.findall(written)}


def _join_text(element: Element) -> None:
    """Code elements hold what was HTML: their entities are read here, for nobody will read them later."""
    if element.tag in {"code", "kbd"}:
        element.children = [unescape(element.text())]
        return
    for child in element.children:
        if isinstance(child, Element):
            _join_text(child)
