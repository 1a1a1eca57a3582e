"""Our Markdown: the parser with Korean rules, and the renderers to HTML and to plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from forum.kit.text.clean import safe_href, safe_src
from forum.kit.text.code import HIGHLIGHT_LIMIT, code_block, is_coloured
from forum.kit.text.korean import KoreanInlineParser, KoreanLinkify, bare_link

# The page has its own first and second heading.
_HEADINGS: Final = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6"}
_BUDGET: Final = "highlight_budget"
_TASK_BOXES: Final = {True: "☑", False: "☐"}
_BLOCK_ENDS: Final = frozenset({"paragraph_close", "heading_close", "tr_close"})


class PostRenderer(RendererHTML):
    """HTML of a text that stands inside a page: shifted headings, classes instead of styles, lazy images."""

    def heading_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A heading, two levels down."""
        return f"<{_HEADINGS[tokens[idx].tag]}>"

    def heading_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """The end of a heading."""
        return f"</{_HEADINGS[tokens[idx].tag]}>\n"

    def hardbreak(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A line break without a newline behind it, so that a style sheet may show newlines as breaks."""
        return "<br>"

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A fenced block of code, coloured where its language is known and the budget lasts."""
        token = tokens[idx]
        budget: int = env.setdefault(_BUDGET, HIGHLIGHT_LIMIT)
        coloured = is_coloured(token.content, _language(token), budget)
        env[_BUDGET] = budget - len(token.content) * coloured
        return code_block(token.content, _language(token), coloured=coloured)

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """An indented block of code, plain."""
        return code_block(tokens[idx].content, "", coloured=False)

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """An image from the web, or its description where the address is none we load images from."""
        token = tokens[idx]
        alt = escape(self.renderInlineAsText(token.children, options, env))
        src = str(token.attrGet("src") or "")
        if not safe_src(src):
            return alt
        title = token.attrGet("title")
        named = f' title="{escape(str(title))}"' if title else ""
        return f'<img src="{escape(src)}" alt="{alt}"{named} loading="lazy">'

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A table in a frame of its own, which scrolls sideways and can be reached by keyboard."""
        return '<div class="table-scroll" tabindex="0"><table>\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """The end of a table and its frame."""
        return "</table></div>\n"

    def th_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A cell of the head, its alignment as a class."""
        return f"<th{_alignment(tokens[idx])}>"

    def td_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A cell of the body, its alignment as a class."""
        return f"<td{_alignment(tokens[idx])}>"

    def bullet_list_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A list; one with tasks in it says so."""
        return '<ul class="tasks">\n' if tokens[idx].attrGet("class") else "<ul>\n"

    def ordered_list_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A numbered list from its first number on."""
        token = tokens[idx]
        start = token.attrGet("start")
        numbered = "" if start is None else f' start="{int(start)}"'
        return f'<ol class="tasks"{numbered}>\n' if token.attrGet("class") else f"<ol{numbered}>\n"

    def list_item_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """An item; a task shows its box as a character, since a control without a purpose only misleads."""
        token = tokens[idx]
        if "checked" in token.meta:
            return f'<li class="task"><span class="task-box">{_TASK_BOXES[token.meta["checked"]]}</span> '
        return "<li>"


def _language(token: Token) -> str:
    words = token.info.split(maxsplit=1)
    return words[0] if words else ""


def _alignment(token: Token) -> str:
    style = str(token.attrGet("style") or "")
    return f' class="align-{escape(style.removeprefix("text-align:"))}"' if style else ""


def build_parser() -> MarkdownIt:
    """CommonMark without raw HTML, with tables, strikethrough, tasks, bare links and the Korean rules."""
    parser = MarkdownIt("commonmark", renderer_cls=PostRenderer)
    parser.inline = KoreanInlineParser()
    parser.linkify = KoreanLinkify(schemas={"ftp:": None, "//": None})
    parser.configure(
        "commonmark",
        options_update={
            "html": False,
            "linkify": True,
            "tasklists": True,
            "typographer": False,
            "xhtmlOut": False,
        },
    )
    parser.enable(["linkify", "table", "strikethrough"])
    parser.disable(["html_block", "html_inline"])
    parser.inline.ruler.at("linkify", bare_link)
    parser.validateLink = safe_href  # type: ignore[method-assign]  # the library's own way to replace it
    return parser


def plain_text(tokens: Sequence[Token]) -> str:
    """The readable text of parsed Markdown: words, code and descriptions of images, without addresses."""
    return "".join(_plain_parts(tokens)).strip()


def _plain_parts(tokens: Sequence[Token]) -> Iterator[str]:
    markers: list[int | None] = []
    for token in tokens:
        if token.type == "inline":
            yield _inline_text(token.children or ())
        elif token.type in {"fence", "code_block"}:
            yield token.content.rstrip("\n") + "\n\n"
        elif token.type in {"bullet_list_open", "ordered_list_open"}:
            markers.append(int(token.attrGet("start") or 1) if token.tag == "ol" else None)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            markers.pop()
            yield "" if markers else "\n"
        elif token.type == "list_item_open":
            yield _list_marker(markers, token)
        else:
            yield _between_blocks(token)


def _between_blocks(token: Token) -> str:
    if token.type in {"th_close", "td_close"}:
        return "\t"
    if token.type in _BLOCK_ENDS:
        return "\n" if token.hidden or token.type == "tr_close" else "\n\n"
    return "\n" if token.type == "table_close" else ""


def _list_marker(markers: list[int | None], token: Token) -> str:
    if "checked" in token.meta:
        return f"{_TASK_BOXES[token.meta['checked']]} "
    number = markers[-1]
    if number is None:
        return "- "
    markers[-1] = number + 1
    return f"{number}. "


def _inline_text(tokens: Sequence[Token]) -> str:
    parts: list[str] = []
    for token in tokens:
        if token.type == "image":
            parts.append(_inline_text(token.children or ()))
        elif token.type in {"softbreak", "hardbreak"}:
            parts.append("\n")
        else:
            parts.append(token.content)
    return "".join(parts)
