"""Slips of the keys: the wrong language, and letters that are missing, doubled or swapped."""

from __future__ import annotations

from pathlib import Path

import pytest

from forum.search import engine
from forum.search.keyboard import as_hangul, as_latin, keys
from forum.search.spelling import corrected
from forum.search.suggestions import goes_on
from tests.search.test_index import post


@pytest.fixture
def indexed(tmp_path: Path) -> None:
    engine.configure(tmp_path / "search")
    texts = ("환불 배터리 세금계산서", "떡볶이를 먹었다", "segmentation fault", "database backup", "와이파이 비밀번호")
    engine.index().update([post(number, text) for number, text in enumerate(texts, 1)])


@pytest.mark.parametrize(
    ("typed", "word"),
    [("ghksqnf", "환불"), ("gksrmf", "한글"), ("Rkcl", "까치"), ("dkssudgktpdy", "안녕하세요"), ("ekfr", "닭")],
)
def test_latin_keys_become_the_korean_word(typed: str, word: str) -> None:
    assert as_hangul(typed) == word
    assert keys(word) == typed


def test_what_makes_no_syllables_is_no_korean() -> None:
    assert as_hangul("refund") is None
    assert as_hangul("3.11") is None
    assert as_latin("ㄱㄷ려ㅜㅇ") == "refund"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ghksqnf", "환불"),
        ("배터라", "배터리"),
        ("segmentaion", "segmentation"),
        ("세금계산소 환불", "세금계산서 환불"),
        ("data base", "database"),
        ("ㅇㅁㅅㅁㅠㅁㄴㄷ", "database"),
    ],
)
def test_a_word_that_is_nowhere_gives_way_to_one_that_is(indexed: None, typed: str, meant: str) -> None:
    assert corrected(typed) == meant


@pytest.mark.parametrize("typed", ["환불", "", "*", "author:minna", "xyzzyplugh", "배터리가"])
def test_what_is_right_or_hopeless_stays(indexed: None, typed: str) -> None:
    assert corrected(typed) is None


@pytest.mark.parametrize(
    ("typed", "word", "goes"),
    [
        ("로그이", "로그인", True),
        ("로긍", "로그인", True),
        ("로그ㅇ", "로그인", True),
        ("로가", "로그인", False),
        ("re", "refund", True),
    ],
)
def test_a_syllable_in_the_making_goes_on(typed: str, word: str, goes: bool) -> None:
    assert goes_on(typed, word) is goes
