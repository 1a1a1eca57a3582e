"""Markdown as Korean is written: emphasis before a particle, links that end where the particle begins."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from linkify_it import LinkifyIt
from linkify_it.main import Match
from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline import linkify as upstream_linkify
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token
from markdown_it.utils import EnvType

# Hangul (syllables and jamo), kana, Han, CJK punctuation and full-width forms.
_CJK: Final = re.compile(
    "[\u1100-\u11ff\u2e80-\u2fdf\u3000-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)
_HANGUL: Final = re.compile("[가-힣]")

# What follows a web address in a Korean sentence without a space.
_PARTICLE_LIST: Final = """
은 는 이 가 을 를 의 에 로 와 과 도 만 나 랑 고 며 님 뿐 죠 요 엔
으로 이나 이랑 에서 에게 께서 부터 까지 보다 처럼 마다 이고 이며 인데 라고 라는 라서
이다 밖에 대로 하고 이죠 네요 라면 거나 이든 든지 로요 이요 이에 지만 인지 에요 예요
에는 에도 에만 에선 에의 로는 로도 로만 와는 과는 와의 과의 와도 과도 만은 만이 만을
입니다 입니까 이에요 이예요 이라고 이라는 이라서 이네요 인가요 이지만 인데요 이라면 이거나 이든지
에서는 에서도 에서만 에서의 에서부터 에서요 으로는 으로도 으로만 으로요 으로부터 로부터 부터는
까지는 까지도 까지의 라고요 이라고요 이랍니다 였습니다 이었습니다
"""
_PARTICLES: Final = frozenset(_PARTICLE_LIST.split())
# A run of ASCII followed by a run of Hangul; both possessive, so the text is walked once.
_ASCII_THEN_HANGUL: Final = re.compile("([!-~]++)([가-힣]++)")
# A host name that ends the run and does not stand inside a path or a query.
_HOST_END: Final = re.compile(r"(?:^|//|[@(\[{<>\"',;:])(?:[a-z0-9-]+\.)+[a-z]{2,24}(?::\d{1,5})?$", re.IGNORECASE)
_HOST_LIMIT: Final = 260
_HOST_GOES_ON: Final = re.compile(r"[a-z0-9-]*\.[a-z]{2,24}(?![a-z0-9])", re.IGNORECASE)
_ADDRESS_START: Final = re.compile(r"://|www\.|^[^/]*?(?:[a-z0-9-]\.)[a-z]{2,24}(?::\d{1,5})?/", re.IGNORECASE)
# A host with Hangul in it can end only in a known top domain.
_HANGUL_HOST: Final = re.compile(
    r"://[a-z0-9가-힣.-]{1,253}\.(?:[a-z]{2,24}|한국)(?::\d{1,5})?(?=[가-힣])", re.IGNORECASE
)
_PATH_OR_QUERY: Final = tuple("/=?&#-_%+.~")
_SCHEME: Final = re.compile(r"(?:^|[^a-z0-9.+-])([a-z][a-z0-9.+-]*)$", re.IGNORECASE)
_SCHEME_LIMIT: Final = 16
_GAP: Final = "\u3000"
_LONGEST_ADDRESS: Final = re.compile(r"\S{0,2048}")


class KoreanInlineState(StateInline):
    """The inline state whose emphasis markers may touch a Korean particle on their outer side."""

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803 - the library's names
        """As upstream, but beside CJK text punctuation inside the markers does not forbid emphasis."""
        scanned = super().scanDelims(start, canSplitWord)
        end = start + scanned.length
        last = self.src[start - 1] if start else " "
        following = self.src[end] if end < self.posMax else " "
        cjk_before, cjk_after = bool(_CJK.match(last)), bool(_CJK.match(following))
        if not (cjk_before or cjk_after):
            return scanned
        left = not _is_space(following) and (
            not _is_punct(following) or _is_space(last) or _is_punct(last) or cjk_before
        )
        right = not _is_space(last) and (
            not _is_punct(last) or _is_space(following) or _is_punct(following) or cjk_after
        )
        return Scanned(
            left and (canSplitWord or not right or _is_punct(last)),
            right and (canSplitWord or not left or _is_punct(following)),
            scanned.length,
        )


class KoreanInlineParser(ParserInline):
    """The inline parser that reads with the Korean state."""

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        """As upstream, with the Korean state."""
        state = KoreanInlineState(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


class KoreanLinkify(LinkifyIt):  # type: ignore[misc]  # the library has no types
    """The link finder that does not take a particle for a part of the address."""

    def pretest(self, text: str) -> bool:
        """As upstream, on the masked text."""
        return bool(super().pretest(mask(text)))

    def test(self, text: str) -> bool:
        """As upstream, on the masked text."""
        return bool(super().test(mask(text)))

    def match(self, text: str) -> list[Match] | None:
        """As upstream, on the masked text: offsets stay those of the original."""
        found: list[Match] | None = super().match(mask(text))
        return found

    def match_at_start(self, text: str) -> Match | None:
        """As upstream, on the masked text; an address holds no space, so only its own word is masked."""
        word = _LONGEST_ADDRESS.match(text)
        if word and _HANGUL.search(word[0]):
            text = mask(word[0]) + text[word.end() :]
        return super().match_at_start(text)


def bare_link(state: StateInline, silent: bool) -> bool:
    """The inline rule for bare web addresses, as upstream, in constant time where there is none.

    Upstream searches all pending text for the scheme, at every "://": the square of the text's length.
    """
    if not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.pending[-_SCHEME_LIMIT:])
    return bool(scheme and scheme[1].lower() in {"http", "https"} and upstream_linkify(state, silent))


@lru_cache(maxsize=8)
def mask(text: str) -> str:
    """The text at the same length with a gap wherever a Korean word begins that is no part of an address."""
    if not text.isascii() and "." in text and _HANGUL.search(text):
        gaps = _gaps(text)
        if gaps:
            chars = list(text)
            for gap in gaps:
                chars[gap] = _GAP
            return "".join(chars)
    return text


def _gaps(text: str) -> list[int]:
    gaps = [
        found.start(2) for found in _ASCII_THEN_HANGUL.finditer(text) if "." in found[1] and _ends_address(text, found)
    ]
    gaps.extend(found.end() for found in _HANGUL_HOST.finditer(text))
    return gaps


def _ends_address(text: str, found: re.Match[str]) -> bool:
    """Whether the Hangul after this run of ASCII stands outside the address that the run is."""
    run, word = found[1], found[2]
    is_particle = word in _PARTICLES
    if _HOST_END.search(run[-_HOST_LIMIT:]):
        return is_particle or not _HOST_GOES_ON.match(text, found.end())
    if not is_particle or not _ADDRESS_START.search(run[:_HOST_LIMIT]):
        return False
    if text[found.end() : found.end() + 1].startswith(("/", "=", "&", "-", "_", "%")):
        return False
    return not run.endswith(_PATH_OR_QUERY) or (run.endswith("/") and len(word) > 1)


def _is_space(char: str) -> bool:
    return isWhiteSpace(ord(char))


def _is_punct(char: str) -> bool:
    return isMdAsciiPunct(ord(char)) or isPunctChar(char)
