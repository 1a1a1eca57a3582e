"""What people send to moderation: reports, claims and decisions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from forum.accounts.inputs import Input
from forum.kit.text import normalise
from forum.moderation.kinds import FlagKind, RemovalReason

Outcome = Literal["approve", "remove", "ignore"]
Note = Annotated[str, Field(max_length=2000), AfterValidator(normalise)]
IdemKey = Annotated[str, Field(min_length=8, max_length=64)]


class FlagInput(Input):
    """A report of a post: what is wrong with it, and in the reporter's own words why."""

    reason: FlagKind
    note: Annotated[str, Field(max_length=1000), AfterValidator(normalise)] = ""


class ClaimInput(Input):
    """Take a case to look at it; `take_over` takes it from somebody else, for managers."""

    take_over: bool = False


class TokenInput(Input):
    """The token that taking a case gave."""

    token: Annotated[str, Field(min_length=1, max_length=64)]


class DecisionInput(Input):
    """A decision on one case as the moderator saw it.

    `expected_version` is the case's, `target_revision_id` the revision that was read (null where the case has none).
    """

    outcome: Outcome
    expected_version: int
    target_revision_id: int | None
    reason_code: Literal["", RemovalReason] = ""
    note_author: Note = ""
    note_internal: Note = ""
    idem_key: IdemKey
