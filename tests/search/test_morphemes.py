"""With the Korean morphology installed, words are found in every inflected form; without it these skip."""

from __future__ import annotations

import pytest

from forum.search import morphemes
from forum.search.analysis import analyse, chain, version
from forum.search.parsing import parse
from forum.search.snippets import snippet
from tests.search.test_analysis import finds

pytestmark = pytest.mark.skipif(not morphemes.is_installed(), reason="kiwipiepy is not installed")


def test_the_chain_names_the_morphology_and_its_version() -> None:
    assert chain() == "kiwi"
    assert "kiwi 0." in version()


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("덥다", "오늘은 정말 더워요"),
        ("더운", "어제는 덥네요"),
        ("아름답다", "아름다운 정원"),
        ("느려요", "앱이 느려졌어요"),
        ("느려졌어요", "앱이 느립니다"),
        ("안돼요", "로그인이 되지 않습니다"),
        ("되지 않아요", "로그인이 안됨"),
        ("화면 안켜짐", "화면이 켜지지 않아요"),
        ("재설정", "비밀번호 재설정"),
        ("설정", "비밀번호 재설정"),
        ("사용자", "사용자가 많다"),
        ("환불금", "환불금 입금"),
        ("걷기", "매일 걸어서 다녀요"),
        ("데이터베이스", "데이터 베이스 백업"),
        ("회원가입", "회원 가입"),
    ],
)
def test_an_inflected_word_finds_its_other_forms(question: str, text: str) -> None:
    assert finds(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [("배", "배우가 배송을 기다린다"), ("재설정", "설정 화면"), ("사용자", "사용법"), ("고양이", "고양시 일산")],
)
def test_a_word_does_not_find_others_with_the_same_syllables(question: str, text: str) -> None:
    assert not finds(question, text)


def test_politeness_is_no_part_of_a_question() -> None:
    assert [unit.surface for unit in parse("환불 방법을 알려주세요").units()] == ["환불", "방법을"]


def test_an_inflected_form_is_marked_as_the_reader_sees_it() -> None:
    assert "<mark>더워요</mark>" in snippet("오늘 더워요", parse("덥다"))


def test_characters_beyond_the_first_plane_do_not_shift_words() -> None:
    assert analyse("😀😀 환불을 받았어요").words["환불"] == [0]
