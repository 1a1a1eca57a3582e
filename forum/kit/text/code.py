"""Coloured code: CSS classes for the languages a community posts, plain text for everything else."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pygments.formatter import Formatter
    from pygments.lexer import Lexer

CLASS_PREFIX: Final = "hl-"
# How many characters are coloured in one text: some lexers need time that grows with the square of the
# length, most of all in long runs of white space.
HIGHLIGHT_LIMIT: Final = 4_000
_LONG_GAP: Final = re.compile(r"\s{100}")

# Only these lexers run on people's text: each was timed on hostile input.
LANGUAGES: Final = {
    "bash": "bash", "sh": "bash", "shell": "bash", "zsh": "bash", "console": "console",
    "c": "c", "h": "c", "cpp": "cpp", "c++": "cpp", "cs": "csharp", "csharp": "csharp", "c#": "csharp",
    "css": "css", "dart": "dart", "diff": "diff", "patch": "diff", "docker": "docker", "dockerfile": "docker",
    "go": "go", "golang": "go", "html": "html", "http": "http", "ini": "ini", "conf": "ini",
    "java": "java", "javascript": "javascript", "js": "javascript", "jsx": "javascript", "json": "json",
    "kotlin": "kotlin", "kt": "kotlin", "lua": "lua", "nginx": "nginx", "php": "php",
    "powershell": "powershell", "ps1": "powershell", "python": "python", "py": "python", "python3": "python",
    "r": "r", "ruby": "ruby", "rb": "ruby", "rust": "rust", "rs": "rust", "scala": "scala",
    "sql": "sql", "swift": "swift", "toml": "toml", "typescript": "typescript", "ts": "typescript",
    "tsx": "typescript",
    "xml": "xml", "yaml": "yaml", "yml": "yaml",
}  # fmt: skip


def is_coloured(source: str, language: str, budget: int) -> bool:
    """Whether a block gets colours: its language is known and it costs no more than `budget` characters."""
    return language.lower() in LANGUAGES and len(source) <= budget and not _LONG_GAP.search(source)


def code_block(source: str, language: str, *, coloured: bool) -> str:
    """One block of code as HTML, which can be reached by keyboard since it scrolls sideways."""
    name = LANGUAGES.get(language.lower())
    if name is None:
        return f'<pre tabindex="0"><code>{escape(source)}</code></pre>\n'
    inside = _coloured(source, name) if coloured else escape(source)
    return f'<pre tabindex="0"><code class="language-{name}">{inside}</code></pre>\n'


def _coloured(source: str, name: str) -> str:
    lexer, formatter = _lexer(name), _formatter()
    from pygments import format as to_html  # noqa: PLC0415 - most texts hold no code, and the import is slow

    coloured: str = to_html(lexer.get_tokens(source), formatter)
    return coloured


def _lexer(name: str) -> Lexer:
    """A new lexer each time: some keep state while they read."""
    return _lexer_class(name)(stripnl=False, ensurenl=False)


@lru_cache(maxsize=64)
def _lexer_class(name: str) -> type[Lexer]:
    from pygments.lexers import get_lexer_by_name  # noqa: PLC0415 - the same

    return type(get_lexer_by_name(name))


@lru_cache(maxsize=1)
def _formatter() -> Formatter[str]:
    from pygments.formatters.html import HtmlFormatter  # noqa: PLC0415 - the same

    return HtmlFormatter(nowrap=True, classprefix=CLASS_PREFIX)
