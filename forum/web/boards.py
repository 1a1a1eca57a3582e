"""What the health pages show of one period: made once, and kept as long as nothing it shows has moved."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import current_app

from forum.accounts.site import site
from forum.accounts.viewer import Viewer
from forum.discussion.visibility import sight_of
from forum.http import locale as words
from forum.http import paths
from forum.kit.settings import current_version
from forum.kit.words import Text, text
from forum.metrics import queries, totals
from forum.metrics.records import Flow, Overview, Point, Step, Today
from forum.metrics.waiting import Glance
from forum.web import bars, charts, figures
from forum.web.figures import TileView

PERIODS: dict[int, Text] = {28: text("28 days"), 90: text("90 days"), 365: text("12 months")}
SAID: dict[int, Text] = {
    28: text("28 days to {day}"),
    90: text("90 days to {day}"),
    365: text("12 months to {day}"),
}
BEFORE: dict[int, Text] = {28: text("28 days before"), 90: text("90 days before"), 365: text("12 months before")}
USUAL = 28
# What stands on tiles; everything else is one line of the table below.
HEADLINES = (
    "first_response_rate_24h", "time_to_first_response", "answered_rate",
    "contributors", "new_contributors", "returning_contributor_rate",
    "posts", "solved_rate", "flagged_post_rate",
)  # fmt: skip
CURVE_MARKS = (3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 3 * 86400, 7 * 86400, 30 * 86400)
WEEKS = 13
# About 100 kB each: a few periods in two languages.
KEPT_BOARDS = 32
YEAR_WIDE, YEAR_NARROW = charts.Frame(560, 150, 4, 4, 22, 20), charts.Frame(342, 100, 2, 2, 20, 20)


@dataclass(frozen=True, slots=True)
class Period:
    """Which days the reader asked for: how many, and the last of them (None: the latest with something to say)."""

    days: int
    last: date | None

    @property
    def query(self) -> dict[str, str | int | None]:
        """As it stands in the address; the usual choice is not said."""
        last = None if self.last is None else self.last.isoformat()
        return {"days": self.days if self.days != USUAL else None, "end": last}


@dataclass(frozen=True, slots=True)
class Pair:
    """One chart at two widths."""

    wide: Any
    narrow: Any


@dataclass(frozen=True, slots=True)
class YearRow:
    """A calendar year; one that has days without data, or is not over, is not whole."""

    year: int
    threads: int
    replies: int
    contributors: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Board:
    """All that the pages show of one period in one language, and the key it is kept by.

    `waits` are rows of seconds and the shares that still wait then, now and in the period before.
    """

    key: Hashable
    view: Overview
    period: Period
    is_silent: bool
    is_sparse: bool
    last: date
    latest: date
    said: str
    before_said: str
    tiles: Mapping[str, TileView]
    headline: Sequence[TileView]
    groups: Sequence[tuple[str, Sequence[TileView]]]
    curve: Pair | None
    waits: Sequence[tuple[int, float, float | None]]
    flow: Pair | None
    weeks: Sequence[Flow]
    years: Sequence[YearRow]
    year_charts: Sequence[tuple[str, Pair]]


def board(who: Viewer, period: Period, now: Glance) -> Board:
    """The board of a period with this version of the roll-ups; no statement when it is known already."""
    today, locale = words.calendar().here.date(), words.current()
    key = (now.version, current_version(), period, today, locale, sight_of(who))
    kept: dict[Hashable, Board] = current_app.extensions.setdefault("health_boards", {})
    found = kept.get(key)
    if found is None:
        found = _made(key, who, period, today, now.today)
        if len(kept) >= KEPT_BOARDS:
            kept.pop(next(iter(kept)), None)
        kept[key] = found
    return found


def _made(key: Hashable, who: Viewer, period: Period, today: date, waiting: Today) -> Board:
    locale = words.current()
    view, last_post = _overview(who, period, today, waiting)
    if view.first_day is not None:
        length = view.end - view.start
        queries.look_from(min(view.start - length, view.end - timedelta(weeks=WEEKS + 1)))
    tiles = {name: figures.tile(tile, view.tiles, locale) for name, tile in view.tiles.items()}
    now, before = _waits(view)
    weeks = queries.contributor_flow(WEEKS, view.end) if view.first_day else ()
    years = _years(view.first_day, last_post, today) if view.first_day and last_post else []
    last = view.end - timedelta(days=1)
    columns = [(week.continuing, week.reactivated, week.new, week.lost) for week in weeks]
    return Board(
        key=key,
        view=view,
        period=period,
        is_silent=period.last is None and view.end < today,
        is_sparse=sum(tiles[name].note != "" for name in HEADLINES if name in tiles) > len(HEADLINES) // 3,
        last=last,
        latest=today - timedelta(days=1),
        said=words.say(Text(SAID[period.days].msgid, {"day": figures.day(last, locale)}), locale),
        before_said=words.say(BEFORE[period.days], locale),
        tiles=tiles,
        headline=[tiles[name] for name in HEADLINES if name in tiles],
        groups=_groups(view, tiles, locale),
        curve=pair(lambda frame: charts.curve(now, before, frame), charts.wide(), charts.narrow()),
        waits=_table(now, before),
        flow=pair(lambda frame: bars.flow(columns, frame), charts.wide(), charts.narrow()),
        weeks=weeks,
        years=years,
        year_charts=_year_charts(years, locale),
    )


def _overview(who: Viewer, period: Period, today: date, waiting: Today) -> tuple[Overview, date | None]:
    """The figures; when nobody wrote in the latest days, those of the last days in which somebody did."""
    last = totals.last_post_day(str(site()["timezone"]))
    end = min(period.last + timedelta(days=1), today) if period.last else None
    if end is None and last is not None and last < today - timedelta(days=period.days):
        end = last + timedelta(days=1)
    return queries.overview(end, days=period.days, viewer=who, waiting=waiting), last


def _waits(view: Overview) -> tuple[Sequence[Step], Sequence[Step]]:
    """The waiting curves of the period and of the one before."""
    if view.first_day is None:
        return (), ()
    length = view.end - view.start
    return queries.survival(view.start, view.end), queries.survival(view.start - length, view.start)


def _table(now: Sequence[Step], before: Sequence[Step]) -> list[tuple[int, float, float | None]]:
    if not now:
        return []
    return [
        (mark, charts.share_after(now, mark), charts.share_after(before, mark) if before else None)
        for mark in CURVE_MARKS
    ]


def pair(draw: Callable[[charts.Frame], Any], wide: charts.Frame, narrow: charts.Frame) -> Pair | None:
    """A chart at two widths; None when there is nothing to draw."""
    large = draw(wide)
    return None if large is None else Pair(large, draw(narrow))


def _groups(view: Overview, tiles: Mapping[str, TileView], locale: str) -> list[tuple[str, list[TileView]]]:
    """The table of all figures, in the types of engagement; a type without a figure is left out."""
    groups: dict[str, list[TileView]] = {kind: [] for kind in figures.ENGAGEMENT}
    for name, tile in view.tiles.items():
        groups.setdefault(tile.metric.engagement, []).append(tiles[name])
    other = text("How the forum is run")
    return [(words.say(figures.ENGAGEMENT.get(kind, other), locale), found) for kind, found in groups.items() if found]


def _years(first: date, last: date, today: date) -> list[YearRow]:
    return [
        YearRow(row.year, row.threads, row.replies, row.contributors, _is_whole(row.year, first, last, today))
        for row in queries.years()
        if row.year <= last.year
    ]


def _is_whole(year: int, first: date, last: date, today: date) -> bool:
    """Whether the log covers a year, give or take a quiet week at either end."""
    return first <= date(year, 1, 7) and last >= date(year, 12, 25) and year < today.year


def _year_charts(years: Sequence[YearRow], locale: str) -> list[tuple[str, Pair]]:
    if len(years) < 2:  # noqa: PLR2004 - one year alone shows nothing
        return []
    rows = (
        ("threads", [(row.year, row.threads, row.is_whole) for row in years]),
        ("replies", [(row.year, row.replies, row.is_whole) for row in years]),
        ("contributors", [(row.year, row.contributors, row.is_whole) for row in years]),
    )
    return [
        (
            queries.metric(name).in_words("label", locale),
            Pair(bars.years(values, YEAR_WIDE), bars.years(values, YEAR_NARROW)),
        )
        for name, values in rows
    ]


def trend(points: Sequence[Point]) -> Pair | None:
    """A figure's thirteen weeks as a line with its interval."""
    values = [(p.figure.value, p.figure.ci_low, p.figure.ci_high) for p in points]
    least = 1.0 if points and points[0].figure.unit == "count" else 0.0
    return pair(lambda frame: charts.line(values, frame, least), charts.wide(220), charts.narrow(190))


def shifts(shown: Board) -> dict[str, str]:
    """Where the arrows lead: as many days earlier or later, where there is something to see; empty elsewhere."""
    view, days = shown.view, timedelta(days=shown.period.days)
    if view.first_day is None or view.last_day is None:
        return {"earlier": "", "later": ""}
    earlier, later = shown.last - days, min(shown.last + days, shown.latest)
    return {
        "earlier": _address(shown.period.days, earlier) if earlier >= view.first_day else "",
        "later": _address(shown.period.days, later) if later > shown.last and view.last_day > shown.last else "",
    }


def _address(days: int, last: date) -> str:
    return paths.with_query("/health", **Period(days, last).query)
