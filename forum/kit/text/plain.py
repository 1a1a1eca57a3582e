"""Plain text: one stored form, one line, excerpts, slugs, the language and the fingerprint of a text."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from html import unescape
from typing import Final, Literal

SLUG_LIMIT: Final = 80

# C0 and C1 controls but tab and newline, lone surrogates, and the two code points that XML (feeds) refuses.
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_NEWLINES: Final = re.compile("\r\n?|\x85")

# Bidirectional controls reorder what stands around them: harmless in a body, a disguise in a name.
_BIDI: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
# Characters without a glyph, the Hangul fillers among them: two names that differ by one look the same.
_ZERO_WIDTH: Final = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u2060-\u2065\u206a-\u206f"
    "\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
)
_HIDDEN: Final = re.compile(f"[{_BIDI}{_ZERO_WIDTH}]")
_PICTOGRAPH: Final = "\u2190-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
# A joiner is kept only where it builds one emoji out of several.
_LOOSE_JOINER: Final = re.compile(f"(?<![{_PICTOGRAPH}\ufe0f])\u200d|\u200d(?![{_PICTOGRAPH}])")
_EMOJI_GLUE: Final = re.compile("[\u200d\ufe0f]")
_SPACES: Final = re.compile(r"\s+")
_TAG: Final = re.compile(r"<[^>]*>?")

_FENCED: Final = re.compile(r"^(?:```|~~~).*?(?:^(?:```|~~~)|\Z)", re.MULTILINE | re.DOTALL)
_ADDRESS: Final = re.compile(r"https?://\S+")
_HANGUL: Final = re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")
_LATIN: Final = re.compile("[A-Za-z]")

_LAST_SPACE_FROM: Final = 0.6
_ELLIPSIS: Final = "…"


def normalise(text: str) -> str:
    """The form in which text is stored: NFC, `\\n` line ends, no space at the end, no controls.

    Tabs and newlines stay; lone surrogates go. Spaces at the end of inner lines stay: in Markdown they break
    the line. Applying it twice changes nothing.
    """
    text = _CONTROLS.sub("", _NEWLINES.sub("\n", text))
    return unicodedata.normalize("NFC", text).rstrip()


def single_line(text: str) -> str:
    """A title or a name: normalised, on one line, without bidirectional controls and invisible characters."""
    text = _LOOSE_JOINER.sub("", _HIDDEN.sub("", normalise(text)))
    return unicodedata.normalize("NFC", _SPACES.sub(" ", text).strip())


def without_hidden(text: str) -> str:
    """The text without any character that cannot be seen; for comparing, never for storing."""
    return _EMOJI_GLUE.sub("", _HIDDEN.sub("", text))


def excerpt(plain: str, limit: int) -> str:
    """The beginning of a plain text on one line, at most `limit` characters, the ellipsis included.

    Cuts after a word; inside a word only when that word fills the last part of the line, and then never
    between a letter and its marks or inside one emoji.
    """
    line = _SPACES.sub(" ", plain).strip()
    if len(line) <= limit:
        return line
    room = max(limit - 1, 0)
    cut = _whole_character(line, room)
    if line[cut] != " ":
        space = line.rfind(" ", int(room * _LAST_SPACE_FROM), cut)
        cut = space if space > 0 else cut
    return line[:cut].rstrip(" ,;:·-–") + _ELLIPSIS if limit > 0 else ""


def _whole_character(line: str, cut: int) -> int:
    """The nearest border at or before `cut` that splits no cluster of marks, jamo or joined emoji."""
    border = cut
    while border > 0 and (_continues(line[border]) or line[border - 1] == "\u200d"):
        border -= 1
    return border


def _continues(char: str) -> bool:
    is_inner_jamo = "\u1160" <= char <= "\u11ff"
    return is_inner_jamo or char == "\u200d" or unicodedata.category(char) in {"Mn", "Me", "Mc"}


def guess_lang(text: str) -> Literal["ko", "en", "und"]:
    """The language of a text by its share of Hangul; "und" where neither Hangul nor Latin letters lead.

    Code blocks and web addresses do not count. A seventh of Hangul is enough: Korean posts carry Latin names.
    """
    words = _ADDRESS.sub(" ", _FENCED.sub(" ", text))
    hangul = len(_HANGUL.findall(words))
    latin = len(_LATIN.findall(words))
    letters = sum(map(str.isalpha, words))
    if hangul and hangul * 7 >= hangul + latin and hangul * 2 >= letters - latin:
        return "ko"
    return "en" if latin and latin * 10 >= letters * 7 else "und"


def fingerprint(text: str) -> str:
    """A sha256 in hex that is equal for texts which differ only in case, spacing or invisible characters."""
    folded = _SPACES.sub(" ", without_hidden(normalise(text)).casefold()).strip()
    return hashlib.sha256(unicodedata.normalize("NFC", folded).encode()).hexdigest()


def slugify(title: str) -> str:
    """The readable end of an address: lower case, letters of any script and digits, hyphens; never empty.

    At most 80 characters, cut between words where one fits.
    """
    text = unicodedata.normalize("NFKC", without_hidden(normalise(title))).lower()
    slug = "-".join(_words(text))
    if len(slug) > SLUG_LIMIT:
        cut = slug.rfind("-", SLUG_LIMIT // 2, SLUG_LIMIT + 1)
        slug = slug[: cut if cut > 0 else SLUG_LIMIT].strip("-")
    return slug or "thread"


def text_of_html(html: str) -> str:
    """The words of HTML that our own pipeline rendered, on one line; much cheaper than parsing the Markdown again."""
    return _SPACES.sub(" ", unescape(_TAG.sub(" ", html))).strip()


def _words(text: str) -> list[str]:
    kept = (char if unicodedata.category(char)[0] in "LMN" else " " for char in text.replace("'", ""))
    return "".join(kept).split()
