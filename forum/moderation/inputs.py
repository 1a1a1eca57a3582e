"""What moderators send about cases."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from forum.accounts.inputs import Input
from forum.kit.text import normalise

REASONS = ("spam", "off_topic", "abuse", "personal_data", "duplicate", "illegal", "other")


class DecisionInput(Input):
    """A decision on one case; `expected_version` is the case's as the moderator saw it."""

    outcome: Literal["approve", "remove"]
    expected_version: int
    target_version: int
    reason_code: Literal["", "spam", "off_topic", "abuse", "personal_data", "duplicate", "illegal", "other"] = ""
    note_author: Annotated[str, Field(max_length=2000), AfterValidator(normalise)] = ""
    idem_key: Annotated[str, Field(min_length=8, max_length=64)]
