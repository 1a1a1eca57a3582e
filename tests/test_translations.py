"""Every sentence of the source stands in every catalogue, and says the same there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages import Catalog, Message

from tests import catalogues

PATHS = sorted(catalogues.LOCALES.glob("*/LC_MESSAGES/messages.po"))
# Right in Korean as they stand in English.
SAME = {"{browser} on {system}"}


@pytest.fixture(scope="module")
def source() -> Catalog:
    """Every sentence of the source."""
    return catalogues.extracted()


@pytest.fixture(params=PATHS, ids=lambda path: path.parents[1].name)
def translated(request: pytest.FixtureRequest) -> Catalog:
    """Each catalogue in turn."""
    return catalogues.catalogue(request.param)


def test_korean_is_there() -> None:
    assert "ko" in {path.parents[1].name for path in PATHS}


def test_a_catalogue_holds_the_sentences_of_the_source_and_no_other(source: Catalog, translated: Catalog) -> None:
    told, held = catalogues.keys(source), catalogues.keys(translated)
    assert (sorted(told - held), sorted(held - told)) == ([], []), "run: python -m tests.catalogues"
    assert len(held) > 500


def test_nothing_waits_for_a_translator(translated: Catalog) -> None:
    assert catalogues.wrong(translated, catalogues.is_untranslated) == []


def test_a_translation_keeps_the_values_of_its_sentence(translated: Catalog) -> None:
    assert catalogues.wrong(translated, catalogues.loses_a_value) == []


def test_no_particle_is_left_undecided(translated: Catalog) -> None:
    assert catalogues.wrong(translated, catalogues.is_undecided) == []


def test_no_sentence_stays_english(translated: Catalog) -> None:
    assert sorted(set(catalogues.wrong(translated, catalogues.is_english)) - SAME) == []


def test_every_sentence_is_written_where_it_is_said() -> None:
    assert catalogues.unreadable() == []


def test_templates_say_nothing_outside_the_catalogues() -> None:
    templates = sorted((catalogues.ROOT / "templates").rglob("*.html"))
    found = {path.name: catalogues.untold(path.read_text()) for path in templates}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (catalogues.is_untranslated, Message("Save", "")),
        (catalogues.is_untranslated, Message(("{n} vote", "{n} votes"), ("",))),
        (catalogues.is_untranslated, Message("Save", "저장", flags=["fuzzy"])),
        (catalogues.loses_a_value, Message("Reply to {name}", "님에게 답글 쓰기")),
        (catalogues.loses_a_value, Message("Reply to {name}", "{nmae} 님에게 답글 쓰기")),
        (catalogues.loses_a_value, Message(("One word", "Up to {n} words"), ("한 낱말",))),
        (catalogues.is_undecided, Message("{name} left", "{name}이(가) 떠났습니다")),
        (catalogues.is_undecided, Message("Pin {name}", "{name}을(를) 고정")),
        (catalogues.is_undecided, Message("With {name}", "{name}와(과) 함께")),
        (catalogues.is_undecided, Message("Pin {name}", "{name}을 고정")),
        (catalogues.is_undecided, Message("Move to {name}", "‘{name}’으로 옮기기")),
        (catalogues.is_english, Message("Save", "Save")),
        (catalogues.is_english, Message("Save {n}", "Store {n}")),
    ],
)
def test_a_broken_translation_is_noticed(check: Callable[[Message], bool], message: Message) -> None:
    broken = Catalog(locale="ko")
    broken[message.id] = message
    assert len(catalogues.wrong(broken, check)) == 1


@pytest.mark.parametrize(
    "message",
    [
        Message("Reply to {name}", "{name} 님에게 답글 쓰기"),
        Message("{name} left", "{name} 님이 떠났습니다"),
        Message(("{n} comment", "{n} comments"), ("댓글 {n}개",)),
        Message("Seconds", "간격(초)"),
    ],
)
def test_a_good_translation_passes(message: Message) -> None:
    checks = (
        catalogues.is_untranslated,
        catalogues.loses_a_value,
        catalogues.is_undecided,
        catalogues.is_english,
    )
    assert [check for check in checks if check(message)] == []


@pytest.mark.parametrize(
    ("path", "written", "sentences", "unreadable"),
    [
        ("forum/a.py", 'from forum.kit.words import text\ntext("Saved.")', {("Saved.",)}, []),
        ("forum/a.py", "from forum.kit.words import text\ntext(why)", set(), ["forum/a.py:2"]),
        ("forum/a.py", 'from forum.kit.words import text\ntext(f"{n} left")', set(), ["forum/a.py:2"]),
        ("forum/a.py", 'from sqlalchemy import text\ntext("SELECT 1")', set(), []),
        ("templates/a/b.html", '{{ ngettext("{n} vote", "{n} votes", n) }}', {("{n} vote", "{n} votes")}, []),
        ("templates/a/b.html", "<p>\n{{ _(words) }}", set(), ["templates/a/b.html:2"]),
        (
            "forum/accounts/site.py",
            '_setting("a", 1, "Longest title", low=1)\n_setting("b", "", "Name", "In mail.", max_length=3)',
            {("Longest title",), ("Name",), ("In mail.",)},
            [],
        ),
    ],
)
def test_the_source_is_read(
    tmp_path: Path, path: str, written: str, sentences: set[tuple[str, ...]], unreadable: list[str]
) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(written)
    assert catalogues.keys(catalogues.extracted(tmp_path)) == sentences
    assert catalogues.unreadable(tmp_path) == unreadable


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<p>Not translated</p>", ["Not translated"]),
        ('<a title="Read this">{{ name }}</a>', ["Read this"]),
        ('<p class="lead">{{ _("Said") }} · {{ site.name }}</p>', []),
        ("{% block width %}narrow{% endblock %}", []),
    ],
)
def test_words_outside_the_catalogues_are_noticed(markup: str, words: list[str]) -> None:
    assert catalogues.untold(markup) == words
