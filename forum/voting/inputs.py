"""What people send about votes."""

from __future__ import annotations

from typing import Literal

from forum.accounts.inputs import Input

VALUES = {"up": 1, "clear": 0, "down": -1}


class VoteInput(Input):
    """Up, down, or taken back."""

    choice: Literal["up", "down", "clear"]

    @property
    def value(self) -> int:
        """The number the score is made of."""
        return VALUES[self.choice]
