"""Figures about people: who joins, contributes, comes back and leaves, and what becomes of newcomers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator

from forum.metrics.calendar import Window
from forum.metrics.engine import Engine, between
from forum.metrics.figures.rows import Row
from forum.metrics.figures.threads import MONTH, WEEK, Formula, answered_within_a_day
from forum.metrics.state import Post, Signup, Thread

REGULAR_POSTS = 4
SHORTEST_DAYS = 28
LURKING_DAYS = 3


def person(key: str, at: int, *, num: int = 1, reason: str = "", **more: int | None) -> Row:
    """The row of a member."""
    return Row(key=key, kind="member", at=at, num=num, reason=reason, **more)  # type: ignore[arg-type]  # outcome_at and wait


def posts(*, openings: bool, replies: bool, cls: str = "member") -> Formula:
    """Posts of one class of people that were published in a window; what is gone since is listed, not counted."""

    def formula(engine: Engine, window: Window) -> list[Row]:
        pool = engine.published_posts if cls == "member" else _of_class(engine, cls)
        return [post_row(engine, post) for post in between(pool, window) if (openings if post.is_opening else replies)]

    return formula


def _of_class(engine: Engine, cls: str) -> list[Post]:
    return [post for post in engine.visible_posts if post.cls == cls]


def post_row(engine: Engine, post: Post, *, num: int = 1, at: int | None = None) -> Row:
    """The row of a post, with why it is not counted when it cannot be read any more."""
    thread = engine.state.threads.get(post.thread)
    reason = lost(post) or ("thread_gone" if thread is not None and thread.is_gone else "")
    return Row(
        key=post.key,
        kind="post",
        at=(post.published_at or post.submitted_at) if at is None else at,
        num=num,
        reason=reason,
        thread=None if post.thread.startswith("of:") else post.thread,
        post=post.key,
        lang=post.lang,
        category=post.category,
    )


def lost(post: Post) -> str:
    """Why a post cannot be read; empty when it can, as far as the post alone decides."""
    if post.removed_at is not None:
        return f"removed_{post.removed_reason or 'other'}"
    return "hidden" if post.hidden_at is not None else ""


def signed_up(engine: Engine) -> Iterator[Signup]:
    """Members' sign-ups in order."""
    yield from sorted(
        (one for one in engine.state.signups.values() if one.cls == "member"), key=lambda one: (one.at, one.actor)
    )


def signups(engine: Engine, window: Window) -> list[Row]:
    """Who became a member; accounts closed as spam are listed, not counted."""
    return [
        person(one.actor, one.at, reason="closed_as_spam" if one.closed_as_spam else "")
        for one in signed_up(engine)
        if window.holds(one.at)
    ]


def contributors(engine: Engine, window: Window) -> list[Row]:
    """Members with an eligible post in the window, with how many."""
    found = engine.contributors(window)
    return [person(actor, _first_in(engine, actor, window), num=found[actor]) for actor in sorted(found)]


def distinct_contributors(engine: Engine, window: Window) -> list[Row]:
    """Members with an eligible post in the window."""
    return [person(row.key, row.at) for row in contributors(engine, window)]


def _first_in(engine: Engine, actor: str, window: Window) -> int:
    times = engine.times_of[actor]
    return times[bisect_left(times, window.start)]


def kind_of(engine: Engine, actor: str, window: Window) -> str:
    """What a contributor is in this window: new, reactivated or continuing; each is exactly one."""
    first = engine.first_post_of(actor)
    if first is None or first >= window.start:
        return "new"
    return "continuing" if engine.posts_between(actor, engine.look_back(window), window.start) else "reactivated"


def contributors_who_are(kind: str) -> Formula:
    """Contributors of one kind; the others are listed with what they are."""

    def formula(engine: Engine, window: Window) -> list[Row]:
        rows = []
        for row in contributors(engine, window):
            found = kind_of(engine, row.key, window)
            rows.append(person(row.key, row.at, reason="" if found == kind else found))
        return rows

    return formula


def regulars(engine: Engine, window: Window) -> list[Row]:
    """Members with four posts or more in the 90 days before the window; counted when they were silent in it."""
    before = Window(engine.look_back(window), window.start)
    found = engine.contributors(before)
    return [
        person(
            actor,
            _first_in(engine, actor, before),
            reason="still_here" if engine.posts_between(actor, window.start, window.end) else "",
        )
        for actor in sorted(found)
        if found[actor] >= REGULAR_POSTS
    ]


def flow(engine: Engine, window: Window) -> list[Row]:
    """Who came (+1), came back (+1) and left (-1); who stayed is listed, not counted."""
    rows = []
    for row in contributors(engine, window):
        kind = kind_of(engine, row.key, window)
        rows.append(person(row.key, row.at, reason="continuing" if kind == "continuing" else ""))
    return rows + [person(row.key, row.at, num=-1) for row in regulars(engine, window) if row.is_counted]


