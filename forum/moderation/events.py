"""What happens in moderation, as facts of the participation log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from forum.kit.outbox import Event


@dataclass(frozen=True, kw_only=True)
class PostHeld(Event):
    """A text waits for a person to look at it; its author is told."""

    type: ClassVar[str] = "post_held"

    case: int
    reasons: list[str]


@dataclass(frozen=True, kw_only=True)
class PostFlagged(Event):
    """Somebody reported a post; the one who wrote it is told nothing."""

    type: ClassVar[str] = "flag"

    reason: str


@dataclass(frozen=True, kw_only=True)
class PostHidden(Event):
    """Several reports hid a post until a person looks at it; its author is told."""

    type: ClassVar[str] = "post_hidden"

    case: int


@dataclass(frozen=True, kw_only=True)
class CaseDecided(Event):
    """A case was decided; whoever is told hears of it once the moderator can no longer take it back unseen."""

    type: ClassVar[str] = "case_decided"

    case: int
    round: int
    decision: int
    outcome: str
    before: str
    edit: bool
    reason: str | None = None
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class FlagsDecided(Event):
    """The reports about a post were judged: `outcome` agreed, disagreed or ignored."""

    type: ClassVar[str] = "flag_decision"

    outcome: str


@dataclass(frozen=True, kw_only=True)
class DecisionReverted(Event):
    """A decision was taken back; `told` when somebody had heard of it already."""

    type: ClassVar[str] = "decision_reverted"

    case: int
    round: int
    decision: int
    outcome: str
    edit: bool
    told: bool
