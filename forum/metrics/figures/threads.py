"""Figures about threads: how long questions wait, whether they are answered and solved, how many take part."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Final

from forum.metrics.calendar import Window
from forum.metrics.engine import Engine
from forum.metrics.facts import DAY
from forum.metrics.figures.rows import Row
from forum.metrics.state import Accept, Post, Thread, eligible_posts

WEEK: Final = 7 * DAY
MONTH: Final = 30 * DAY
Formula = Callable[[Engine, Window], list[Row]]


def row_of(thread: Thread, *, num: int = 1, reason: str = "", **more: int | None) -> Row:
    """The row of a thread."""
    opening = thread.opening
    assert opening is not None
    return Row(
        key=thread.key,
        kind="thread",
        at=opening.published_at or opening.submitted_at,
        num=num,
        reason=reason,
        thread=thread.key,
        post=opening.key,
        lang=thread.lang,
        category=thread.category,
        **more,  # type: ignore[arg-type]  # outcome_at and wait, both numbers
    )


def gone(thread: Thread) -> str:
    """Why a thread cannot be counted at all; empty when it can."""
    opening = thread.opening
    if opening is None or opening.removed_at is not None:
        return f"removed_{opening.removed_reason or 'other'}" if opening else "unknown"
    return "hidden" if opening.hidden_at is not None else ""


def outside_cohort(thread: Thread) -> str:
    """Why a thread is not one of those that wait for an answer; empty when it is."""
    return gone(thread) or ("duplicate" if thread.is_duplicate else "")


def started(engine: Engine, window: Window) -> Iterator[Thread]:
    """Members' threads published in a window, removed ones included."""
    low = bisect_left(engine.threads, window.start, key=_published)
    yield from engine.threads[low : bisect_left(engine.threads, window.end, key=_published)]


def threads(engine: Engine, window: Window) -> list[Row]:
    """Threads that members published."""
    return [row_of(thread, reason=gone(thread)) for thread in started(engine, window)]


def waiting_for(*, by_members: bool) -> Formula:
    """How long threads wait for their first response, of anybody or of a member."""

    def formula(engine: Engine, window: Window) -> list[Row]:
        return [_wait(engine, thread, by_members=by_members) for thread in started(engine, window)]

    return formula


def _wait(engine: Engine, thread: Thread, *, by_members: bool) -> Row:
    reason = outside_cohort(thread)
    if reason:
        return row_of(thread, reason=reason)
    assert thread.opening is not None and thread.opening.published_at is not None
    published, found = thread.opening.published_at, engine.response(thread, by_members=by_members)
    over = engine.as_of if thread.closed_at is None else min(engine.as_of, thread.closed_at)
    if found is not None and found.at <= over:
        return row_of(thread, outcome_at=found.at, wait=max(found.at - published, 0))
    return row_of(thread, num=0, wait=max(over - published, 0))


def answered_within_a_day(engine: Engine, window: Window) -> list[Row]:
    """Threads whose first day is over, and whether they were answered in it."""
    rows = []
    for thread in started(engine, window):
        published = _published(thread)
        reason = outside_cohort(thread) or ("" if engine.is_mature(published, DAY) else "immature")
        found = engine.response(thread)
        in_time = found is not None and found.at - published <= DAY
        rows.append(row_of(thread, num=int(in_time), reason=reason, outcome_at=found.at if found else None))
    return rows


def first_by_peers(engine: Engine, window: Window) -> list[Row]:
    """Threads with a first response, and whether a member gave it."""
    rows = []
    for thread in started(engine, window):
        found = engine.response(thread)
        reason = outside_cohort(thread) or ("" if found else "unanswered")
        is_peer = found is not None and found.cls == "member"
        rows.append(row_of(thread, num=int(is_peer), reason=reason, outcome_at=found.at if found else None))
    return rows


def bot_first_touch(engine: Engine, window: Window) -> list[Row]:
    """Threads whose very first reply by anybody else came from a bot."""
    rows = []
    for thread in started(engine, window):
        replies = [post for post in eligible_posts(thread) if not post.is_opening and post.author != thread.author]
        first = min(replies, key=lambda post: (post.published_at or 0, post.key), default=None)
        reason = outside_cohort(thread) or ("" if first else "unanswered")
        rows.append(row_of(thread, num=int(first is not None and first.cls == "bot"), reason=reason))
    return rows


