"""Hostile inputs for the text tests: the shared collection beside the checkout, and a checker of HTML."""

from __future__ import annotations

import base64
import json
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from forum.kit.text.clean import ALLOWED

BODY_LIMIT = 32_000
COLLECTION = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "hostile"
VOID = {"br", "hr", "img"}


def collected(name: str) -> Any:
    """One file of the collection; skips the test where the collection is not there."""
    path = COLLECTION / name
    if not path.exists():
        pytest.skip(f"the shared data is not beside this checkout: shared/data/hostile/{name}")
    return json.loads(path.read_text(encoding="utf-8"))


def rows(name: str) -> list[dict[str, Any]]:
    """One file of the collection that is a list of rows; skips as `collected` does."""
    found: list[dict[str, Any]] = collected(name)
    return found


def pathological() -> dict[str, str]:
    """The pathological Markdown by name, cut to what a post may hold; inputs equal by then only once."""
    names: dict[str, str] = {}
    for row in rows("pathological_markdown.json"):
        text = zlib.decompress(base64.b64decode(row["zlib_b64"])).decode()[:BODY_LIMIT]
        names.setdefault(text, f"{row['id']} {row['name']}")
    return {name: text for text, name in names.items()}


class Offences(HTMLParser):
    """Reads HTML with a parser of its own and notes all that a rendered text must not hold."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        self.found.extend(f"<{tag}> is not closed" for tag in self.open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED:
            self.found.append(f"<{tag}>")
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name not in ALLOWED.get(tag, ()) and (tag, name) != ("a", "rel"):
                self.found.append(f"{tag} {name}")
            if name in {"href", "src"} and not self._is_safe(tag, value or ""):
                self.found.append(f"{name}={value}")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.found.append(f"</{tag}> closes something else")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"comment {data}")

    def handle_decl(self, decl: str) -> None:
        self.found.append(f"declaration {decl}")

    def handle_pi(self, data: str) -> None:
        self.found.append(f"instruction {data}")

    def _is_safe(self, tag: str, url: str) -> bool:
        if tag == "a" and url.startswith(("#", "/")):
            return not url.startswith(("//", "/\\"))
        schemes = {"http", "https"} | ({"mailto"} if tag == "a" else set())
        return url == url.strip() and urlsplit(url).scheme in schemes


def offences(html: str) -> list[str]:
    """What is wrong with rendered HTML; empty when it keeps to the allow-list and is balanced."""
    return Offences(html).found
