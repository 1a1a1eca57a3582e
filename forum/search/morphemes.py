"""Korean words as their dictionary forms, by the Kiwi morphology where it is installed; nothing where it is not."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from resource import RUSAGE_SELF, getrusage
from typing import Any, NamedTuple

import structlog

log = structlog.get_logger(__name__)

PACKAGE = "kiwipiepy"
NEGATION = "안"  # 안 and 않다 say the same

_NOUNS = frozenset({"NNG", "NNP", "NNB", "NR", "NP", "XR"})
_VERBS = frozenset({"VV", "VA"})
_ADVERBS = frozenset({"MAG", "MAJ", "MM", "IC", "VCN"})
_PREFIX, _SUFFIX = "XPN", "XSN"
# Suffixes that say how many or how politely, not what.
_EMPTY_SUFFIXES = frozenset({"들", "님", "씩", "쯤", "끼리", "째"})
_NEGATING = {"않": NEGATION, "못하": "못", "말": "말다"}

# What is in every question and says nothing about its subject.
_COMMON = """
하다 되다 있다 이다 같다 주다 알다 알리다 드리다 바라다 어떻다 그렇다 이렇다 궁금 궁금하다 부탁 가능
어떻게 왜 어째서 무엇 뭐 뭘 언제 어디 누구 무슨 어떤 좀 너무 정말 진짜 아주 매우 혹시 그냥 자꾸 계속
갑자기 막 저 나 제 내 우리 저희 너 이 그 이것 그것 저것 이거 그거 저거 여기 거기 것 거 게 수 데 때문
등 뿐 채 건 안녕하세요 네 예 그리고 그런데 근데 그래서 하지만 아니다 경우 말다 후 이후
"""
COMMON = frozenset(_COMMON.split())


class Morpheme(NamedTuple):
    """A word's part that means something: its dictionary form and the characters it stands on."""

    term: str
    start: int
    end: int
    is_noun: bool
    # A part of a longer word that is listed as well: 설정 in 재설정.
    is_inner: bool = False
    # The verb from which this one was made: 느리다 for 느려지다.
    base: str = ""


@dataclass(slots=True)
class _Analyser:
    """The morphology of this process, loaded when it is first needed: it takes a second and 325 MB."""

    kiwi: Any = None
    is_tried: bool = False
    seconds: float = 0.0
    megabytes: int = 0


_here = _Analyser()
_loading = threading.Lock()


def is_installed() -> bool:
    """Whether the morphology could be loaded, without loading it."""
    return importlib.util.find_spec(PACKAGE) is not None


def is_loaded() -> bool:
    """Whether this process analyses by morphemes now."""
    return _here.kiwi is not None


def cost() -> tuple[float, int]:
    """How many seconds loading took in this process and how many megabytes it added; zeros before."""
    return _here.seconds, _here.megabytes


def load() -> bool:
    """Load the morphology once, its first analysis included; false where there is none or it does not work."""
    if _here.is_tried:
        return _here.kiwi is not None
    with _loading:
        if not _here.is_tried:
            if is_installed():
                _load()
            _here.is_tried = True
    return _here.kiwi is not None


def _load() -> None:
    began, before = time.perf_counter(), getrusage(RUSAGE_SELF).ru_maxrss
    try:
        module = importlib.import_module(PACKAGE)
        with warnings.catch_warnings():
            # It only says that 0 had another meaning in old releases.
            warnings.simplefilter("ignore", DeprecationWarning)
            # Both extra dictionaries cost 190 MB and change no result; threads of its own would not survive a fork.
            kiwi = module.Kiwi(num_workers=0, load_multi_dict=False, load_typo_dict=False)
        kiwi.tokenize("처음 읽는 글이 가장 오래 걸려요")
    except Exception as error:  # noqa: BLE001 - search goes on by pairs of syllables, whatever is wrong with it
        log.warning("morphology_not_loaded", error=repr(error))
        return
    _here.kiwi, _here.seconds = kiwi, round(time.perf_counter() - began, 2)
    _here.megabytes = (getrusage(RUSAGE_SELF).ru_maxrss - before) // 1024


def version() -> str | None:
    """Which morphology analyses here, as the index remembers it; None without one."""
    return f"kiwi {importlib.metadata.version(PACKAGE)}" if load() else None


def morphemes(folded: str) -> list[Morpheme]:
    """The telling morphemes of a folded text, in order; none where there is no morphology."""
    if not load():
        return []
    return list(_telling(_here.kiwi.tokenize(folded)))


class _Words:
    """Joins the morphemes of one text that make one word: 재+설정, 사용+자, 환불+금, 느리+어+지."""

    def __init__(self) -> None:
        self._before: Morpheme | None = None
        self._prefix: Any = None

    def read(self, token: Any) -> Iterator[Morpheme]:
        """The words that are whole with this morpheme."""
        found = _morpheme(token)
        prefix, self._prefix = self._prefix, token if token.tag == _PREFIX else None
        if found is None:
            yield from self._ending(token)
            return
        if prefix is not None and found.is_noun and prefix.start + prefix.len == found.start:
            yield found._replace(is_inner=True)
            found = found._replace(term=prefix.form + found.term, start=prefix.start)
        elif self._before is not None and _hangs_on(self._before, found):
            yield found._replace(is_inner=True)
            found = found._replace(term=self._before.term + found.term, start=self._before.start)
        self._before = found
        yield found

    def _ending(self, token: Any) -> Iterator[Morpheme]:
        before, end = self._before, token.start + token.len
        if before is None:
            return
        if before.is_noun:
            hangs_on = before.end == token.start and token.tag == _SUFFIX and token.form not in _EMPTY_SUFFIXES
            self._before = before._replace(term=before.term + token.form, end=end) if hangs_on else None
        elif token.tag == "EC" and token.form in ("어", "아"):
            return
        else:
            becoming = token.tag == "VX" and token.form == "지" and before.term.endswith("다")
            base = before.term
            self._before = before._replace(term=_becoming(base), end=end, base=base) if becoming else None
        if self._before is not None:
            yield self._before


@lru_cache(maxsize=10_000)
def _becoming(verb: str) -> str:
    """The verb for becoming so: 느려지다 for 느리다."""
    return str(_here.kiwi.join([(verb[:-1], "VV"), ("어", "EC"), ("지", "VX"), ("다", "EF")]))


def _telling(tokens: list[Any]) -> Iterator[Morpheme]:
    words = _Words()
    for token in tokens:
        yield from words.read(token)


def _hangs_on(before: Morpheme, found: Morpheme) -> bool:
    """Whether a noun of one syllable stands at the end of another noun, as 금 in 환불금."""
    return before.is_noun and found.is_noun and before.end == found.start and len(found.term) == 1


def _morpheme(token: Any) -> Morpheme | None:
    tag, form = token.tag.split("-")[0], token.form
    end = token.start + token.len
    if tag in _NOUNS:
        return Morpheme(form, token.start, end, True)
    if tag in _VERBS:
        negating = _NEGATING.get(form)
        return Morpheme(negating or f"{form}다", token.start, end, False)
    if tag in _ADVERBS:
        return Morpheme(f"{form}다" if tag == "VCN" else form, token.start, end, False)
    if tag == "VX" and form in _NEGATING:
        return Morpheme(_NEGATING[form], token.start, end, False)
    return None
