"""The verdict of intake on a text, with all reasons; made by moderation's intake, or by `trusted` with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from forum.kit.words import Text

Action = Literal["publish", "hold", "block"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a text was not simply published; `message` is told to the author when it can be mended."""

    code: str
    message: Text
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Screening:
    """What intake decided: publish, or hold for a person; what is blocked never gets this far."""

    action: Action
    reasons: tuple[Reason, ...] = ()
    trace: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def trusted(cls, why: str) -> Screening:
        """A text that needs no screening, for the stated reason (imports, the system's own words)."""
        return cls("publish", (), {"trusted": why})
