"""The geometry of the health charts: from numbers to paths, bars and ticks, which templates/health/_charts.html draws.

By hand, because no plotting library draws Kaplan–Meier steps with this forum's own colours and without scripts or
inline styles (the pages' policy allows neither). All lengths are in units of the picture's own box.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10, sqrt
from typing import Protocol

HOUR, DAY = 3600, 86400
# How far the waiting curve reaches, and where its ruler is marked: for a wide picture, and for a phone.
RULERS: tuple[tuple[int, tuple[int, ...], tuple[int, ...]], ...] = (
    (
        3 * DAY,
        (0, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 3 * DAY),
        (0, HOUR, 6 * HOUR, DAY, 2 * DAY, 3 * DAY),
    ),
    (14 * DAY, (0, 6 * HOUR, DAY, 3 * DAY, 7 * DAY, 14 * DAY), (0, DAY, 3 * DAY, 7 * DAY, 14 * DAY)),
    (90 * DAY, (0, DAY, 7 * DAY, 14 * DAY, 30 * DAY, 60 * DAY, 90 * DAY), (0, DAY, 7 * DAY, 30 * DAY, 90 * DAY)),
    (365 * DAY, (0, DAY, 7 * DAY, 30 * DAY, 90 * DAY, 180 * DAY, 365 * DAY), (0, DAY, 30 * DAY, 90 * DAY, 365 * DAY)),
)
# A ruler is long enough when this part of all that the curve falls has happened on it.
SHOWN = 0.85
NICE = (1, 2, 5, 10)
GAP = 1.0
PHONE = 400
# Every so many points of a line are named below it, the last one always.
NAMED = 4


class Step(Protocol):
    """One fall of a waiting curve: the time in seconds, and the share of people who wait longer, with its interval."""

    @property
    def seconds(self) -> float: ...
    @property
    def share(self) -> float: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture's box, and the part of it that the data fill."""

    width: int
    height: int
    left: int = 44
    right: int = 12
    top: int = 10
    bottom: int = 28

    @property
    def across(self) -> int:
        """The width of the part for the data."""
        return self.width - self.left - self.right

    @property
    def down(self) -> int:
        """The height of the part for the data."""
        return self.height - self.top - self.bottom

    @property
    def floor(self) -> int:
        """Where the part for the data ends below."""
        return self.height - self.bottom

    @property
    def edge(self) -> int:
        """Where the part for the data ends on the right."""
        return self.width - self.right


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on a ruler: where, and what it stands for."""

    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Two waiting curves: this period's with its interval as a band, and that of the period before, empty if none."""

    frame: Frame
    now: str
    was: str
    band: str
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    mark: Tick
    dot: float
    label: float
    share: float


def wide(height: int = 280) -> Frame:
    """The box for screens with room."""
    return Frame(560, height)


def narrow(height: int = 230) -> Frame:
    """The box for a phone, at its real size, so that its words stay as large as the page's."""
    return Frame(342, height, left=40, right=6)


def curve(now: Sequence[Step], was: Sequence[Step], frame: Frame, mark: int = DAY) -> Curve | None:
    """The waiting curves; None while nobody's wait is known. `mark` is the wait, in seconds, that gets a dot."""
    if not now:
        return None
    reach, wide_marks, few_marks = _ruler(now)
    marks = few_marks if frame.width < PHONE else wide_marks

    def x(seconds: float) -> float:
        # Most people wait for hours, some for days: a square root shows both.
        return round(frame.left + frame.across * sqrt(min(seconds, reach) / reach), 1)

    def y(share: float) -> float:
        return round(frame.top + frame.down * (1 - share), 1)

    end = min(max(now[-1].seconds, HOUR), reach)
    upper, lower = (
        list(_corners(now, x, y, end, lambda s: s.high if s.high is not None else s.share)),
        list(_corners(now, x, y, end, lambda s: s.low if s.low is not None else s.share)),
    )
    share = share_after(now, mark)
    at_mark = [step for step in now if step.seconds <= mark][-1:]
    tops = [share, share_after(was, mark) if was else 0.0, *(step.high for step in at_mark if step.high is not None)]
    return Curve(
        frame=frame,
        now=_stairs(list(_corners(now, x, y, end, _share))),
        was=_stairs(list(_corners(was, x, y, min(max(was[-1].seconds, HOUR), reach), _share))) if was else "",
        band=_between(upper, lower),
        across=tuple(Tick(x(seconds), seconds) for seconds in marks),
        up=tuple(Tick(y(part), part) for part in (0, 0.25, 0.5, 0.75, 1)),
        mark=Tick(x(mark), mark),
        dot=y(share),
        label=max(y(max(tops)) - 9, frame.top + 14),
        share=share,
    )


def _ruler(steps: Sequence[Step]) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """The shortest ruler on which most of the fall happens."""
    least = min(step.share for step in steps)
    for ruler in RULERS:
        if share_after(steps, ruler[0]) <= 1 - SHOWN * (1 - least):
            return ruler
    return RULERS[-1]


def share_after(steps: Sequence[Step], seconds: float) -> float:
    """The share of people who still wait after so long."""
    return next((step.share for step in reversed(steps) if step.seconds <= seconds), 1.0)


