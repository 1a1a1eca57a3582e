"""Reads facts from the log, and derived rows from and into their tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, delete, func, insert, or_, select
from sqlalchemy.orm import Session

from forum.kit.db import Base, db
from forum.kit.outbox import EventRow
from forum.metrics.calendar import Calendar, Window
from forum.metrics.engine import Engine
from forum.metrics.facts import Fact, canonical, micros, moment
from forum.metrics.figures.moderation import waits_since
from forum.metrics.figures.threads import standing_accept
from forum.metrics.fold import NO_DEEDS, reclassified, renamed
from forum.metrics.models import ActorDay, PostFacts, SignupFacts, ThreadFacts
from forum.metrics.packing import moments, packed, unpacked
from forum.metrics.state import Deed, Signup, State, Thread, posts_of

CHUNK = 500
BATCH = 5000
VIEW = "page_view"
FIELDS = (
    "event_id", "type", "occurred_at", "received_at", "actor_key", "actor_class", "thread_id", "post_id",
    "category_id", "lang", "parent_author_key", "props",
)  # fmt: skip
Rows = dict[Any, dict[str, Any]]


@dataclass(slots=True)
class Derived:
    """Derived rows by their keys, as they stand in the tables."""

    threads: Rows = field(default_factory=dict)
    posts: Rows = field(default_factory=dict)
    signups: Rows = field(default_factory=dict)
    days: Rows = field(default_factory=dict)


def facts(*conditions: ColumnElement[bool]) -> Iterator[Fact]:
    """Facts of the log that fit, in no order; streamed."""
    columns = [getattr(EventRow, name) for name in FIELDS]
    query: Select[Any] = select(*columns).where(*conditions).execution_options(yield_per=2000)
    for row in db.session.execute(query):
        yield _fact(row)


def _fact(row: Any) -> Fact:
    return Fact(
        id=row.event_id.hex,
        type=row.type,
        at=micros(row.occurred_at),
        received_at=micros(row.received_at),
        actor=row.actor_key,
        cls=row.actor_class,
        thread=_key(row.thread_id),
        post=_key(row.post_id),
        category=_key(row.category_id),
        lang=row.lang,
        target=row.parent_author_key,
        props=row.props or {},
    )


def _key(value: int | None) -> str | None:
    return None if value is None else str(value)


def facts_of_threads(threads: Collection[int]) -> list[Fact]:
    """Everything the log says about these threads, looks at them left out."""
    found: list[Fact] = []
    for part in parts(sorted(threads)):
        found += facts(EventRow.thread_id.in_(part), EventRow.type != VIEW)
    return found


def parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """A long list in portions a statement can take."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def derived(state: State, calendar: Calendar) -> Derived:
    """The rows that stand for a state."""
    found = Derived()
    for thread in state.threads.values():
        if thread.key.isdecimal():
            found.threads[int(thread.key)] = thread_row(thread)
            found.posts |= {post.key: _post_row(thread, post.key, post) for post in posts_of(thread)}
    for one in state.signups.values():
        found.signups[one.actor] = {"actor_key": one.actor, "actor_class": one.cls, "signed_up_at": one.at}
    for deed in state.deeds:
        add_deeds(found.days, calendar.day_of(deed.at), (deed.actor, deed.cls, deed.type), 1)
    return found


def add_deeds(days: Rows, day: date, who: tuple[str, str, str], n: int) -> None:
    """Count what somebody (key, class) did (type) on a local day."""
    actor, cls, kind = who
    if cls != "member" and kind != VIEW:
        return
    # A guest's key changes every night and is forgotten after two; a day's total is all that may stay.
    key = (day, "guest" if cls == "guest" else actor, cls, kind)
    row = days.get(key)
    if row is None:
        row = days[key] = {"day": key[0], "actor_key": key[1], "actor_class": key[2], "type": key[3], "n": 0}
    row["n"] = int(row["n"]) + n


def thread_row(thread: Thread) -> dict[str, Any]:
    """A thread as its row."""
    times, opening = moments(thread) or [0], thread.opening
    answers = Engine(State(threads={thread.key: thread}), Calendar("UTC"), 0)
    first, peer = answers.response(thread), answers.response(thread, by_members=True)
    accepted = standing_accept(answers, thread)
    is_readable = opening is not None and opening.is_visible and not thread.is_duplicate
    return {
        "thread_id": int(thread.key),
        "first_at": min(times),
        "last_at": max(times),
        "published_at": opening.published_at if opening else None,
        "author_key": thread.author,
        "author_class": opening.cls if opening else "",
        "kind": thread.kind,
        "category_id": int(thread.category) if thread.category else None,
        "lang": thread.lang,
        "first_response_at": first.at if first else None,
        "first_peer_response_at": peer.at if peer else None,
        "accepted_at": accepted[0].at if accepted else None,
        "closed_at": thread.closed_at,
        "is_readable": is_readable,
        "waits": is_readable and first is None and thread.closed_at is None,
        "is_undecided": any(waits_since(post, max(times)) is not None for post in posts_of(thread)),
        "body": packed(thread),
    }


def _post_row(thread: Thread, key: str, post: Any) -> dict[str, Any]:
    return {
        "post_key": key,
        "thread_id": int(thread.key),
        "actor_key": post.author,
        "actor_class": post.cls,
        "is_opening": post.is_opening,
        "published_at": post.published_at,
        "counts": post.is_visible and not thread.is_gone,
    }


