"""Tables of moderation: cases, signals, claims, decisions, the log, sanctions, appeals and notices."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from forum.kit.db import Base, UTCDateTime
from forum.kit.outbox import BigId


class Case(Base):
    """Everything that was ever said about one target; reopening adds a round, never a second case."""

    __tablename__ = "mod_case"
    __table_args__ = (
        UniqueConstraint("target_type", "target_id"),
        CheckConstraint("status IN ('pending', 'escalated', 'awaiting_author', 'decided', 'closed')", name="status"),
        Index("ix_mod_case_queue", "status", "priority", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    target_type: Mapped[str] = mapped_column(String(12))
    target_id: Mapped[int] = mapped_column(BigId)
    round: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(String(16), default="pending")
    outcome: Mapped[str | None] = mapped_column(String(20))
    priority: Mapped[float] = mapped_column(Float, default=0.0)
    kind_top: Mapped[str] = mapped_column(String(30))
    assigned_group: Mapped[str | None] = mapped_column(String(30))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    sla_due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    first_action_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Signal(Base):
    """One reason to look: a report, a rule, a hold. `actor_id` 0 is the system, because NULLs never collide."""

    __tablename__ = "mod_signal"
    __table_args__ = (
        UniqueConstraint("case_id", "round", "source", "actor_id", "kind"),
        Index("ix_mod_signal_actor", "actor_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("mod_case.id"))
    round: Mapped[int] = mapped_column(default=1)
    source: Mapped[str] = mapped_column(String(12))
    actor_id: Mapped[int] = mapped_column(BigId, default=0)
    kind: Mapped[str] = mapped_column(String(30))
    weight: Mapped[float] = mapped_column(Float, default=1.0)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    status: Mapped[str] = mapped_column(String(10), default="pending")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Claim(Base):
    """Who is looking at a case right now; a lease, so that a closed laptop blocks nobody."""

    __tablename__ = "mod_claim"

    case_id: Mapped[int] = mapped_column(ForeignKey("mod_case.id"), primary_key=True)
    mod_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    token: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Decision(Base):
    """What was decided, by whom and why; append-only, a later change of mind is another row."""

    __tablename__ = "mod_decision"
    __table_args__ = (UniqueConstraint("mod_id", "idem_key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("mod_case.id"), index=True)
    round: Mapped[int] = mapped_column(default=1)
    mod_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    outcome: Mapped[str] = mapped_column(String(20))
    reason_code: Mapped[str | None] = mapped_column(String(40))
    note_internal: Mapped[str] = mapped_column(Text, default="")
    note_author: Mapped[str] = mapped_column(Text, default="")
    legal: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    automated: Mapped[bool] = mapped_column(Boolean, default=False)
    self_review: Mapped[bool] = mapped_column(Boolean, default=False)
    before: Mapped[str | None] = mapped_column(String(16))
    after: Mapped[str | None] = mapped_column(String(16))
    target_revision_id: Mapped[int | None] = mapped_column(BigId)
    snapshot_id: Mapped[int | None] = mapped_column(BigId)
    reverts_decision_id: Mapped[int | None] = mapped_column(ForeignKey("mod_decision.id"))
    bulk_id: Mapped[str | None] = mapped_column(String(36), index=True)
    idem_key: Mapped[str] = mapped_column(String(64))
    request_hash: Mapped[str] = mapped_column(String(64))
    decided_at: Mapped[datetime] = mapped_column(UTCDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class ModEvent(Base):
    """The moderation log: append-only, each row carries the hash of the one before."""

    __tablename__ = "mod_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    action: Mapped[str] = mapped_column(String(30))
    actor_id: Mapped[int] = mapped_column(BigId, default=0)
    case_id: Mapped[int | None] = mapped_column(BigId, index=True)
    target_type: Mapped[str | None] = mapped_column(String(12))
    target_id: Mapped[int | None] = mapped_column(BigId)
    reason_code: Mapped[str | None] = mapped_column(String(40))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class Sanction(Base):
    """A limit on a person between two dates; expiry needs no job to be true."""

    __tablename__ = "sanction"
    __table_args__ = (Index(None, "user_id", "ends_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    kind: Mapped[str] = mapped_column(String(20))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    reason: Mapped[str] = mapped_column(Text, default="")
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lifted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("mod_decision.id"))


class Appeal(Base):
    """An objection to a decision; answered by somebody who did not make it."""

    __tablename__ = "appeal"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("mod_decision.id"), index=True)
    complainant_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(12), default="open")
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    outcome: Mapped[str | None] = mapped_column(String(12))
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Notice(Base):
    """A notice of unlawful content from anybody, signed in or not."""

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("mod_case.id"), index=True)
    urls: Mapped[list[Any]] = mapped_column(JSON)
    explanation: Mapped[str] = mapped_column(Text)
    legal_ground: Mapped[str] = mapped_column(String(200), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    lang: Mapped[str] = mapped_column(String(8), default="")
    notifier_name: Mapped[str] = mapped_column(String(120), default="")
    notifier_email: Mapped[str] = mapped_column(String(254), default="")
    good_faith: Mapped[bool] = mapped_column(Boolean, default=False)
    trusted_flagger: Mapped[bool] = mapped_column(Boolean, default=False)
    status: Mapped[str] = mapped_column(String(16), default="awaiting_review")
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
