"""Facts: what the participation log says, in one shape and one order, whoever tells it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SECOND: Final = 1_000_000
DAY: Final = 86_400 * SECOND
# A clock that runs ahead of ours by more than this is wrong; what it dates is taken to have happened on arrival.
MOST_AHEAD: Final = 300 * SECOND
HUMAN: Final = frozenset({"member", "guest", "staff"})
# Imported votes have no voter: they count in scores, never as a person.
NOBODY: Final = "anon"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened. Times are microseconds since 1970 in UTC; keys of things are strings."""

    id: str
    type: str
    at: int
    received_at: int
    actor: str
    cls: str
    thread: str | None
    post: str | None
    category: str | None
    lang: str | None
    target: str | None
    props: Mapping[str, Any]

    def text(self, key: str) -> str:
        """A property as text; empty when there is none."""
        value = self.props.get(key)
        return "" if value is None else str(value)


def micros(moment: datetime) -> int:
    """A moment as whole microseconds since 1970, exactly."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(value: int) -> datetime:
    """The moment behind microseconds since 1970, in UTC."""
    return EPOCH + timedelta(microseconds=value)


def canonical(facts: Iterable[Fact]) -> list[Fact]:
    """Every fact once, clamped and in the order (when it happened, id), in whatever order they arrived.

    The same id counts once: what was received first stands.
    """
    known: dict[str, Fact] = {}
    for fact in facts:
        before = known.get(fact.id)
        if before is None or _arrival(fact) < _arrival(before):
            known[fact.id] = fact
    return sorted((_clamped(fact) for fact in known.values()), key=lambda fact: (fact.at, fact.id))


def _arrival(fact: Fact) -> tuple[object, ...]:
    """Two deliveries at one moment still need an order, or a shuffled log could give another result."""
    told = sorted((key, repr(value)) for key, value in fact.props.items())
    rest = (fact.type, fact.actor, fact.cls, fact.thread or "", fact.post or "", fact.target or "")
    return (fact.received_at, fact.at, rest, told)


def _clamped(fact: Fact) -> Fact:
    return replace(fact, at=fact.received_at) if fact.at > fact.received_at + MOST_AHEAD else fact


def known_at(facts: Iterable[Fact], as_of: int) -> list[Fact]:
    """Those that had arrived by then."""
    return [fact for fact in facts if fact.received_at <= as_of]
