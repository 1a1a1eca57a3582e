"""Figures about safety: reports, decisions, removals and appeals."""

from __future__ import annotations

from forum.metrics.calendar import Window
from forum.metrics.engine import Engine, between, within
from forum.metrics.figures.people import post_row
from forum.metrics.figures.rows import Row
from forum.metrics.state import Post

TOXIC = frozenset({"harassment", "hate", "threat", "abuse", "threats", "hate_speech"})


def user_flags(engine: Engine, window: Window) -> list[Row]:
    """Reports by members."""
    return [
        Row(key=key, kind="flag", at=at, thread=_thread(post), post=post.key)
        for at, key, post in within(engine.flags, window)
    ]


def _thread(post: Post) -> str | None:
    return None if post.thread.startswith("of:") else post.thread


def flagged_posts(engine: Engine, window: Window) -> list[Row]:
    """Posts of the window (also those gone since), and posts that members reported in it, each once."""
    rows = {post.key: _moderated(engine, post, num=0) for post in between(engine.published_posts, window)}
    for at, _, post in within(engine.flags, window):
        known = rows.get(post.key)
        rows[post.key] = (
            known._replace(num=1, outcome_at=at)
            if known
            else _moderated(engine, post, num=1)._replace(at=at, den=0, outcome_at=at)
        )
    return list(rows.values())


def _moderated(engine: Engine, post: Post, *, num: int) -> Row:
    """The row of a post whose removal does not take it out."""
    found = engine.rows.get(("moderated", post.key))
    if found is None:
        found = engine.rows["moderated", post.key] = post_row(engine, post, num=0)._replace(reason="")
    return found._replace(num=num) if num else found


def removals(engine: Engine, window: Window) -> list[Row]:
    """Posts of the window, and posts that moderation removed in it, each once."""
    rows = {post.key: _moderated(engine, post, num=0) for post in between(engine.published_posts, window)}
    for post in removed_by_moderation(engine, window):
        known = rows.get(post.key)
        rows[post.key] = (
            known._replace(num=1, outcome_at=post.removed_at)
            if known
            else _moderated(engine, post, num=1)._replace(at=post.removed_at or 0, den=0, outcome_at=post.removed_at)
        )
    return list(rows.values())


def removed_by_moderation(engine: Engine, window: Window) -> list[Post]:
    """Published posts of members that were taken away in the window by somebody other than their author."""
    return [post for _, _, post in within(engine.removed, window)]


def toxic(engine: Engine, window: Window) -> list[Row]:
    """Posts of the window, and whether they were removed or hidden for hostility."""
    rows = []
    for post in between(engine.published_posts, window):
        is_toxic = (post.removed_at is not None and post.removed_reason in TOXIC) or (
            post.hidden_at is not None and post.hidden_reason in TOXIC
        )
        rows.append(_moderated(engine, post, num=int(is_toxic)))
    return rows


def agreement(engine: Engine, window: Window) -> list[Row]:
    """Posts whose reports were decided in the window, and whether the last decision agreed; ignored ones are out."""
    rows = []
    for post in engine.judged:
        decided = [one for one in post.decisions if window.holds(one.at)]
        judged = [one for one in decided if one.outcome in {"agreed", "disagreed"}]
        if not decided:
            continue
        last = (judged or decided)[-1]
        rows.append(
            Row(
                key=post.key,
                kind="post",
                at=last.at,
                num=int(last.outcome == "agreed"),
                reason="" if judged else "ignored",
                thread=_thread(post),
                post=post.key,
                outcome_at=last.at,
            )
        )
    return sorted(rows, key=lambda row: (row.at, row.key))