def restored(rows: Derived, calendar: Calendar) -> State:
    """The state behind derived rows."""
    state = State()
    for thread_id, row in sorted(rows.threads.items()):
        state.threads[str(thread_id)] = unpacked(str(thread_id), row["body"])
    for actor, row in sorted(rows.signups.items()):
        state.signups[actor] = Signup(row["signed_up_at"], actor, row["actor_class"])
    for (day, actor, cls, kind), row in sorted(rows.days.items()):
        ref = f"{day.isoformat()}/{kind}/{cls}/{actor}"
        state.deeds.append(Deed(calendar.start_of(day), kind, actor, cls, ref=ref, number=row["n"]))
    return state


def load(calendar: Calendar, low: int, high: int, without: Collection[int] = ()) -> State:
    """What happened in [low, high), from derived rows, with what formulas need to know of the time before.

    Threads named in `without` are left out of everything.
    """
    found = Derived()
    overlaps = or_(
        and_(ThreadFacts.first_at < high, ThreadFacts.last_at >= low), ThreadFacts.waits, ThreadFacts.is_undecided
    )
    for row in db.session.execute(select(ThreadFacts.thread_id, ThreadFacts.body).where(overlaps)):
        if row.thread_id not in without:
            found.threads[row.thread_id] = {"body": row.body}
    signups = select(*SignupFacts.__table__.c).where(SignupFacts.signed_up_at.between(low, high))
    for row in db.session.execute(signups):
        found.signups[row.actor_key] = dict(row._mapping)
    first, end = calendar.day_of(low), calendar.day_of(high)
    for row in db.session.execute(select(*ActorDay.__table__.c).where(ActorDay.day.between(first, end))):
        found.days[row.day, row.actor_key, row.actor_class, row.type] = dict(row._mapping)
    state = restored(found, calendar)
    _add_firsts(state, low, without)
    return state


def _add_firsts(state: State, low: int, without: Collection[int]) -> None:
    """When members first published, and first started a thread, before that, as far as it still counts."""
    query = select(
        PostFacts.actor_key,
        func.min(PostFacts.published_at),
        func.min(PostFacts.published_at).filter(PostFacts.is_opening),
    ).where(PostFacts.counts, PostFacts.published_at < low, PostFacts.actor_class == "member")
    if without:
        query = query.where(PostFacts.thread_id.not_in(sorted(without)))
    for actor, post, thread in db.session.execute(query.group_by(PostFacts.actor_key)):
        if post is not None:
            state.first_post[actor] = post
        if thread is not None:
            state.first_thread[actor] = thread


def bodies(threads: Collection[int]) -> Rows:
    """The stored rows of these threads."""
    found: Rows = {}
    for part in parts(sorted(threads)):
        for row in db.session.execute(select(*ThreadFacts.__table__.c).where(ThreadFacts.thread_id.in_(part))):
            found[row.thread_id] = dict(row._mapping)
    return found


def turned_out() -> Iterator[Fact]:
    """Facts that give people another name or class from their first day on."""
    yield from facts(EventRow.type.in_(("account_anonymised", "bot_reclassified")))


def deeds_of_days(days: Iterable[date], calendar: Calendar) -> Rows:
    """What people did on these local days, counted anew from the log."""
    found: Rows = {}
    turns = list(turned_out())
    names, classes = renamed(turns), reclassified(turns)
    for day in sorted(days):
        for actor, cls, kind, n in _deeds_of(calendar.day(day)):
            add_deeds(found, day, (names.get(actor, actor), classes.get(actor, cls), kind), n)
    return found


def _deeds_of(window: Window) -> Iterator[tuple[str, str, str, int]]:
    """Who did what how often in a window; what a clock that runs ahead dated, one by one."""
    low, high = moment(window.start), moment(window.end)
    happened = and_(EventRow.occurred_at >= low, EventRow.occurred_at < high)
    is_deed = EventRow.type.not_in(sorted(NO_DEEDS))
    columns = (EventRow.actor_key, EventRow.actor_class, EventRow.type)
    query = select(*columns, func.count()).where(happened, is_deed, EventRow.occurred_at <= EventRow.received_at)
    for row in db.session.execute(query.group_by(*columns)):
        yield row[0], row[1], row[2], row[3]
    arrived = and_(EventRow.received_at >= low, EventRow.received_at < high)
    for fact in canonical(facts(or_(happened, arrived), is_deed, EventRow.occurred_at > EventRow.received_at)):
        if window.holds(fact.at):
            yield fact.actor, fact.cls, fact.type, 1


def replace_rows(
    session: Session, model: type[Base], condition: ColumnElement[bool] | None, rows: Iterable[Any]
) -> None:
    """Delete what fits and insert instead; without a condition, everything."""
    table: Table = model.__table__  # type: ignore[assignment]  # every model here has a plain table
    session.execute(delete(table) if condition is None else delete(table).where(condition))
    found = list(rows)
    for start in range(0, len(found), BATCH):
        session.connection().execute(insert(table), found[start : start + BATCH])


def between_moments(low: datetime, high: datetime) -> ColumnElement[bool]:
    """Events that arrived in [low, high]."""
    return and_(EventRow.received_at >= low, EventRow.received_at <= high)
