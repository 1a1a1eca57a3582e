"""What waits at this moment: read anew for every page, in one statement that is built once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Select, and_, bindparam, func, select, true

from forum.accounts.viewer import Viewer
from forum.discussion.models import Thread
from forum.discussion.visibility import Sight, seen_threads, sight_of
from forum.kit import clock
from forum.kit.db import UTCDateTime, fetch
from forum.kit.settings import version_now
from forum.metrics.facts import DAY, micros, moment
from forum.metrics.models import MetricState, ThreadFacts
from forum.metrics.records import Today, Waiting
from forum.moderation.models import Case


@dataclass(frozen=True, slots=True)
class Glance:
    """What waits, and the versions by which pages are kept: that of the roll-ups, and the site's."""

    today: Today
    version: int
    site_version: int


@lru_cache(maxsize=64)
def _statement(sight: Sight) -> Select[Any]:
    """Everything in one row; binds `me`, `before` (microseconds) and `now`."""
    waiting = (
        ThreadFacts.waits,
        ThreadFacts.is_readable,
        ThreadFacts.kind == "question",
        ThreadFacts.author_class == "member",
        ThreadFacts.first_response_at.is_(None),
        ThreadFacts.closed_at.is_(None),
        ThreadFacts.published_at <= bindparam("before", type_=BigInteger),
    )
    oldest = (
        select(ThreadFacts.thread_id, ThreadFacts.published_at)
        .where(*waiting)
        .order_by(ThreadFacts.published_at, ThreadFacts.thread_id)
        .limit(1)
        .subquery()
    )
    pending = select(func.count()).select_from(Case).where(Case.status == "pending")
    numbers = select(
        version_now().label("site_version"),
        select(func.max(MetricState.version)).scalar_subquery().label("version"),
        select(func.count()).select_from(ThreadFacts).where(*waiting).scalar_subquery().label("unanswered"),
        pending.scalar_subquery().label("pending"),
        pending.where(Case.sla_due_at < bindparam("now", type_=UTCDateTime)).scalar_subquery().label("overdue"),
    ).subquery()
    seen = and_(Thread.id == oldest.c.thread_id, seen_threads(sight, bindparam("me", type_=BigInteger)))
    return (
        select(*numbers.c, oldest.c.thread_id, oldest.c.published_at, Thread.title, Thread.slug)
        .select_from(numbers)
        .outerjoin(oldest, true())
        .outerjoin(Thread, seen)
    )


def glance(viewer: Viewer) -> Glance:
    """What waits now, with the versions; the oldest wait goes without its title when the viewer may not see it."""
    now = clock.now()
    bound = {"me": viewer.id, "before": micros(now) - DAY, "now": now}
    row = fetch(_statement(sight_of(viewer)), bound).one()
    oldest = None
    if row.thread_id is not None:
        oldest = Waiting(row.thread_id, row.title or "", row.slug or "", moment(row.published_at))
    return Glance(Today(row.unanswered, oldest, row.pending, row.overdue), row.version or 0, row.site_version or 0)


def today(viewer: Viewer) -> Today:
    """What has to be done now."""
    return glance(viewer).today
