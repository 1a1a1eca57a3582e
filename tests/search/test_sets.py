"""The search finds what people mean: judged questions in Korean and English, by the command that others run too."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from forum.cli.evaluation import evaluate
from forum.search.analysis import chain

SETS = Path(__file__).parent / "sets"
# The least share that has to pass, with a morphology and without one.
WITH = {"basic": 0.97, "operator": 0.97, "hard": 0.8, "suggest": 0.9, "typing": 1.0, "safety": 1.0}
WITHOUT = {**WITH, "basic": 0.9, "hard": 0.6}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["korean", "english"])
def test_judged_questions_find_what_they_should(fresh_app: Callable[..., Flask], name: str) -> None:
    file = SETS / f"{name}.json"
    levels = {query["id"]: query["level"] for query in json.loads(file.read_text(encoding="utf-8"))["queries"]}
    with fresh_app().app_context():
        report = evaluate(file)
    asked = Counter(levels.values())
    passed = Counter(levels[one["id"]] for one in report["queries"] if one["pass"])
    needed = WITH if chain() == "kiwi" or name == "english" else WITHOUT
    failed = [one for one in report["queries"] if not one["pass"]]
    for level, count in asked.items():
        assert passed[level] >= needed[level] * count, (level, [one for one in failed if levels[one["id"]] == level])


def test_every_question_breaks_nothing(fresh_app: Callable[..., Flask]) -> None:
    with fresh_app().app_context():
        report = evaluate(SETS / "english.json")
    assert not [one["error"] for one in report["queries"] if "error" in one]
