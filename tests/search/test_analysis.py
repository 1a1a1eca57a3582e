"""Text becomes the terms by which it is found."""

from __future__ import annotations

import unicodedata

import pytest

from forum.search.analysis import Unit, analyse, phrase_terms, query_units
from forum.search.folding import fold, fold_with_offsets


def _finds(unit: Unit, text: str) -> bool:
    terms = analyse(text)
    return any(
        all(word in terms.words for word in way.words)
        and all(any(pair in terms.grams for pair in group) for group in way.grams)
        for way in unit.alternatives
    )


def finds(question: str, text: str) -> bool:
    units = [unit for unit in query_units(question) if not unit.common]
    return bool(units) and all(_finds(unit, text) for unit in units)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("환불", "지난주에 산 키보드 환불해주세요."),
        ("환불", "환불정책이 궁금합니다"),
        ("환불을", "환불 규정"),
        ("환불해주세요", "환불은 언제 되나요"),
        ("환불했습니다", "환불 안내"),
        ("커뮤니티에서", "커뮤니티 규칙을 읽어 주세요"),
        ("커뮤니티에서만은", "커뮤니티"),
        ("친구들이", "친구를 만났다"),
        ("고양이", "고양이를 키워요"),
        ("배", "배가 아파요"),
        ("배", "사과와 배"),
        ("데이터베이스", "데이터 베이스를 지웠어요"),
        ("데이터 베이스", "데이터베이스를 지웠어요"),
        ("글쓰기", "글 쓰기 버튼"),
        ("글 쓰기", "글쓰기 버튼"),
        ("안돼요", "안 돼요"),
        ("안 돼요", "안돼요"),
        ("맥북에어", "맥북 에어"),
        ("아이폰", "아이폰15를 샀다"),
        ("iPhone", "iPhone은 비싸다"),
        ("iPhone은", "iPhone 수리"),
        ("ㅋㅋ", "ㅋㅋㅋㅋㅋㅋ"),
        ("덥네요", "오늘은 정말 더워요"),
        ("더운", "어제는 덥네요"),
        ("느림", "앱이 느려요"),
        ("꺼짐", "실행하면 꺼졌어요"),
        ("아름답다", "아름다운 정원"),
        ("나와요", "하얀 화면이 나옵니다"),
        ("로그인 안됨", "로그인이 되지 않아요"),
        ("비번", "비밀번호를 잊었어요"),
        ("환불은 어떻게 하나요", "환불 규정"),
        ("東京", "東京都"),
        ("カメラ", "新しいカメラ"),
    ],
)
def test_a_korean_question_finds_other_forms_of_its_words(question: str, text: str) -> None:
    assert finds(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("배", "배우가 배송을 기다린다"),
        ("배우", "배 우산"),
        ("고양이", "고양시 일산동"),
        ("문의", "문이 닫혔다"),
        ("나이", "나는 간다"),
        ("환불", "환전과 불만"),
        ("가지", "집에 가요"),
        ("바지", "바다에 갔다"),
        ("사과", "사람과 사이"),
    ],
)
def test_a_korean_question_does_not_find_words_that_only_look_alike(question: str, text: str) -> None:
    assert not finds(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("refund", "I was refunded yesterday"),
        ("refunds", "please refund me"),
        ("shipping", "They shipped it"),
        ("policies", "our policy"),
        ("café", "CAFE"),
        ("\uff21\uff22\uff23", "abc"),
        ("dont", "I don’t know"),
        ("user", "the user's name"),
        ("wifi", "Wi-Fi router"),
        ("wi-fi", "wifi router"),
        ("wi-fi", "wi fi router"),
        ("username", "getUserName and userName"),
        ("name", "getUserName"),
        ("foo_bar", "foobar"),
        ("iphone 15", "iPhone15"),
        ("c++", "C++ and C#"),
        ("c#", "C++ and C#"),
        ("naver", "https://www.naver.com/search?q=1"),
        ("3.11", "Python 3.11.7 is out"),
        ("3.11.7", "v3.11.7"),
        ("192.168.0.1", "ping 192.168.0.1 failed"),
        ("E-1042", "error E1042"),
        ("e1042", "Error E-1042 again"),
        ("1042", "Error E-1042 again"),
    ],
)
def test_a_latin_question_finds_other_spellings_of_its_words(question: str, text: str) -> None:
    assert finds(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("3.11.7", "3.12.1"),
        ("3.11.7", "3.11.70"),
        ("192.168.0.1", "192.168.0.10"),
        ("E-1042", "E-1043"),
        ("E-1042", "F-1042"),
        ("c++", "plan C"),
        ("university", "the universe"),
        ("organ", "organization"),
        ("cat", "category"),
    ],
)
def test_a_latin_question_does_not_find_what_differs(question: str, text: str) -> None:
    assert not finds(question, text)


def test_decomposed_hangul_is_the_same_text() -> None:
    assert analyse(unicodedata.normalize("NFD", "환불 문의")) == analyse("환불 문의")


def test_a_lone_consonant_stays_a_letter() -> None:
    assert fold("ㅋㅋ") == "ㅋㅋ"


def test_invisible_characters_and_half_surrogates_are_dropped() -> None:
    assert fold("환\u200b불\ud800\x00") == "환불"
    assert all(term.encode() for term in analyse("\udfffab\ud800").words)


def test_offsets_lead_back_into_the_text() -> None:
    text = "ﬁx ㈜마당 café"
    folded, offsets = fold_with_offsets(text)
    assert folded == "fix (주)마당 cafe"
    assert text[offsets[folded.index("마당")]] == "마"
    assert offsets[len(folded)] == len(text)


def test_forms_of_one_word_share_a_position() -> None:
    words = analyse("환불을 문의").words
    assert words["환불을"] == words["환불"] == [0]
    assert words["문의"] == [1]


def test_common_english_words_are_told_apart() -> None:
    assert [unit.common for unit in query_units("the refund")] == [True, False]


def test_a_phrase_keeps_its_order_and_may_go_on_in_korean() -> None:
    assert phrase_terms("환불 문의").words == ("환불", "문의")
    assert phrase_terms("환불 문의").open_end
    assert not phrase_terms("refund policy").open_end


@pytest.mark.parametrize(
    "text", ["", " ", "*", "((((", "\x00", "가" * 10_000, "a" * 10_000, "a-" * 5_000, "1." * 5_000]
)
def test_any_text_can_be_analysed(text: str) -> None:
    terms = analyse(text)
    assert max(map(len, terms.words), default=0) <= 64
    query_units(text)
    phrase_terms(text)
