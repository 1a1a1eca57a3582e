"""Tables of what is talked about: categories, tags, threads, posts, revisions and links between them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from forum.kit.db import Base, UTCDateTime
from forum.kit.outbox import BigId

THREAD_KINDS = ("question", "discussion", "idea")
POST_KINDS = ("opening", "reply", "comment")
# moderation writes `visibility`; everybody else reads it through discussion.visibility
VISIBILITIES = ("held", "visible", "hidden", "blinded_kr", "removed", "author_deleted", "erased")
READ_ROLES = ("everyone", "members", "staff")
POST_ROLES = ("members", "moderators", "managers")


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class Category(Base):
    """A place for threads; says who may read and who may start threads and reply in it."""

    __tablename__ = "category"
    __table_args__ = (_one_of("read_role", READ_ROLES), _one_of("post_role", POST_ROLES))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    description: Mapped[str] = mapped_column(String(300), default="")
    hue: Mapped[int] = mapped_column(default=264)
    position: Mapped[int] = mapped_column(default=0)
    read_role: Mapped[str] = mapped_column(String(10), default="everyone")
    post_role: Mapped[str] = mapped_column(String(10), default="members")
    archived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    thread_count: Mapped[int] = mapped_column(default=0)


class Tag(Base):
    """A word threads are found by, across categories."""

    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    description: Mapped[str] = mapped_column(String(300), default="")
    thread_count: Mapped[int] = mapped_column(default=0)


class Thread(Base):
    """A question, discussion or idea. `visibility` is that of its opening post; `score` is its opening post's."""

    __tablename__ = "thread"
    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        _one_of("kind", THREAD_KINDS),
        _one_of("visibility", VISIBILITIES),
        Index("ix_thread_latest", "visibility", "active_at", "id"),
        Index("ix_thread_category_latest", "category_id", "visibility", "active_at", "id"),
        Index("ix_thread_top", "visibility", "score", "id"),
        Index("ix_thread_category_top", "category_id", "visibility", "score", "id"),
        Index(
            "ix_thread_unanswered",
            "created_at",
            "id",
            sqlite_where=text("visibility = 'visible' AND kind = 'question' AND reply_count = 0 AND locked_at IS NULL"),
            postgresql_where=text(
                "visibility = 'visible' AND kind = 'question' AND reply_count = 0 AND locked_at IS NULL"
            ),
        ),
        Index("ix_thread_kind_latest", "kind", "visibility", "active_at", "id"),
        Index(
            "ix_thread_solved_latest",
            "active_at",
            "id",
            sqlite_where=text("visibility = 'visible' AND accepted_post_id IS NOT NULL"),
            postgresql_where=text("visibility = 'visible' AND accepted_post_id IS NOT NULL"),
        ),
        Index(
            "ix_thread_pinned",
            "pinned_at",
            sqlite_where=text("pinned_at IS NOT NULL"),
            postgresql_where=text("pinned_at IS NOT NULL"),
        ),
        Index("ix_thread_author", "author_id", "created_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"))
    kind: Mapped[str] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(String(255))
    slug: Mapped[str] = mapped_column(String(80))
    lang: Mapped[str] = mapped_column(String(8), default="und")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    author_name: Mapped[str] = mapped_column(String(60))
    visibility: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    active_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_poster_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    last_poster_name: Mapped[str] = mapped_column(String(60), default="")
    first_reply_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    opening_post_id: Mapped[int | None] = mapped_column(BigId)
    next_seq: Mapped[int] = mapped_column(default=1)
    reply_count: Mapped[int] = mapped_column(default=0)
    comment_count: Mapped[int] = mapped_column(default=0)
    score: Mapped[int] = mapped_column(default=0)
    accepted_post_id: Mapped[int | None] = mapped_column(BigId)
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    official_post_id: Mapped[int | None] = mapped_column(BigId)
    pinned_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    pinned_site_wide: Mapped[bool] = mapped_column(default=False)
    locked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    locked_reason: Mapped[str | None] = mapped_column(String(40))
    duplicate_of_id: Mapped[int | None] = mapped_column(BigId)
    tag_names: Mapped[list[Any]] = mapped_column(JSON, default=list)
    version: Mapped[int] = mapped_column(default=1)
    source: Mapped[str | None] = mapped_column(String(40))
    source_id: Mapped[str | None] = mapped_column(String(40))


class ThreadTag(Base):
    """Which threads carry which tags."""

    __tablename__ = "thread_tag"

    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"), primary_key=True, index=True)


class Post(Base):
    """An opening post, a reply, or a comment under one of these; Markdown is the truth, the HTML is made from it."""

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("thread_id", "seq"),
        UniqueConstraint("source", "source_id"),
        _one_of("kind", POST_KINDS),
        _one_of("visibility", VISIBILITIES),
        Index("ix_post_parent", "parent_id", "seq"),
        Index("ix_post_thread_kind", "thread_id", "kind", "seq"),
        Index("ix_post_thread_score", "thread_id", "kind", text("score DESC"), "seq"),
        Index("ix_post_author", "author_id", "created_at", "id"),
        Index("ix_post_author_kind", "author_id", "kind", "visibility", "score", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    author_name: Mapped[str] = mapped_column(String(60))
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    pipeline_version: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(String(64))
    lang: Mapped[str] = mapped_column(String(8), default="und")
    visibility: Mapped[str] = mapped_column(String(16))
    score: Mapped[int] = mapped_column(default=0)
    comment_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(default=1)
    source: Mapped[str | None] = mapped_column(String(40))
    source_id: Mapped[str | None] = mapped_column(String(40))


class Revision(Base):
    """One state of a post's text: the current one, an old one, or a pending edit that waits for review."""

    __tablename__ = "revision"
    __table_args__ = (
        UniqueConstraint("post_id", "number"),
        UniqueConstraint("source", "source_id"),
        _one_of("state", ("current", "old", "pending", "rejected")),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(8))
    title: Mapped[str | None] = mapped_column(String(255))
    tag_names: Mapped[list[Any] | None] = mapped_column(JSON)
    body: Mapped[str] = mapped_column(Text)
    editor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    editor_name: Mapped[str] = mapped_column(String(60))
    comment: Mapped[str] = mapped_column(String(400), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    source: Mapped[str | None] = mapped_column(String(40))
    source_id: Mapped[str | None] = mapped_column(String(40))


class ThreadLink(Base):
    """One thread points at another as related or as the one it duplicates."""

    __tablename__ = "thread_link"
    __table_args__ = (UniqueConstraint("source", "source_id"), _one_of("kind", ("related", "duplicate")))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    from_thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"), index=True)
    to_thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    source: Mapped[str | None] = mapped_column(String(40))
    source_id: Mapped[str | None] = mapped_column(String(40))
