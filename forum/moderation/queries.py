"""Reading the queue: what waits, the most urgent first, what has waited far too long before everything."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, Float, Select, and_, bindparam, case, exists, func, or_, select

from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.discussion.models import Post, Revision, Thread
from forum.discussion.statements import kept
from forum.discussion.visibility import Sight, seen_posts, seen_threads, sight_of
from forum.kit import clock, paging
from forum.kit.db import UTCDateTime, fetch
from forum.moderation.cases import GONE
from forum.moderation.models import Case, Claim, Signal

Tab = Literal["all", "reported", "held", "mine"]
TABS: tuple[Tab, ...] = ("all", "reported", "held", "mine")
PAGE = 25
# Beyond this a number says "many", and counting on would cost a walk through everything.
MOST = 100
START = 400
ME, NOW = bindparam("me", type_=BigInteger), bindparam("now", type_=UTCDateTime)


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A case as a line of the queue."""

    case_id: int
    version: int
    kind: str
    rank: float = field(compare=False)  # moves every few minutes, and shows as its band alone
    opened_at: datetime
    due_at: datetime | None
    post_id: int
    post_kind: str
    visibility: str
    thread_title: str
    category_id: int
    author_id: int | None
    author_name: str
    lang: str
    start_html: str
    has_edit: bool
    reports: int
    holder_id: int | None
    holder_name: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cases wait in each part of the queue, counted no further than 101.

    When more than that wait in all, the sizes of the parts are those among the most urgent 101: "at least".
    """

    all: int
    reported: int
    held: int
    mine: int


def queue(viewer: Viewer, tab: Tab = "all", after: str | None = None, size: int = PAGE) -> paging.Page[QueueItem]:
    """Pending cases, the most urgent first and of equal ones the oldest; one statement."""
    bound: dict[str, Any] = {"me": viewer.id, "now": clock.now()}
    if after:
        rank, case_id = paging.decode(after, [float, int])
        bound |= {"rank": rank, "case": case_id}
    if not viewer.is_staff:
        return paging.Page([], None)
    statement = _queue_statement(sight_of(viewer), tab, bool(after), size + 1)
    rows = [QueueItem(*list(row)) for row in fetch(statement, bound)]
    return paging.page(rows, size, lambda item: [item.rank, item.case_id])


def next_after(viewer: Viewer, case_id: int, tab: Tab = "all") -> int | None:
    """The case to look at after this one: the next that nobody else looks at, else the first; None when none waits."""
    waiting = [item for item in queue(viewer, tab).items if item.case_id != case_id and item.author_id != viewer.id]
    free = [item for item in waiting if item.holder_id in {None, viewer.id}]
    return (free or waiting)[0].case_id if waiting else None


def counts(viewer: Viewer) -> Counts:
    """How many cases wait, by part of the queue; one statement that stops counting at 101."""
    row = fetch(_counts_statement(), {"me": viewer.id, "now": clock.now()}).one()
    return Counts(*list(row))


def _is_live() -> Any:
    return and_(Claim.case_id == Case.id, Claim.expires_at >= NOW)


def _narrowed(tab: Tab) -> list[Any]:
    """The condition of a part of the queue, on `case` and `post`."""
    reported = exists().where(Signal.case_id == Case.id, Signal.round == Case.round, Signal.source == "user")
    if tab == "reported":
        return [reported]
    if tab == "held":
        return [exists().where(Signal.case_id == Case.id, Signal.round == Case.round, Signal.source == "rule")]
    return [exists().where(_is_live(), Claim.mod_id == ME).correlate(Case)] if tab == "mine" else []


@kept
def _queue_statement(sight: Sight, tab: Tab, continues: bool, size: int) -> Select[Any]:
    """A page of the queue; binds `me`, `now` and, to go on, `rank` and `case`."""
    rank, last = bindparam("rank", type_=Float), bindparam("case", type_=BigInteger)
    holder = User.__table__.alias("holder")
    edits = exists().where(Revision.post_id == Post.id, Revision.state == "pending")
    reports = select(func.count(Signal.actor_id.distinct())).where(
        Signal.case_id == Case.id, Signal.round == Case.round, Signal.source == "user"
    )
    query: Any = (
        select(
            Case.id, Case.version, Case.kind_top, Case.priority, Case.opened_at, Case.sla_due_at,
            Post.id, Post.kind, Post.visibility, Thread.title, Thread.category_id,
            Post.author_id, Post.author_name, Post.lang,
            func.substr(Post.body_html, 1, START), edits, reports.correlate(Case).scalar_subquery(),
            Claim.mod_id, holder.c.display_name,
        )
        .join(Post, Post.id == Case.target_id)
        .join(Thread, Thread.id == Post.thread_id)
        .outerjoin(Claim, _is_live())
        .outerjoin(holder, holder.c.id == Claim.mod_id)
        .where(
            Case.target_type == "post",
            Case.status == "pending",
            Post.visibility.not_in(GONE),
            seen_posts(sight, ME),
            seen_threads(sight, ME),
            *_narrowed(tab),
        )
        .order_by(Case.priority.desc(), Case.id)
        .limit(size)
    )  # fmt: skip
    if continues:
        query = query.where(Case.priority <= rank, or_(Case.priority < rank, Case.id > last))
    built: Select[Any] = query
    return built


@kept
def _counts_statement() -> Select[Any]:
    """The sizes of all parts, from one walk along the most urgent 101 cases; binds `me` and `now`."""

    def given(source: str) -> Any:
        here = exists().where(Signal.case_id == Case.id, Signal.round == Case.round, Signal.source == source)
        return case((here.correlate(Case), 1), else_=0).label(source)

    pending = select(Case.id, given("user"), given("rule")).where(Case.status == "pending")
    top = pending.order_by(Case.priority.desc()).limit(MOST + 1).subquery()
    alive = (Claim.mod_id == ME, Claim.expires_at >= NOW, Case.status == "pending")
    mine = select(func.count()).select_from(Claim).join(Case, Case.id == Claim.case_id).where(*alive)
    reported, held = (func.coalesce(func.sum(column), 0) for column in (top.c.user, top.c.rule))
    return select(func.count(top.c.id), reported, held, mine.scalar_subquery())
