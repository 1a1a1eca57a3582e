"""Cases: one for each target, opened by intake, read by the queue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.discussion.models import Post, Revision, Thread
from forum.discussion.screening import Reason
from forum.discussion.visibility import post_is_visible, thread_is_visible
from forum.kit import clock, outbox, paging
from forum.kit.db import db
from forum.kit.outbox import Subject
from forum.moderation import log
from forum.moderation.events import PostHeld
from forum.moderation.models import Case, Signal

# Base priority and hours until somebody should have looked, by kind (moderation reference, section 3).
HOLD_PRIORITY = 15.0
HOLD_HOURS = 8
# Nobody has to decide about a text that its author took back.
GONE = ("author_deleted", "erased")


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A case as the queue shows it."""

    case_id: int
    version: int
    kind: str
    opened_at: datetime
    due_at: datetime | None
    post_id: int
    post_kind: str
    thread_id: int
    thread_title: str
    category_id: int
    author_id: int | None
    author_name: str
    body_html: str
    lang: str
    post_version: int
    post_visibility: str
    author_username: str | None


@dataclass(frozen=True, slots=True)
class SignalView:
    """One reason why a case is in the queue."""

    case_id: int
    source: str
    kind: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PendingEdit:
    """A new text that waits while the text before it is public."""

    post_id: int
    title: str | None
    tag_names: list[str] | None
    body: str
    comment: str
    created_at: datetime


def hold(viewer: Viewer, post: Post, thread: Thread, reasons: Sequence[Reason], revision_id: int | None = None) -> Case:
    """Open (or reopen) the case of a held text with every reason as a signal; its author is told."""
    now = clock.now()
    case = db.session.scalar(
        select(Case).where(Case.target_type == "post", Case.target_id == post.id).with_for_update()
    )
    if case is None:
        case = Case(
            target_type="post",
            target_id=post.id,
            opened_at=now,
            kind_top=reasons[0].code,
            status="pending",
            round=1,
            version=1,
        )
        db.session.add(case)
    elif case.status in {"decided", "closed"}:
        case.round, case.status, case.outcome, case.version = (
            case.round + 1,
            "pending",
            None,
            case.version + 1,
        )
    case.kind_top, case.priority = reasons[0].code, HOLD_PRIORITY
    case.category_id, case.author_id = thread.category_id, post.author_id
    case.sla_due_at = now + timedelta(hours=HOLD_HOURS)
    db.session.flush()
    for reason in reasons:
        _signal(case, reason, revision_id, now)
    db.session.flush()
    codes = [reason.code for reason in reasons]
    log.append("case_opened", case=case, reason_code=codes[0], reasons=codes)
    about = Subject(thread=thread.id, post=post.id, category=thread.category_id, lang=post.lang)
    outbox.record(PostHeld(by=viewer.actor, about=about, source=viewer.source, case=case.id, reasons=codes))
    return case


def _signal(case: Case, reason: Reason, revision_id: int | None, now: datetime) -> None:
    known = db.session.scalar(
        select(Signal.id).where(
            Signal.case_id == case.id,
            Signal.round == case.round,
            Signal.source == "rule",
            Signal.actor_id == 0,
            Signal.kind == reason.code,
        )
    )
    if known is None:
        detail = {**reason.detail, **({"revision": revision_id} if revision_id else {})}
        db.session.add(
            Signal(
                case_id=case.id,
                round=case.round,
                source="rule",
                actor_id=0,
                kind=reason.code,
                detail=detail,
                created_at=now,
            )
        )


def queue(viewer: Viewer, after: str | None = None, size: int = 20) -> paging.Page[QueueItem]:
    """Pending cases this viewer may decide, the oldest promise first."""
    query = (
        select(
            Case.id,
            Case.version,
            Case.kind_top,
            Case.opened_at,
            Case.sla_due_at,
            Post.id,
            Post.kind,
            Thread.id,
            Thread.title,
            Thread.category_id,
            Post.author_id,
            Post.author_name,
            Post.body_html,
            Post.lang,
            Post.version,
            Post.visibility,
            User.username,
        )
        .join(Post, Post.id == Case.target_id)
        .join(Thread, Thread.id == Post.thread_id)
        .outerjoin(User, User.id == Post.author_id)
        .where(
            Case.target_type == "post",
            Case.status == "pending",
            Post.visibility.not_in(GONE),
            post_is_visible(viewer),
            thread_is_visible(viewer),
        )
        .order_by(Case.id)
        .limit(size + 1)
    )
    if after:
        query = query.where(Case.id > paging.decode(after, [int])[0])
    rows = [QueueItem(*list(row)) for row in db.session.execute(query)]
    return paging.page(rows, size, lambda item: [item.case_id])


def signals(case_ids: Collection[int]) -> dict[int, list[SignalView]]:
    """Why these cases are in the queue, in their present round; for staff alone."""
    query = (
        select(Signal.case_id, Signal.source, Signal.kind, Signal.detail)
        .join(Case, Case.id == Signal.case_id)
        .where(Signal.case_id.in_(case_ids), Signal.round == Case.round)
        .order_by(Signal.id)
    )
    found: dict[int, list[SignalView]] = {}
    for row in db.session.execute(query):
        found.setdefault(row.case_id, []).append(SignalView(*row))
    return found


def pending_edits(post_ids: Collection[int]) -> dict[int, PendingEdit]:
    """The last waiting edit of each of these posts; for staff alone."""
    columns = [getattr(Revision, name) for name in PendingEdit.__dataclass_fields__]
    query = select(*columns).where(Revision.post_id.in_(post_ids), Revision.state == "pending")
    return {row.post_id: PendingEdit(*row) for row in db.session.execute(query.order_by(Revision.number))}
