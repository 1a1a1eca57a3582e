"""The mathematics of figures against published examples and against brute force."""

from __future__ import annotations

import random

import pytest

from forum.metrics import statistics


def test_wilsons_interval_is_the_one_in_the_contract() -> None:
    assert statistics.wilson(3, 5) == pytest.approx((0.230724, 0.882379), abs=1e-5)
    assert statistics.wilson(0, 10) == pytest.approx((0.0, 0.277533), abs=1e-5)
    assert statistics.wilson(10, 10) == pytest.approx((0.722467, 1.0), abs=1e-5)
    assert statistics.wilson(0, 0) is None


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(1, 12.7062), (2, 4.30265), (5, 2.57058), (30, 2.04227), (200, 1.97190)]
)
def test_students_quantile_is_the_one_in_the_tables(freedom: int, quantile: float) -> None:
    assert statistics.t_quantile(freedom) == pytest.approx(quantile, abs=1e-4)


# Remission times in weeks under 6-MP (Freireich et al. 1963, as in Kaplan-Meier textbooks); True: relapse.
REMISSION = [
    (6, True), (6, True), (6, True), (6, False), (7, True), (9, False), (10, True), (10, False), (11, False), (13, True),
    (16, True), (17, False), (19, False), (20, False), (22, True), (23, True), (25, False), (32, False), (32, False),
    (34, False), (35, False),
]  # fmt: skip


def test_the_curve_of_the_textbook() -> None:
    drops = statistics.kaplan_meier(REMISSION)
    assert [(drop.at, round(drop.share, 4), drop.at_risk) for drop in drops] == [
        (6, 0.8571, 21), (7, 0.8067, 17), (10, 0.7529, 15), (13, 0.6902, 12), (16, 0.6275, 11), (22, 0.5378, 7), (23, 0.4482, 6),
    ]  # fmt: skip
    assert statistics.reached(drops, 0.5) == 23
    assert statistics.reached(drops, 0.25) is None
    # survival::survfit(conf.type = "log-log") in R gives the median 23 with 13 and no upper end.
    assert statistics.median_interval(drops) == (13, None)
    assert (drops[0].low, drops[0].high) == pytest.approx((0.6197, 0.9516), abs=1e-4)


def test_at_a_tie_what_ended_comes_before_what_was_cut_off() -> None:
    assert [drop.share for drop in statistics.kaplan_meier([(5, False), (5, True)])] == [0.5]


def test_quantiles_are_of_type_seven() -> None:
    assert statistics.quantile([1, 2, 3, 4], 0.5) == 2.5
    assert statistics.quantile([1, 2, 3, 4, 10], 0.95) == pytest.approx(8.8)
    assert statistics.quantile([], 0.5) is None


@pytest.mark.parametrize("seed", range(5))
def test_gini_is_the_mean_difference_of_all_pairs(seed: int) -> None:
    values = [random.Random(seed).randrange(20) for _ in range(12)] + [1]
    num, den = statistics.gini_parts(values)
    pairs = sum(abs(a - b) for a in values for b in values)
    assert num / den == pytest.approx(pairs / (2 * len(values) * sum(values)))


def test_the_absence_factor_is_that_of_the_source() -> None:
    assert statistics.absence_factor([1000, 433, 343, 332, 202, 90, 42, 33]) == 2
    assert statistics.absence_factor([]) == 0
