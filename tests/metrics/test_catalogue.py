"""The catalogue: whole, in two languages, and never changed without saying so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from forum.kit.errors import NotFound
from forum.metrics.catalogue import live, metric, metrics
from forum.metrics.specs import SPECS

BOOK = Path(__file__).parent / "definitions.json"


def test_a_changed_definition_has_a_higher_version() -> None:
    """Whoever changes a formula raises `version` in the catalogue and writes version and hash here: figures restate."""
    known = json.loads(BOOK.read_text(encoding="utf-8"))
    assert {name: [one.version, one.definition_hash] for name, one in metrics().items()} == known


def test_every_definition_has_a_formula_in_code_and_the_other_way_round() -> None:
    assert set(metrics()) == set(SPECS)


@pytest.mark.parametrize("metric_id", list(metrics()))
def test_a_definition_says_everything_in_both_languages(metric_id: str) -> None:
    one = metric(metric_id)
    for words in (one.label, one.says, one.formula):
        assert set(words) == {"en", "ko"}
        assert re.search("[가-힣]", words["ko"])
        assert not re.search("[가-힣]|!", words["en"])
    assert one.says["en"].endswith(".") and one.says["ko"].endswith("요.")
    assert one.direction in {"up", "dn", "="}
    assert one.in_words("label", "ko_KR") == one.label["ko"]
    assert one.in_words("label", "fr") == one.label["en"]


def test_what_stands_beside_a_figure_to_guard_it_exists() -> None:
    planned = {"survey_response_rate"}
    assert {one.guard for one in metrics().values() if one.guard} - set(metrics()) <= planned
    assert {one.guard for one in live() if one.guard} - set(metrics()) == set()


def test_a_figure_nobody_knows_is_not_found() -> None:
    with pytest.raises(NotFound):
        metric("happiness")
