"""Figures about growth: how visitors become members, and how many members there are."""

from __future__ import annotations

from forum.metrics.calendar import Window
from forum.metrics.engine import Engine
from forum.metrics.figures.people import person, signed_up
from forum.metrics.figures.rows import Row
from forum.metrics.figures.visits import visitors


def conversion(engine: Engine, window: Window) -> list[Row]:
    """People-days of guests, and sign-ups: the rate is the second over the first."""
    guests = [row._replace(num=0) for row in visitors(engine, window, classes=frozenset({"guest"}))]
    joined = [person(one.actor, one.at) for one in signed_up(engine) if window.holds(one.at)]
    return guests + [row._replace(den=0) for row in joined]


def growth(engine: Engine, window: Window) -> list[Row]:
    """Members at the start, those who joined (+1) and those who left (-1)."""
    rows = []
    for one in signed_up(engine):
        reason = "closed_as_spam" if one.closed_as_spam else ""
        was_there = one.at < window.start and (one.left_at is None or one.left_at >= window.start)
        joined, left = window.holds(one.at), window.holds(one.left_at)
        if was_there or joined:
            rows.append(
                person(one.actor, one.at, num=int(joined) - int(left), reason=reason)._replace(den=int(was_there))
            )
    return rows
