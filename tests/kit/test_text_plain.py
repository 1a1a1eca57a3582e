"""Plain text: the stored form, one line, excerpts, languages, fingerprints, slugs and look-alike names."""

from __future__ import annotations

import random
import unicodedata

import pytest

from forum.kit.text import excerpt, fingerprint, guess_lang, normalise, single_line, skeleton, slugify
from tests.kit.hostile import collected

FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("a\r\nb\rc\x85d", "a\nb\nc\nd"),
        ("a\x00\x08\x1b[31mb\x7f\x9fc", "a[31mbc"),
        ("tab\tstays", "tab\tstays"),
        ("line  \nbreak", "line  \nbreak"),
        ("  indented \n\t \n", "  indented"),
        ("\ud800lone\udfff", "lone"),
        ("e\u0301", "é"),
        ("한", "한"),
        ("e\x00\u0301", "é"),
        ("\u202eabc\u202c \u2066x\u2069", "\u202eabc\u202c \u2066x\u2069"),
        (FAMILY, FAMILY),
        ("a\ufffe\uffffb", "ab"),
    ],
)
def test_text_is_stored_in_one_form(text: str, stored: str) -> None:
    assert normalise(text) == stored


def test_normalising_and_folding_twice_change_nothing() -> None:
    rng = random.Random(5)
    pool = [
        "\r",
        "\n",
        "\x00",
        "\u0301",
        "e",
        " ",
        "\u200d",
        "👩",
        "ᄒ",
        "ᅡ",
        "ᆫ",
        "\ud800",
        "\ufe0f",
        "a",
        "\u3164",
        "각",
    ]
    for _ in range(3_000):
        text = "".join(rng.choices(pool, k=8))
        assert normalise(normalise(text)) == normalise(text)
        assert single_line(single_line(text)) == single_line(text)
        assert skeleton(skeleton(text)) == skeleton(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\ntwo\tthree\u2028four\r\nfive", "one two three four five"),
        ("  a   b  ", "a b"),
        ("admin\u202egnp.exe", "admingnp.exe"),
        ("a\u200b\u200c\u200d\u2060\ufeffb\u00adc", "abc"),
        ("가\u3164\u115f\u1160나", "가나"),
        (f"우리 {FAMILY} 가족", f"우리 {FAMILY} 가족"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("\u2066\u2067\u2068\u2069\u200e\u200f\u061c", ""),
    ],
)
def test_a_title_is_one_line_without_invisible_characters(text: str, line: str) -> None:
    assert single_line(text) == line


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("short", 10, "short"),
        ("a\n\n b", 10, "a b"),
        ("The quick brown fox jumps", 15, "The quick…"),
        ("The quick brown fox", 16, "The quick brown…"),
        ("안녕하세요 오늘은 날씨가", 10, "안녕하세요 오늘은…"),
        ("가나다라마바사아자차카타파하", 5, "가나다라…"),
        ("말, 그리고 또", 6, "말, 그리…"),
        ("안녕, 세상아 반가워", 5, "안녕…"),
        (FAMILY * 3, 8, FAMILY + "…"),
        ("e\u0323\u0302" * 5, 6, "e\u0323\u0302…"),
        ("anything", 0, ""),
    ],
)
def test_an_excerpt_ends_after_a_word_or_a_whole_character(text: str, limit: int, cut: str) -> None:
    assert excerpt(text, limit) == cut
    assert len(cut) <= limit


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("안녕하세요", "ko"),
        ("ㅋㅋㅋ", "ko"),
        ("안녕하세요 Flask 3.1 업데이트 how to install Python package on Windows", "ko"),
        ("```\nlong code with many latin letters\n```\n왜 안 되나요?", "ko"),
        ("안녕 https://very.long.example.com/path/with/latin/letters", "ko"),
        ("Hello there", "en"),
        ("The Korean word for yard is 마당, and everybody meets there", "en"),
        ("こんにちは世界", "und"),
        ("Привет мир", "und"),
        ("12345 !?", "und"),
        ("", "und"),
    ],
)
def test_the_language_is_guessed_by_the_share_of_hangul(text: str, lang: str) -> None:
    assert guess_lang(text) == lang


def test_a_fingerprint_ignores_case_spacing_and_invisible_characters() -> None:
    assert len({fingerprint(text) for text in ("Buy  Now", "buy\nnow ", "b\u200buy n\u3164ow", "\ufeffBUY NOW")}) == 1
    assert fingerprint("한") == fingerprint("한")
    assert fingerprint("buy now") != fingerprint("buynow")
    assert fingerprint("") == fingerprint("\u200b \n")


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("안녕하세요, 반갑습니다!", "안녕하세요-반갑습니다"),
        ("Hello, World's  Best", "hello-worlds-best"),
        ("C++ & C#", "c-c"),
        ("../../etc/passwd", "etc-passwd"),
        ("नमस्ते दुनिया", "नमस्ते-दुनिया"),
        ("Ｆｕｌｌ Width", "full-width"),
        ("  ", "thread"),
        ("🎉🎉", "thread"),
        ("\u202e\u200b", "thread"),
        ("가" * 100, "가" * 80),
        ("word " * 40, "-".join(["word"] * 16)),
    ],
)
def test_a_slug_is_readable_and_never_empty(title: str, slug: str) -> None:
    assert slugify(title) == slug
    assert slugify(slug) == slug


@pytest.mark.parametrize(
    "alike",
    [
        "ADMIN",
        "аdmin",
        "аdмin",
        "adm1n",
        "admln",
        "adm|n",
        "ａｄｍｉｎ",
        "ádmïn",
        "ad\u200bmin",
        "𝐚𝐝𝐦𝐢𝐧",
        "αdmin",
        "adrnin",
        "@dmin",
        "ⓐⓓⓜⓘⓝ",
        "аԁмıп",
    ],
)
def test_look_alikes_of_a_name_share_its_skeleton(alike: str) -> None:
    assert skeleton(alike) == skeleton("admin")


def test_different_names_keep_different_skeletons() -> None:
    names = [
        "admin",
        "마당",
        "마덩",
        "김철수",
        "김철주",
        "brand",
        "band",
        "user2",
        "user3",
        "moderator",
        "각",
        "간",
        "ㄱ",
    ]
    assert len({skeleton(name) for name in names}) == len(names)


def test_hangul_stays_as_it_is_in_a_skeleton() -> None:
    assert skeleton("마당지기") == "마당지기"
    assert skeleton(unicodedata.normalize("NFD", "마당지기")) == "마당지기"


def test_the_skeleton_knows_nine_in_ten_of_the_known_look_alikes() -> None:
    table: dict[str, list[str]] = collected("confusables.json")
    pairs = [(letter, alike) for letter in "abcdefghijklmnopqrstuvwxyz" for alike in table.get(letter, ())]
    known = sum(skeleton(letter) == skeleton(alike) for letter, alike in pairs)
    print(f"look-alikes known: {known} of {len(pairs)}")
    assert known / len(pairs) >= 0.9
