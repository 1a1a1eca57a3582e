"""Roll-ups: made anew from the log, or brought up to date by what arrived since; both give the same rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.accounts.site import site
from forum.kit import clock
from forum.kit.db import db, end_reading, outside_transaction, transaction
from forum.kit.outbox import EventRow
from forum.metrics import store
from forum.metrics.book import entries
from forum.metrics.calendar import Calendar, each_day, tzdata_version
from forum.metrics.catalogue import definitions_hash
from forum.metrics.daily import Key, engine_for, tallies
from forum.metrics.facts import canonical, micros, moment
from forum.metrics.figures.rows import Tally
from forum.metrics.fold import fold, is_data
from forum.metrics.models import ActorDay, MetricDay, MetricState, MetricValue, PostFacts, SignupFacts, ThreadFacts

log = structlog.get_logger(__name__)
# Transactions that began earlier may end later: so far back is read again.
OVERLAP = timedelta(minutes=5)
# Open questions grow older without news; so often figures that depend on the hour follow.
TICK = timedelta(hours=1)
ONE_DAY = timedelta(days=1)
STATE_ID = 1


@dataclass(frozen=True, slots=True)
class Made:
    """Everything roll-ups consist of, computed and not yet written."""

    derived: store.Derived
    tallies: Mapping[Key, Tally]
    book: list[dict[str, Any]]
    first_day: date | None
    last_day: date | None
    began: datetime
    high_water: datetime
    recent: int


def calendar() -> Calendar:
    """The community's calendar."""
    return Calendar(str(site()["timezone"]))


def state_row() -> MetricState | None:
    """The state of the roll-ups; None before the first ones."""
    return db.session.get(MetricState, STATE_ID)


def make(zone: Calendar, as_of: datetime) -> Made:
    """Compute everything from the log, in memory."""
    facts = canonical(store.facts())
    known = [fact.received_at for fact in facts]
    now = micros(as_of)
    derived = store.derived(fold(facts), zone)
    state = store.restored(derived, zone)
    times = [fact.at for fact in facts if is_data(fact)]
    first, last = (zone.day_of(min(times)), zone.day_of(max(times))) if times else (zone.day_of(now), None)
    days = [] if last is None else list(each_day(first, max(last, zone.day_of(now)) + ONE_DAY))
    found = tallies(engine_for(state, zone, now), days, zone.start_of(first)) if days else {}
    began, high = min(known, default=now), max(known, default=now)
    book = list(entries(days, zone, now, began))
    high_water = moment(high)
    return Made(
        derived, found, book, first if days else None, last, moment(began), high_water,
        recent(high_water),
    )  # fmt: skip


def recent(high_water: datetime) -> int:
    """How many events arrived in the minutes before the newest: one that was committed late changes this number."""
    near = EventRow.received_at.between(high_water - OVERLAP, high_water)
    found = select(func.count()).select_from(EventRow).where(near)
    return db.session.scalar(found) or 0


def rebuild(as_of: datetime | None = None) -> int:
    """Make all roll-ups anew from the log; returns how many figures of days there are."""
    outside_transaction("computing figures")
    zone, now = calendar(), as_of or clock.now()
    made = make(zone, now)
    end_reading()
    with transaction() as session:
        _write_derived(session, made.derived)
        store.replace_rows(session, MetricDay, None, metric_rows(made.tallies))
        store.replace_rows(session, MetricValue, None, made.book)
        _write_state(session, zone, now, made)
    log.info("figures_rebuilt", figures=len(made.tallies))
    return len(made.tallies)


def _write_derived(session: Session, derived: store.Derived) -> None:
    store.replace_rows(session, ThreadFacts, None, derived.threads.values())
    store.replace_rows(session, PostFacts, None, derived.posts.values())
    store.replace_rows(session, SignupFacts, None, derived.signups.values())
    store.replace_rows(session, ActorDay, None, derived.days.values())


def metric_rows(found: Mapping[Key, Tally]) -> Iterable[dict[str, Any]]:
    """Tallies as rows, in the order of their keys."""
    for (metric_id, grain, day), tally in sorted(found.items()):
        yield {
            "metric_id": metric_id,
            "grain": grain,
            "day": day,
            "numerator": tally.num,
            "denominator": tally.den,
            "n": tally.n,
            "parts": dict(tally.parts),
        }


def _write_state(session: Session, zone: Calendar, now: datetime, made: Made) -> None:
    row = session.get(MetricState, STATE_ID, with_for_update=True)
    if row is None:
        row = MetricState(id=STATE_ID, version=0)
        session.add(row)
    row.version += 1
    row.as_of, row.high_water, row.recent, row.began = now, made.high_water, made.recent, made.began
    row.timezone, row.tzdata, row.definitions = zone.name, tzdata_version(), definitions_hash()
    row.first_day, row.last_day = made.first_day, made.last_day


def verify() -> list[str]:
    """What differs between the roll-ups and what the log says, as `metric day`; empty when nothing does."""
    row = state_row()
    if row is None:
        return ["no roll-ups"]
    zone, as_of, version = Calendar(row.timezone), row.as_of, row.version
    made = make(zone, as_of)
    wanted = _sums(metric_rows(made.tallies)) | _sums(made.book, book=True)
    there = _sums(_stored(MetricDay)) | _sums(_stored(MetricValue), book=True)
    again = state_row()
    end_reading()
    if again is not None and again.version != version:
        return verify()
    return sorted(key for key in wanted.keys() | there.keys() if wanted.get(key) != there.get(key))


def _stored(model: type[MetricDay] | type[MetricValue]) -> Iterable[dict[str, Any]]:
    for row in db.session.execute(select(*model.__table__.c)):
        yield dict(row._mapping)


def _sums(rows: Iterable[Mapping[str, Any]], *, book: bool = False) -> dict[str, str]:
    """A checksum for each metric and day."""
    return {f"{row['metric_id']} {row['day']} {'book' if book else row['grain']}": _sum(row) for row in rows}


def _sum(row: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(row, sort_keys=True, default=str).encode()).hexdigest()[:16]


def checksum() -> str:
    """One checksum over all rows of all tables of figures, in the order of their keys."""
    total = hashlib.sha256()
    for model in (ThreadFacts, PostFacts, SignupFacts, ActorDay, MetricDay, MetricValue):
        table = model.__table__
        keys = list(table.primary_key)
        for row in db.session.execute(select(*table.c).order_by(*keys)):
            total.update(json.dumps(dict(row._mapping), sort_keys=True, default=str).encode())
    return total.hexdigest()


def news(row: MetricState) -> datetime | None:
    """From when on the log has to be read; None when nothing arrived since the last refresh. One statement."""
    newest, before = db.session.execute(
        select(func.max(EventRow.received_at), func.count().filter(EventRow.received_at <= row.high_water)).where(
            EventRow.received_at >= row.high_water - OVERLAP
        )
    ).one()
    if before != row.recent:  # a transaction that began before the newest was committed after it
        return row.high_water - OVERLAP
    return row.high_water if newest is not None and newest > row.high_water else None


def needs_rebuild(row: MetricState, zone: Calendar) -> bool:
    """Whether the rules changed under which the roll-ups were made."""
    made_under = (row.timezone, row.tzdata, row.definitions)
    return made_under != (zone.name, tzdata_version(), definitions_hash())
