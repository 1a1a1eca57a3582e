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
class CaseDecided(Event):
    """A case was decided; the author is told with the reason."""

    type: ClassVar[str] = "case_decided"

    case: int
    decision: int
    outcome: str
    reason: str | None = None
    note: str | None = None
