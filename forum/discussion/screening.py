"""The verdict of intake on a text, with all its reasons; made by moderation's intake alone, or by `trusted` with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from forum.kit.words import Text

Action = Literal["publish", "hold", "block"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a text was not simply published; `message` is told to the author when they can do something about it."""

    code: str
    message: Text
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Screening:
    """What intake decided: publish, or hold for a person. What is blocked never becomes a Screening that is published."""

    action: Action
    reasons: tuple[Reason, ...] = ()
    trace: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def trusted(cls, why: str) -> Screening:
        """A text that needs no screening, for the stated reason (imports, the system's own words)."""
        return cls("publish", (), {"trusted": why})
