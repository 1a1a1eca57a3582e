"""The geometry of the health charts: what is far apart is drawn far apart, and what is unknown is not drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from forum.web import bars, charts
from forum.web.charts import DAY, HOUR


@dataclass(frozen=True)
class Fall:
    """A step of a waiting curve."""

    seconds: float
    share: float
    low: float | None = None
    high: float | None = None


FALLS = [
    Fall(2 * HOUR, 0.8, 0.7, 0.9),
    Fall(6 * HOUR, 0.5, 0.4, 0.6),
    Fall(30 * HOUR, 0.25, 0.2, 0.35),
    Fall(60 * HOUR, 0.1, 0.05, 0.2),
]
WIDE = charts.wide()


def numbers(path: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", path)]


def test_a_waiting_curve_begins_with_everybody_and_only_falls() -> None:
    drawn = charts.curve(FALLS, [], WIDE)
    assert drawn is not None
    assert drawn.now.startswith(f"M{WIDE.left} {WIDE.top}H")
    levels = [float(level) for level in re.findall(r"V([\d.]+)", drawn.now)]
    assert levels == sorted(levels)
    assert levels[-1] == pytest.approx(WIDE.top + WIDE.down * 0.9)


def test_the_share_that_waits_after_a_day_gets_the_dot() -> None:
    drawn = charts.curve(FALLS, [], WIDE)
    assert drawn is not None
    assert drawn.share == 0.5
    assert drawn.dot == pytest.approx(WIDE.top + WIDE.down * 0.5)
    assert drawn.mark.at in {tick.at for tick in drawn.across}


def test_a_curve_goes_no_further_than_what_is_known() -> None:
    drawn = charts.curve(FALLS, [], WIDE)
    assert drawn is not None
    assert max(numbers(drawn.now)[::1]) <= WIDE.edge
    assert float(re.findall(r"H([\d.]+)", drawn.now)[-1]) < WIDE.edge


def test_the_band_lies_around_the_curve_and_closes() -> None:
    drawn = charts.curve(FALLS, FALLS, WIDE)
    assert drawn is not None
    assert drawn.band.endswith("Z")
    assert drawn.was == drawn.now
    upper, lower = drawn.band.split("L")
    assert min(numbers(upper)) == WIDE.top
    assert max(float(level) for level in re.findall(r"V([\d.]+)", upper)) < float(lower.split()[1].split("V")[0])


def test_without_anybody_whose_wait_is_known_there_is_no_curve() -> None:
    assert charts.curve([], FALLS, WIDE) is None


@pytest.mark.parametrize(
    ("last", "reach"), [(2 * DAY, 3 * DAY), (10 * DAY, 14 * DAY), (80 * DAY, 90 * DAY), (900 * DAY, 365 * DAY)]
)
def test_the_ruler_is_as_long_as_people_wait(last: int, reach: int) -> None:
    drawn = charts.curve([Fall(HOUR, 0.9), Fall(last, 0.0)], [], WIDE)
    assert drawn is not None
    assert drawn.across[-1].value == reach


def test_thousands_of_steps_become_no_longer_a_path_than_the_picture_is_wide() -> None:
    many = [Fall(60.0 * i, 1 - i / 6000) for i in range(1, 5000)]
    drawn = charts.curve(many, [], WIDE)
    assert drawn is not None
    assert len(drawn.now) < 12 * WIDE.across


def test_a_spark_is_broken_where_nothing_is_known() -> None:
    drawn = charts.spark([1, 2, None, 4, None, 2, 3])
    assert drawn is not None
    assert len(drawn.paths) == 2
    assert len(drawn.lone) == 1
    assert drawn.dot == (116, drawn.dot[1])


@pytest.mark.parametrize("values", [[], [None, None], [None, 1.0, None]])
def test_one_point_is_no_line(values: list[float | None]) -> None:
    assert charts.spark(values) is None


def test_a_spark_that_never_moves_runs_through_the_middle() -> None:
    drawn = charts.spark([5, 5, 5])
    assert drawn is not None
    assert drawn.dot[1] == 17


def test_the_parts_of_a_week_stand_on_each_other_and_the_lost_hang_below() -> None:
    drawn = bars.flow([(10, 5, 2, 4), (0, 0, 0, 0)], WIDE)
    assert drawn is not None
    stay, back, new, lost = drawn.continuing[0], drawn.back[0], drawn.new[0], drawn.lost[0]
    assert stay.y + stay.height == pytest.approx(drawn.zero, abs=0.2)
    assert back.y + back.height == pytest.approx(stay.y, abs=0.2)
    assert new.y + new.height == pytest.approx(back.y, abs=0.2)
    assert lost.y == drawn.zero
    assert stay.height / back.height == pytest.approx(2, abs=0.02)
    assert len(drawn.continuing) == 1


def test_a_forum_nobody_ever_wrote_in_has_no_flow() -> None:
    assert bars.flow([(0, 0, 0, 0)], WIDE) is None


def test_years_show_the_greatest_and_the_last_number_and_which_are_not_whole() -> None:
    drawn = bars.years([(2020, 5, False), (2021, 90, True), (2022, 40, True), (2023, 20, True), (2024, 7, False)], WIDE)
    assert [bar.value for bar in drawn.bars if bar.is_said] == [90, 7]
    assert [bar.year for bar in drawn.bars if not bar.is_whole] == [2020, 2024]
    assert max(bar.height for bar in drawn.bars) == WIDE.down


def test_a_line_leaves_out_what_is_not_known_and_its_band_too() -> None:
    drawn = charts.line([(0.5, 0.4, 0.6), (0.6, 0.5, 0.7), (None, None, None), (0.4, 0.3, 0.5), (0.5, 0.4, 0.6)], WIDE)
    assert drawn is not None
    assert len(drawn.paths) == len(drawn.bands) == 2
    assert len(drawn.dots) == 4
    assert drawn.up[0].value == 0


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [
        (0, 0.83, (0, 0.5, 1.0)),
        (0, 100, (0, 50, 100)),
        (-35, 350, (-100, 0, 100, 200, 300, 400)),
        (0, 0, (0, 0.5)),
        (0, 7, (0, 2, 4, 6, 8)),
    ],
)
def test_rulers_carry_round_numbers(low: float, high: float, marks: tuple[float, ...]) -> None:
    assert charts.ruler(low, high) == marks


@pytest.mark.parametrize("seconds", [0, 60, HOUR, 10 * DAY])
def test_everybody_waits_until_the_first_answer(seconds: int) -> None:
    assert charts.share_after([Fall(11 * DAY, 0.5)], seconds) == 1.0
