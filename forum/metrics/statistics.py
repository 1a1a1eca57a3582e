"""The mathematics of figures, each formula with its source; no library we depend on has them.

scipy and lifelines would bring a hundred megabytes for six short formulas.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Z: Final = 1.959964
TIE: Final = 1e-12
Interval = tuple[float, float]


def wilson(successes: int, n: int) -> Interval | None:
    """The 95 % interval of a share (Wilson 1927, JASA 22); None when there is nothing to share."""
    if n <= 0 or not 0 <= successes <= n:
        return None
    p, z2 = successes / n, Z * Z
    centre = p + z2 / (2 * n)
    spread = Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    low, high = (centre - spread) / (1 + z2 / n), (centre + spread) / (1 + z2 / n)
    return (0.0 if successes == 0 else low, 1.0 if successes == n else high)


def mean_interval(total: int, squares: int, n: int) -> Interval | None:
    """The 95 % interval of a mean by Student's t; None for fewer than two values."""
    if n < 2:  # noqa: PLR2004 - a spread needs two values
        return None
    variance = max((squares - total * total / n) / (n - 1), 0.0)
    spread = t_quantile(n - 1) * math.sqrt(variance / n)
    return (total / n - spread, total / n + spread)


def t_quantile(freedom: int) -> float:
    """The 97.5 % quantile of Student's t, by bisection on its distribution function."""
    low, high = 0.0, 13.0
    for _ in range(80):
        middle = (low + high) / 2
        if _t_cdf(middle, freedom) < 0.975:  # noqa: PLR2004 - two-sided 95 %
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _t_cdf(t: float, freedom: int) -> float:
    """Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4: exact finite sums."""
    theta = math.atan(t / math.sqrt(freedom))
    cosine, sine = math.cos(theta), math.sin(theta)
    term, total = 1.0, 0.0
    if freedom % 2:
        term = cosine
        for k in range(1, (freedom - 1) // 2 + 1):
            total += term
            term *= cosine * cosine * (2 * k) / (2 * k + 1)
        inside = 2 / math.pi * (theta + sine * total)
    else:
        for k in range(1, freedom // 2 + 1):
            total += term
            term *= cosine * cosine * (2 * k - 1) / (2 * k)
        inside = sine * total
    return (1 + inside) / 2


def nps_interval(promoters: int, detractors: int, n: int) -> Interval | None:
    """The 95 % interval of 100 (P - D) / n, with the variance p + d - (p - d)^2 of a three-valued answer."""
    if n <= 0:
        return None
    p, d = promoters / n, detractors / n
    spread = Z * math.sqrt(max(p + d - (p - d) ** 2, 0.0) / n)
    return (max(100 * (p - d - spread), -100.0), min(100 * (p - d + spread), 100.0))


def quantile(values: Sequence[float], q: float) -> float | None:
    """The quantile of complete values by linear interpolation (Hyndman and Fan 1996, type 7)."""
    ordered = sorted(values)
    if not ordered:
        return None
    place = (len(ordered) - 1) * q
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def gini_parts(values: Sequence[int]) -> tuple[int, int]:
    """Both parts of Gini's 2 sum(i x_i) / (n sum x) - (n + 1) / n, x ascending, without small-sample correction."""
    ordered, total = sorted(values), sum(values)
    weighted = sum(i * x for i, x in enumerate(ordered, start=1))
    return 2 * weighted - (len(ordered) + 1) * total, len(ordered) * total


def absence_factor(values: Sequence[int]) -> int:
    """The fewest whose values together reach half of the sum (CHAOSS contributor absence factor); 0 of nothing."""
    total, reached = sum(values), 0
    for k, value in enumerate(sorted(values, reverse=True), start=1):
        reached += value
        if 2 * reached >= total > 0:
            return k
    return 0


def burstiness(gaps: Sequence[int]) -> float | None:
    """(sd - mean) / (sd + mean) of gaps, population sd (Goh and Barabási 2008, EPL 81); None without a spread."""
    if not gaps:
        return None
    mean = math.fsum(gaps) / len(gaps)
    spread = math.sqrt(math.fsum((gap - mean) ** 2 for gap in gaps) / len(gaps))
    return None if spread + mean == 0 else (spread - mean) / (spread + mean)


@dataclass(frozen=True, slots=True)
class Drop:
    """Where the curve of those still waiting falls, with its band and how many waited just before."""

    at: int
    share: float
    low: float
    high: float | None
    at_risk: int


def kaplan_meier(waits: Sequence[tuple[int, bool]]) -> list[Drop]:
    """The share still waiting after each observed wait (Kaplan and Meier 1958), events before censorings at ties.

    `waits` are (duration, whether it ended in the event). The band is Greenwood's variance on the log-log scale
    (Kalbfleisch and Prentice 1980); where the curve is 0 it has no upper end.
    """
    ordered = sorted(waits, key=lambda wait: (wait[0], not wait[1]))
    n, share, greenwood, drops, i = len(ordered), 1.0, 0.0, [], 0
    while i < len(ordered):
        at, events = ordered[i][0], 0
        at_risk = n - i
        while i < len(ordered) and ordered[i][0] == at:
            events += ordered[i][1]
            i += 1
        if not events:
            continue
        share *= (at_risk - events) / at_risk
        if at_risk == events:
            drops.append(Drop(at, 0.0, 0.0, None, at_risk))
            break
        greenwood += events / (at_risk * (at_risk - events))
        low, high = _log_log(share, greenwood)
        drops.append(Drop(at, share, low, high, at_risk))
    return drops


def _log_log(share: float, greenwood: float) -> Interval:
    spread = math.exp(Z * math.sqrt(greenwood) / abs(math.log(share)))
    return share**spread, share ** (1 / spread)


def reached(drops: Sequence[Drop], rest: float) -> int | None:
    """The first moment at which at most this share still waits; None when it is never reached."""
    return next((drop.at for drop in drops if drop.share <= rest + TIE), None)


def median_interval(drops: Sequence[Drop]) -> tuple[int | None, int | None]:
    """The 95 % interval of the median: where the ends of the band reach one half (Brookmeyer and Crowley 1982)."""
    low = next((drop.at for drop in drops if drop.low <= 0.5 + TIE), None)
    high = next((drop.at for drop in drops if drop.high is not None and drop.high <= 0.5 + TIE), None)
    return low, high
