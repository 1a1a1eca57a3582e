"""Languages: which one a reader gets, catalogues in memory, and how to say a sentence, a number, a moment in it."""

from __future__ import annotations

import gettext
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import g, has_request_context, request
from markupsafe import Markup

from forum.accounts.site import site
from forum.http.viewer import person
from forum.kit import clock
from forum.kit.words import Text

LOCALES = ("en", "ko")
NAMES = {"en": "English", "ko": "한국어"}
CATALOGUES = Path(__file__).resolve().parent.parent / "locale"
COOKIE = "lang"
EN_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MINUTE, HOUR, DAY = 60, 3600, 86400
NOON = 12


@lru_cache(maxsize=len(LOCALES))
def catalogue(locale: str) -> gettext.NullTranslations:
    """The compiled sentences of a language; English is the language of the code and needs none."""
    path = CATALOGUES / locale / "LC_MESSAGES" / "messages.mo"
    if locale == "en" or not path.exists():
        return gettext.NullTranslations()
    with path.open("rb") as file:
        return gettext.GNUTranslations(file)


def current() -> str:
    """The language of this request: asked for, chosen before, the member's, the browser's, the community's."""
    if not has_request_context():
        return str(site()["locale"])
    if "locale" not in g:
        g.locale = _chosen()
    chosen: str = g.locale
    return chosen


def _chosen() -> str:
    known = person()
    for wanted in (request.args.get("lang"), request.cookies.get(COOKIE), known.locale if known else None):
        if wanted in LOCALES:
            return str(wanted)
    browser = request.accept_languages.best_match(LOCALES) if request.accept_languages else None
    return browser or str(site()["locale"])


def say(words: Text | str, locale: str | None = None) -> str:
    """A sentence in the reader's language."""
    if isinstance(words, str):
        return words
    spoken = {key: say(value, locale) if isinstance(value, Text) else value for key, value in words.params.items()}
    translations = catalogue(locale or current())
    if words.plural is None:
        return translations.gettext(words.msgid).format(**spoken) if words.msgid.strip() else ""
    return translations.ngettext(words.msgid, words.plural, int(str(words.params["n"]))).format(**spoken)


def template_words(locale: str) -> Mapping[str, Any]:
    """`_` and `ngettext` for templates of one language; markup among the values stays markup, all else is escaped."""
    translations = catalogue(locale)

    def gettext_(message: str, **values: Any) -> str:
        return _filled(translations.gettext(message), values)

    def ngettext_(one: str, many: str, n: int, **values: Any) -> str:
        return _filled(translations.ngettext(one, many, n), {"n": number(n), **values})

    return {"_": gettext_, "gettext": gettext_, "ngettext": ngettext_}


def _filled(message: str, values: Mapping[str, Any]) -> str:
    if not values:
        return message
    if any(isinstance(value, Markup) for value in values.values()):
        return Markup(message).format(**values)  # noqa: S704 - our own catalogue; values are escaped by format
    return message.format(**values)


def number(value: int) -> str:
    """12,408: both languages group alike."""
    return f"{value:,}"


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The present moment and the community's zone, looked at once for a page that says a hundred times when."""

    now: datetime
    zone: ZoneInfo
    here: datetime


def calendar() -> Calendar:
    """The calendar of this request; outside of requests that of this moment."""
    if not has_request_context():
        return _calendar()
    made: Calendar | None = g.get("calendar")
    if made is None:
        made = g.calendar = _calendar()
    return made


def _calendar() -> Calendar:
    now, zone = clock.now(), _zone(str(site()["timezone"]))
    return Calendar(now, zone, now.astimezone(zone))


def today(last: datetime) -> Hashable:
    """What words about moments up to `last` hang on: the minute while some are young, then the day."""
    here = calendar()
    is_young = (here.now - last).total_seconds() < 2 * DAY
    return (here.now.replace(second=0, microsecond=0) if is_young else here.here.date(), here.zone.key)


def local(moment: datetime) -> datetime:
    """A moment in the community's zone."""
    return moment.astimezone(calendar().zone)


def date(moment: datetime, locale: str) -> str:
    """A day: "Nov 20" this year, "Nov 20, 2023" before; "11월 20일", "2023년 11월 20일"."""
    known = calendar()
    return _day(moment.astimezone(known.zone), known.here.year, locale)


def _day(there: datetime, this_year: int, locale: str) -> str:
    if locale == "ko":
        day = f"{there.month}월 {there.day}일"
        return day if there.year == this_year else f"{there.year}년 {day}"
    day = f"{EN_MONTHS[there.month - 1]} {there.day}"
    return day if there.year == this_year else f"{day}, {there.year}"


def moment(at: datetime, locale: str) -> str:
    """A day with its time: "Nov 20, 6:42 pm"; "11월 20일 오후 6:42"."""
    known = calendar()
    there = at.astimezone(known.zone)
    day, hour = _day(there, known.here.year, locale), there.hour % NOON or NOON
    if locale == "ko":
        return f"{day} {'오전' if there.hour < NOON else '오후'} {hour}:{there.minute:02d}"
    return f"{day}, {hour}:{there.minute:02d} {'am' if there.hour < NOON else 'pm'}"


def ago(at: datetime, locale: str) -> str:
    """How long ago, in running text: "8 min ago", "yesterday", then the day; "8분 전", "어제"."""
    known = calendar()
    seconds = (known.now - at).total_seconds()
    if seconds < MINUTE:
        return "방금" if locale == "ko" else "just now"
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)}분 전" if locale == "ko" else f"{int(seconds // MINUTE)} min ago"
    if seconds < DAY:
        return f"{int(seconds // HOUR)}시간 전" if locale == "ko" else f"{int(seconds // HOUR)} h ago"
    there = at.astimezone(known.zone)
    if there.date() == (known.here - timedelta(days=1)).date():
        return "어제" if locale == "ko" else "yesterday"
    return _day(there, known.here.year, locale)


def dated(locale: str, *moments: datetime | None) -> tuple[str, ...]:
    """What words about these moments hang on besides them: a text with such words may be kept while this is equal."""
    known = calendar()
    young = (at for at in moments if at is not None and (known.now - at).total_seconds() < DAY)
    return (known.here.date().isoformat(), known.zone.key, *(ago(at, locale) for at in young))


def span(seconds: float, locale: str) -> str:
    """A length of time in a column: "2 d 4 h", "41 min"; "2일 4시간", "41분"."""
    units = ((DAY, "일", " d"), (HOUR, "시간", " h"), (MINUTE, "분", " min"))
    left, parts = int(max(seconds, MINUTE)), []
    for size, korean, english in units:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count:,}{korean if locale == 'ko' else english}")
        if len(parts) == 2 or (parts and size == HOUR):  # noqa: PLR2004 - two units say enough
            break
    return " ".join(parts)


def since(at: datetime, locale: str) -> str:
    """How long ago, short, for columns: "8 min", "5 h", then the day; Korean says "8분 전" there too."""
    seconds = (calendar().now - at).total_seconds()
    if seconds < DAY:
        return ago(at, locale) if locale == "ko" else span(seconds, locale)
    return date(at, locale)
