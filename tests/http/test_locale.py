"""Saying moments, spans and sentences in Korean and English."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from forum.http import locale
from forum.http.paths import is_local, safe_next
from forum.kit import clock
from forum.kit.words import ntext, text

NOW = datetime(2026, 11, 21, 9, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "english", "korean"),
    [
        (5, "just now", "방금"),
        (8 * 60, "8 min ago", "8분 전"),
        (3 * 3600, "3 h ago", "3시간 전"),
        (26 * 3600, "yesterday", "어제"),
        (10 * 86400, "Nov 11", "11월 11일"),
        (400 * 86400, "Oct 17, 2025", "2025년 10월 17일"),
    ],
)
def test_how_long_ago(app: Flask, seconds: int, english: str, korean: str) -> None:
    with app.app_context(), clock.frozen(NOW):
        moment = NOW - timedelta(seconds=seconds)
        assert (locale.ago(moment, "en"), locale.ago(moment, "ko")) == (english, korean)


@pytest.mark.parametrize(
    ("seconds", "english", "korean"),
    [
        (30, "1 min", "1분"),
        (2460, "41 min", "41분"),
        (19 * 3600 + 59, "19 h", "19시간"),
        (187200, "2 d 4 h", "2일 4시간"),
    ],
)
def test_a_span_in_a_column(seconds: int, english: str, korean: str) -> None:
    assert (locale.span(seconds, "en"), locale.span(seconds, "ko")) == (english, korean)


def test_how_long_ago_in_a_column(app: Flask) -> None:
    with app.app_context(), clock.frozen(NOW):
        moments = [NOW - timedelta(seconds=seconds) for seconds in (30, 5 * 3600, 25 * 3600)]
        assert [locale.since(moment, "en") for moment in moments] == ["1 min", "5 h", "Nov 20"]
        assert [locale.since(moment, "ko") for moment in moments] == ["방금", "5시간 전", "11월 20일"]


def test_a_moment_is_told_in_the_zone_of_the_community(app: Flask, people) -> None:  # type: ignore[no-untyped-def]  # fixture
    people.settings(timezone="Asia/Seoul")
    with app.app_context(), clock.frozen(NOW):
        assert locale.moment(NOW, "en") == "Nov 21, 6:42 pm"
        assert locale.moment(NOW, "ko") == "11월 21일 오후 6:42"
        assert locale.moment(NOW.replace(hour=15), "ko") == "11월 22일 오전 12:42"


def test_a_number_decides_the_form_of_a_sentence(app: Flask) -> None:
    with app.app_context():
        said = [locale.say(ntext("{n} reply", "{n} replies", n=n), "en") for n in (0, 1, 2)]
    assert said == ["0 replies", "1 reply", "2 replies"]


def test_sentences_inside_sentences_are_said_too() -> None:
    assert locale.say(text("Why: {why}", why=text("too long")), "en") == "Why: too long"


@pytest.mark.parametrize(
    "target",
    [
        "//evil",
        "/\\evil",
        "///evil",
        "/%09/evil",
        "https:evil",
        "\\\\evil",
        "http://evil",
        "",
        None,
        "/a\tb",
        "/ /evil",
        "javascript:1",
        "evil",
    ],
)
def test_a_next_that_leaves_the_site_is_not_followed(target: str | None) -> None:
    assert not is_local(target) or not (target or "").lstrip("/").startswith("evil")
    assert safe_next(target) in {"/", "/%09/evil"}


@pytest.mark.parametrize("target", ["/t/1/slug", "/search?q=a//b", "/u/%EC%9C%A0%EC%A7%84", "/t/1/밥솥#p2"])
def test_a_next_on_the_site_is_followed(target: str) -> None:
    assert safe_next(target) == target
