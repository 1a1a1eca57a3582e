"""Which local days' figures can have changed, given what arrived and how time went on; rather too many than too few."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from forum.metrics.calendar import Calendar, each_day
from forum.metrics.facts import DAY
from forum.metrics.packing import moments, unpacked
from forum.metrics.state import Post, Thread, posts_of

# What happened on a day is in the 28 days that begin with it, and in those before the next 28.
WINDOW = timedelta(days=55)
# The longest wait for a cohort to ripen, and a day for what lies between two midnights.
RIPENING = timedelta(days=32)


@dataclass(slots=True)
class Marks:
    """Days to be computed again, up to today."""

    calendar: Calendar
    today: date
    days: set[date] = field(default_factory=set)
    # Days whose own figures something that arrived bears on: what the book may have to note.
    exact: set[date] = field(default_factory=set)

    def at(self, moment: int) -> None:
        """The windows a moment lies in."""
        first = self.calendar.day_of(moment)
        self.exact.add(first)
        self.between(first, first + WINDOW)

    def since(self, moment: int) -> None:
        """Every day from shortly before this moment on: what came first, or how long it was quiet, may be different."""
        self.between(self.calendar.day_of(moment) - RIPENING, self.today)

    def between(self, first: date, last: date) -> None:
        """The days first to last, as far as they have begun."""
        self.days.update(each_day(first, min(last, self.today) + timedelta(days=1)))


def changed_thread(marks: Marks, before: dict[str, Any] | None, after: dict[str, Any]) -> None:
    """Mark what a thread that is folded anew can change."""
    if before is not None and before["body"] == after["body"]:
        return
    threads = [unpacked(str(row["thread_id"]), row["body"]) for row in (before, after) if row is not None]
    for thread in threads:
        if thread.opening is not None and thread.opening.published_at is not None:
            marks.at(thread.opening.published_at)
        own = Thread(thread.key, accepts=thread.accepts, closed_at=thread.closed_at)
        for moment in moments(own):
            marks.at(moment)
    _posts(marks, threads)
    _waiting(marks, before, after)


def _posts(marks: Marks, threads: Sequence[Thread]) -> None:
    """Mark what posts that differ can change."""
    versions: dict[str, list[Post]] = {}
    for thread in threads:
        for post in posts_of(thread):
            versions.setdefault(post.key, []).append(post)
    gone = [thread.is_gone for thread in threads]
    for known in versions.values():
        is_in_all = len(known) == len(threads) == 2  # noqa: PLR2004 - before and after
        if not is_in_all or known[0] != known[1] or gone[0] != gone[1]:
            _post(marks, known, is_seen_otherwise=not is_in_all or _is_seen_otherwise(known, gone))


def _post(marks: Marks, known: Sequence[Post], *, is_seen_otherwise: bool) -> None:
    for post in known:
        times = moments(Thread("", opening=post))
        for moment in times:
            marks.at(moment)
        if post.flags or post.was_held:
            marks.since(min(times))
    published = [post.published_at for post in known if post.published_at is not None]
    if published and is_seen_otherwise:
        marks.since(min(published))


def _is_seen_otherwise(pair: Sequence[Any], gone: Sequence[bool]) -> bool:
    first, second = pair
    seen = [(post.published_at, post.is_visible and not is_gone) for post, is_gone in zip(pair, gone, strict=True)]
    return first.author != second.author or seen[0] != seen[1]


def _waiting(marks: Marks, before: dict[str, Any] | None, after: dict[str, Any]) -> None:
    """Mark the days on which a question was in the backlog before and is not now, or the other way round."""
    spans = [_span(row) for row in (before, after)]
    if spans[0] == spans[1]:
        return
    known = [span for span in spans if span is not None]
    starts = {span[0] for span in known}
    ends = [span[1] for span in known]
    low = min(starts) if len(starts) > 1 or len(known) == 1 else min(end for end in ends if end is not None)
    high = None if None in ends else max(end for end in ends if end is not None)
    last = marks.today if high is None else marks.calendar.day_of(high)
    marks.between(marks.calendar.day_of(low) - timedelta(days=1), last)


def _span(row: dict[str, Any] | None) -> tuple[int, int | None] | None:
    if row is None or not row["is_readable"] or row["published_at"] is None:
        return None
    ends = [at for at in (row["first_response_at"], row["closed_at"]) if at is not None]
    return row["published_at"], min(ends, default=None)


def gone_by(marks: Marks, before: int) -> None:
    """Mark what ripened, or began, since the last look."""
    marks.between(marks.calendar.day_of(before) - RIPENING, marks.today)


def crossed_waits(
    marks: Marks, open_since: Iterable[int], waits: Sequence[tuple[int, int]], before: int, now: int
) -> None:
    """Mark windows whose waiting curve moves because an open thread has now waited longer than one that was answered.

    `waits` are (duration, published) of ended waits, in order of duration.
    """
    durations = [duration for duration, _ in waits]
    for since in open_since:
        low, high = bisect_right(durations, before - since), bisect_right(durations, now - since)
        if any(abs(published - since) < 29 * DAY for _, published in waits[max(low - 1, 0) : high]):
            first = marks.calendar.day_of(since)
            marks.between(first, first + WINDOW)
