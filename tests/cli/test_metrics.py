"""`flask metrics …`: made, checked, exported, explained and replayed from the command line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from flask import Flask

from forum.kit import clock
from forum.kit.db import transaction
from forum.metrics import queries
from forum.metrics.models import MetricDay
from tests.cli.shell import document, refused, run
from tests.metrics.town import Town, build
from tests.people import People

CASES = Path(__file__).parents[1] / "metrics" / "cases"


@pytest.fixture
def town(people: People) -> Town:
    return build(people)


def test_figures_are_made_checked_and_found_damaged(app: Flask, town: Town) -> None:
    with clock.frozen(town.end):
        assert document(app, "metrics", "rebuild")["figures"] > 100
        assert document(app, "metrics", "verify") == {"ok": True, "differing": {"count": 0, "figures": []}}
        assert document(app, "metrics", "refresh") == {"changed": False}
        with app.app_context(), transaction() as session:
            session.query(MetricDay).filter_by(metric_id="threads", grain="day").update({"numerator": 7})
        told = document(app, "metrics", "verify", status=1)
        assert told["differing"]["count"] == 5
        assert "threads 2026-06-01 day" in told["differing"]["figures"]


def test_the_outbox_is_drained_with_its_figures(app: Flask, town: Town) -> None:
    with clock.frozen(town.end):
        run(app, "outbox", "drain", "--json")
        with app.app_context():
            assert queries.version() == 1


def test_an_export_is_a_table_of_tidy_rows(app: Flask, town: Town) -> None:
    with clock.frozen(town.end):
        found = run(app, "metrics", "export", "--from", "2026-06-01", "--to", "2026-06-03", "--metric", "threads")
        again = run(app, "metrics", "export", "--from", "2026-06-01", "--to", "2026-06-03", "--metric", "threads")
        lines = run(app, "metrics", "export", "--format", "ndjson", "--from", "2026-06-01", "--to", "2026-06-02")
        whole = run(app, "metrics", "export", "--format", "json", "--from", "2026-06-01", "--to", "2026-06-02")
    assert found.stdout == again.stdout
    rows = list(csv.DictReader(io.StringIO(found.stdout)))
    assert [(row["day"], row["grain"], row["value"]) for row in rows if row["basis"] == "restated"] == [
        ("2026-06-01", "day", "1"), ("2026-06-01", "28d", "1"), ("2026-06-02", "day", "1"), ("2026-06-02", "28d", "2"),
    ]  # fmt: skip
    assert list(rows[0]) == list(queries.EXPORT_COLUMNS)
    assert {json.loads(line)["day"] for line in lines.stdout.splitlines()} == {"2026-06-01"}
    assert {"definitions", "rows"} == json.loads(whole.stdout).keys()


def test_a_figure_is_explained_by_its_rows(app: Flask, town: Town) -> None:
    with clock.frozen(town.end):
        told = document(app, "metrics", "explain", "threads", "--period", "2026-06")
        said = run(app, "metrics", "explain", "threads", "--period", "2026-06").stdout
    assert (told["figure"]["value"], told["counted"], told["excluded"]) == (5, 5, {"removed_spam": 1})
    assert len(told["rows"]) == 6
    assert "Question number 3" in said and "1 removed_spam" in said


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json"))[:3], ids=lambda path: path.stem)
def test_a_replay_prints_one_document_and_stores_nothing(app: Flask, path: Path) -> None:
    told = document(app, "metrics", "replay", str(path))
    case = json.loads(path.read_text(encoding="utf-8"))
    assert told["case"] == case["id"]
    assert list(told["figures"]) == case["metrics"]
    with app.app_context():
        assert queries.version() == 0


def test_what_cannot_be_replayed_is_named(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "case.json"
    file.write_text("{", encoding="utf-8")
    assert "is not JSON" in refused(app, "metrics", "replay", str(file))
    file.write_text(json.dumps({"params": {"tz": "Nowhere"}, "metrics": [], "events": []}), encoding="utf-8")
    assert "params.tz" in refused(app, "metrics", "replay", str(file))


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("explain", "happiness"), "happiness"),
        (("explain", "threads", "--period", "june"), "period"),
        (("export", "--from", "june"), "from"),
        (("export", "--metric", "happiness"), "happiness"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_name(app: Flask, arguments: tuple[str, ...], word: str) -> None:
    assert word in refused(app, "metrics", *arguments)
