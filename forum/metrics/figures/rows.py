"""Rows behind figures, and how rows are counted into whole numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from forum.metrics import statistics
from forum.metrics.facts import SECOND

MEDIAN: Final = 0.5
P75_REST: Final = 0.25
P90_REST: Final = 0.1
BILLION: Final = 1_000_000_000
EMPTY: Final[Mapping[str, int]] = MappingProxyType({})


class Row(NamedTuple):
    """One thing that was looked at. Rows that are not counted say why; `wait` is in microseconds.

    `num` is what it adds to the numerator, `den` to the denominator (or to n, where there is no denominator).
    """

    key: str
    kind: str
    at: int
    num: int = 1
    den: int = 1
    reason: str = ""
    outcome_at: int | None = None
    wait: int | None = None
    thread: str | None = None
    post: str | None = None
    lang: str | None = None
    category: str | None = None

    @property
    def is_counted(self) -> bool:
        """Whether it is in the figure."""
        return self.reason == ""


class Tally(NamedTuple):
    """A figure as whole numbers: what roll-ups keep, and what the real figure is formed from when it is read."""

    num: int | None
    den: int | None
    n: int
    parts: Mapping[str, int] = EMPTY


Counting = Callable[[Sequence[Row]], Tally]


def counted(rows: Iterable[Row]) -> list[Row]:
    """The rows that are in the figure."""
    return [row for row in rows if row.reason == ""]


def count(rows: Sequence[Row]) -> Tally:
    """How many, as the sum of what the rows stand for."""
    total = sum(row.num for row in rows)
    return Tally(total, None, total)


def ratio(rows: Sequence[Row]) -> Tally:
    """A share or rate: numerators over denominators."""
    den = sum(row.den for row in rows)
    return Tally(sum(row.num for row in rows), den, den)


def mean(rows: Sequence[Row]) -> Tally:
    """A mean over rows, with the sum of squares for its interval."""
    return Tally(
        sum(row.num for row in rows), len(rows), len(rows), {"squares": sum(row.num * row.num for row in rows)}
    )


def waits(rows: Sequence[Row]) -> list[tuple[int, bool]]:
    """Waits and whether they ended in what was waited for."""
    return [(row.wait or 0, row.outcome_at is not None) for row in rows]


def survival(rows: Sequence[Row]) -> Tally:
    """Median and tails of waits, some of which have not ended."""
    drops = statistics.kaplan_meier(waits(rows))
    low, high = statistics.median_interval(drops)
    ended = sum(row.outcome_at is not None for row in rows)
    found = {
        "median_us": statistics.reached(drops, MEDIAN),
        "p75_us": statistics.reached(drops, P75_REST),
        "p90_us": statistics.reached(drops, P90_REST),
        "ci_low_us": low,
        "ci_high_us": high,
    }
    parts = {name: value for name, value in found.items() if value is not None}
    return Tally(ended, len(rows), len(rows), {**parts, "censored": len(rows) - ended})


def median(rows: Sequence[Row]) -> Tally:
    """The plain median of complete waits."""
    values = [row.wait or 0 for row in rows]
    found = statistics.quantile(values, MEDIAN)
    parts = {} if found is None else {"median_us": round(found)}
    return Tally(None, None, len(rows), parts)


def ages(rows: Sequence[Row]) -> Tally:
    """How many, and how old they are."""
    values = [row.wait or 0 for row in rows]
    found = {
        "age_p50_us": statistics.quantile(values, MEDIAN),
        "age_p95_us": statistics.quantile(values, 0.95),
    }
    return Tally(len(rows), None, len(rows), {name: round(value) for name, value in found.items() if value is not None})


def age_quantile(name: str) -> Counting:
    """One quantile of the ages alone."""

    def counting(rows: Sequence[Row]) -> Tally:
        parts = ages(rows).parts
        return Tally(None, None, len(rows), {"median_us": parts[name]} if name in parts else {})

    return counting


def gini(rows: Sequence[Row]) -> Tally:
    """How unevenly the numerators are spread."""
    num, den = statistics.gini_parts([row.num for row in rows])
    return Tally(num, den, len(rows))


def hhi(rows: Sequence[Row]) -> Tally:
    """The sum of squared shares."""
    total = sum(row.num for row in rows)
    return Tally(sum(row.num * row.num for row in rows), total * total, len(rows))


def top_share(k: int) -> Counting:
    """The share of the k largest."""

    def counting(rows: Sequence[Row]) -> Tally:
        values = sorted((row.num for row in rows), reverse=True)
        return Tally(sum(values[:k]), sum(values), len(rows))

    return counting


def absence(rows: Sequence[Row]) -> Tally:
    """The fewest whose numerators reach half."""
    found = statistics.absence_factor([row.num for row in rows])
    return Tally(found if rows else None, None, len(rows), {"total": sum(row.num for row in rows)})


def bursts(rows: Sequence[Row]) -> Tally:
    """Burstiness of the waits between rows."""
    gaps = [row.wait for row in rows if row.wait is not None]
    found = statistics.burstiness(gaps)
    return Tally(None, None, len(gaps), {} if found is None else {"value_e9": round(found * BILLION)})


def seconds(micros: int | None) -> float | None:
    """Microseconds as seconds."""
    return None if micros is None else micros / SECOND
