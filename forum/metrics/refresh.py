"""Brings the roll-ups up to date by what arrived since the last time; made anew when the rules changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.kit import clock
from forum.kit.db import db, end_reading, outside_transaction, transaction
from forum.kit.outbox import EventRow
from forum.metrics import store
from forum.metrics.book import close_of, entries
from forum.metrics.calendar import Calendar, each_day
from forum.metrics.daily import Key, engine_for, tallies
from forum.metrics.engine import NOT_PRESENT
from forum.metrics.facts import DAY, Fact, canonical, micros, moment
from forum.metrics.fold import NO_DEEDS, fold, is_data
from forum.metrics.marks import WINDOW, Marks, changed_thread, crossed_waits, gone_by
from forum.metrics.models import ActorDay, MetricDay, MetricState, MetricValue, PostFacts, SignupFacts, ThreadFacts
from forum.metrics.packing import unpacked
from forum.metrics.reading import BEFORE
from forum.metrics.rollups import (
    ONE_DAY,
    STATE_ID,
    TICK,
    calendar,
    metric_rows,
    needs_rebuild,
    news,
    rebuild,
    recent,
    state_row,
)
from forum.metrics.state import State, posts_of

# These bear on more than the thread they stand in; they are rare.
SWEEPING = frozenset({"account_anonymised", "account_closed", "account_removed", "bot_reclassified", "thread_merged"})
# News about more threads than this is an import: making everything anew is faster.
MOST_THREADS = 2000
RETENTION = 31 * DAY


@dataclass(slots=True)
class Change:
    """What a refresh found, to be written in one transaction."""

    threads: store.Rows
    posts: store.Rows
    signups: store.Rows
    days: store.Rows
    touched: set[date]
    marks: Marks
    high_water: datetime
    recent: int


def refresh() -> bool:
    """Let figures follow what happened; returns whether anything was computed. Two statements when nothing is new.

    Safe to call at any time and by several at once: whoever comes second sees that the first was faster and stops.
    """
    outside_transaction("computing figures")
    row = state_row()
    if row is None:
        rebuild()
        return True
    # A clock that was set back must not unripen what has ripened.
    now = max(clock.now(), row.as_of)
    since = news(row)
    if since is None and now - row.as_of < TICK:
        end_reading()
        return False
    zone = calendar()
    if needs_rebuild(row, zone) or not _follow(row, zone, now, since):
        rebuild()
    end_reading()
    return True


def _follow(row: MetricState, zone: Calendar, now: datetime, since: datetime | None) -> bool:
    """Read the news and write what follows; False when it would be faster or safer to begin anew."""
    version, last_day, first_day = row.version, row.last_day, row.first_day
    found = [] if since is None else list(store.facts(EventRow.received_at >= since))
    threads = {int(fact.thread) for fact in found if fact.thread and fact.type != store.VIEW}
    if first_day is None or len(threads) > MOST_THREADS or any(fact.type in SWEEPING for fact in found):
        return False
    data = [zone.day_of(fact.at) for fact in canonical(found) if is_data(fact)]
    if min(data, default=first_day) < first_day:
        return False
    change = _change(row, zone, now, found, threads)
    marked = sorted(day for day in change.marks.days if day >= first_day)
    computed = _tallies(change, zone, micros(now), marked)
    closed = _closed(change, zone, (micros(row.as_of), micros(now)), first_day)
    book = list(entries(closed, zone, micros(now), micros(row.began)))
    end_reading()
    with transaction() as session:
        current = session.get(MetricState, STATE_ID, with_for_update=True)
        if current is None or current.version != version:
            return True
        _write(session, change)
        store.replace_rows(session, MetricDay, MetricDay.day.in_(marked), metric_rows(computed))
        store.replace_rows(session, MetricValue, MetricValue.day.in_(closed), book)
        current.version, current.as_of = version + 1, now
        current.high_water, current.recent = change.high_water, change.recent
        current.last_day = max([*data, last_day or first_day])
    return True


def _change(row: MetricState, zone: Calendar, now: datetime, found: list[Fact], threads: Collection[int]) -> Change:
    high = moment(max([fact.received_at for fact in found], default=micros(row.high_water)))
    facts = canonical(found)
    reached = [zone.day_of(fact.at) for fact in facts if is_data(fact)]
    marks = Marks(zone, max([zone.day_of(micros(now)), row.last_day or date.min, *reached]))
    gone_by(marks, micros(row.as_of))
    before, derived = store.bodies(threads), _derived(zone, threads)
    for thread_id, after in derived.threads.items():
        changed_thread(marks, before.get(thread_id), after)
    touched = {zone.day_of(fact.at) for fact in facts if fact.type not in NO_DEEDS}
    for day in touched:
        marks.between(day, day + WINDOW)
        marks.exact.add(day)
    signups = _signups({fact.actor for fact in facts if fact.type == "signup"})
    for one in signups.values():
        marks.at(one["signed_up_at"])
    actors = {fact.actor for fact in facts if fact.cls == "member"} | _authors(before, derived.threads)
    _mark_cohorts(marks, actors, threads, touched)
    _mark_crossings(marks, micros(row.as_of), micros(now))
    days = store.deeds_of_days(touched, zone)
    return Change(derived.threads, derived.posts, signups, days, touched, marks, high, recent(high))


def _derived(zone: Calendar, threads: Collection[int]) -> store.Derived:
    """The rows of these threads, folded anew; who was erased goes by the same new name in all of them."""
    facts = store.facts_of_threads(threads)
    if facts:
        facts += store.turned_out()
    state = fold(canonical(facts))
    return store.derived(State(threads=state.threads), zone)


def _authors(*rows: store.Rows) -> set[str]:
    return {
        post.author
        for known in rows
        for row in known.values()
        for post in posts_of(unpacked(str(row["thread_id"]), row["body"]))
        if post.cls == "member"
    }


def _signups(actors: Collection[str]) -> store.Rows:
    """The rows of people who signed up, from the log."""
    facts: list[Fact] = []
    for part in store.parts(sorted(actors)):
        facts += store.facts(EventRow.type == "signup", EventRow.actor_key.in_(part))
    if facts:
        facts += store.turned_out()
    return store.derived(fold(canonical(facts)), Calendar("UTC")).signups


def _mark_cohorts(marks: Marks, actors: Collection[str], threads: Collection[int], touched: Collection[date]) -> None:
    """Mark the days on which these people signed up, where what they do now can decide whether they stayed.

    Who was here a month after signing up, apart from what is new, has stayed, whatever follows.
    """
    for part in store.parts(sorted(actors)):
        signed_up = dict(
            db.session.execute(
                select(SignupFacts.actor_key, SignupFacts.signed_up_at).where(SignupFacts.actor_key.in_(part))
            ).all()
        )
        wrote, came = _last_wrote(part, threads), _last_came(part, touched)
        for actor, at in signed_up.items():
            seen = came.get(actor)
            last = max(wrote.get(actor, 0), 0 if seen is None else marks.calendar.start_of(seen))
            if last < at + RETENTION:
                marks.at(at)


def _last_came(actors: Collection[str], touched: Collection[date]) -> dict[str, date]:
    """When these people were last here, apart from these days."""
    query = select(ActorDay.actor_key, func.max(ActorDay.day)).where(
        ActorDay.actor_key.in_(actors), ActorDay.day.not_in(sorted(touched)), ActorDay.type.not_in(NOT_PRESENT)
    )
    return {actor: day for actor, day in db.session.execute(query.group_by(ActorDay.actor_key)) if day is not None}


def _last_wrote(actors: Collection[str], threads: Collection[int]) -> dict[str, int]:
    """When these people last published something outside of these threads."""
    query = select(PostFacts.actor_key, func.max(PostFacts.published_at)).where(
        PostFacts.actor_key.in_(actors), PostFacts.counts, PostFacts.thread_id.not_in(sorted(threads))
    )
    return {actor: at for actor, at in db.session.execute(query.group_by(PostFacts.actor_key)) if at is not None}


def _mark_crossings(marks: Marks, before: int, now: int) -> None:
    """Mark waiting curves that move by time alone."""
    table = ThreadFacts
    for ended in (table.first_response_at, table.first_peer_response_at, table.accepted_at):
        waits = db.session.execute(
            select(ended - table.published_at, table.published_at).where(ended.is_not(None), table.is_readable)
        ).all()
        still = (ended.is_(None), table.closed_at.is_(None), table.is_readable, table.published_at.is_not(None))
        open_since = db.session.scalars(select(table.published_at).where(*still)).all()
        known = sorted((wait, at) for wait, at in waits if wait is not None and at is not None)
        crossed_waits(marks, [at for at in open_since if at is not None], known, before, now)
    for body, key in db.session.execute(select(table.body, table.thread_id).where(table.is_undecided)):
        for post in posts_of(unpacked(str(key), body)):
            for at in [*(flag.at for flag in post.flags), *([post.submitted_at] if post.was_held else [])]:
                marks.at(at)


def _tallies(change: Change, zone: Calendar, as_of: int, marked: list[date]) -> Mapping[Key, Any]:
    """The figures of the marked days, of the state as it will be."""
    if not marked:
        return {}
    low = zone.start_of(marked[0] - BEFORE)
    state = store.load(zone, low, max(as_of, zone.start_of(marked[-1] + ONE_DAY)), without=change.threads)
    for thread_id, row in change.threads.items():
        state.threads[str(thread_id)] = unpacked(str(thread_id), row["body"])
    kept = [deed for deed in state.deeds if zone.day_of(deed.at) not in change.touched]
    new = store.restored(store.Derived(signups=change.signups, days=change.days), zone)
    state.deeds, state.signups = kept + new.deeds, {**state.signups, **new.signups}
    for row in change.posts.values():
        if row["counts"] and row["actor_class"] == "member" and row["published_at"] < low:
            for known in (state.first_post, *([state.first_thread] if row["is_opening"] else [])):
                known[row["actor_key"]] = min(row["published_at"], known.get(row["actor_key"], low))
    return tallies(engine_for(state, zone, as_of), marked, low)


def _closed(change: Change, zone: Calendar, since: tuple[int, int], first_day: date) -> list[date]:
    """Days whose entries in the book are due: those that closed since, and closed ones that something came late for."""
    before, now = since
    start = max(first_day, zone.day_of(before) - timedelta(days=5))
    fresh = [day for day in each_day(start, change.marks.today) if before < close_of(zone, day) <= now]
    late = [day for day in change.marks.exact if day >= first_day and close_of(zone, day) <= now]
    return sorted({*fresh, *late})


def _write(session: Session, change: Change) -> None:
    """Delete and insert what was derived anew."""
    for part in store.parts(sorted(change.threads)):
        store.replace_rows(session, ThreadFacts, ThreadFacts.thread_id.in_(part), [change.threads[k] for k in part])
        own = [row for row in change.posts.values() if row["thread_id"] in set(part)]
        store.replace_rows(session, PostFacts, PostFacts.thread_id.in_(part), own)
    for part in store.parts(sorted(change.signups)):
        rows = [change.signups[actor] for actor in part]
        store.replace_rows(session, SignupFacts, SignupFacts.actor_key.in_(part), rows)
    if change.touched:
        touched = ActorDay.day.in_(sorted(change.touched))
        store.replace_rows(session, ActorDay, touched, change.days.values())
