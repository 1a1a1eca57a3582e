"""What age, votes and solutions add to how well the words of a post fit; the same for every engine."""

from __future__ import annotations

import math
from dataclasses import dataclass

_HALF_LIFE_DAYS = 180.0


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a post besides its words; `age` in days."""

    age: float
    votes: int
    is_solved: bool
    is_opening: bool


@dataclass(frozen=True, slots=True)
class Boosts:
    """The factors by which a post's score is multiplied."""

    recency: float
    votes: float
    solved: float
    opening: float

    @property
    def product(self) -> float:
        """All factors together."""
        return self.recency * self.votes * self.solved * self.opening


def boosts(post: Standing) -> Boosts:
    """How much a post is raised, factor by factor."""
    return Boosts(
        recency=1 + 0.25 * math.pow(0.5, max(0.0, post.age) / _HALF_LIFE_DAYS),
        votes=1 + 0.1 * math.log2(1 + max(0, post.votes)),
        solved=1.2 if post.is_solved else 1.0,
        opening=1.1 if post.is_opening else 1.0,
    )