def returning(engine: Engine, window: Window) -> list[Row]:
    """Contributors of the window before, and whether they contributed again."""
    before = engine.calendar.before(window)
    return [
        person(row.key, row.at, num=int(engine.posts_between(row.key, window.start, window.end) > 0))
        for row in contributors(engine, before)
    ]


def first_submission(engine: Engine) -> dict[str, int]:
    """When each member first sent what became an eligible post."""
    found: dict[str, int] = {}
    for post in engine.posts:
        found[post.author] = min(post.submitted_at, found.get(post.author, post.submitted_at))
    for actor, at in engine.state.first_post.items():
        found[actor] = min(at, found.get(actor, at))
    return found


def activation(engine: Engine, window: Window) -> list[Row]:
    """Sign-ups a week old, and whether a contribution was sent within seven days."""
    firsts, rows = _kept(engine, "first_submission", first_submission), []
    for one in signed_up(engine):
        if not window.holds(one.at):
            continue
        first = firsts.get(one.actor)
        reason = "closed_as_spam" if one.closed_as_spam else "" if engine.is_mature(one.at, WEEK) else "immature"
        in_time = first is not None and first - one.at <= WEEK
        rows.append(person(one.actor, one.at, num=int(in_time), reason=reason, outcome_at=first))
    return rows


def _kept(engine: Engine, name: str, make: Callable[[Engine], dict[str, int]]) -> dict[str, int]:
    """Something one engine works out once."""
    if name not in engine.kept:
        engine.kept[name] = make(engine)
    return engine.kept[name]


def first_contribution(engine: Engine, window: Window) -> list[Row]:
    """How long new members wait before their first contribution."""
    rows = []
    for one in signed_up(engine):
        if not window.holds(one.at):
            continue
        first = engine.first_post_of(one.actor)
        if one.closed_as_spam:
            rows.append(person(one.actor, one.at, reason="closed_as_spam"))
        elif first is not None:
            rows.append(person(one.actor, one.at, outcome_at=first, wait=max(first - one.at, 0)))
        else:
            rows.append(person(one.actor, one.at, num=0, wait=max(engine.as_of - one.at, 0)))
    return rows


def newcomers_answered(engine: Engine, window: Window) -> list[Row]:
    """The first thread of each member, and whether somebody answered it within a day."""
    firsts: dict[str, Thread] = {}
    for thread in engine.threads:
        if not thread.is_gone and thread.author not in engine.state.first_thread:
            firsts.setdefault(thread.author, thread)
    first_keys = {thread.key for thread in firsts.values()}
    return [row for row in answered_within_a_day(engine, window) if row.key in first_keys]


def second_post(engine: Engine, window: Window) -> list[Row]:
    """New contributors, and whether a second post followed within 30 days."""
    rows = []
    for actor in sorted(engine.contributors(window)):
        times, first = engine.times_of[actor], engine.first_post_of(actor)
        if first is None or not window.holds(first):
            continue
        second = times[1] if len(times) > 1 else None
        in_time = second is not None and second - first <= MONTH
        reason = "" if engine.is_mature(first, MONTH) else "immature"
        rows.append(person(actor, first, num=int(in_time), reason=reason, outcome_at=second))
    return rows


def rebuffed(engine: Engine, window: Window) -> list[Row]:
    """First posts a week old, and whether they were removed, voted below zero, or (threads) left unanswered."""
    firsts: dict[str, Post] = {}
    for post in engine.published_posts:
        firsts.setdefault(post.author, post)
    rows = []
    for actor, post in sorted(firsts.items()):
        at = post.published_at or 0
        if window.holds(at):
            reason = "removed_author" if post.removed_by_author else "" if engine.is_mature(at, WEEK) else "immature"
            rows.append(person(actor, at, num=int(_is_rebuffed(engine, post, at)), reason=reason))
    return rows


def _is_rebuffed(engine: Engine, post: Post, at: int) -> bool:
    if not post.is_visible or post.score < 0:
        return True
    thread = engine.state.threads.get(post.thread)
    if not post.is_opening or thread is None:
        return False
    found = engine.response(thread)
    return found is None or found.at - at > WEEK


def lurkers(engine: Engine, window: Window) -> list[Row]:
    """Members here on three days or more who had never contributed, and whether they did in the next 28 days."""
    first_day, end_day = engine.calendar.days(window)
    later = Window(window.end, engine.calendar.shifted(window.end, SHORTEST_DAYS))
    active = engine.active_between(first_day.toordinal(), end_day.toordinal() - 1)
    rows = []
    for actor, days in sorted(active.items()):
        first = engine.first_post_of(actor)
        if days < LURKING_DAYS or (first is not None and first < window.end):
            continue
        reason = "" if later.end <= engine.as_of else "immature"
        rows.append(person(actor, window.start, num=int(later.holds(first)), reason=reason, outcome_at=first))
    return rows


def is_long_enough(engine: Engine, window: Window) -> bool:
    """Whether a window is long enough to call somebody lost."""
    return engine.calendar.length(window) >= SHORTEST_DAYS - 1 / 24
