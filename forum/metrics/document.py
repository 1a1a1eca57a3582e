"""Reads a replay document: facts and parameters, each mistake named by its field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

from forum.kit.errors import Invalid
from forum.kit.outbox import ActorClass
from forum.kit.words import Text, text
from forum.metrics.calendar import Calendar, Window
from forum.metrics.facts import SECOND, Fact, canonical, micros

CLASSES = frozenset(get_args(ActorClass))
OWN_KEYS = frozenset(
    {"id", "type", "at", "actor", "class", "received_at", "thread", "post", "category", "lang", "target"}
)
FOUR_WEEKS = 28
HOUR = 3600 * SECOND
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Case:
    """A replay, read: what is asked, of which facts, over which windows."""

    id: str
    metrics: Sequence[str]
    params: Mapping[str, Any]
    calendar: Calendar
    facts: Sequence[Fact]
    window: Window
    cohort: Window
    day: Window | None
    as_of: int
    close: int | None


def wrong(field: str, why: Text) -> Invalid:
    """The refusal of a document, with the field that is wrong."""
    return Invalid(text("The replay document cannot be read."), fields={field: why})


def read(document: object) -> Case:
    """The case in a document; raises Invalid with the name of the field that is wrong."""
    if not isinstance(document, Mapping):
        raise wrong("document", text("This has to be an object."))
    params = document.get("params", {})
    if not isinstance(params, Mapping):
        raise wrong("params", text("This has to be an object."))
    calendar = _calendar(params)
    facts = canonical(_facts(document.get("events"), calendar))
    metrics = document.get("metrics")
    if not isinstance(metrics, list) or not all(isinstance(one, str) for one in metrics):
        raise wrong("metrics", text("This has to be a list of names."))
    return _placed(str(document.get("id", "")), metrics, params, calendar, facts)


def _placed(
    case_id: str, metrics: Sequence[str], params: Mapping[str, Any], calendar: Calendar, facts: Sequence[Fact]
) -> Case:
    day = _day(params, calendar)
    given = _as_of(params, calendar)
    window = _window(params, calendar, day, given)
    cohort = _days(params, "cohort_local_days", calendar, inclusive=True)
    known = max((max(fact.at, fact.received_at) for fact in facts), default=0)
    chosen = window or (calendar.day(day) if day else None) or cohort
    hours = _number(params, "close_after_hours", 72 if day else None)
    close = None if day is None or hours is None else calendar.day(day).end + round(hours * HOUR)
    ends = [known, *([chosen.end] if chosen else []), *([close] if close else [])]
    as_of = max(ends) if given is None else given
    if chosen is None:
        first = min((fact.at for fact in facts), default=as_of)
        chosen = Window(first, max(as_of, first + 1))
    return Case(
        id=case_id,
        metrics=metrics,
        params=params,
        calendar=calendar,
        facts=facts,
        window=chosen,
        cohort=cohort or chosen,
        day=calendar.day(day) if day else None,
        as_of=as_of,
        close=close,
    )


def _calendar(params: Mapping[str, Any]) -> Calendar:
    zone = params.get("tz", "UTC")
    try:
        if not isinstance(zone, str):
            raise ValueError
        return Calendar(zone)
    except (ValueError, KeyError, OSError) as error:  # a zone nobody knows is a KeyError
        raise wrong("params.tz", text("There is no such time zone.")) from error


def _number(params: Mapping[str, Any], name: str, default: float | None) -> float | None:
    value = params.get(name, default)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise wrong(f"params.{name}", text("This has to be a number."))
    return value


def _day(params: Mapping[str, Any], calendar: Calendar) -> date | None:
    return _date(params["day"], "params.day") if params.get("day") is not None else None


def _date(value: object, field: str) -> date:
    try:
        if not isinstance(value, str):
            raise ValueError
        return date.fromisoformat(value[:10])
    except ValueError as error:
        raise wrong(field, text("This has to be a day such as 2026-05-01.")) from error


def _as_of(params: Mapping[str, Any], calendar: Calendar) -> int | None:
    for name in ("as_of", "as_of_local"):
        if params.get(name) is not None:
            return instant(params[name], f"params.{name}", calendar, is_local=name == "as_of_local")
    return None


def instant(value: object, field: str, calendar: Calendar, *, is_local: bool = False) -> int:
    """A moment in microseconds; one without an offset is wall-clock time of the community."""
    try:
        if not isinstance(value, str):
            raise ValueError
        found = datetime.fromisoformat(value.strip())
        if found.tzinfo is None or is_local:
            found = found.replace(tzinfo=ZoneInfo(calendar.name))
        return micros(found)
    except (ValueError, OverflowError) as error:
        raise wrong(field, text("This has to be a moment such as 2026-05-01T00:00:00Z.")) from error


def _window(params: Mapping[str, Any], calendar: Calendar, day: date | None, as_of: int | None) -> Window | None:
    given = params.get("window")
    if given is not None:
        if not isinstance(given, list) or len(given) != 2:  # noqa: PLR2004 - from and to
            raise wrong("params.window", text("This has to be a start and an end."))
        ends = [instant(one, "params.window", calendar) for one in given]
        if ends[0] > ends[1]:
            raise wrong("params.window", text("The end lies before the start."))
        return Window(*ends)
    length = params.get("window_local_days")
    if isinstance(length, int) and not isinstance(length, bool):
        return _ending(length, calendar, day, as_of)
    return _days(params, "window_local_days", calendar, inclusive=False)


def _ending(length: int, calendar: Calendar, day: date | None, as_of: int | None) -> Window:
    """So many local days that end with the day asked for, or with the last complete one."""
    if length < 1 or (day is None and as_of is None):
        raise wrong("params.window_local_days", text("This needs a day or a moment of looking, and at least one day."))
    last = day if day is not None else calendar.day_of(as_of or 0) - ONE_DAY
    return calendar.window(last - (length - 1) * ONE_DAY, last + ONE_DAY)


def _days(params: Mapping[str, Any], name: str, calendar: Calendar, *, inclusive: bool) -> Window | None:
    """Local days from the first named to the last named, both included.

    A window whose last day would make it one longer than whole groups of four weeks is meant half-open.
    """
    given = params.get(name)
    if given is None:
        return None
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, list) or not given:
        raise wrong(f"params.{name}", text("This has to be a list of days."))
    found = [_date(one, f"params.{name}") for one in given]
    first, last = min(found), max(found)
    half_open = not inclusive and (last - first).days > 0 and (last - first).days % FOUR_WEEKS == 0
    return calendar.window(first, last if half_open else last + ONE_DAY)


def _facts(events: object, calendar: Calendar) -> list[Fact]:
    if not isinstance(events, list):
        raise wrong("events", text("This has to be a list."))
    return [_fact(event, f"events[{number}]", calendar) for number, event in enumerate(events)]


def _fact(event: object, field: str, calendar: Calendar) -> Fact:
    if not isinstance(event, Mapping):
        raise wrong(field, text("This has to be an object."))
    for name in ("id", "type"):
        if not isinstance(event.get(name), str | int) or event.get(name) in {"", True, False}:
            raise wrong(f"{field}.{name}", text("This is missing."))
    cls = event.get("class", "member")
    if cls not in CLASSES:
        raise wrong(f"{field}.class", text("Choose one of the listed values."))
    at = instant(event.get("at"), f"{field}.at", calendar)
    received = event.get("received_at")
    return Fact(
        id=str(event["id"]),
        type=str(event["type"]),
        at=at,
        received_at=at if received is None else instant(received, f"{field}.received_at", calendar),
        actor=_key(event.get("actor")) or "",
        cls=cls,
        thread=_key(event.get("thread")),
        post=_key(event.get("post")),
        category=_key(event.get("category")),
        lang=_key(event.get("lang")),
        target=_key(event.get("target")),
        props={key: value for key, value in event.items() if key not in OWN_KEYS},
    )


def _key(value: object) -> str | None:
    return None if value is None else str(value)
