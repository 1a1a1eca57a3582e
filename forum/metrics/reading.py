"""Reads roll-ups as figures, and makes figures of other periods from derived rows; one code for both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine as Database
from sqlalchemy import Row, and_, or_, select

from forum.accounts.site import site
from forum.kit import clock
from forum.kit.db import db
from forum.metrics import store
from forum.metrics.book import KEPT, close_of
from forum.metrics.calendar import Calendar, Window
from forum.metrics.compute import filtered, joined, obstacle, rows_of, tally_of
from forum.metrics.daily import engine_for
from forum.metrics.engine import Engine
from forum.metrics.facts import micros
from forum.metrics.figures.rows import Tally, counted
from forum.metrics.models import MetricDay, MetricState, MetricValue
from forum.metrics.present import Value, present
from forum.metrics.records import Figure, Metric
from forum.metrics.specs import SPECS

ONE_DAY = timedelta(days=1)
FOUR_WEEKS = 28
# A window of 28 days, the one before it, and the 90 days that tell who is new.
BEFORE = timedelta(days=2 * FOUR_WEEKS + 90 + 3)
SMALLEST_CELL = 5
Stored = Mapping[tuple[str, str, date], Tally]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the roll-ups stand: their version, when they were made, and for which days there is something."""

    version: int
    as_of: datetime
    began: datetime
    calendar: Calendar
    first_day: date | None
    last_day: date | None

    @property
    def as_of_day(self) -> date:
        """The local day on which the roll-ups were made."""
        return self.calendar.day_of(micros(self.as_of))

    @property
    def today(self) -> date:
        """The present local day."""
        return self.calendar.day_of(micros(clock.now()))


_engines: WeakKeyDictionary[Database, tuple[tuple[int, datetime], int, Engine]] = WeakKeyDictionary()


def standing() -> Standing:
    """The state of the roll-ups; one statement for all that is read together."""
    known: dict[str, Any] = db.session().info
    if "metrics" not in known:
        known["metrics"] = _standing()
    found: Standing = known["metrics"]
    return found


def _standing() -> Standing:
    row = db.session.execute(select(*MetricState.__table__.c)).first()
    if row is None:
        now = clock.now()
        return Standing(0, now, now, Calendar(str(site()["timezone"])), None, None)
    zone = Calendar(row.timezone)
    return Standing(row.version, row.as_of, row.began, zone, row.first_day, row.last_day)


def engine_from(first: date, now: Standing) -> Engine:
    """An engine over everything that figures of days from `first` on need; kept until the roll-ups change."""
    low = now.calendar.start_of(first - BEFORE)
    kept = _engines.get(db.engine)
    mark = (now.version, now.as_of)
    if kept is not None and kept[0] == mark and kept[1] <= low and kept[2].calendar.name == now.calendar.name:
        return kept[2]
    as_of = micros(now.as_of)
    made = engine_for(store.load(now.calendar, low, max(as_of, low) + 1), now.calendar, as_of)
    _engines[db.engine] = (mark, low, made)
    return made


def stored(wanted: Iterable[tuple[str, date]], metric_ids: Sequence[str] | None = None) -> dict[Any, Tally]:
    """The roll-ups of these (grain, day); what is not there was empty."""
    by_grain: dict[str, list[date]] = {}
    for grain, day in wanted:
        by_grain.setdefault(grain, []).append(day)
    places = [and_(MetricDay.grain == grain, MetricDay.day.in_(days)) for grain, days in by_grain.items()]
    query = select(*MetricDay.__table__.c).where(or_(*places))
    if metric_ids is not None:
        query = query.where(MetricDay.metric_id.in_(metric_ids))
    return {(row.metric_id, row.grain, row.day): _tally(row) for row in db.session.execute(query)}


def stored_between(first: date, end: date, metric_ids: Sequence[str]) -> dict[Any, Tally]:
    """The roll-ups of the days [first, end) in all grains."""
    query = select(*MetricDay.__table__.c).where(
        MetricDay.day >= first, MetricDay.day < end, MetricDay.metric_id.in_(metric_ids)
    )
    return {(row.metric_id, row.grain, row.day): _tally(row) for row in db.session.execute(query)}


