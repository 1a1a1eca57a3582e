"""Answers of policies: yes, or no with a reason a person can read."""

from __future__ import annotations

from dataclasses import dataclass

from forum.kit.errors import NotAllowed
from forum.kit.words import Text


@dataclass(frozen=True, slots=True)
class Verdict:
    """Truthy when allowed; otherwise it says why not."""

    allowed: bool
    reason: Text | None = None

    def __bool__(self) -> bool:
        """Whether it is allowed."""
        return self.allowed


YES = Verdict(True)


def no(reason: Text) -> Verdict:
    """A refusal with its reason."""
    return Verdict(False, reason)


def require(verdict: Verdict) -> None:
    """Pass, or raise NotAllowed with the verdict's reason."""
    if not verdict.allowed:
        assert verdict.reason is not None
        raise NotAllowed(verdict.reason)