def _share(step: Step) -> float:
    return step.share


def _corners(
    steps: Sequence[Step],
    x: Callable[[float], float],
    y: Callable[[float], float],
    end: float,
    level: Callable[[Step], float],
) -> Iterator[tuple[float, float]]:
    """Where the curve stands from each place on; of falls that nobody can tell apart the last alone."""
    found = [(x(0), y(1.0))]
    for step in steps:
        if step.seconds > end:
            break
        here = (x(step.seconds), y(level(step)))
        if here[0] - found[-1][0] < GAP and len(found) > 1:
            found[-1] = (found[-1][0], here[1])
        elif here[1] != found[-1][1]:
            found.append(here)
    yield from found
    yield (x(end), found[-1][1])


def _stairs(corners: Sequence[tuple[float, float]]) -> str:
    """A path that goes right, then down."""
    (x, y), *rest = corners
    return f"M{x:g} {y:g}" + "".join(f"H{right:g}V{down:g}" for right, down in rest)


def _between(upper: Sequence[tuple[float, float]], lower: Sequence[tuple[float, float]]) -> str:
    """The area between two stairs: along the upper one, and back along the lower one, where each level began."""
    end_x, end_y = lower[-1]
    back = "".join(f"V{y:g}H{x:g}" for x, y in reversed(lower[:-1]))
    return f"{_stairs(upper)}L{end_x:g} {end_y:g}{back}Z"


@dataclass(frozen=True, slots=True)
class Spark:
    """A small line without words; it is broken where nothing is known, and ends in a dot."""

    paths: tuple[str, ...]
    lone: tuple[tuple[float, float], ...]
    dot: tuple[float, float]


def spark(values: Sequence[float | None], width: int = 120, height: int = 34, pad: int = 4) -> Spark | None:
    """A line of values that are equally far apart; None when fewer than two are known."""
    known = [value for value in values if value is not None]
    if len(known) < 2:  # noqa: PLR2004 - a line needs two points
        return None
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    flat = 0.5 if high == low else 0.0

    def point(index: int, value: float) -> tuple[float, float]:
        across = pad + (width - 2 * pad) * index / (len(values) - 1)
        return round(across, 1), round(height - pad - (height - 2 * pad) * ((value - low) / span + flat), 1)

    runs = list(_runs([None if value is None else point(i, value) for i, value in enumerate(values)]))
    return Spark(
        paths=tuple(_line(run) for run in runs if len(run) > 1),
        lone=tuple(run[0] for run in runs if len(run) == 1),
        dot=runs[-1][-1],
    )


def _runs(points: Sequence[tuple[float, float] | None]) -> Iterator[list[tuple[float, float]]]:
    """Stretches of known points."""
    run: list[tuple[float, float]] = []
    for point in [*points, None]:
        if point is not None:
            run.append(point)
        elif run:
            yield run
            run = []


def _line(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


@dataclass(frozen=True, slots=True)
class Line:
    """A figure over time with its interval as a band, broken where the figure is not known."""

    frame: Frame
    paths: tuple[str, ...]
    bands: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]


def line(
    values: Sequence[tuple[float | None, float | None, float | None]], frame: Frame, top: float = 0.0
) -> Line | None:
    """Values with the ends of their intervals, equally far apart; `top` is the least height of the ruler.

    None when no value is known.
    """
    known = [part for value in values if value[0] is not None for part in value if part is not None]
    if not known or len(values) < 2:  # noqa: PLR2004 - a line needs two points
        return None
    marks = ruler(min(0.0, *known), max(top, *known))
    low, high = marks[0], marks[-1]

    def x(index: int) -> float:
        return round(frame.left + frame.across * index / (len(values) - 1), 1)

    def y(value: float) -> float:
        return round(frame.floor - frame.down * (value - low) / ((high - low) or 1), 1)

    centre = [None if value is None else (x(i), y(value)) for i, (value, _, _) in enumerate(values)]
    lower = [None if v is None or a is None else (x(i), y(a)) for i, (v, a, _) in enumerate(values)]
    upper = [None if v is None or b is None else (x(i), y(b)) for i, (v, _, b) in enumerate(values)]
    bands = zip(_runs(upper), _runs(lower), strict=True)
    return Line(
        frame=frame,
        paths=tuple(_line(run) for run in _runs(centre) if len(run) > 1),
        bands=tuple(_line([*up, *reversed(down)]) + "Z" for up, down in bands if len(up) > 1),
        dots=tuple(point for point in centre if point is not None),
        across=tuple(Tick(x(i), i) for i in range((len(values) - 1) % NAMED, len(values), NAMED)),
        up=tuple(Tick(y(mark), mark) for mark in marks),
    )


def ruler(low: float, high: float, parts: int = 4) -> tuple[float, ...]:
    """Round numbers from at most `low` to at least `high`, in about so many steps; zero is one of them if between."""
    span = (high - low) or 1.0
    power = 10.0 ** floor(log10(span / parts))
    step = next(power * nice for nice in NICE if power * nice * parts >= span * 0.999)
    first, last = floor(low / step), ceil(high / step - 1e-9)
    return tuple(round(step * n, 10) for n in range(first, max(last, first + 1) + 1))
