"""The geometry of the health charts that are made of bars: people by week, and a community's years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from forum.web.charts import Frame, Tick, ruler


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Flow:
    """Who came and went, one column a week: three parts above the line, one below."""

    frame: Frame
    continuing: tuple[Bar, ...]
    back: tuple[Bar, ...]
    new: tuple[Bar, ...]
    lost: tuple[Bar, ...]
    zero: float
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]


def flow(weeks: Sequence[tuple[int, int, int, int]], frame: Frame) -> Flow | None:
    """Columns of (continuing, back again, new, lost) people; None when there was never anybody."""
    most, least = max((sum(week[:3]) for week in weeks), default=0), max((week[3] for week in weeks), default=0)
    if not most + least:
        return None
    marks = ruler(-float(least), float(max(most, 1)), parts=5)
    low, high = min(marks[0], 0.0), marks[-1]
    unit, slot = frame.down / ((high - low) or 1), frame.across / len(weeks)
    zero = round(frame.floor + low * unit, 1)
    columns = [_column(week, frame.left + slot * (i + 0.17), slot * 0.66, zero, unit) for i, week in enumerate(weeks)]
    every = 1 if slot >= 34 else 2 if slot >= 20 else 3  # noqa: PLR2004 - the room a week's name needs
    last = len(weeks) - 1
    return Flow(
        frame=frame,
        continuing=tuple(column[0] for column in columns if column[0].height > 0),
        back=tuple(column[1] for column in columns if column[1].height > 0),
        new=tuple(column[2] for column in columns if column[2].height > 0),
        lost=tuple(column[3] for column in columns if column[3].height > 0),
        zero=zero,
        across=tuple(
            Tick(round(frame.left + slot * (i + 0.5), 1), i) for i in range(len(weeks)) if (last - i) % every == 0
        ),
        up=tuple(Tick(round(zero - mark * unit, 1), mark) for mark in marks if mark == int(mark)),
    )


def _column(week: tuple[int, int, int, int], x: float, width: float, zero: float, unit: float) -> list[Bar]:
    """The four parts of a week: stacked from the line upwards, and the lost hanging from it."""
    levels = [0, week[0], week[0] + week[1], week[0] + week[1] + week[2]]
    parts = [_bar(x, zero - above * unit, width, (above - below) * unit) for below, above in pairwise(levels)]
    return [*parts, _bar(x, zero, width, week[3] * unit)]


def _bar(x: float, y: float, width: float, height: float) -> Bar:
    return Bar(round(x, 1), round(y, 1), round(width, 1), round(max(height, 0), 1))


@dataclass(frozen=True, slots=True)
class YearBar(Bar):
    """One year of a row of bars; a year that is not whole is drawn hollow, a few carry their number."""

    year: int
    value: int
    is_whole: bool
    is_said: bool


@dataclass(frozen=True, slots=True)
class Years:
    """The years of one figure, beside each other."""

    frame: Frame
    bars: tuple[YearBar, ...]
    across: tuple[Tick, ...]


def years(values: Sequence[tuple[int, int, bool]], frame: Frame) -> Years:
    """Bars of (year, number, whether the year is whole); the greatest and the last one say their number."""
    most = max((value for _, value, _ in values), default=0) or 1
    slot = frame.across / max(len(values), 6)
    peak = next((i for i, row in enumerate(values) if row[1] == most), -1)
    last = len(values) - 1
    bars = []
    for i, (year, value, is_whole) in enumerate(values):
        height = frame.down * value / most
        x = frame.left + slot * (i + 0.12)
        is_said = i == peak or (i == last and (last - peak) * slot > 36)  # noqa: PLR2004 - the room two numbers need
        bars.append(
            YearBar(
                round(x, 1), round(frame.floor - height, 1), round(slot * 0.76, 1), round(height, 1),
                year, value, is_whole, is_said,
            )
        )  # fmt: skip
    every = 1 if slot >= 34 else 2  # noqa: PLR2004 - the room a year's name needs
    across = tuple(
        Tick(round(frame.left + slot * (i + 0.5), 1), year)
        for i, (year, _, _) in enumerate(values)
        if (last - i) % every == 0
    )
    return Years(frame, tuple(bars), across)
