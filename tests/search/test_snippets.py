"""What is shown of a hit is safe and shows the reader's own words."""

from __future__ import annotations

import re
import unicodedata

import pytest

from forum.search.parsing import parse
from forum.search.snippets import highlight, snippet
from tests.search.test_query import naughty_strings


@pytest.mark.parametrize(
    ("typed", "text", "marked"),
    [
        ("환불", "키보드 환불해주세요", ["환불"]),
        ("커뮤니티에서", "커뮤니티의 규칙", ["커뮤니티"]),
        ("데이터베이스", "데이터 베이스를 지웠다", ["데이터 베이스"]),
        ("배", "배우가 배를 탔다", ["배"]),
        ("refunds", "They Refunded me", ["Refunded"]),
        ("3.11", "Python 3.11.7", ["3.11.7"]),
        ("e1042", "Error E-1042.", ["E-1042"]),
        ('"정품 인증"', "정품 인증을 했다", ["정품", "인증"]),
        ("cafe", "Cafe\u0301 Madang", ["Café"]),
        ("東京", "東京都", ["東京"]),
    ],
)
def test_a_match_is_marked_as_the_reader_sees_it(typed: str, text: str, marked: list[str]) -> None:
    assert re.findall("<mark>(.*?)</mark>", snippet(text, parse(typed))) == marked


def test_markup_in_a_post_is_text() -> None:
    shown = snippet('<script>alert("환불")</script> & <mark>x</mark>', parse("환불 script"))
    assert "<script" not in shown
    assert "&lt;<mark>script</mark>&gt;alert(&quot;<mark>환불</mark>&quot;)" in shown
    assert "&lt;mark&gt;x&lt;/mark&gt;" in shown
    assert highlight("<b>환불</b>", parse("환불")) == "&lt;b&gt;<mark>환불</mark>&lt;/b&gt;"


def test_a_long_text_is_shown_around_its_first_match() -> None:
    shown = snippet("앞말 " * 300 + "환불 문의 " + "뒷말 " * 300, parse("환불"), width=120)
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert "<mark>환불</mark>" in shown
    assert len(re.sub("<.*?>", "", shown)) <= 122


def test_a_text_without_a_match_is_shown_from_its_beginning() -> None:
    assert snippet("짧은 글", parse("환불")) == "짧은 글"
    assert snippet("가나다 " * 200, parse("author:mina")).startswith("가나다")


def test_nothing_but_our_own_marks_is_ever_markup() -> None:
    for text in naughty_strings():
        composed = " ".join(unicodedata.normalize("NFC", text).split())
        for typed in (text, "a", "script"):
            shown = snippet(text, parse(typed), width=10_000)
            assert "<" not in shown.replace("<mark>", "").replace("</mark>", "")
            assert len(shown) >= len(composed)
            highlight(text, parse(typed))