def time_to_action(engine: Engine, window: Window) -> list[Row]:
    """How long posts wait from the first report by a member to the first decision of any outcome."""
    rows = []
    for post in engine.judged:
        first = min((flag.at for flag in post.flags if flag.cls == "member"), default=None)
        if first is None or not window.holds(first):
            continue
        decided = min((one.at for one in post.decisions if one.at >= first), default=None)
        rows.append(
            Row(
                key=post.key,
                kind="post",
                at=first,
                num=int(decided is not None),
                outcome_at=decided,
                wait=max((engine.as_of if decided is None else decided) - first, 0),
                thread=_thread(post),
                post=post.key,
                lang=post.lang,
                category=post.category,
            )
        )
    return sorted(rows, key=lambda row: (row.at, row.key))


def undecided(engine: Engine, window: Window) -> list[Row]:
    """Reported and held posts that nobody had decided about at the moment of looking."""
    at = min(engine.as_of, window.end) if engine.options.get("backlog_at_end") else engine.as_of
    rows = []
    for post in engine.judged:
        since = waits_since(post, at)
        if since is not None:
            rows.append(Row(key=post.key, kind="post", at=since, wait=at - since, thread=_thread(post), post=post.key))
    return sorted(rows, key=lambda row: (row.at, row.key))


def waits_since(post: Post, at: int) -> int | None:
    """Since when a post waited for a decision at that moment; None when it did not."""
    last = max((one.at for one in post.decisions if one.at <= at), default=-1)
    flags = [flag.at for flag in post.flags if last < flag.at <= at]
    starts = flags if post.removed_at is None or post.removed_at > at else []
    if post.was_held and post.submitted_at <= at:
        over = [end for end in (post.published_at, post.rejected_at, post.removed_at) if end is not None and end <= at]
        starts = starts if over else [*starts, post.submitted_at]
    return min(starts, default=None)


def held(engine: Engine, window: Window) -> list[Row]:
    """How long held posts wait until they are published or turned down."""
    rows = []
    for post in engine.judged:
        if not post.was_held or not window.holds(post.submitted_at):
            continue
        ends = [end for end in (post.published_at, post.rejected_at) if end is not None]
        over = min(ends, default=None)
        rows.append(
            Row(
                key=post.key,
                kind="post",
                at=post.submitted_at,
                num=int(over is not None),
                outcome_at=over,
                wait=max((engine.as_of if over is None else over) - post.submitted_at, 0),
                thread=_thread(post),
                post=post.key,
            )
        )
    return sorted(rows, key=lambda row: (row.at, row.key))


def appeals(engine: Engine, window: Window) -> list[Row]:
    """Removals of the window, and appeals opened in it: the rate is the second over the first."""
    rows = [
        _moderated(engine, post, num=0)._replace(at=post.removed_at or 0)
        for post in removed_by_moderation(engine, window)
    ]
    for post in engine.judged:
        for number, appeal in enumerate(post.appeals):
            if window.holds(appeal.opened_at):
                key = f"{post.key}/appeal/{number}"
                rows.append(
                    Row(key=key, kind="appeal", at=appeal.opened_at, den=0, thread=_thread(post), post=post.key)
                )
    return rows


def overturned(engine: Engine, window: Window) -> list[Row]:
    """Appeals decided in the window, and whether they were overturned."""
    return [
        Row(
            key=f"{post.key}/appeal/{number}",
            kind="appeal",
            at=appeal.decided_at or 0,
            num=int(appeal.outcome == "overturned"),
            outcome_at=appeal.decided_at,
            thread=_thread(post),
            post=post.key,
        )
        for post in engine.judged
        for number, appeal in enumerate(post.appeals)
        if window.holds(appeal.decided_at)
    ]


def decisions_by_moderator(engine: Engine, window: Window) -> list[Row]:
    """Everybody who decided about reports in the window, with how often; nobody is ranked by name."""
    found: dict[str, int] = {}
    for post in engine.judged:
        for one in post.decisions:
            if window.holds(one.at):
                found[one.actor] = found.get(one.actor, 0) + 1
    return [Row(key=actor, kind="moderator", at=window.start, num=found[actor]) for actor in sorted(found)]
