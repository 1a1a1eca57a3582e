"""Tables of figures: derived rows and roll-ups, all disposable, and the book of what was reported."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Date, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from forum.kit.db import Base, UTCDateTime

KEY = String(64)
METRIC = String(60)


class ThreadFacts(Base):
    """A thread as the facts tell it; times in microseconds. `waits` for an answer, `is_undecided` by moderators."""

    __tablename__ = "f_thread"
    __table_args__ = (
        Index(None, "last_at"),
        Index(None, "published_at"),
        Index(None, "waits", "published_at"),
        Index(None, "is_undecided"),
    )

    thread_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    first_at: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[int] = mapped_column(BigInteger)
    published_at: Mapped[int | None] = mapped_column(BigInteger)
    author_key: Mapped[str] = mapped_column(KEY)
    author_class: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(12))
    category_id: Mapped[int | None] = mapped_column(BigInteger)
    lang: Mapped[str | None] = mapped_column(String(8))
    first_response_at: Mapped[int | None] = mapped_column(BigInteger)
    first_peer_response_at: Mapped[int | None] = mapped_column(BigInteger)
    accepted_at: Mapped[int | None] = mapped_column(BigInteger)
    closed_at: Mapped[int | None] = mapped_column(BigInteger)
    is_readable: Mapped[bool]
    waits: Mapped[bool]
    is_undecided: Mapped[bool]
    body: Mapped[Any] = mapped_column(JSON)


class PostFacts(Base):
    """A post as the facts tell it: who published it when, and whether it counts."""

    __tablename__ = "f_post"
    __table_args__ = (Index(None, "counts", "published_at"), Index(None, "actor_key", "published_at"))

    post_key: Mapped[str] = mapped_column(KEY, primary_key=True)
    thread_id: Mapped[int] = mapped_column(BigInteger, index=True)
    actor_key: Mapped[str] = mapped_column(KEY)
    actor_class: Mapped[str] = mapped_column(String(10))
    is_opening: Mapped[bool]
    published_at: Mapped[int | None] = mapped_column(BigInteger)
    counts: Mapped[bool]


class SignupFacts(Base):
    """Who became a member when."""

    __tablename__ = "f_signup"

    actor_key: Mapped[str] = mapped_column(KEY, primary_key=True)
    actor_class: Mapped[str] = mapped_column(String(10))
    signed_up_at: Mapped[int] = mapped_column(BigInteger, index=True)


class ActorDay(Base):
    """What somebody did on a local day beside writing, and how often; guests together."""

    __tablename__ = "r_actor_day"
    __table_args__ = (Index(None, "actor_key", "day"),)

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    actor_key: Mapped[str] = mapped_column(KEY, primary_key=True)
    actor_class: Mapped[str] = mapped_column(String(10), primary_key=True)
    type: Mapped[str] = mapped_column(String(40), primary_key=True)
    n: Mapped[int]


class MetricDay(Base):
    """A figure of one local day, or of the 28 that end with it, as whole numbers; where all are 0 there is no row."""

    __tablename__ = "r_metric_day"
    __table_args__ = (Index(None, "grain", "day"),)

    metric_id: Mapped[str] = mapped_column(METRIC, primary_key=True)
    grain: Mapped[str] = mapped_column(String(4), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    numerator: Mapped[int | None] = mapped_column(BigInteger)
    denominator: Mapped[int | None] = mapped_column(BigInteger)
    n: Mapped[int] = mapped_column(BigInteger)
    parts: Mapped[dict[str, Any]] = mapped_column(JSON)


class MetricValue(Base):
    """The book: what a closed day's figure was when the day closed, what it is now, and how often it changed since."""

    __tablename__ = "metric_value"

    metric_id: Mapped[str] = mapped_column(METRIC, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True, index=True)
    numerator: Mapped[int | None] = mapped_column(BigInteger)
    denominator: Mapped[int | None] = mapped_column(BigInteger)
    n: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[int]
    cause: Mapped[str] = mapped_column(String(20))


class MetricState(Base):
    """One row: how far the log has been read, under which rules, and the number that moves with every change."""

    __tablename__ = "metric_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    high_water: Mapped[datetime] = mapped_column(UTCDateTime)
    recent: Mapped[int] = mapped_column(BigInteger)
    as_of: Mapped[datetime] = mapped_column(UTCDateTime)
    began: Mapped[datetime] = mapped_column(UTCDateTime)
    timezone: Mapped[str] = mapped_column(String(60))
    tzdata: Mapped[str] = mapped_column(String(20))
    definitions: Mapped[str] = mapped_column(String(20))
    first_day: Mapped[date | None] = mapped_column(Date)
    last_day: Mapped[date | None] = mapped_column(Date)
