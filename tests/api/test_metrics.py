"""Figures in the API: definitions, series, evidence and exports, for keys made for it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

import pytest
import time_machine

from forum.metrics import queries, tidy
from tests.api.program import Program, fields, problem
from tests.conftest import Community, shared_community
from tests.people import People
from tests.web.measured import ANSWERED, NOW, THREADS, Measured, measured

PERIOD = "from=2026-05-23&to=2026-06-20"


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    """The same moment for every request."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.pg)])
def community(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    """One community for all tests here: they only look."""
    yield from shared_community(request, tmp_path_factory.mktemp("shared"))


@pytest.fixture(scope="module")
def known(community: Community) -> Measured:
    """A community with something to measure."""
    return measured(People(community.app))


@pytest.fixture
def program(people: People, known: Measured) -> Program:
    """A program of the owner with a key for figures alone."""
    return Program(people.app, known.boss, "metrics:read")


PATHS = (
    "/metrics", "/metrics/threads", "/metrics/threads/series", "/metrics/threads/evidence",
    "/exports/daily.csv", "/exports/daily.json", "/exports/daily.ndjson", "/exports/definitions.json",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_without_a_key_for_figures_there_is_nothing(people: People, known: Measured, path: str) -> None:
    problem(Program(people.app).get(path), 401)
    problem(Program(people.app, known.boss, "read", "write").get(path), 404)


@pytest.mark.parametrize("path", PATHS)
def test_a_key_for_figures_opens_them(program: Program, path: str) -> None:
    answer = program.get(path)
    assert answer.data
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"].startswith("private")


def test_definitions_come_in_both_languages_with_their_hash(program: Program) -> None:
    items = program.get("/metrics").get_json()["items"]
    assert {"threads", "time_to_first_response", "first_response_rate_24h"} <= {item["id"] for item in items}
    assert all(item["definition_hash"] and set(item["formula"]) == {"en", "ko"} for item in items)
    assert program.get("/metrics/threads").get_json() == next(item for item in items if item["id"] == "threads")


def test_a_series_holds_every_day_of_its_range(program: Program) -> None:
    told = program.get(f"/metrics/threads/series?{PERIOD}").get_json()
    assert [point["start"] for point in told["points"]][:2] == ["2026-05-23", "2026-05-24"]
    assert len(told["points"]) == 28
    assert sum(point["value"] for point in told["points"]) == THREADS
    assert {"metric_id", "grain", "tz", "definition_hash", "points"} <= told.keys()


def test_a_figure_of_28_days_carries_its_fraction_and_interval(program: Program) -> None:
    told = program.get("/metrics/first_response_rate_24h/series?grain=28d&from=2026-06-19&to=2026-06-20").get_json()
    (point,) = told["points"]
    assert (point["numerator"], point["denominator"], point["status"]) == (ANSWERED, THREADS, "ok")
    assert 0 < point["ci_low"] < point["value"] < point["ci_high"] < 1


def test_evidence_counts_what_the_figure_counts(program: Program) -> None:
    told = program.get(f"/metrics/first_response_rate_24h/evidence?{PERIOD}&size=10").get_json()
    rows = told["items"]
    while told["next"]:
        told = program.get(
            f"/metrics/first_response_rate_24h/evidence?{PERIOD}&size=10&after={told['next']}"
        ).get_json()
        rows += told["items"]
    assert sum(row["counted"] for row in rows) == told["counted"] == told["figure"]["denominator"] == THREADS
    assert sum(row["numerator"] for row in rows if row["counted"]) == told["figure"]["numerator"] == ANSWERED
    assert len({row["key"] for row in rows}) == len(rows)


def test_a_period_can_be_written_in_one_word(program: Program) -> None:
    by_name = program.get("/metrics/threads/evidence?period=2026-06").get_json()["figure"]
    assert (by_name["start"], by_name["end"], by_name["value"]) == ("2026-06-01", "2026-07-01", THREADS)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/metrics/threads/series?grain=hour", "grain"),
        ("/metrics/threads/series?by=shoe_size", "by"),
        ("/metrics/threads/series?colour=red", "colour"),
        ("/metrics/threads/series?from=yesterday", "from"),
        ("/metrics/threads/series?to=2026-02-30", "to"),
        ("/metrics/threads/series?from=2026-06-20&to=2026-06-20", "to"),
        ("/metrics/threads/series?from=1971-01-01&to=2026-06-20", "from"),
        ("/metrics/threads/evidence?period=june", "period"),
        ("/metrics/threads/evidence?period=2026-06&from=2026-06-01", "period"),
        ("/metrics/threads/evidence?size=0", "size"),
        ("/metrics/threads/evidence?after=nonsense", "after"),
        ("/exports/daily.csv?bom=yes", "bom"),
        ("/exports/daily.json?by=lang", "by"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(program: Program, path: str, field: str) -> None:
    assert field in fields(problem(program.get(path), 422))


@pytest.mark.parametrize(
    "path", ["/metrics/happiness", "/metrics/happiness/series", "/metrics/happiness/evidence", "/exports/daily.xlsx"]
)
def test_an_unknown_figure_or_file_is_not_found(program: Program, path: str) -> None:
    problem(program.get(path), 404)


@pytest.mark.parametrize(
    "path", ["/metrics", "/metrics/threads", f"/metrics/threads/series?{PERIOD}", f"/exports/daily.csv?{PERIOD}"]
)
def test_what_has_not_moved_is_not_sent_again(program: Program, path: str) -> None:
    first = program.get(path)
    assert first.data
    tag = first.headers["ETag"]
    again = program.ask("GET", path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    other = program.ask("GET", path, headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.data) == (200, first.data)


def test_a_series_names_its_definition_in_its_tag(program: Program) -> None:
    told = program.get(f"/metrics/threads/series?{PERIOD}")
    assert told.get_json()["definition_hash"] in told.headers["ETag"]


def export(program: Program, path: str) -> str:
    """A whole file, as it streams in."""
    answer = program.get(path)
    assert answer.status_code == 200
    return answer.data.decode()


def test_the_csv_is_tidy_and_the_same_each_time(program: Program) -> None:
    first, second = (export(program, f"/exports/daily.csv?{PERIOD}") for _ in range(2))
    assert first == second
    rows = list(csv.DictReader(io.StringIO(first, newline="")))
    assert list(rows[0]) == list(queries.EXPORT_COLUMNS)
    threads = [row for row in rows if row["metric_id"] == "threads" and row["grain"] == "day"]
    assert sum(float(row["value"]) for row in threads if row["basis"] == "restated") == THREADS
    assert all(row["value"] or row["status"] for row in rows)


def test_a_spreadsheet_that_needs_a_mark_gets_one(program: Program) -> None:
    plain = export(program, f"/exports/daily.csv?{PERIOD}")
    assert export(program, f"/exports/daily.csv?{PERIOD}&bom=1") == tidy.BOM + plain


def test_json_and_ndjson_hold_the_same_rows(program: Program) -> None:
    whole = json.loads(export(program, f"/exports/daily.json?{PERIOD}"))
    lines = [json.loads(line) for line in export(program, f"/exports/daily.ndjson?{PERIOD}").splitlines()]
    assert whole["rows"] == lines
    assert {"threads"} <= {definition["id"] for definition in whole["definitions"]}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@me", "\tx", "\rx"])
def test_no_cell_of_text_begins_like_a_formula(text: str) -> None:
    lines = list(tidy.csv_lines(["a", "b"], [{"a": text, "b": -0.5}]))
    row = next(csv.reader(io.StringIO("".join(lines[1:]))))
    assert row == [f"'{text}", "-0.5"]


def test_what_is_not_known_is_an_empty_cell() -> None:
    assert list(tidy.csv_lines(["a", "b"], [{"a": None, "b": "x,y"}])) == ["a,b\r\n", ',"x,y"\r\n']
