"""What doors get: definitions, figures, points of a series, evidence, and what the overview shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

Unit = Literal["count", "ratio", "seconds", "per_thousand", "points", "number"]
Direction = Literal["up", "dn", "="]


@dataclass(frozen=True, slots=True)
class Metric:
    """One definition. `label`, `says` and `formula` are keyed by language (`en`, `ko`)."""

    id: str
    type: str
    unit: Unit
    direction: Direction
    population: str
    window: str
    min_n: int
    stage: str
    engagement: str
    label: Mapping[str, str]
    says: Mapping[str, str]
    formula: Mapping[str, str]
    guard: str | None = None
    horizon_seconds: int = 0
    version: int = 1
    is_additive: bool = False
    is_live: bool = True
    scale: tuple[float, ...] = ()
    definition_hash: str = ""

    def in_words(self, kind: Literal["label", "says", "formula"], locale: str) -> str:
        """Label, sentence or formula in this language, else in English."""
        texts: Mapping[str, str] = getattr(self, kind)
        return texts.get(locale[:2], texts["en"])


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a period of local days, `end` exclusive. `value` is None whenever `status` is not `ok`."""

    metric: str
    start: date
    end: date
    value: float | None
    numerator: int | None
    denominator: int | None
    n: int
    ci_low: float | None
    ci_high: float | None
    status: str
    unit: str
    parts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Point:
    """A figure in a series; `day` is the last local day of its period."""

    day: date
    figure: Figure


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One thing that was looked at: counted in, or out and why. Text is empty when the viewer may not see it."""

    key: str
    kind: str
    counted: bool
    reason: str
    at: datetime
    outcome_at: datetime | None
    seconds: int | None
    numerator: int
    denominator: int
    thread_id: int | None = None
    post_id: int | None = None
    title: str = ""
    slug: str = ""
    is_masked: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """A figure with all that stands behind it. `excluded` counts what was left out, by reason."""

    figure: Figure
    formula_filled: Mapping[str, str]
    excluded: Mapping[str, int]
    counted: int
    rows: Sequence[EvidenceRow]
    next: str | None


@dataclass(frozen=True, slots=True)
class Tile:
    """A metric on the overview: this period, the one before, and 13 weekly points, the oldest first."""

    metric: Metric
    now: Figure
    before: Figure
    trend: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question nobody has answered yet; without title when the viewer may not see it."""

    thread_id: int
    title: str
    slug: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Today:
    """What has to be done now."""

    unanswered: int
    oldest: Waiting | None
    pending_cases: int
    overdue_cases: int


@dataclass(frozen=True, slots=True)
class Overview:
    """All tiles by metric id, for the period [start, end) and the one of the same length before.

    `version` moves whenever a roll-up changes; `first_day` is the first with data,
    `last_day` the last the figures reach; both are None while there are no data.
    """

    start: date
    end: date
    tiles: Mapping[str, Tile]
    today: Today
    version: int
    as_of: datetime | None
    timezone: str
    first_day: date | None
    last_day: date | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the waiting curve: from `seconds` on, this share still waits."""

    seconds: float
    share: float
    low: float
    high: float
    at_risk: int


@dataclass(frozen=True, slots=True)
class Flow:
    """Contributors of one ISO week that begins on `monday`."""

    monday: date
    new: int
    reactivated: int
    continuing: int
    lost: int


@dataclass(frozen=True, slots=True)
class Year:
    """One calendar year of the community."""

    year: int
    threads: int
    replies: int
    contributors: int
