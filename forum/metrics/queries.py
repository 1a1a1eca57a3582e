"""What doors may ask about community health; reads roll-ups and derived rows, never the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal, get_args

from sqlalchemy import func, literal, select, union_all

from forum.accounts.viewer import ANONYMOUS, Viewer
from forum.kit.db import db
from forum.kit.errors import Invalid
from forum.kit.words import text
from forum.metrics import catalogue as definitions
from forum.metrics import reading, statistics
from forum.metrics.calendar import each_day, monday_of
from forum.metrics.compute import obstacle, rows_of
from forum.metrics.engine import Engine
from forum.metrics.evidence import evidence
from forum.metrics.export import EXPORT_COLUMNS, export_rows
from forum.metrics.facts import SECOND
from forum.metrics.figures.people import contributors, kind_of, regulars
from forum.metrics.figures.rows import counted, waits
from forum.metrics.models import MetricState, PostFacts
from forum.metrics.reading import FOUR_WEEKS, ONE_DAY, Standing
from forum.metrics.records import (
    Evidence,
    EvidenceRow,
    Figure,
    Flow,
    Metric,
    Overview,
    Point,
    Step,
    Tile,
    Today,
    Waiting,
    Year,
)
from forum.metrics.waiting import Glance, glance, today

Grain = Literal["day", "week", "month", "28d"]
TREND_WEEKS = 13
MOST_POINTS = 6000
DIMENSIONS = ("category", "lang")
__all__ = [
    "EXPORT_COLUMNS", "Evidence", "EvidenceRow", "Figure", "Flow", "Glance", "Grain", "Metric", "Overview", "Point",
    "Step", "Tile", "Today", "Waiting", "Year", "evidence", "export_rows", "glance", "today",
]  # fmt: skip


def catalogue() -> Sequence[Metric]:
    """The definitions of everything the forum measures, in the order in which they are shown."""
    return definitions.live()


def metric(metric_id: str) -> Metric:
    """One definition; raises NotFound for an unknown id."""
    return definitions.metric(metric_id)


def version() -> int:
    """The number that moves whenever roll-ups change; one statement. 0 before the first refresh."""
    return db.session.scalar(select(MetricState.version)) or 0


_today = today  # the parameter of the next function goes by the same name


def overview(
    today: date | None = None,
    *,
    days: int = FOUR_WEEKS,
    lang: str | None = None,
    viewer: Viewer = ANONYMOUS,
    waiting: Today | None = None,
) -> Overview:
    """The page's figures in a few statements: `days` local days that end before `today` (the present local day).

    `viewer` decides only whether the oldest waiting thread's title is shown; `waiting` is what waits, where the
    caller knows it already.
    """
    now = reading.standing()
    end = today or now.today
    length = timedelta(days=days)
    ends = [end - timedelta(weeks=weeks) for weeks in reversed(range(TREND_WEEKS))]
    places = {("28d", one - ONE_DAY) for one in [*ends, end - length]}
    found = reading.stored(places | {("day", day) for _, day in places})
    is_kept = days == FOUR_WEEKS and lang is None and end - ONE_DAY <= now.as_of_day
    engine = None if is_kept else reading.engine_from(min(end - 2 * length, ends[0] - timedelta(days=FOUR_WEEKS)), now)
    tiles = {
        one.id: Tile(
            one,
            _tile(one, found, engine, (end - length, end), lang),
            _tile(one, found, engine, (end - 2 * length, end - length), lang),
            [_trend_point(one, found, engine, at, now) for at in ends],
        )
        for one in definitions.live()
    }
    return Overview(
        start=end - length,
        end=end,
        tiles=tiles,
        today=waiting or _today(viewer),
        version=now.version,
        as_of=now.as_of if now.version else None,
        timezone=now.calendar.name,
        first_day=now.first_day,
        last_day=None if now.last_day is None else max(now.last_day, now.as_of_day),
    )


def _tile(
    one: Metric, found: reading.Stored, engine: Engine | None, period: tuple[date, date], lang: str | None
) -> Figure:
    if engine is None:
        return reading.from_rollups(one, found, *period)
    return reading.computed(one, engine, *period, lang)


def _trend_point(one: Metric, found: reading.Stored, engine: Engine | None, end: date, now: Standing) -> Point:
    start = end - timedelta(days=FOUR_WEEKS)
    if engine is not None and end - ONE_DAY > now.as_of_day:
        return Point(end - ONE_DAY, reading.computed(one, engine, start, end))
    return Point(end - ONE_DAY, reading.from_rollups(one, found, start, end))


def series(metric_id: str, start: date, end: date, grain: Grain = "day", by: str | None = None) -> list[Point]:
    """The figures of a metric for each period of [start, end); raises NotFound and Invalid (field `by`, `grain`).

    With `by` there is a point for each value of the dimension, named in `parts["dim"]`; cells below five are hidden.
    """
    wanted, now = definitions.metric(metric_id), reading.standing()
    if grain not in get_args(Grain):
        raise Invalid(text("This is not a period."), fields={"grain": text("Choose one of the listed values.")})
    if by is not None and by not in DIMENSIONS:
        raise Invalid(text("There is no such dimension."), fields={"by": text("Choose one of the listed values.")})
    periods = list(_periods(start, end, grain))
    if len(periods) > MOST_POINTS:
        raise Invalid(text("This is not a period."), fields={"to": text("This is too far away.")})
    if not periods:
        return []
    if by is not None:
        return _split(wanted, periods, by, now)
    length = {"day": 1, "28d": FOUR_WEEKS}.get(grain, 0)
    if wanted.is_live and periods[-1][1] <= now.as_of_day and length and reading.grain_of(wanted, length):
        found = reading.stored_between(start, end, [metric_id])
        points = [Point(last, reading.from_rollups(wanted, found, first, last + ONE_DAY)) for first, last in periods]
        return _with_book(wanted, points, now) if grain == "day" else points
    engine = reading.engine_from(periods[0][0], now)
    return [Point(last, reading.computed(wanted, engine, first, last + ONE_DAY)) for first, last in periods]


def _with_book(wanted: Metric, points: list[Point], now: Standing) -> list[Point]:
    book = reading.booked([wanted.id], points[0].day, points[-1].day + ONE_DAY)
    return [Point(one.day, _marked(wanted, one.figure, book.get((wanted.id, one.day)), now)) for one in points]


def _marked(wanted: Metric, shown: Figure, entry: object, now: Standing) -> Figure:
    more = reading.as_reported(wanted, shown.start, entry, now)  # type: ignore[arg-type]  # a row of the book, or None
    return replace(shown, parts={**shown.parts, **more, "restated": shown.value}) if more else shown


def _periods(start: date, end: date, grain: Grain) -> Iterator[tuple[date, date]]:
    """First and last day of each period that begins (28d: ends) in [start, end)."""
    if grain in {"day", "28d"}:
        back = timedelta(days=0 if grain == "day" else FOUR_WEEKS - 1)
        yield from ((day - back, day) for day in each_day(start, end))
        return
    first = monday_of(start) if grain == "week" else start.replace(day=1)
    while first < end:
        after = first + timedelta(days=7) if grain == "week" else (first + timedelta(days=31)).replace(day=1)
        yield first, after - ONE_DAY
        first = after


def _split(wanted: Metric, periods: Sequence[tuple[date, date]], by: str, now: Standing) -> list[Point]:
    engine, points = reading.engine_from(periods[0][0], now), []
    for first, last in periods:
        window = engine.calendar.window(first, last + ONE_DAY)
        for value, tally in reading.split(wanted, engine, window, by).items():
            shown = reading.shown(wanted, tally, first, last + ONE_DAY, obstacle(wanted.id, engine, window))
            if 0 < tally.n < reading.SMALLEST_CELL:
                shown = replace(shown, value=None, numerator=None, denominator=None, status="hidden_small", parts={})
            points.append(Point(last, replace(shown, parts={**shown.parts, "dim": value, "by": by})))
    return points


def figure(metric_id: str, start: date, end: date) -> Figure:
    """The figure of one period of local days, `end` exclusive."""
    wanted, now = definitions.metric(metric_id), reading.standing()
    grain = reading.grain_of(wanted, (end - start).days)
    if grain is None or not wanted.is_live or end - ONE_DAY > now.as_of_day:
        return reading.computed(wanted, reading.engine_from(start, now), start, end)
    found = reading.from_rollups(wanted, reading.stored([(grain, end - ONE_DAY)], [metric_id]), start, end)
    if (end - start).days > 1:
        return found
    return _marked(wanted, found, reading.booked([metric_id], start, end).get((metric_id, start)), now)


def look_from(first: date) -> None:
    """Load at once what curves and flows from this day on need, which would each load their own part otherwise."""
    reading.engine_from(first, reading.standing())


def survival(start: date, end: date, metric_id: str = "time_to_first_response") -> Sequence[Step]:
    """The waiting curve of the threads published in these local days."""
    engine = reading.engine_from(start, reading.standing())
    rows = counted(rows_of(metric_id, engine, engine.calendar.window(start, end)))
    return [
        Step(drop.at / SECOND, drop.share, drop.low, drop.share if drop.high is None else drop.high, drop.at_risk)
        for drop in statistics.kaplan_meier(waits(rows))
    ]


def contributor_flow(weeks: int = TREND_WEEKS, end: date | None = None) -> Sequence[Flow]:
    """Who came, came back, stayed and left, per ISO week, the oldest first; `end` is exclusive.

    Lost in a week are the regulars who had been silent for 28 days at its end, and not yet at its beginning.
    """
    now = reading.standing()
    last = monday_of((end or now.today) - ONE_DAY)
    engine = reading.engine_from(last - timedelta(weeks=weeks), now)
    return [_flow(engine, last - timedelta(weeks=back)) for back in reversed(range(weeks))]


def _flow(engine: Engine, monday: date) -> Flow:
    window = engine.calendar.window(monday, monday + timedelta(days=7))
    kinds = Counter(kind_of(engine, row.key, window) for row in contributors(engine, window))
    lost = _silent(engine, monday + timedelta(days=7)) - _silent(engine, monday)
    return Flow(monday, kinds["new"], kinds["reactivated"], kinds["continuing"], len(lost))


def _silent(engine: Engine, end: date) -> set[str]:
    window = engine.calendar.window(end - timedelta(days=FOUR_WEEKS), end)
    return {row.key for row in regulars(engine, window) if row.is_counted}


def years() -> Sequence[Year]:
    """Every calendar year with data, the oldest first."""
    now = reading.standing()
    if now.first_day is None or now.last_day is None:
        return []
    parts = []
    for year in range(now.first_day.year, now.last_day.year + 1):
        window = now.calendar.window(date(year, 1, 1), date(year + 1, 1, 1))
        inside = (PostFacts.counts, PostFacts.published_at >= window.start, PostFacts.published_at < window.end)
        parts.append(
            select(
                literal(year),
                func.count().filter(PostFacts.is_opening),
                func.count().filter(PostFacts.is_opening.is_(False)),
                func.count(PostFacts.actor_key.distinct()),
            ).where(*inside, PostFacts.actor_class == "member")
        )
    return sorted((Year(*row) for row in db.session.execute(union_all(*parts))), key=lambda one: one.year)