def backlog(engine: Engine, window: Window) -> list[Row]:
    """Open questions without an answer that are a day old or older, at the moment of looking.

    In a series that moment is the end of the window, where it is over.
    """
    at = min(engine.as_of, window.end) if engine.options.get("backlog_at_end") else engine.as_of
    known = engine.shared.get("waiting")
    if not isinstance(known, list):
        known = engine.shared["waiting"] = [one for one in engine.threads if _ever_waited(engine, one)]
    return [row for row in (_waits_at(engine, thread, at) for thread in known) if row is not None]


def _ever_waited(engine: Engine, thread: Thread) -> bool:
    """Whether a question can be in any backlog: most are answered on their first day and need not be asked again."""
    found = engine.response(thread)
    ends = [end for end in (found.at if found else None, thread.closed_at) if end is not None]
    return thread.kind == "question" and (not ends or min(ends) - _published(thread) >= DAY)


def _waits_at(engine: Engine, thread: Thread, at: int) -> Row | None:
    published, found = _published(thread), engine.response(thread)
    closed = thread.closed_at is not None and thread.closed_at <= at
    if published > at or thread.kind != "question" or closed or (found is not None and found.at <= at):
        return None
    reason = gone(thread) or ("duplicate" if thread.merged_into else "")
    if not reason and at - published < DAY:
        reason = "younger_than_a_day"
    return row_of(thread, reason=reason, wait=at - published)


def _published(thread: Thread) -> int:
    assert thread.opening is not None
    return thread.opening.published_at or 0


def questions(engine: Engine, window: Window, horizon: int = WEEK) -> Iterator[tuple[Thread, str]]:
    """Questions of a window with why they cannot be counted; empty for those that can."""
    for thread in started(engine, window):
        reason = outside_cohort(thread) or ("" if thread.kind == "question" else "not_a_question")
        if not reason and not engine.is_mature(_published(thread), horizon):
            reason = "immature"
        yield thread, reason


def standing_accept(engine: Engine, thread: Thread) -> tuple[Accept, Post] | None:
    """The accepted answer that stands and can be read, with its acceptance."""
    for accept in thread.accepts:
        post = engine.posts_by_key.get(accept.post)
        if accept.withdrawn_at is None and post is not None and post.is_visible:
            return accept, post
    return None


def answered(engine: Engine, window: Window) -> list[Row]:
    """Mature questions with an accepted answer, or a reply by somebody else that others found good."""
    rows = []
    for thread, reason in questions(engine, window):
        helpful = any(
            post.author != thread.author and not post.is_opening and post.is_human and post.score >= 1
            for post in eligible_posts(thread)
        )
        is_answered = helpful or standing_accept(engine, thread) is not None
        rows.append(row_of(thread, num=int(is_answered), reason=reason))
    return rows


def solved(engine: Engine, window: Window) -> list[Row]:
    """Mature questions, and whether an accepted answer stands."""
    rows = []
    for thread, reason in questions(engine, window):
        found = standing_accept(engine, thread)
        rows.append(
            row_of(thread, num=int(found is not None), reason=reason, outcome_at=found[0].at if found else None)
        )
    return rows


def self_solved(engine: Engine, window: Window) -> list[Row]:
    """Solved questions, and whether the asker gave the answer."""
    rows = []
    for thread, reason in questions(engine, window):
        found = standing_accept(engine, thread)
        by_asker = found is not None and found[1].author == thread.author
        rows.append(row_of(thread, num=int(by_asker), reason=reason or ("" if found else "unsolved")))
    return rows


def solved_by_peers(engine: Engine, window: Window) -> list[Row]:
    """Questions solved by somebody other than the asker, and whether that was a member."""
    rows = []
    for thread, reason in questions(engine, window, horizon=0):
        found = standing_accept(engine, thread)
        missing = "unsolved" if found is None else "self_solved" if found[1].author == thread.author else ""
        by_member = found is not None and found[1].cls == "member"
        rows.append(row_of(thread, num=int(by_member), reason=reason or missing))
    return rows


