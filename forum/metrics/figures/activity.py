"""Figures about presence: daily, weekly and four-weekly members, how often they come, and who stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from forum.metrics.calendar import Window
from forum.metrics.engine import Engine
from forum.metrics.figures.people import person
from forum.metrics.figures.rows import Row, Tally
from forum.metrics.figures.threads import Formula

FOUR_WEEKS = 28
POWER_DAYS = 12
HEAVY_POSTS = 5


def last_day(engine: Engine, window: Window) -> int:
    """The last local day of a window, as a number."""
    return engine.calendar.days(window)[1].toordinal() - 1


def span(engine: Engine, days: int) -> int:
    """How many days a monthly figure looks at; a replay may say otherwise."""
    given = engine.options.get("mau_days")
    return given if days == FOUR_WEEKS and isinstance(given, int) else days


def active(days: int) -> Formula:
    """Members who did something on one of so many local days that end with the last one of the window."""

    def formula(engine: Engine, window: Window) -> list[Row]:
        last = last_day(engine, window)
        first = last - span(engine, days) + 1
        found = engine.active_between(first, last)
        at = engine.calendar.start_of(date.fromordinal(first))
        return [person(actor, at) for actor in sorted(found)]

    return formula


def active_days(engine: Engine, window: Window) -> list[Row]:
    """The members of 28 days, with on how many of these days each was here."""
    last = last_day(engine, window)
    first = last - span(engine, FOUR_WEEKS) + 1
    at = engine.calendar.start_of(date.fromordinal(first))
    found = engine.active_between(first, last)
    return [
        Row(key=actor, kind="member", at=at, num=found[actor], den=span(engine, FOUR_WEEKS)) for actor in sorted(found)
    ]


def on_the_last_day(engine: Engine, window: Window) -> list[Row]:
    """The members of 28 days, and whether they were here on the last of them."""
    last = last_day(engine, window)
    today = set(engine.actors_by_day.get(last, ()))
    return [person(row.key, row.at, num=int(row.key in today)) for row in active_days(engine, window)]


def power_users(engine: Engine, window: Window) -> list[Row]:
    """The members of 28 days, and whether they were here on twelve of them or more."""
    return [person(row.key, row.at, num=int(row.num >= POWER_DAYS)) for row in active_days(engine, window)]


def churned(engine: Engine, window: Window) -> list[Row]:
    """Members of the 28 days before the window, and whether they stayed away in it."""
    first, end = engine.calendar.days(window)
    start = first.toordinal()
    before = engine.active_between(start - FOUR_WEEKS, start - 1)
    now = engine.active_between(start, end.toordinal() - 1)
    at = engine.calendar.start_of(date.fromordinal(start - FOUR_WEEKS))
    return [person(actor, at, num=int(actor not in now)) for actor in sorted(before)]


def histogram(rows: Sequence[Row]) -> Tally:
    """How many members were here on 1, 2, … days."""
    parts: dict[str, int] = {}
    for row in sorted(rows, key=lambda row: row.num):
        parts[f"by:{row.num}"] = parts.get(f"by:{row.num}", 0) + 1
    return Tally(len(rows), None, len(rows), parts)


def posts_of_active(engine: Engine, window: Window) -> list[Row]:
    """The members of 28 days, with how many posts each wrote in them; those who only read have 0."""
    last = last_day(engine, window)
    first = last - span(engine, FOUR_WEEKS) + 1
    range_ = engine.calendar.window(date.fromordinal(first), date.fromordinal(last + 1))
    return [
        person(row.key, row.at, num=engine.posts_between(row.key, range_.start, range_.end))
        for row in active_days(engine, window)
    ]


def split(rows: Sequence[Row]) -> Tally:
    """How many read, wrote a little, wrote a lot."""
    lurking = sum(row.num == 0 for row in rows)
    heavy = sum(row.num >= HEAVY_POSTS for row in rows)
    parts = {"by:lurkers": lurking, "by:light": len(rows) - lurking - heavy, "by:heavy": heavy}
    return Tally(lurking, len(rows), len(rows), parts)


def stayed(first: int, last: int | None) -> Formula:
    """Sign-ups, and whether they were here between day `first` and day `last` after (None: up to now).

    The cohort are members who signed up on the local days of the window; one whose day is not over yet is immature.
    """

    def formula(engine: Engine, window: Window) -> list[Row]:
        complete, rows = engine.last_complete_day.toordinal(), []
        for one in sorted(engine.state.signups.values(), key=lambda one: (one.at, one.actor)):
            if one.cls != "member" or not window.holds(one.at):
                continue
            day = engine.calendar.day_of(one.at).toordinal()
            upto = complete if last is None else day + last
            matures = day + (first if last is None else last)
            here = [seen for seen in engine.active_days.get(one.actor, ()) if day + first <= seen <= upto]
            reason = "closed_as_spam" if one.closed_as_spam else "" if matures <= complete else "immature"
            came = engine.calendar.start_of(date.fromordinal(here[0])) if here else None
            rows.append(person(one.actor, one.at, num=int(bool(here)), reason=reason, outcome_at=came))
        return rows

    return formula


def numbers(options: Mapping[str, Any], *names: str, default: list[Any]) -> list[Any]:
    """The days or brackets a replay names under one of these keys, as a list."""
    for name in names:
        if name in options:
            given = options[name]
            return list(given) if isinstance(given, list) else [given]
    return default
