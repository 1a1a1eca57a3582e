"""The order of the queue as sums that can be explained: what a report weighs, and what a case is worth."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from forum.moderation.kinds import kind_of

Z90: Final = 1.6448536269514722
ENOUGH_HISTORY: Final = 5
HEAVIEST: Final = 4.0
STAFF_BONUS, TRUST_STEP = 3.0, 0.5
# What somebody reported long ago says less about them than what they report now.
HALF_LIFE_DAYS: Final = 180.0
HIDE_WEIGHT: Final = 5.0
HIDE_REPORTERS, HIDE_REPORTERS_OF_TRUSTED, TRUSTED = 2, 3, 2
LATE_FACTOR, PINNED = 2.0, 1000.0
BANDS: Final = ((80.0, "P0"), (50.0, "P1"), (25.0, "P2"))
AGE_CAP: Final = 1.5
ESTABLISHED: Final = 3
SAME_PLACE: Final = timedelta(hours=24)

Part = Literal["kind", "reporters", "views", "age", "author"]


@dataclass(frozen=True, slots=True)
class Addend:
    """One part of a priority: what it is about, how it was reckoned, and its value."""

    part: Part
    expression: str
    value: float


@dataclass(frozen=True, slots=True)
class Facts:
    """What a priority hangs on."""

    kind: str
    weight: float
    views: int
    is_public: bool
    author_trust: int
    opened_at: datetime
    hours: float


@dataclass(frozen=True, slots=True)
class Equation:
    """A priority with all its parts; one that waited twice its time goes first whatever the sum."""

    addends: tuple[Addend, ...]
    age_hours: float
    is_late: bool

    @property
    def total(self) -> float:
        """The sum of the parts."""
        return round(sum(addend.value for addend in self.addends), 2)

    @property
    def band(self) -> str:
        """The coarse class of the sum: P0 to P3."""
        return band(self.total)

    @property
    def rank(self) -> float:
        """What the queue sorts by: the sum, or for what is long overdue its age above all sums."""
        return PINNED + self.age_hours if self.is_late else self.total


def band(total: float) -> str:
    """The coarse class of a priority: P0 to P3."""
    return next((name for least, name in BANDS if total >= least), "P3")


def is_pinned(rank: float) -> bool:
    """Whether a stored rank is one of a case that waited far too long."""
    return rank >= PINNED


def lower_bound(agreed: float, total: float) -> float:
    """Wilson's lower bound of a share at 90 % confidence; 0 without anything to judge by."""
    if total <= 0:
        return 0.0
    share, z2 = agreed / total, Z90 * Z90
    centre = share + z2 / (2 * total)
    spread = Z90 * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    return (centre - spread) / (1 + z2 / total)


def reporter_weight(trust: int, *, is_staff: bool, agreed: float, total: float) -> float:
    """What one person's report weighs, 0 to 4: their standing, and with enough history how often they were right."""
    standing = STAFF_BONUS if is_staff else TRUST_STEP * trust
    accuracy = 4 * (lower_bound(agreed, total) - 0.5) if total >= ENOUGH_HISTORY else 0.0
    return round(min(max(1 + standing + accuracy, 0.0), HEAVIEST), 4)


def decayed(judged: Iterable[tuple[str, datetime]], now: datetime) -> tuple[float, float]:
    """How many reports of somebody were agreed with, and how many judged; each counts half after 180 days."""
    agreed = total = 0.0
    for status, at in judged:
        worth = 0.5 ** ((now - at).total_seconds() / 86400 / HALF_LIFE_DAYS)
        total += worth
        agreed += worth if status == "agreed" else 0.0
    return agreed, total


def equation(facts: Facts, now: datetime) -> Equation:
    """The priority of a case at a moment, part by part."""
    age = max((now - facts.opened_at).total_seconds() / 3600, 0.0)
    share = age / facts.hours
    parts = [Addend("kind", "", kind_of(facts.kind).base)]
    if facts.weight > 0:
        parts.append(Addend("reporters", f"4 × ln(1 + {facts.weight:.2f})", 4 * math.log1p(facts.weight)))
    if facts.is_public and facts.views > 0:
        value = min(10.0, 2 * math.log2(1 + facts.views / 10))
        parts.append(Addend("views", f"min(10, 2 × log₂(1 + {facts.views} / 10))", value))
    said = f"20 × {age:.1f} h / {facts.hours:g} h" if share < AGE_CAP else f"20 × {AGE_CAP}"
    parts.append(Addend("age", said, 20 * min(AGE_CAP, share)))
    if facts.author_trust >= ESTABLISHED:
        parts.append(Addend("author", "", -10.0))
    return Equation(tuple(parts), age, share > LATE_FACTOR)


@dataclass(frozen=True, slots=True)
class Reporter:
    """Somebody who reported, as the rule that hides has to know them."""

    weight: float
    joined_at: datetime
    network: str | None


@dataclass(frozen=True, slots=True)
class HideRule:
    """Whether reports alone hide a text, with everything the answer hangs on."""

    weight: float
    reporters: int
    wanted: int
    is_allowed: bool

    @property
    def hides(self) -> bool:
        """Whether the text is hidden until a person looks."""
        return self.is_allowed and self.weight >= HIDE_WEIGHT and self.reporters >= self.wanted

    @property
    def told(self) -> str:
        """The rule as a line of arithmetic, for the log."""
        return f"{self.weight:.2f} ≥ {HIDE_WEIGHT:g} and {self.reporters} ≥ {self.wanted} reporters"


def hide_rule(reporters: Sequence[Reporter], *, author_trust: int, author_is_staff: bool) -> HideRule:
    """The rule for reports of kinds that may hide: several people who do not look like one."""
    independent = _independent(reporters)
    wanted = HIDE_REPORTERS_OF_TRUSTED if author_trust >= TRUSTED else HIDE_REPORTERS
    return HideRule(round(sum(one.weight for one in independent), 4), len(independent), wanted, not author_is_staff)


def _independent(reporters: Sequence[Reporter]) -> list[Reporter]:
    """One of each group of accounts that were made within a day from one network: the heaviest."""
    kept: list[Reporter] = []
    for one in sorted(reporters, key=lambda one: -one.weight):
        if not any(_look_like_one(one, other) for other in kept):
            kept.append(one)
    return kept


def _look_like_one(one: Reporter, other: Reporter) -> bool:
    is_near = one.network is not None and one.network == other.network
    return is_near and abs(one.joined_at - other.joined_at) < SAME_PLACE
