"""Days as the index labels them, and the ranges of days a question asks for: a few labels instead of a scan."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

EARLIEST = date(1990, 1, 1)
_WRITTEN = re.compile(r"(\d{4})(?:[-./](\d{1,2})(?:[-./](\d{1,2}))?)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_BACK = re.compile(r"(\d{1,4})\s*(d|w|m|y|일|주|개월|달|년)(?:전)?")
_NAMED = {"today": 0, "오늘": 0, "yesterday": 1, "어제": 1, "그제": 2, "그저께": 2}
_LENGTHS = {"d": 1, "일": 1, "w": 7, "주": 7, "m": 30, "개월": 30, "달": 30, "y": 365, "년": 365}


def labels(day: date) -> tuple[str, str, str]:
    """The year, the month and the day, as they stand in the index."""
    return f"{day:%Y}", f"{day:%Y%m}", f"{day:%Y%m%d}"


def read(written: str, today: date) -> date | None:
    """The first day of what somebody wrote (`2026-03-01`, `2026-03`, `2026`, `7d`, `어제`); None when it is no day."""
    written = written.strip().casefold().rstrip(".-/")
    if written in _NAMED:
        return today - timedelta(days=_NAMED[written])
    back = _BACK.fullmatch(written)
    if back:
        return max(EARLIEST, today - timedelta(days=int(back[1]) * _LENGTHS[back[2]]))
    parts = _COMPACT.fullmatch(written) or _WRITTEN.fullmatch(written)
    if parts is None:
        return None
    year, month, day = (int(part) if part else 1 for part in parts.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def between(first: date, end: date) -> tuple[str, ...]:
    """The labels of all days from `first` to before `end`: whole years and months where they fit."""
    return tuple(_spans(max(first, EARLIEST), end))


def _spans(day: date, end: date) -> Iterator[str]:
    while day < end:
        next_year = _year_after(day)
        next_month = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        if day.month == day.day == 1 and next_year <= end:
            yield f"{day:%Y}"
            day = next_year
        elif day.day == 1 and next_month <= end:
            yield f"{day:%Y%m}"
            day = next_month
        else:
            yield f"{day:%Y%m%d}"
            day += timedelta(days=1)


def _year_after(day: date) -> date:
    return date(min(day.year + 1, date.max.year), 1, 1)
