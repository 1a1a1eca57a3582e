"""Totals since the beginning: counted from derived rows, by doors that keep them until the roll-ups move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func, select

from forum.kit.db import db
from forum.metrics.facts import SECOND, moment
from forum.metrics.models import PostFacts, ThreadFacts


@dataclass(frozen=True, slots=True)
class Published:
    """How many posts of a kind (`thread`, `reply`) by authors of a class were ever published.

    Those that are gone since are in it: a scraper takes a total that falls for one that began anew.
    """

    kind: str
    author_class: str
    n: int


@dataclass(frozen=True, slots=True)
class Waits:
    """First replies to threads of members by how long they took: counts for each bucket, the rest, all seconds."""

    counts: Sequence[int]
    beyond: int
    seconds: float


def last_post_day(zone: str) -> date | None:
    """The local day in which the last post was published that still stands; None while there is none."""
    last = db.session.scalar(select(func.max(PostFacts.published_at)).where(PostFacts.counts))
    return None if last is None else moment(last).astimezone(ZoneInfo(zone)).date()


def published() -> list[Published]:
    """Everything ever published, by kind and class."""
    found = db.session.execute(
        select(PostFacts.is_opening, PostFacts.actor_class, func.count())
        .where(PostFacts.published_at.is_not(None))
        .group_by(PostFacts.is_opening, PostFacts.actor_class)
        .order_by(PostFacts.is_opening.desc(), PostFacts.actor_class)
    )
    return [Published("thread" if opening else "reply", cls, n) for opening, cls, n in found]


def first_responses(ends: Sequence[int]) -> Waits:
    """How long first replies took, in buckets that end at these seconds, each greater than the one before."""
    wait: ColumnElement[int | None] = ThreadFacts.first_response_at - ThreadFacts.published_at
    bucket = case(*((wait <= end * SECOND, place) for place, end in enumerate(ends)), else_=len(ends))
    found = db.session.execute(
        select(bucket, func.count(), func.sum(wait))
        .where(ThreadFacts.author_class == "member", ThreadFacts.first_response_at.is_not(None))
        .group_by(bucket)
    ).all()
    counts = {place: n for place, n, _ in found}
    total = sum(int(microseconds) for _, _, microseconds in found)
    return Waits([counts.get(place, 0) for place in range(len(ends))], counts.get(len(ends), 0), total / SECOND)
