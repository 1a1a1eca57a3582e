"""Replays: every case worked by hand comes out, and mistakes in a document are named."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from forum.kit.errors import Invalid
from forum.metrics.catalogue import metrics
from forum.metrics.replay import replay

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def fits(found: Any, expected: Any) -> bool:
    """Whether everything that is expected is there; numbers to one in ten thousand."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(key in found and fits(found[key], expected[key]) for key in expected)
    if isinstance(expected, float) and isinstance(found, int | float):
        return bool(found == pytest.approx(expected, rel=1e-4))
    return bool(found == expected and type(found) is not bool)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_worked_by_hand_comes_out(path: Path) -> None:
    document = read(path)
    figures = replay(document)["figures"]
    wrong = {
        name: figures[name] for name, expected in document["expected"].items() if not fits(figures[name], expected)
    }
    assert wrong == {}, {name: document["expected"][name] for name in wrong}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_order_and_repetition_change_nothing(path: Path) -> None:
    document = read(path)
    before = json.dumps(replay(document), sort_keys=True)
    for seed in range(3):
        chance = random.Random(seed)
        events = [*document["events"], *chance.sample(document["events"], k=len(document["events"]) // 2)]
        chance.shuffle(events)
        assert json.dumps(replay({**document, "events": events}), sort_keys=True) == before


def test_every_figure_of_the_catalogue_has_a_case() -> None:
    asked = {name for path in CASES for name in read(path)["expected"]}
    assert set(metrics()) - asked == set()


def test_an_unknown_figure_is_said_to_be_unknown_and_the_others_are_computed() -> None:
    figures = replay({"metrics": ["happiness", "threads"], "events": []})["figures"]
    assert (figures["happiness"]["value"], figures["happiness"]["status"]) == (None, "unknown_metric")
    assert figures["threads"]["value"] == 0


EVENT = {"id": "1", "type": "page_view", "at": "2026-05-01T00:00:00Z", "actor": "a", "class": "member"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"params": []}, "params"),
        ({"params": {"tz": "Mars/Olympus"}}, "params.tz"),
        ({"params": {"tz": 3}}, "params.tz"),
        ({"params": {"window": ["2026-05-01T00:00:00Z"]}}, "params.window"),
        ({"params": {"window": ["2026-05-02T00:00:00Z", "2026-05-01T00:00:00Z"]}}, "params.window"),
        ({"params": {"window": ["yesterday", "today"]}}, "params.window"),
        ({"params": {"day": "31 May"}}, "params.day"),
        ({"params": {"as_of": 7}}, "params.as_of"),
        ({"params": {"as_of_local": "soon"}}, "params.as_of_local"),
        ({"params": {"cohort_local_days": []}}, "params.cohort_local_days"),
        ({"params": {"day": "2026-05-01", "close_after_hours": "72"}}, "params.close_after_hours"),
        ({"params": {"window_local_days": 28}}, "params.window_local_days"),
        ({"metrics": "threads"}, "metrics"),
        ({"events": {}}, "events"),
        ({"events": ["e1"]}, "events[0]"),
        ({"events": [{**EVENT, "id": None}]}, "events[0].id"),
        ({"events": [{**EVENT, "type": ""}]}, "events[0].type"),
        ({"events": [EVENT, {**EVENT, "id": "2", "at": "2026-05-01"}, {**EVENT, "id": "3", "at": "noon"}]}, "events[2].at"),
        ({"events": [{**EVENT, "class": "robot"}]}, "events[0].class"),
        ({"events": [{**EVENT, "received_at": "later"}]}, "events[0].received_at"),
        ({"metrics": ["retention_bracket"], "params": {"bracket": "a week"}}, "params (retention_bracket)"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_document_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        replay({"id": "x", "params": {}, "metrics": ["threads"], "events": [], **change})
    assert list(refusal.value.fields) == [field]


def test_four_weeks_may_be_given_as_a_number_of_local_days() -> None:
    views = [{**EVENT, "id": str(day), "actor": f"m{day}", "at": f"2026-05-{day:02}T12:00:00Z"} for day in range(1, 31)]
    params = {"tz": "UTC", "day": "2026-05-28", "window_local_days": 7, "mau_days": 3}
    figures = replay({"params": params, "metrics": ["page_views", "mau"], "events": views})["figures"]
    assert (figures["page_views"]["value"], figures["mau"]["value"]) == (7, 3)
