"""The book of closed days: what was reported when a day closed, and every later change with its cause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, or_

from forum.kit.outbox import EventRow
from forum.metrics.calendar import Calendar, Window
from forum.metrics.compute import tally_of
from forum.metrics.daily import engine_for
from forum.metrics.facts import SECOND, Fact, canonical, known_at, moment
from forum.metrics.figures.rows import Tally
from forum.metrics.fold import fold
from forum.metrics.store import VIEW, facts, facts_of_threads

CLOSES_AFTER = 72 * 3600 * SECOND
# Figures of one day alone; the others need time to ripen and are not closed with it.
KEPT = ("threads", "replies", "posts", "staff_posts", "signups", "votes_per_post", "upvote_ratio", "user_flags")
CAUSES = {"spam": "spam_removal", "erasure": "erasure"}


def close_of(calendar: Calendar, day: date) -> int:
    """When the figure of a local day is written down: 72 hours after its end."""
    return calendar.day(day).end + CLOSES_AFTER


def entries(days: Iterable[date], calendar: Calendar, as_of: int, began: int) -> Iterator[dict[str, Any]]:
    """The book's rows for those of these days that had closed; nothing was reported before the log began."""
    for day in sorted(days):
        close = close_of(calendar, day)
        if began <= close <= as_of:
            yield from _entries_of(day, calendar, _facts_of(calendar.day(day)), close, as_of)


def _facts_of(window: Window) -> list[Fact]:
    """What bears on the figures of a day: all of the threads in which something happened, and what people did."""
    low, high = moment(window.start), moment(window.end)
    near = or_(
        and_(EventRow.occurred_at >= low, EventRow.occurred_at < high),
        and_(EventRow.received_at >= low, EventRow.received_at < high),
    )
    found = list(facts(near, EventRow.type != VIEW))
    threads = {int(fact.thread) for fact in found if fact.thread}
    return canonical([*found, *facts_of_threads(threads)])


def _entries_of(
    day: date, calendar: Calendar, known: Sequence[Fact], close: int, as_of: int
) -> Iterator[dict[str, Any]]:
    late = [fact for fact in known if close < fact.received_at <= as_of]
    window = calendar.day(day)
    moments = [close, *sorted({fact.received_at for fact in late})]
    told = [_tallies(known, calendar, at, window) for at in moments]
    causes = ["", *[_cause(late, at) for at in moments[1:]]]
    for metric_id in KEPT:
        reported, last, revision, cause = told[0][metric_id], told[0][metric_id], 1, ""
        for step, at_cause in zip(told[1:], causes[1:], strict=True):
            if step[metric_id] != last:
                last, revision, cause = step[metric_id], revision + 1, at_cause
        if reported.n or reported.num or last.n or last.num:
            yield {
                "metric_id": metric_id,
                "day": day,
                "numerator": reported.num,
                "denominator": reported.den,
                "n": reported.n,
                "revision": revision,
                "cause": cause,
            }


def _tallies(known: Sequence[Fact], calendar: Calendar, at: int, window: Window) -> dict[str, Tally]:
    engine = engine_for(fold(known_at(known, at)), calendar, at)
    return {metric_id: tally_of(metric_id, engine, window) for metric_id in KEPT}


def _cause(late: Sequence[Fact], at: int) -> str:
    """Why a closed figure changed, from the first fact that arrived at that moment."""
    first = next(fact for fact in late if fact.received_at == at)
    if first.type.endswith("_removed"):
        return CAUSES.get(first.text("reason"), "removal")
    return {"thread_merged": "merge", "account_anonymised": "erasure"}.get(first.type, "late_event")
