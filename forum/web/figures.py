"""How figures are said: values with their unit, intervals, changes in words, and what stands on a tile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Any, Literal

from forum.http import locale as words
from forum.kit.words import Text, text
from forum.metrics.records import Figure, Metric, Tile
from forum.web import charts

Z95 = 1.959964
MINUS = "\N{MINUS SIGN}"
MINUTE = 60
HOURS, YEAR_HOURS = 24, 8766
Mood = Literal["better", "worse", "more", "less", "unclear", "steady", "unknown"]
# What a change is called and drawn with; colour follows from what the community wants, never from up or down.
MOODS: dict[Mood, tuple[Text, str]] = {
    "better": (text("better, {change}"), "done"),
    "worse": (text("worse, {change}"), "wait"),
    "more": (text("more, {change}"), "dim"),
    "less": (text("fewer, {change}"), "dim"),
    "unclear": (text("{change}, without an interval"), "dim"),
    "steady": (text("no clear change"), "dim"),
    "unknown": (text("nothing to compare with"), "dim"),
}
STATUSES: dict[str, Text] = {
    "insufficient_n": text("too few to show"),
    "no_data": text("nothing to count"),
    "not_reached": text("more than half still waiting"),
    "hidden_small": text("too few people to show"),
    "not_measured": text("not measured here"),
}
# Why something that was looked at is not in a figure.
REASONS: dict[str, Text] = {
    "closed_as_spam": text("Closed as spam"),
    "continuing": text("Went on writing"),
    "duplicate": text("Closed as duplicate"),
    "hidden": text("Hidden"),
    "ignored": text("Report was ignored"),
    "immature": text("Too young to tell"),
    "new": text("New here"),
    "not_a_question": text("No question"),
    "reactivated": text("Came back"),
    "removed_author": text("Deleted by the author"),
    "removed_erasure": text("Erased with its author"),
    "removed_spam": text("Removed as spam"),
    "self_solved": text("Solved by the asker"),
    "still_here": text("Still writing"),
    "thread_gone": text("Its thread is gone"),
    "unanswered": text("Without an answer"),
    "unsolved": text("Not solved yet"),
    "younger_than_a_day": text("Younger than a day"),
}
REMOVED = text("Removed")
ENGAGEMENT: dict[str, Text] = {
    "C": text("What people notice and find"),
    "E": text("How it feels to be here"),
    "B": text("What people do"),
    "T": text("What it is worth"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """A difference from the period before, in words, with the icon and the colour that go with them."""

    mood: Mood
    words: str
    icon: str
    css: str


@dataclass(frozen=True, slots=True)
class TileView:
    """A figure as a tile or a line of a table shows it; `note` stands where there is no value."""

    id: str
    label: str
    value: str
    note: str
    interval: str
    n: str
    before: str
    change: Change
    guard: tuple[str, str] | None
    spark: charts.Spark | None
    trend_words: str
    is_restated: bool


def value(of: float | None, unit: str, locale: str) -> str:
    """A number with its unit: "88.2%", "3 h 5 min", "12,408", "7.4"; a dash where there is none."""
    if of is None:
        return "–"
    if unit == "seconds":
        return duration(of, locale)
    if unit == "ratio":
        return f"{of * 100:.1f}%"
    if unit == "count":
        return words.number(round(of))
    if unit == "points":
        return signed(of, 0)
    return f"{of:,.1f}" if unit == "per_thousand" else f"{of:,.2f}"


def cell(of: Mapping[str, Any], unit: str, locale: str) -> str:
    """One column of a cohort: its share and how many it is of."""
    return f"{value(of.get('value'), unit, locale)} (n {words.number(int(of.get('n') or 0))})"


def tick(of: float, unit: str, locale: str) -> str:
    """A mark on a ruler: as short as can be."""
    if unit == "ratio":
        return f"{of * 100:g}%"
    if unit == "seconds":
        return duration(of, locale) if of else "0"
    return f"{of:,g}"


def duration(seconds: float, locale: str) -> str:
    """A wait; below a minute in seconds, because there are machines that answer at once."""
    if seconds < MINUTE:
        return f"{round(seconds)}초" if locale == "ko" else f"{round(seconds)} s"
    hours, minutes = divmod(round(seconds / MINUTE), 60)
    if hours >= 2 * YEAR_HOURS:
        years = hours // YEAR_HOURS
        return f"{years}년" if locale == "ko" else f"{years} years"
    if not hours or hours >= HOURS:
        return words.span(seconds, locale)
    said = f"{hours}시간" if locale == "ko" else f"{hours} h"
    return f"{said} {minutes}{'분' if locale == 'ko' else ' min'}" if minutes else said


def signed(number: float, digits: int) -> str:
    """A number that always carries its sign."""
    said = f"{abs(number):,.{digits}f}"
    return f"{'+' if number >= 0 else MINUS}{said}"


def between(low: str, high: str, locale: str) -> str:
    """A range: "83.7 to 91.5", "83.7~91.5"."""
    return f"{low}~{high}" if locale == "ko" else f"{low} to {high}"


def interval(figure: Figure, locale: str) -> str:
    """The 95% interval in the figure's unit; empty where there is none."""
    if figure.value is None or figure.ci_low is None or figure.ci_high is None:
        return ""
    low, high = value(figure.ci_low, figure.unit, locale), value(figure.ci_high, figure.unit, locale)
    return between(low.removesuffix("%"), high, locale)


