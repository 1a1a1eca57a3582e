"""What age, votes and solutions add to how well the words of a post fit; the same for every engine."""

from __future__ import annotations

import math

from forum.search.documents import OPENING, SOLVED

_HALF_LIFE_DAYS = 180.0
_SECONDS_A_DAY = 86_400.0


def boost(created: int, votes: int, flags: int, now: float) -> float:
    """The factor of a post's score: `created` and `now` in seconds since 1970, `flags` as in documents."""
    age = max(0.0, now - created) / _SECONDS_A_DAY
    factor = 1 + 0.25 * math.pow(0.5, age / _HALF_LIFE_DAYS)
    factor *= 1 + 0.1 * math.log2(1 + max(0, votes))
    return factor * (1.2 if flags & SOLVED else 1.0) * (1.1 if flags & OPENING else 1.0)
