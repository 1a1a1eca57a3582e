"""What people type is read as a question, whatever it is."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from forum.search.parsing import MAX_UNITS, parse
from forum.search.query import Filter, Hint, Kind, Phrase, Query, Words

NAUGHTY = Path(__file__).parents[3] / "shared/data/hostile/naughty_strings.json"


def surfaces(query: Query) -> list[str]:
    return [unit.surface for clause in query.clauses if isinstance(clause, Words) for unit in clause.units]


def naughty_strings() -> list[str]:
    if not NAUGHTY.exists():
        pytest.skip("the collection of naughty strings is not here")
    return [entry["s"] for entry in json.loads(NAUGHTY.read_text())]


def test_words_are_wanted_together() -> None:
    assert surfaces(parse("키보드 환불")) == ["키보드", "환불"]


def test_a_minus_excludes_a_word() -> None:
    wanted, unwanted = parse("환불 -배송").clauses
    assert not wanted.negated
    assert unwanted.negated


def test_quotes_make_a_phrase_and_broken_ones_are_closed() -> None:
    for typed in ('"환불 문의"', '"환불 문의', "“환불 문의”"):
        (phrase,) = parse(typed).clauses
        assert isinstance(phrase, Phrase)
        assert phrase.terms.words == ("환불", "문의")


@pytest.mark.parametrize(
    ("typed", "kind", "values"),
    [
        ("author:Mina", Kind.AUTHOR, ("mina",)),
        ("@mina", Kind.AUTHOR, ("mina",)),
        ("글쓴이:민아", Kind.AUTHOR, ("민아",)),
        ('author:"Kim Mina"', Kind.AUTHOR, ("kim mina",)),
        ("category:help", Kind.CATEGORY, ("help",)),
        ("#help-desk", Kind.CATEGORY, ("help-desk",)),
        ("분류:도움말", Kind.CATEGORY, ("도움말",)),
        ("tag:a,b", Kind.TAG, ("a", "b")),
        ("태그:환불", Kind.TAG, ("환불",)),
    ],
)
def test_filters_are_read_in_both_languages(typed: str, kind: Kind, values: tuple[str, ...]) -> None:
    assert parse(typed).clauses == (Filter(kind, values),)


def test_a_filter_can_be_excluded() -> None:
    assert Filter(Kind.TAG, ("old",), negated=True) in parse("환불 -tag:old").clauses


def test_words_can_be_asked_for_in_titles_only() -> None:
    for typed in ("in:title 환불", "환불 in:title", "제목:환불", "title:환불"):
        (clause,) = parse(typed).clauses
        assert isinstance(clause, Words)
        assert clause.in_title


def test_an_unknown_key_is_plain_text() -> None:
    assert surfaces(parse("foo:bar https://naver.com")) == ["foo", "bar", "https", "naver", "com"]
    assert surfaces(parse("#1042")) == ["1042"]


def test_a_key_without_a_value_is_left_out() -> None:
    assert surfaces(parse("제목: 환불")) == ["환불"]


def test_common_words_are_dropped_beside_others() -> None:
    assert surfaces(parse("how to refund")) == ["refund"]


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("", Hint.EMPTY),
        ("   ", Hint.EMPTY),
        ("*", Hint.NOTHING_TO_FIND),
        ('"', Hint.NOTHING_TO_FIND),
        ('""', Hint.NOTHING_TO_FIND),
        ("((((", Hint.NOTHING_TO_FIND),
        ("-", Hint.NOTHING_TO_FIND),
        ("author:", Hint.NOTHING_TO_FIND),
        ("in:title", Hint.NOTHING_TO_FIND),
        ("the of and", Hint.COMMON_WORDS),
        ("-환불", Hint.ONLY_EXCLUDED),
    ],
)
def test_a_question_that_finds_nothing_says_why(typed: str, hint: Hint) -> None:
    query = parse(typed)
    assert query.clauses == ()
    assert query.hint is hint


def test_a_question_is_cut_to_its_first_units_and_characters() -> None:
    query = parse(" ".join(f"단어{'가' * number}나다" for number in range(40)))
    assert len(surfaces(query)) <= MAX_UNITS
    assert len(query.text) <= 200
    assert len(parse("@a " * 60).clauses) <= MAX_UNITS


def test_ten_thousand_characters_are_read_at_once() -> None:
    began = time.perf_counter()
    for text in ("가" * 10_000, '"' * 10_000, "-" * 10_000, "a:" * 5_000, "(" * 10_000, "ab " * 3_400):
        parse(text)
    assert time.perf_counter() - began < 1


def test_no_naughty_string_is_an_error() -> None:
    for text in naughty_strings():
        query = parse(text)
        assert bool(query.clauses) != (query.hint is not None)


def test_words_to_mark_leave_out_what_is_excluded() -> None:
    marked = parse('환불 -배송 "정품 인증" refunds').marked_words()
    assert {"환불", "정품", "인증", "refund"} <= marked
    assert "배송" not in marked