def solving(engine: Engine, window: Window) -> list[Row]:
    """How long questions wait for the answer that was accepted and stands."""
    rows = []
    for thread, reason in questions(engine, window, horizon=0):
        found, published = standing_accept(engine, thread), _published(thread)
        over = engine.as_of if thread.closed_at is None else min(engine.as_of, thread.closed_at)
        if reason:
            rows.append(row_of(thread, reason=reason))
        elif found is not None:
            rows.append(row_of(thread, outcome_at=found[0].at, wait=max(found[0].at - published, 0)))
        else:
            rows.append(row_of(thread, num=0, wait=max(over - published, 0)))
    return rows


def reopened(engine: Engine, window: Window) -> list[Row]:
    """Acceptances, and whether they were withdrawn within 30 days."""
    rows = []
    for thread in engine.threads:
        for accept in thread.accepts:
            if not window.holds(accept.at):
                continue
            back = accept.withdrawn_at
            reason = gone(thread) or ("" if engine.is_mature(accept.at, MONTH) else "immature")
            rows.append(
                Row(
                    key=f"{thread.key}/{accept.post}/{accept.at}",
                    kind="accept",
                    at=accept.at,
                    num=int(back is not None and back - accept.at <= MONTH),
                    reason=reason,
                    outcome_at=back,
                    thread=thread.key,
                    post=accept.post,
                    lang=thread.lang,
                    category=thread.category,
                )
            )
    return rows


def _mature_threads(engine: Engine, window: Window) -> Iterator[tuple[Thread, str]]:
    for thread in started(engine, window):
        yield thread, gone(thread) or ("" if engine.is_mature(_published(thread), WEEK) else "immature")


def solo(engine: Engine, window: Window) -> list[Row]:
    """Threads a week old, and whether nobody else ever replied."""
    return [
        row_of(thread, num=int(engine.response(thread) is None), reason=outside_cohort(thread) or reason)
        for thread, reason in _mature_threads(engine, window)
    ]


def replies_per_thread(engine: Engine, window: Window) -> list[Row]:
    """Threads a week old, with how many replies members wrote in them."""
    return [
        row_of(thread, num=sum(post.cls == "member" for post in _replies(thread)), reason=reason)
        for thread, reason in _mature_threads(engine, window)
    ]


def participants(engine: Engine, window: Window) -> list[Row]:
    """Threads a week old, with how many different people other than the author wrote in them."""
    return [
        row_of(
            thread,
            num=len({post.author for post in _replies(thread) if post.is_human and post.author != thread.author}),
            reason=reason,
        )
        for thread, reason in _mature_threads(engine, window)
    ]


def _replies(thread: Thread) -> list[Post]:
    return [post for post in eligible_posts(thread) if not post.is_opening]


def latencies(engine: Engine, window: Window) -> list[Row]:
    """How long each human post waits for the next post by another human in its thread."""
    rows = []
    for thread in engine.state.threads.values():
        posts = [post for post in eligible_posts(thread) if post.is_human]
        posts.sort(key=lambda post: (post.published_at or 0, post.key))
        over = engine.as_of if thread.closed_at is None else min(engine.as_of, thread.closed_at)
        for place, post in enumerate(posts):
            if window.holds(post.published_at):
                rows.append(_latency(thread, post, posts[place + 1 :], over))
    return sorted(rows, key=lambda row: (row.at, row.key))


def _latency(thread: Thread, post: Post, later: list[Post], over: int) -> Row:
    at = post.published_at or 0
    next_at = next((one.published_at for one in later if one.author != post.author), None)
    wait = max((over if next_at is None else next_at) - at, 0)
    return Row(
        key=post.key,
        kind="post",
        at=at,
        num=int(next_at is not None),
        outcome_at=next_at,
        wait=wait,
        thread=thread.key,
        post=post.key,
        lang=post.lang,
        category=post.category,
        reason="duplicate" if thread.is_duplicate else "",
    )
