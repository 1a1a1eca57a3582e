"""What a run did: how many of each kind were added, were there before, or were left out and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

KINDS: Final = (
    "users",
    "threads",
    "replies",
    "comments",
    "votes_up",
    "votes_down",
    "votes_other",
    "accepted",
    "tags",
    "revisions",
    "links",
    "badges",
)
NOT_IN_DUMP: Final = "post not in dump"


@dataclass
class Tally:
    """The account of one kind."""

    added: int = 0
    existing: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def skip(self, reason: str, count: int = 1) -> None:
        """Note that so many were left out for this reason."""
        if count:
            self.skipped[reason] += count

    def as_json(self) -> dict[str, Any]:
        """For the document on standard output."""
        return {"added": self.added, "existing": self.existing, "skipped": dict(sorted(self.skipped.items()))}


@dataclass
class Report:
    """All accounts of a run, and what of the dump could not be carried over exactly (`fidelity`)."""

    tallies: dict[str, Tally] = field(default_factory=lambda: {kind: Tally() for kind in KINDS})
    counts: Counter[str] = field(default_factory=Counter)
    html_converted: Counter[str] = field(default_factory=Counter)
    html_shown: Counter[str] = field(default_factory=Counter)
    html_dropped: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    drain_seconds: float = 0.0
    is_drained: bool = True

    def __getitem__(self, kind: str) -> Tally:
        """The account of a kind."""
        return self.tallies[kind]

    @property
    def added(self) -> int:
        """How many rows of any kind this run added."""
        return sum(tally.added for tally in self.tallies.values())

    def as_json(self) -> dict[str, Any]:
        """One document: the accounts, `seconds` with everything in them, and the fidelity."""
        fidelity: dict[str, Any] = {
            "html_converted": dict(sorted(self.html_converted.items())),
            "html_shown_as_text": dict(sorted(self.html_shown.items())),
            "html_dropped": dict(sorted(self.html_dropped.items())),
            **{name: count for name, count in sorted(self.counts.items()) if count},
            "consequences_done": self.is_drained,
            "consequences_seconds": round(self.drain_seconds, 3),
        }
        tallies = {kind: tally.as_json() for kind, tally in self.tallies.items()}
        return {**tallies, "seconds": round(self.seconds, 3), "fidelity": fidelity}
