"""Local days as ranges of instants: a day has 23, 24 or 25 hours, a week begins on Monday."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

from forum.metrics.facts import DAY, micros, moment

ONE_DAY = timedelta(days=1)
MARGIN_DAYS = 400


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open range of instants, in microseconds."""

    start: int
    end: int

    def holds(self, at: int | None) -> bool:
        """Whether this moment lies inside."""
        return at is not None and self.start <= at < self.end


class Calendar:
    """Days of one zone; keeps the midnights it has worked out."""

    def __init__(self, zone: str) -> None:
        """Raises ZoneInfoNotFoundError or ValueError for a zone nobody knows."""
        self.name = zone
        self._zone = ZoneInfo(zone)
        self._first = 0
        self._starts: list[int] = []
        self._midnights: dict[date, int] = {}

    def start_of(self, day: date) -> int:
        """The first instant of a local day."""
        found = self._midnights.get(day)
        if found is None:
            # Where midnight itself is skipped, fold 0 of the gap is the first instant after it.
            found = self._midnights[day] = micros(datetime.combine(day, time(), self._zone))
        return found

    def day_of(self, at: int) -> date:
        """The local day an instant belongs to."""
        self._cover(at)
        return date.fromordinal(self._first + bisect_right(self._starts, at) - 1)

    def _cover(self, at: int) -> None:
        if self._starts and self._starts[0] <= at < self._starts[-1]:
            return
        day = moment(at).date().toordinal()
        last = self._first + len(self._starts) if self._starts else day
        low = min(day, self._first if self._starts else day) - MARGIN_DAYS
        high = max(day, last) + MARGIN_DAYS
        self._first = max(low, 1)
        high = min(high, date.max.toordinal() - 1)
        self._starts = [self.start_of(date.fromordinal(number)) for number in range(self._first, high)]

    def window(self, first: date, end: date) -> Window:
        """The instants of the local days [first, end)."""
        return Window(self.start_of(first), self.start_of(end))

    def day(self, day: date) -> Window:
        """The instants of one local day."""
        return self.window(day, day + ONE_DAY)

    def days(self, window: Window) -> tuple[date, date]:
        """The local days a window touches: the first, and the one after the last."""
        last = self.day_of(max(window.end - 1, window.start))
        return self.day_of(window.start), last + ONE_DAY

    def is_whole(self, window: Window) -> bool:
        """Whether a window begins and ends with local days."""
        first, end = self.days(window)
        return self.window(first, end) == window

    def shifted(self, at: int, days: int) -> int:
        """The same wall clock so many days later; instants when days are of one length."""
        local = moment(at).astimezone(self._zone)
        return micros((local.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=self._zone))

    def before(self, window: Window) -> Window:
        """The window of the same length that ends where this one begins."""
        if not self.is_whole(window):
            return Window(window.start - (window.end - window.start), window.start)
        first, end = self.days(window)
        return self.window(first - (end - first), first)

    def length(self, window: Window) -> float:
        """How many local days long a window is; a day with 23 or 25 hours is one day."""
        if self.is_whole(window):
            first, end = self.days(window)
            return float((end - first).days)
        return (window.end - window.start) / DAY


def each_day(first: date, end: date) -> Iterator[date]:
    """The days [first, end)."""
    for number in range(first.toordinal(), end.toordinal()):
        yield date.fromordinal(number)


def monday_of(day: date) -> date:
    """The first day of the ISO week."""
    return day - timedelta(days=day.weekday())


def tzdata_version() -> str:
    """Which release of the zone rules is in use: figures of local days depend on it."""
    for folder in TZPATH:
        for name in ("+VERSION", "tzdata.zi", "version"):
            path = Path(folder) / name
            if path.is_file():
                with path.open(encoding="utf-8") as lines:
                    return lines.readline().strip().removeprefix("# version ")[:20]
    try:
        return installed("tzdata")[:20]
    except PackageNotFoundError:
        return "unknown"
