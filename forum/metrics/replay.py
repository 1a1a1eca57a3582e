"""Replays a log of facts through the engine of the real figures, in memory, and says what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forum.kit.words import text
from forum.metrics.calendar import Window
from forum.metrics.catalogue import metrics
from forum.metrics.compute import obstacle, tally_of
from forum.metrics.document import Case, read, wrong
from forum.metrics.engine import Engine
from forum.metrics.facts import known_at
from forum.metrics.figures.rows import Tally
from forum.metrics.fold import fold
from forum.metrics.present import present
from forum.metrics.records import Metric

# What is asked of people who signed up looks at the cohort, what is asked of one day at the day.
OF_THE_COHORT = frozenset({"retention_nday", "retention_bracket", "retention_unbounded"})
OF_THE_DAY = frozenset(
    {"dau", "wau", "mau", "stickiness", "stickiness_day", "l28_histogram", "mean_active_days", "power_user_share"}
)


def replay(document: object) -> dict[str, Any]:
    """The figures of one document, as the contract has them; raises Invalid naming the field that is wrong."""
    case = read(document)
    engine = _engine(case, case.as_of)
    return {"case": case.id, "figures": {name: _figure(case, engine, name) for name in case.metrics}}


def _engine(case: Case, as_of: int) -> Engine:
    return Engine(fold(known_at(case.facts, as_of)), case.calendar, as_of, dict(case.params))


def _figure(case: Case, engine: Engine, name: str) -> dict[str, Any]:
    metric = metrics().get(name)
    if metric is None:
        return {**_numbers(Tally(None, None, 0)), "value": None, "status": "unknown_metric"}
    window = _window(case, name)
    try:
        figure = _formed(case, engine, metric, window)
    except (TypeError, ValueError) as error:  # options such as `bracket` are read where they are used
        raise wrong(f"params ({name})", text("An option of this figure cannot be used.")) from error
    if case.close is not None and case.day == window:
        figure |= _revisions(case, metric, window, figure["value"])
    return figure


def _window(case: Case, name: str) -> Window:
    if name in OF_THE_COHORT:
        return case.cohort
    return case.day if name in OF_THE_DAY and case.day is not None else case.window


def _formed(case: Case, engine: Engine, metric: Metric, window: Window) -> dict[str, Any]:
    tally = tally_of(metric.id, engine, window)
    hindrance = obstacle(metric.id, engine, window)
    shown = present(metric, tally, min_n=_min_n(case.params.get("min_n"), metric), obstacle=hindrance)
    return {
        "value": shown.value,
        **_numbers(tally),
        "ci_low": shown.ci_low,
        "ci_high": shown.ci_high,
        "status": shown.status,
        **shown.parts,
    }


def _numbers(tally: Tally) -> dict[str, Any]:
    return {"numerator": tally.num, "denominator": tally.den, "n": tally.n, "ci_low": None, "ci_high": None}


def _min_n(given: object, metric: Metric) -> int:
    """The publication minimum: only when it is asked for, only where the catalogue has one."""
    if isinstance(given, Mapping):
        given = given.get(metric.id)
    if given is True or given == "default":
        return metric.min_n
    if isinstance(given, bool) or not isinstance(given, int) or metric.min_n == 0:
        return 0
    return given


def _revisions(case: Case, metric: Metric, window: Window, restated: object) -> dict[str, Any]:
    """What was reported when the day closed, what is known now, and how often that changed since."""
    assert case.close is not None
    if case.as_of < case.close:
        return {"as_reported": None, "restated": restated, "revision": 0}
    reported = _formed(case, _engine(case, case.close), metric, window)["value"]
    late = sorted({fact.received_at for fact in case.facts if case.close < fact.received_at <= case.as_of})
    last, revision = reported, 1
    for moment in late:
        value = _formed(case, _engine(case, moment), metric, window)["value"]
        if value != last:
            last, revision = value, revision + 1
    if restated != last:
        revision += 1
    return {"as_reported": reported, "restated": restated, "revision": revision}
