"""The figures of many local days at once: rows made once for all time, then cut into days and windows of 28 days."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from forum.metrics.calendar import Calendar, Window
from forum.metrics.catalogue import live
from forum.metrics.compute import columns, joined, tally_of
from forum.metrics.engine import Engine
from forum.metrics.figures.rows import Row, Tally, counted
from forum.metrics.specs import SPECS, Spec
from forum.metrics.state import State

FOUR_WEEKS = 28
Key = tuple[str, str, date]
SPANS: Mapping[str, int] = {"day": 1, "28d": FOUR_WEEKS}


def engine_for(state: State, calendar: Calendar, as_of: int) -> Engine:
    """The engine of roll-ups: what is asked at a moment is asked at the end of the window."""
    return Engine(state, calendar, as_of, {"backlog_at_end": True})


def tallies(engine: Engine, days: Sequence[date], low: int) -> dict[Key, Tally]:
    """The figures of these days of every live metric, by metric, grain and day; empty ones are left out.

    `low` is the moment from which the engine's state is whole.
    """
    found: dict[Key, Tally] = {}
    places = _places(engine, days)
    for metric in live():
        spec = SPECS[metric.id]
        made = _by_entry(spec, engine, days, low) if spec.by_entry else _by_window(metric.id, engine, days, places)
        found |= {(metric.id, grain, day): tally for grain, day, tally in made if not is_empty(tally)}
    return found


def is_empty(tally: Tally) -> bool:
    """Whether nothing stands behind it."""
    return not (tally.num or tally.den or tally.n)


def window_of(calendar: Calendar, grain: str, day: date) -> Window:
    """The window of a grain that ends with this day."""
    return calendar.window(day - timedelta(days=SPANS[grain] - 1), day + timedelta(days=1))


def _by_window(
    metric_id: str, engine: Engine, days: Sequence[date], places: Mapping[tuple[str, date], object]
) -> Iterator[tuple[str, date, Tally]]:
    spec = SPECS[metric_id]
    for grain in spec.grains:
        last, tally = None, Tally(None, None, 0)
        for day in days:
            # What is asked of the last day of a window looks at the 28 before it as well.
            place = places["28d" if spec.grains == ("day",) else grain, day]
            if place != last or spec.moves:
                last, tally = place, tally_of(metric_id, engine, window_of(engine.calendar, grain, day))
            yield grain, day, tally


def _places(engine: Engine, days: Sequence[date]) -> dict[tuple[str, date], object]:
    """Where each window begins and ends among all that happened: in the same place, figures are the same.

    So do the 90 days and the window before it, and its last day and last week.
    """
    found: dict[tuple[str, date], object] = {}
    for grain, span in SPANS.items():
        for day in days:
            window = window_of(engine.calendar, grain, day)
            backs = (span, 1, 7, 2 * span) if span > 1 else (1, 2)
            starts = (engine.calendar.start_of(day - timedelta(days=back - 1)) for back in backs)
            ends = (window.end, engine.look_back(window), *starts)
            found[grain, day] = tuple(bisect_left(engine.moments, end) for end in ends)
    return found


def _by_entry(spec: Spec, engine: Engine, days: Sequence[date], low: int) -> Iterator[tuple[str, date, Tally]]:
    everything = Window(low, engine.calendar.start_of(days[-1] + timedelta(days=1)))
    tables = [
        (label, sorted(counted(formula(engine, everything)), key=lambda row: row.at))
        for label, formula in (columns(spec, engine) or {"": spec.formula}).items()
    ]
    for grain in spec.grains:
        cut: list[_Cut] = [_Cut(spec, label, rows) for label, rows in tables]
        for day in days:
            window = window_of(engine.calendar, grain, day)
            parts = {one.label: one.tally(window) for one in cut}
            yield grain, day, joined(parts) if spec.cohorts else parts[""]


class _Cut:
    """Rows in order, from which windows are cut; the same slice is counted once."""

    def __init__(self, spec: Spec, label: str, rows: list[Row]) -> None:
        self.label, self._rows, self._counting = label, rows, spec.counting
        self._times = [row.at for row in rows]
        self._last: tuple[int, int] = (-1, -1)
        self._tally = Tally(None, None, 0)

    def tally(self, window: Window) -> Tally:
        """The tally of the rows whose moment lies in the window."""
        place = (bisect_left(self._times, window.start), bisect_left(self._times, window.end))
        if place != self._last:
            self._last, self._tally = place, self._counting(self._rows[place[0] : place[1]])
        return self._tally
