"""Keyset paging: a page begins after a row, never at a number, so that page 300 costs what page 1 costs."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, and_, or_

from forum.kit.errors import Invalid
from forum.kit.words import text

T = TypeVar("T")
MAX_CURSOR = 400


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows and, when there are more, the cursor after the last of them."""

    items: Sequence[T]
    next: str | None


def page(rows: Sequence[T], size: int, key: Callable[[T], Sequence[object]]) -> Page[T]:
    """Make a page of `size` from rows that were fetched with one more than that; `key` gives the sort key of a row."""
    shown = rows[:size]
    return Page(shown, encode(key(shown[-1])) if len(rows) > size and shown else None)


def encode(key: Sequence[object]) -> str:
    """A cursor for a sort key of numbers, strings, moments and None."""
    plain = [{"t": part.isoformat()} if isinstance(part, datetime) else part for part in key]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(cursor: str, kinds: Sequence[type]) -> list[Any]:
    """The sort key in a cursor; raises Invalid when it is not one of ours for these kinds of parts."""
    try:
        if len(cursor) > MAX_CURSOR:
            raise ValueError
        raw = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(raw, list):
            raise TypeError
        parts = [_moment(part["t"]) if isinstance(part, dict) else part for part in raw]
        fits = len(parts) == len(kinds) and all(_fits(p, k) for p, k in zip(parts, kinds, strict=True))
    except (ValueError, TypeError, KeyError, OverflowError, binascii.Error, RecursionError):
        fits = False
        parts = []
    if not fits:
        raise Invalid(
            text("This page link is damaged. Start again from the first page."),
            fields={"after": text("Not a valid cursor.")},
        )
    return parts


def _moment(written: str) -> datetime:
    """An aware moment in UTC; one without a zone, or one that leaves the calendar in UTC, is none of ours."""
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment.astimezone(UTC)


def _fits(part: object, kind: type) -> bool:
    if kind is int:
        return type(part) is int and abs(part) < 2**63
    if kind is datetime:
        return isinstance(part, datetime) and part.tzinfo is not None
    return isinstance(part, kind)


def after(columns: Sequence[ColumnElement[Any]], key: Sequence[object], *, descending: bool) -> ColumnElement[bool]:
    """The condition for rows that come after `key` when all columns are sorted in one direction.

    Written out instead of a row value, because both databases then use the index on those columns.
    """
    branches = []
    for i, column in enumerate(columns):
        equal = [columns[j] == key[j] for j in range(i)]
        beyond = column < key[i] if descending else column > key[i]
        branches.append(and_(*equal, beyond))
    first = columns[0] <= key[0] if descending else columns[0] >= key[0]
    return and_(first, or_(*branches))
