"""Scoring cases: from the signals, the readers and the clock to the stored order of the queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Label, and_, func, select, update

from forum.accounts.models import User
from forum.discussion.models import Post
from forum.kit import clock
from forum.kit.db import db
from forum.kit.outbox import EventRow
from forum.moderation import kinds, priority
from forum.moderation.models import Case, Signal
from forum.moderation.priority import Equation, Facts

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the reports and rules of a case's present round say together."""

    codes: frozenset[str]
    weight: float


def rescore(case: Case, post: Post) -> Equation:
    """Take the kind, the deadline and the rank of a case from its present signals, in the caller's transaction."""
    db.session.flush()
    rows = db.session.execute(
        select(Signal.kind, Signal.source, Signal.weight).where(Signal.case_id == case.id, Signal.round == case.round)
    ).all()
    codes = {row.kind for row in rows} or {case.kind_top}
    case.kind_top = kinds.top(codes)
    case.sla_due_at = case.opened_at + timedelta(hours=kinds.hours(codes))
    trust = db.session.scalar(select(User.trust).where(User.id == post.author_id)) or 0
    facts = Facts(
        kind=case.kind_top,
        weight=sum(row.weight for row in rows if row.source == "user"),
        views=views_of_day(post.thread_id) if post.visibility == "visible" else 0,
        is_public=post.visibility == "visible",
        author_trust=trust,
        opened_at=case.opened_at,
        hours=_hours(case.opened_at, case.sla_due_at),
    )
    found = priority.equation(facts, clock.now())
    case.priority = found.rank
    return found


def _hours(opened_at: datetime, due_at: datetime | None) -> float:
    """The length of the promise; never nothing, because ages are divided by it."""
    return max((due_at - opened_at).total_seconds() / 3600, 0.01) if due_at else kinds.HELD.hours


def views_of_day(thread_id: int) -> int:
    """How often a thread was read in the last 24 hours, as far as it was counted."""
    return (
        db.session.scalar(
            select(func.count()).where(
                EventRow.thread_id == thread_id,
                EventRow.occurred_at > clock.now() - DAY,
                EventRow.type == "page_view",
            )
        )
        or 0
    )


def explain(case_id: int) -> Equation | None:
    """The priority of a case at this moment, part by part; None when there is no such case."""
    query = (
        select(
            Case.kind_top, Case.opened_at, Case.sla_due_at, Post.visibility, Post.thread_id,
            func.coalesce(User.trust, 0).label("trust"),
            _reported_weight(),
        )
        .join(Post, and_(Case.target_type == "post", Post.id == Case.target_id))
        .outerjoin(User, User.id == Post.author_id)
        .where(Case.id == case_id)
    )  # fmt: skip
    row = db.session.execute(query).first()
    if row is None:
        return None
    is_public = row.visibility == "visible"
    facts = Facts(
        row.kind_top, row.weight, views_of_day(row.thread_id) if is_public else 0, is_public, row.trust, row.opened_at,
        _hours(row.opened_at, row.sla_due_at),
    )  # fmt: skip
    return priority.equation(facts, clock.now())


def _reported_weight() -> Label[float]:
    reports = (Signal.case_id == Case.id, Signal.round == Case.round, Signal.source == "user")
    weight = select(func.coalesce(func.sum(Signal.weight), 0.0)).where(*reports).correlate(Case)
    return weight.scalar_subquery().label("weight")


def rescore_pending() -> int:
    """Reckon the rank of everything that waits anew, because ages grow; returns how many changed.

    Belongs into a transaction. Three statements to read and one to write, however many cases there are.
    """
    now = clock.now()
    weights = {
        row.case_id: row.weight
        for row in db.session.execute(
            select(Signal.case_id, func.sum(Signal.weight).label("weight"))
            .join(Case, and_(Case.id == Signal.case_id, Case.round == Signal.round))
            .where(Case.status == "pending", Signal.source == "user")
            .group_by(Signal.case_id)
        )
    }
    views = _views_by_thread(now)
    query = (
        select(
            Case.id, Case.priority, Case.kind_top, Case.opened_at, Case.sla_due_at, Post.visibility, Post.thread_id,
            func.coalesce(User.trust, 0).label("trust"),
        )
        .join(Post, and_(Case.target_type == "post", Post.id == Case.target_id))
        .outerjoin(User, User.id == Post.author_id)
        .where(Case.status == "pending")
    )  # fmt: skip
    moved = []
    for row in db.session.execute(query):
        is_public = row.visibility == "visible"
        facts = Facts(
            row.kind_top, weights.get(row.id, 0.0), views.get(row.thread_id, 0) if is_public else 0, is_public,
            row.trust, row.opened_at, _hours(row.opened_at, row.sla_due_at),
        )  # fmt: skip
        rank = priority.equation(facts, now).rank
        if rank != row.priority:
            moved.append({"id": row.id, "priority": rank})
    if moved:
        db.session.execute(update(Case), moved)
    return len(moved)


def _views_by_thread(now: datetime) -> Mapping[int, int]:
    query = (
        select(EventRow.thread_id, func.count())
        .where(EventRow.type == "page_view", EventRow.occurred_at > now - DAY, EventRow.thread_id.is_not(None))
        .group_by(EventRow.thread_id)
    )
    return {thread_id: count for thread_id, count in db.session.execute(query) if thread_id is not None}
