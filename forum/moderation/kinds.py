"""Kinds of trouble: how urgent each is, by when somebody should have looked, and whether reports alone may hide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, get_args

FlagKind = Literal[
    "spam", "abuse", "off_topic", "personal_data", "danger", "threat", "self_harm", "illegal", "duplicate", "other"
]
RemovalReason = Literal["spam", "abuse", "off_topic", "personal_data", "danger", "illegal", "duplicate", "other"]
FLAG_KINDS: Final[tuple[str, ...]] = get_args(FlagKind)
REMOVAL_REASONS: Final[tuple[str, ...]] = get_args(RemovalReason)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind weighs in the order of the queue, and the hours until it is late."""

    base: float
    hours: float
    may_hide: bool = False


KINDS: Final[dict[str, Kind]] = {
    "self_harm": Kind(80, 1),
    "threat": Kind(70, 2),
    "illegal": Kind(60, 4),
    "personal_data": Kind(60, 1),
    "danger": Kind(60, 2),
    "abuse": Kind(35, 8, may_hide=True),
    "spam": Kind(20, 12, may_hide=True),
    "duplicate": Kind(10, 24),
    "other": Kind(10, 24),
    "off_topic": Kind(5, 48, may_hide=True),
}
# What a rule of intake holds back, whatever the rule.
HELD: Final = Kind(15, 8)


def kind_of(code: str) -> Kind:
    """The kind behind a code; every rule of intake weighs the same."""
    return KINDS.get(code, HELD)


def top(codes: Iterable[str]) -> str:
    """The most urgent of some codes; of equal ones the first by name, so that the answer never depends on luck."""
    return max(sorted(codes), key=lambda code: kind_of(code).base)


def hours(codes: Iterable[str]) -> float:
    """The shortest deadline among some codes, in hours."""
    return min(kind_of(code).hours for code in codes)