def _tally(row: Row[Any]) -> Tally:
    return Tally(row.numerator, row.denominator, row.n, row.parts)


def empty(metric: Metric) -> Tally:
    """What nothing at all is counted as."""
    spec = SPECS[metric.id]
    if spec.cohorts is None:
        return spec.counting([])
    return joined({label: spec.counting([]) for label in spec.cohorts({})})


def grain_of(metric: Metric, days: int) -> str | None:
    """The grain in which roll-ups keep a figure of so many days; None when they do not."""
    grains = SPECS[metric.id].grains
    if grains == ("day",):
        return "day"
    found = {1: "day", FOUR_WEEKS: "28d"}.get(days)
    return found if found in grains else None


def shown(metric: Metric, tally: Tally, start: date, end: date, hindrance: str = "") -> Figure:
    """A tally as a figure, with the publication minimum of its definition."""
    if not metric.is_live:
        hindrance = "not_measured"
    value = present(metric, tally, min_n=metric.min_n, obstacle=hindrance)
    return made(metric, tally, start, end, value)


def made(metric: Metric, tally: Tally, start: date, end: date, value: Value) -> Figure:
    """The figure of a value and its tally."""
    return Figure(
        metric=metric.id,
        start=start,
        end=end,
        value=value.value,
        numerator=tally.num,
        denominator=tally.den,
        n=tally.n,
        ci_low=value.ci_low,
        ci_high=value.ci_high,
        status=value.status,
        unit=metric.unit,
        parts=dict(value.parts),
    )


def from_rollups(metric: Metric, found: Stored, start: date, end: date) -> Figure:
    """A figure whose tally is among those that were read."""
    grain = grain_of(metric, (end - start).days) or "28d"
    tally = found.get((metric.id, grain, end - ONE_DAY), empty(metric))
    return shown(metric, tally, start, end)


def computed(metric: Metric, engine: Engine, start: date, end: date, lang: str | None = None) -> Figure:
    """A figure made from derived rows, of any period, or of one language."""
    window = engine.calendar.window(start, end)
    if lang is None:
        tally = tally_of(metric.id, engine, window)
    else:
        rows = filtered(counted(rows_of(metric.id, engine, window)), "lang", lang)
        tally = SPECS[metric.id].counting(rows)
    return shown(metric, tally, start, end, obstacle(metric.id, engine, window))


def split(metric: Metric, engine: Engine, window: Window, dimension: str) -> dict[str, Tally]:
    """The tallies of a window by category or language, as far as its rows have one."""
    rows = counted(rows_of(metric.id, engine, window))
    values = sorted({value for row in rows if (value := getattr(row, dimension)) is not None})
    return {value: SPECS[metric.id].counting(filtered(rows, dimension, value)) for value in values}


def booked(metric_ids: Sequence[str], first: date, end: date) -> dict[tuple[str, date], Row[Any]]:
    """The book's entries for the days [first, end)."""
    query = select(*MetricValue.__table__.c).where(
        MetricValue.day >= first, MetricValue.day < end, MetricValue.metric_id.in_(metric_ids)
    )
    return {(row.metric_id, row.day): row for row in db.session.execute(query)}


def as_reported(metric: Metric, day: date, entry: Row[Any] | None, now: Standing) -> dict[str, Any]:
    """What a day's figure was when the day closed, with the revision that holds now; nothing before it closed."""
    close = close_of(now.calendar, day)
    if metric.id not in KEPT or not micros(now.began) <= close <= micros(now.as_of):
        return {}
    tally = empty(metric) if entry is None else Tally(entry.numerator, entry.denominator, entry.n)
    value = present(metric, tally, min_n=metric.min_n).value
    parts = {"as_reported": value, "revision": 1 if entry is None else entry.revision}
    return {**parts, "cause": entry.cause} if entry is not None and entry.cause else parts
