"""The barriers behind the renderer: bleach, then nh3, then our own check of every attribute."""

from __future__ import annotations

import re
import threading
from typing import Final
from urllib.parse import urlsplit

import bleach
import nh3

from forum.kit.text.code import CLASS_PREFIX, LANGUAGES

LINK_REL: Final = "nofollow ugc noopener"
WEB_SCHEMES: Final = frozenset({"http", "https"})
LINK_SCHEMES: Final = WEB_SCHEMES | {"mailto"}

ALLOWED: Final[dict[str, frozenset[str]]] = {
    "a": frozenset({"href", "title"}),
    "blockquote": frozenset(),
    "br": frozenset(),
    "code": frozenset({"class"}),
    "div": frozenset({"class", "tabindex"}),
    "em": frozenset(),
    "h3": frozenset(),
    "h4": frozenset(),
    "h5": frozenset(),
    "h6": frozenset(),
    "hr": frozenset(),
    "img": frozenset({"alt", "loading", "src", "title"}),
    "li": frozenset({"class"}),
    "ol": frozenset({"class", "start"}),
    "p": frozenset(),
    "pre": frozenset({"tabindex"}),
    "s": frozenset(),
    "span": frozenset({"class"}),
    "strong": frozenset(),
    "table": frozenset(),
    "tbody": frozenset(),
    "td": frozenset({"class"}),
    "th": frozenset({"class"}),
    "thead": frozenset(),
    "tr": frozenset(),
    "ul": frozenset({"class"}),
}
_ALIGNMENTS: Final = frozenset({"align-left", "align-center", "align-right"})
_CLASSES: Final[dict[str, frozenset[str]]] = {
    "code": frozenset(f"language-{name}" for name in LANGUAGES.values()),
    "div": frozenset({"table-scroll"}),
    "li": frozenset({"task"}),
    "ol": frozenset({"tasks"}),
    "span": frozenset({"task-box"}),
    "td": _ALIGNMENTS,
    "th": _ALIGNMENTS,
    "ul": frozenset({"tasks"}),
}
# Pygments' short names: one to three letters or digits, sometimes two of them in one class attribute.
_CODE_CLASS: Final = re.compile(rf"{CLASS_PREFIX}[a-z0-9]{{1,4}}(?: {CLASS_PREFIX}[a-z0-9]{{1,4}})?")
_START: Final = re.compile(r"\d{1,9}")
_UNSAFE_IN_URL: Final = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\ud800-\udfff]")


def safe_href(url: str) -> bool:
    """Whether a link may point there: http, https, mailto, a path from the root, or a place in the page."""
    if _UNSAFE_IN_URL.search(url):
        return False
    if url.startswith(("/", "#")):
        return not url.startswith("//")
    return _is_absolute(url, LINK_SCHEMES)


def safe_src(url: str) -> bool:
    """Whether an image may come from there: http and https only."""
    return not _UNSAFE_IN_URL.search(url) and _is_absolute(url, WEB_SCHEMES)


def clean(html: str) -> str:
    """HTML reduced to the allow-list by three barriers, each of which would do alone."""
    return _nh3.clean(_bleach().clean(html))


def _is_absolute(url: str, schemes: frozenset[str]) -> bool:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading the port checks it
    except ValueError:
        return False
    if parts.scheme not in schemes:
        return False
    if parts.scheme == "mailto":
        return bool(parts.path) and not parts.netloc
    # Who writes "https://brand.example@elsewhere.example" wants the reader to mistake the host.
    return bool(parts.hostname) and "@" not in parts.netloc


def _allows(tag: str, name: str, value: str) -> bool:
    """Whether this attribute may stand on this tag with this value, as far as no address is concerned."""
    if name not in ALLOWED.get(tag, ()):
        return False
    if name == "class":
        return value in _CLASSES.get(tag, ()) or (tag == "span" and bool(_CODE_CLASS.fullmatch(value)))
    if name == "tabindex":
        return value == "0"
    if name == "loading":
        return value == "lazy"
    return name != "start" or bool(_START.fullmatch(value))


def _checked(tag: str, name: str, value: str) -> str | None:
    """nh3 hands over every attribute, decoded; what we do not know to be safe goes."""
    if name == "rel":
        return LINK_REL
    if not _allows(tag, name, value):
        return None
    if name == "href":
        return value if safe_href(value) else None
    if name == "src":
        return value if safe_src(value) else None
    return value


_nh3: Final = nh3.Cleaner(
    tags=set(ALLOWED),
    attributes={tag: set(names) for tag, names in ALLOWED.items() if names},
    attribute_filter=_checked,
    clean_content_tags={"script", "style"},
    url_schemes=set(LINK_SCHEMES),
    link_rel=LINK_REL,
    strip_comments=True,
)
_per_thread: Final = threading.local()


def _bleach() -> bleach.Cleaner:
    """One cleaner for each thread: making one costs as much as cleaning a page, and it cannot be shared."""
    cleaner: bleach.Cleaner | None = getattr(_per_thread, "cleaner", None)
    if cleaner is None:
        cleaner = bleach.Cleaner(
            tags=set(ALLOWED),
            attributes=_allows,
            protocols=set(LINK_SCHEMES),
            strip=True,
            strip_comments=True,
        )
        _per_thread.cleaner = cleaner
    return cleaner
