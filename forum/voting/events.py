"""What happens with votes, as facts of the participation log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from forum.kit.outbox import Event


@dataclass(frozen=True, kw_only=True)
class VoteCast(Event):
    """A vote was cast, changed or taken back: `value` 1, -1 or 0; `before` what it was."""

    type: ClassVar[str] = "vote"

    value: int
    before: int = 0