def note(figure: Figure, metric: Metric, locale: str) -> str:
    """Why there is no value, in words; empty when there is one."""
    if figure.value is not None:
        return ""
    if figure.status == "insufficient_n":
        return words.say(text("too few to show: {n} of {least}", n=words.number(figure.n), least=metric.min_n), locale)
    return words.say(STATUSES.get(figure.status, STATUSES["no_data"]), locale)


def change(metric: Metric, now: Figure, before: Figure, locale: str) -> Change:
    """How this period differs from the one before; a change is named only when the intervals do not overlap."""
    if now.value is None or before.value is None:
        return _said("unknown", "info", "", locale)
    difference = now.value - before.value
    one, other = _ends(now), _ends(before)
    if (one and other and _overlap(one, other)) or not difference:
        return _said("steady", "flat", "", locale)
    icon = "up-right" if difference > 0 else "down-right"
    if one is None or other is None:
        mood: Mood = "unclear"
    elif metric.direction == "=":
        mood = "more" if difference > 0 else "less"
    else:
        mood = "better" if (difference > 0) == (metric.direction == "up") else "worse"
    return _said(mood, icon, _difference(difference, now.unit, locale), locale)


def _said(mood: Mood, icon: str, difference: str, locale: str) -> Change:
    sentence, css = MOODS[mood]
    said = words.say(Text(sentence.msgid, {"change": difference}) if difference else sentence, locale)
    return Change(mood, said, icon, css)


def _difference(difference: float, unit: str, locale: str) -> str:
    if unit == "ratio":
        return words.say(text("{n} points", n=signed(difference * 100, 1)), locale)
    if unit == "seconds":
        return ("+" if difference >= 0 else MINUS) + duration(abs(difference), locale)
    digits = {"count": 0, "points": 0, "per_thousand": 1}.get(unit, 2)
    return signed(difference, digits)


def _ends(figure: Figure) -> tuple[float, float] | None:
    """The interval of a figure; a plain count has that of a Poisson count, by its normal approximation."""
    assert figure.value is not None
    if figure.ci_low is not None and figure.ci_high is not None:
        return figure.ci_low, figure.ci_high
    if figure.unit == "count":
        half = Z95 * sqrt(max(abs(figure.value), 1.0))
        return figure.value - half, figure.value + half
    return None


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def tile(of: Tile, tiles: Mapping[str, Tile], locale: str) -> TileView:
    """A tile in words."""
    metric, now = of.metric, of.now
    guard = tiles.get(metric.guard or "")
    values = [point.figure.value for point in of.trend]
    return TileView(
        id=metric.id,
        label=metric.in_words("label", locale),
        value=value(now.value, now.unit, locale),
        note=note(now, metric, locale),
        interval=interval(now, locale),
        n="" if now.unit == "count" else words.number(now.n),
        before=value(of.before.value, of.before.unit, locale),
        change=change(metric, now, of.before, locale),
        guard=_guard(guard, locale) if guard and guard.now.value is not None else None,
        spark=charts.spark(values),
        trend_words=_trend_words(of, locale),
        is_restated=is_restated(now),
    )


def _guard(guard: Tile, locale: str) -> tuple[str, str]:
    return guard.metric.in_words("label", locale), value(guard.now.value, guard.now.unit, locale)


def _trend_words(of: Tile, locale: str) -> str:
    known = [point.figure for point in of.trend if point.figure.value is not None]
    if not known:
        return ""
    first, last = (value(figure.value, figure.unit, locale) for figure in (known[0], known[-1]))
    return words.say(text("13 weeks, from {first} to {last}", first=first, last=last), locale)


def is_restated(figure: Figure) -> bool:
    """Whether the figure was another one when its period was closed."""
    reported = figure.parts.get("as_reported")
    return reported is not None and figure.parts.get("restated", figure.value) != reported


def reason(of: str, locale: str) -> str:
    """Why something is left out, in words."""
    other = REMOVED if of.startswith("removed_") else text("Other: {reason}", reason=of.replace("_", " "))
    return words.say(REASONS.get(of, other), locale)


def day(of: date, locale: str, *, this_year: int | None = None) -> str:
    """A local day: "20 Nov 2024", "2024년 11월 20일"; without its year in `this_year`."""
    if locale == "ko":
        said = f"{of.month}월 {of.day}일"
        return said if of.year == this_year else f"{of.year}년 {said}"
    said = f"{of.day} {words.EN_MONTHS[of.month - 1]}"
    return said if of.year == this_year else f"{said} {of.year}"
