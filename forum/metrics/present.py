"""Forms the figure from whole numbers: value, interval, status; the only place where floats are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from forum.metrics import statistics
from forum.metrics.facts import SECOND
from forum.metrics.figures.rows import BILLION, Tally, seconds
from forum.metrics.records import Metric

COUNTS = frozenset({"simple", "cumulative", "backlog"})
THOUSAND = 1000


@dataclass(frozen=True, slots=True)
class Value:
    """What a figure says, without its period."""

    value: float | None
    status: str
    ci_low: float | None = None
    ci_high: float | None = None
    parts: Mapping[str, Any] = field(default_factory=dict)


def present(metric: Metric, tally: Tally, *, min_n: int = 0, obstacle: str = "") -> Value:
    """The value of a tally; None with a status where there is none, or where too few stand behind it."""
    if obstacle:
        return Value(None, obstacle, parts=_parts(tally))
    if metric.type in COUNTS:
        return Value(tally.num, "ok", parts=_parts(tally))
    shown = _formed(metric, tally, min_n)
    if tally.n < min_n and shown.status != "no_data":
        kept = {name: value for name, value in shown.parts.items() if name in {"censored", "by"}}
        return Value(None, "insufficient_n", parts=kept)
    return shown


def _formed(metric: Metric, tally: Tally, min_n: int) -> Value:
    if tally.n == 0 or tally.den == 0:
        return Value(None, "no_data", parts=_parts(tally))
    if metric.type in {"km", "quantile"}:
        return _durations(metric, tally)
    if metric.type == "nps":
        low, high = statistics.nps_interval(tally.parts["promoters"], tally.parts["detractors"], tally.n) or (
            None,
            None,
        )
        return Value(THOUSAND / 10 * (tally.num or 0) / tally.n, "ok", low, high, _parts(tally))
    if metric.type in {"mean", "mean_seconds"}:
        return _mean(metric, tally)
    if metric.type == "value":
        found = tally.parts.get("value_e9")
        return Value(None, "no_data") if found is None else Value(found / BILLION, "ok")
    if metric.type == "special":
        return Value(tally.num, "ok" if tally.num else "no_data", parts=_parts(tally))
    return _ratio(metric, tally, min_n)


def _ratio(metric: Metric, tally: Tally, min_n: int) -> Value:
    num, den = tally.num or 0, tally.den or 0
    factor = THOUSAND if metric.type == "rate1000" else 1
    is_share = metric.type in {"ratio", "cohort", "csat", "rate1000"} and metric.id != "stickiness"
    interval = statistics.wilson(num, den) if is_share else None
    low, high = (None, None) if interval is None else (interval[0] * factor, interval[1] * factor)
    parts = dict(_parts(tally))
    if metric.type == "csat":
        parts["mean"] = parts.pop("sum") / tally.n
    if metric.type == "cohort":
        parts = {"by": _cohorts(tally, min_n)} if any(name.startswith("by:") for name in tally.parts) else {}
    return Value(factor * num / den, "ok", low, high, parts)


def _mean(metric: Metric, tally: Tally) -> Value:
    unit = SECOND if metric.type == "mean_seconds" else 1
    interval = statistics.mean_interval(tally.num or 0, tally.parts["squares"], tally.n)
    low, high = (None, None) if interval is None else (interval[0] / unit, interval[1] / unit)
    if low is not None and high is not None and metric.scale:
        low = max(low, metric.scale[0])
        high = min(high, metric.scale[1]) if len(metric.scale) > 1 else high
    return Value((tally.num or 0) / unit / tally.n, "ok", low, high)


def _durations(metric: Metric, tally: Tally) -> Value:
    middle = tally.parts.get("median_us")
    status = "ok" if middle is not None else "not_reached"
    if metric.type == "quantile":
        return Value(seconds(middle), status)
    low, high = tally.parts.get("ci_low_us"), tally.parts.get("ci_high_us")
    return Value(seconds(middle), status, seconds(low), seconds(high), _waits(tally))


def _waits(tally: Tally) -> dict[str, Any]:
    times = {f"{name}_seconds": seconds(tally.parts.get(f"{name}_us")) for name in ("median", "p75", "p90")}
    return {**times, "censored": tally.parts.get("censored", 0)}


def _cohorts(tally: Tally, min_n: int = 0) -> dict[str, Any]:
    labels = dict.fromkeys(name.split(":")[1] for name in tally.parts if name.startswith("by:"))
    return {label: _cohort(tally.parts[f"by:{label}:num"], tally.parts[f"by:{label}:den"], min_n) for label in labels}


def _cohort(num: int, den: int, min_n: int) -> dict[str, Any]:
    status = "no_data" if not den else "insufficient_n" if den < min_n else "ok"
    low, high = (statistics.wilson(num, den) if status == "ok" else None) or (None, None)
    return {
        "value": num / den if status == "ok" else None,
        "numerator": num,
        "denominator": den,
        "n": den,
        "ci_low": low,
        "ci_high": high,
        "status": status,
    }


def _parts(tally: Tally) -> dict[str, Any]:
    """The named numbers of a tally in the units of doors."""
    if any(name.startswith("by:") and name.endswith(":den") for name in tally.parts):
        return {"by": _cohorts(tally)}
    parts: dict[str, Any] = {}
    for name, value in tally.parts.items():
        if name.startswith("by:"):
            parts.setdefault("by", {})[name[3:]] = value
        elif name.endswith("_us"):
            parts[f"{name[:-3]}_seconds"] = seconds(value)
        elif name != "squares":
            parts[name] = value
    if "censored" in tally.parts:
        parts = _waits(tally)
    return parts
