"""Periods as people and programs write them: a day, a week, a month, a year, or two days with a slash."""

from __future__ import annotations

import re
from datetime import date, timedelta

from forum.kit.errors import Invalid
from forum.kit.words import text

DAYS = re.compile(r"P(\d{1,5})D")
FIRST, LAST = date(1970, 1, 1), date(2999, 12, 31)


def parse_day(written: str, field: str) -> date:
    """A day written as 2026-03-31; raises Invalid naming `field`."""
    try:
        day = date.fromisoformat(written) if re.fullmatch(r"\d{4}-\d\d-\d\d", written, re.ASCII) else None
    except ValueError:
        day = None
    if day is None or not FIRST <= day <= LAST:
        raise Invalid(text("This is not a period."), fields={field: text("Give a day such as 2026-03-31.")})
    return day


def parse_period(written: str, field: str = "period") -> tuple[date, date]:
    """The local days [start, end) of 2026-03-31, 2026-W14, 2026-03, 2026, 2026-03-01/2026-04-01 or 2026-03-01/P28D.

    Raises Invalid naming `field`.
    """
    first, slash, rest = written.partition("/")
    if slash:
        start = parse_day(first, field)
        length = DAYS.fullmatch(rest)
        end = start + timedelta(days=int(length.group(1))) if length else parse_day(rest, field)
    else:
        start, end = _named(written, field)
    if not start < end:
        raise Invalid(text("This is not a period."), fields={field: text("The end has to be after the beginning.")})
    return start, end


def _named(written: str, field: str) -> tuple[date, date]:
    """A period with a name of its own."""
    try:
        if week := re.fullmatch(r"(\d{4})-W(\d\d)", written, re.ASCII):
            monday = date.fromisocalendar(int(week[1]), int(week[2]), 1)
            return monday, monday + timedelta(days=7)
        if month := re.fullmatch(r"(\d{4})-(\d\d)", written, re.ASCII):
            start = parse_day(f"{month[0]}-01", field)
            return start, (start + timedelta(days=31)).replace(day=1)
        if re.fullmatch(r"\d{4}", written, re.ASCII):
            start = parse_day(f"{written}-01-01", field)
            return start, start.replace(year=start.year + 1)
    except ValueError as error:
        raise Invalid(text("This is not a period."), fields={field: text("Give a day such as 2026-03-31.")}) from error
    day = parse_day(written, field)
    return day, day + timedelta(days=1)
