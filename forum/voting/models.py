"""The table of votes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.kit.db import Base, UTCDateTime
from forum.kit.outbox import BigId


class Vote(Base):
    """A vote up or down; imported ones have no voter and count in scores, never as a person."""

    __tablename__ = "vote"
    __table_args__ = (
        UniqueConstraint("post_id", "voter_id"),
        UniqueConstraint("source", "source_id"),
        CheckConstraint("value IN (-1, 1)", name="value"),
        Index("ix_vote_voter", "voter_id", "post_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    voter_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    value: Mapped[int]
    cast_at: Mapped[datetime] = mapped_column(UTCDateTime)
    source: Mapped[str | None] = mapped_column(String(40))
    source_id: Mapped[str | None] = mapped_column(String(40))
