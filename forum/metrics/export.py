"""Figures as tidy rows for spreadsheets and programs: one row is one figure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from forum.metrics import catalogue as definitions
from forum.metrics import reading
from forum.metrics.calendar import each_day
from forum.metrics.figures.rows import Tally
from forum.metrics.reading import FOUR_WEEKS, ONE_DAY, Standing
from forum.metrics.records import Figure, Metric
from forum.metrics.specs import SPECS

EXPORT_COLUMNS = (
    "day", "grain", "metric_id", "dim_category", "dim_lang", "dim_journey", "value", "numerator", "denominator", "n",
    "ci_low", "ci_high", "unit", "status", "basis", "revision", "estimated", "tz", "definition_hash",
    "definition_version", "computed_at",
)  # fmt: skip


def export_rows(start: date, end: date, metric_ids: Iterable[str] | None = None) -> Iterator[dict[str, object]]:
    """Tidy rows, one per figure and local day, keys in the column order of `EXPORT_COLUMNS`.

    Days before the first with data, and those to come, are left out.
    """
    wanted = [definitions.metric(one) for one in metric_ids] if metric_ids is not None else definitions.live()
    now = reading.standing()
    if now.first_day is None or now.last_day is None:
        return
    start, end = max(start, now.first_day), min(end, max(now.last_day, now.as_of_day) + ONE_DAY)
    if start >= end:
        return
    names = [one.id for one in wanted]
    found, book = reading.stored_between(start, end, names), reading.booked(names, start, end)
    for day in each_day(start, end):
        for one in wanted:
            for grain in SPECS[one.id].grains:
                first = day if grain == "day" else day - timedelta(days=FOUR_WEEKS - 1)
                tally = found.get((one.id, grain, day), reading.empty(one))
                shown = reading.shown(one, tally, first, day + ONE_DAY)
                entry = book.get((one.id, day)) if grain == "day" else None
                more = reading.as_reported(one, day, entry, now) if grain == "day" else {}
                yield _tidy(one, replace(shown, parts=more), grain, "restated", now)
                if more:
                    old = reading.empty(one) if entry is None else Tally(entry.numerator, entry.denominator, entry.n)
                    yield _tidy(one, reading.shown(one, old, first, day + ONE_DAY), grain, "as_reported", now)


def _tidy(one: Metric, shown: Figure, grain: str, basis: str, now: Standing) -> dict[str, object]:
    return {
        "day": (shown.end - ONE_DAY).isoformat(),
        "grain": grain,
        "metric_id": one.id,
        "dim_category": None,
        "dim_lang": None,
        "dim_journey": None,
        "value": shown.value,
        "numerator": shown.numerator,
        "denominator": shown.denominator,
        "n": shown.n,
        "ci_low": shown.ci_low,
        "ci_high": shown.ci_high,
        "unit": one.unit,
        "status": shown.status,
        "basis": basis,
        "revision": shown.parts.get("revision", 1),
        "estimated": False,
        "tz": now.calendar.name,
        "definition_hash": one.definition_hash,
        "definition_version": one.version,
        "computed_at": now.as_of.isoformat().replace("+00:00", "Z"),
    }
