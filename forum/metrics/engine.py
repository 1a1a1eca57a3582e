"""The engine: state, calendar and the moment of looking, with the lists that many formulas share."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from forum.metrics.calendar import Calendar, Window
from forum.metrics.figures.rows import Row
from forum.metrics.state import Deed, Post, State, Thread, Vote, eligible_posts

# Deeds that do not mean somebody was here: mail goes to people, and a reading proxy opens it.
NOT_PRESENT = frozenset({"email_sent", "email_bounced", "email_opened", "email_clicked"})
LOOK_BACK_DAYS = 90


@dataclass(frozen=True, slots=True)
class Response:
    """The first time somebody else answered."""

    at: int
    post: str
    cls: str


class Engine:
    """Answers what formulas ask about a state as it was known at `as_of` (microseconds)."""

    def __init__(self, state: State, calendar: Calendar, as_of: int, options: dict[str, object] | None = None) -> None:
        """Nothing is computed before it is asked for."""
        self.state, self.calendar, self.as_of = state, calendar, as_of
        self.options = options or {}
        self.kept: dict[str, dict[str, int]] = {}
        self.shared: dict[str, object] = {}
        # Rows that stand for the same post in every window.
        self.rows: dict[tuple[str, str], Row] = {}
        self._active: dict[tuple[int, int], dict[str, int]] = {}
        self._contributors: dict[Window, dict[str, int]] = {}
        self._responses: dict[tuple[str, bool], Response | None] = {}

    @cached_property
    def threads(self) -> list[Thread]:
        """Threads that members started, in the order in which they were published; removed ones included."""
        found = [
            thread
            for thread in self.state.threads.values()
            if thread.opening is not None and thread.opening.cls == "member" and thread.opening.published_at is not None
        ]
        return sorted(found, key=lambda thread: (_published(thread), thread.key))

    @cached_property
    def posts(self) -> list[Post]:
        """Eligible posts of members, in the order in which they were published."""
        return self._published_posts(post for post in self.visible_posts if post.cls == "member")

    @cached_property
    def visible_posts(self) -> list[Post]:
        """Eligible posts of everybody."""
        return self._published_posts(post for thread in self.state.threads.values() for post in eligible_posts(thread))

    @cached_property
    def published_posts(self) -> list[Post]:
        """Posts of members that were published at some time, also those that are gone since."""
        return self._published_posts(post for post in self.state.posts() if post.cls == "member")

    @staticmethod
    def _published_posts(posts: Iterable[Post]) -> list[Post]:
        found = [post for post in posts if post.published_at is not None]
        return sorted(found, key=lambda post: (post.published_at or 0, post.key))

    @cached_property
    def posts_by_key(self) -> dict[str, Post]:
        """Every known post."""
        return {post.key: post for post in self.state.posts()}

    @cached_property
    def times_of(self) -> dict[str, list[int]]:
        """When each member published an eligible post, in order."""
        return self.state.members_posts()

    def first_post_of(self, actor: str) -> int | None:
        """When a member first published something that is still there, ever."""
        times = self.times_of.get(actor)
        known = self.state.first_post.get(actor)
        if not times:
            return known
        return times[0] if known is None else min(known, times[0])

    def response(self, thread: Thread, *, by_members: bool = False) -> Response | None:
        """The first eligible reply of a human other than the author; of a member, when `by_members`."""
        asked = (thread.key, by_members)
        if asked not in self._responses:
            self._responses[asked] = _first_response(thread, by_members=by_members)
        return self._responses[asked]

    @cached_property
    def active_days(self) -> dict[str, list[int]]:
        """The local days, as ordinals, on which each member did something that still counts."""
        found: defaultdict[str, set[int]] = defaultdict(set)
        for at, actor in self._activity():
            found[actor].add(self.calendar.day_of(at).toordinal())
        return {actor: sorted(days) for actor, days in found.items()}

    def _activity(self) -> Iterable[tuple[int, str]]:
        for deed in self.state.deeds:
            if deed.cls == "member" and deed.type not in NOT_PRESENT:
                yield deed.at, deed.actor
        for post in self.posts:
            yield post.published_at or 0, post.author
        for post in self.published_posts:
            # A text somebody took back is gone, that they were here is not.
            if post.removed_by_author:
                yield post.published_at or 0, post.author

    @cached_property
    def actors_by_day(self) -> dict[int, list[str]]:
        """Who was active on each local day."""
        found: defaultdict[int, list[str]] = defaultdict(list)
        for actor in sorted(self.active_days):
            for day in self.active_days[actor]:
                found[day].append(actor)
        return dict(found)

    def active_between(self, first: int, last: int) -> dict[str, int]:
        """Members active on the local days first to last (ordinals, inclusive), with on how many of them."""
        known = self._active.get((first, last))
        if known is None:
            found: defaultdict[str, int] = defaultdict(int)
            for day in range(first, last + 1):
                for actor in self.actors_by_day.get(day, ()):
                    found[actor] += 1
            known = self._active[first, last] = dict(found)
        return known

    def contributors(self, window: Window) -> dict[str, int]:
        """Members with an eligible post in a window, with how many."""
        known = self._contributors.get(window)
        if known is None:
            found: defaultdict[str, int] = defaultdict(int)
            for post in between(self.posts, window):
                found[post.author] += 1
            known = self._contributors[window] = dict(found)
        return known

    def posts_between(self, actor: str, start: int, end: int) -> int:
        """How many eligible posts a member published in [start, end)."""
        times = self.times_of.get(actor, [])
        return bisect_left(times, end) - bisect_left(times, start)

    @cached_property
    def votes(self) -> list[tuple[int, str, Post, Vote]]:
        """Votes by others on eligible posts, in order."""
        found = [
            (vote.at, f"{post.key}/{vote.actor}/{number}", post, vote)
            for post in self.visible_posts
            for number, vote in enumerate(post.others_votes())
        ]
        return sorted(found, key=lambda entry: entry[:2])

    @cached_property
    def flags(self) -> list[tuple[int, str, Post]]:
        """Reports by members, in order."""
        found = [
            (flag.at, f"{post.key}/{flag.actor}/{number}", post)
            for post in self.state.posts()
            for number, flag in enumerate(post.flags)
            if flag.cls == "member"
        ]
        return sorted(found, key=lambda entry: entry[:2])

    @cached_property
    def removed(self) -> list[tuple[int, str, Post]]:
        """Published posts of members that somebody other than their author took away, in order."""
        found = [
            (post.removed_at, post.key, post)
            for post in self.published_posts
            if post.removed_at is not None and not post.removed_by_author and post.removed_reason != "erasure"
        ]
        return sorted(found, key=lambda entry: entry[:2])

    @cached_property
    def moments(self) -> list[int]:
        """Every moment at which something happened that a window can begin or end with, in order."""
        found = [at for times in (self.votes, self.flags, self.removed) for at, *_ in times]
        found += [post.published_at or 0 for post in self.published_posts]
        found += [self.calendar.start_of(date.fromordinal(day)) for day in self.actors_by_day]
        found += [one.at for post in self.judged for one in post.decisions]
        found += [at for post in self.judged for one in post.appeals for at in (one.opened_at, one.decided_at) if at]
        return sorted(found)

    @cached_property
    def judged(self) -> list[Post]:
        """Posts that were reported, judged, held or appealed about: few among many."""
        found = (post for post in self.state.posts() if post.flags or post.decisions or post.was_held or post.appeals)
        return sorted(found, key=lambda post: post.key)

    def deeds(self, *types: str) -> list[Deed]:
        """Deeds of these types in canonical order."""
        return [deed for deed in self.state.deeds if deed.type in types]

    @cached_property
    def last_complete_day(self) -> date:
        """The last local day that had ended at `as_of`."""
        return date.fromordinal(self.calendar.day_of(self.as_of).toordinal() - 1)

    def is_mature(self, at: int, horizon: int) -> bool:
        """Whether what may happen within `horizon` could have been seen by now."""
        return at + horizon <= self.as_of

    def look_back(self, window: Window) -> int:
        """The instant 90 days before a window."""
        return self.calendar.shifted(window.start, -LOOK_BACK_DAYS)


T = TypeVar("T", bound=tuple[Any, ...])


def within(entries: list[T], window: Window) -> list[T]:
    """The part of a list in order of its first column that lies in a window."""
    low = bisect_left(entries, window.start, key=lambda entry: entry[0])
    return entries[low : bisect_left(entries, window.end, key=lambda entry: entry[0])]


def _published(thread: Thread) -> int:
    assert thread.opening is not None
    return thread.opening.published_at or 0


def between(posts: list[Post], window: Window) -> list[Post]:
    """The part of a list in order of publication that lies in a window."""
    low = bisect_left(posts, window.start, key=lambda post: post.published_at or 0)
    high = bisect_left(posts, window.end, key=lambda post: post.published_at or 0)
    return posts[low:high]


def _first_response(thread: Thread, *, by_members: bool) -> Response | None:
    answers = [
        (post.published_at, post.key, post.cls)
        for post in eligible_posts(thread)
        if not post.is_opening
        and post.published_at is not None
        and post.author != thread.author
        and (post.cls == "member" if by_members else post.is_human)
    ]
    if not answers:
        return None
    at, key, cls = min(answers)
    return Response(at, key, cls)
