"""Figures about the shape of a community: how work is spread, who answers whom, how regular it is."""

from __future__ import annotations

from collections.abc import Sequence

from forum.metrics.calendar import Window
from forum.metrics.engine import Engine, between
from forum.metrics.figures.people import contributors, person, post_row
from forum.metrics.figures.rows import Row, Tally
from forum.metrics.figures.threads import standing_accept
from forum.metrics.state import Post

EXPERT_ANSWERS, EXPERTS, GOOD_SCORE = 3, 2, 2


def helpers(engine: Engine, window: Window) -> list[Row]:
    """Members whose answers were accepted in the window by somebody else, with how many."""
    found: dict[str, int] = {}
    for thread in engine.threads:
        accepted = standing_accept(engine, thread)
        if accepted is None or not window.holds(accepted[0].at) or thread.is_gone:
            continue
        answer = accepted[1]
        if answer.cls == "member" and answer.author != thread.author:
            found[answer.author] = found.get(answer.author, 0) + 1
    return [person(actor, window.start, num=found[actor]) for actor in sorted(found)]


def gaps(engine: Engine, window: Window) -> list[Row]:
    """Posts of the window with the pause since the one before."""
    rows, before = [], None
    for post in between(engine.posts, window):
        at = post.published_at or 0
        rows.append(
            Row(
                key=post.key,
                kind="post",
                at=at,
                wait=None if before is None else at - before,
                thread=post.thread,
                post=post.key,
            )
        )
        before = at
    return rows


def edges(engine: Engine, window: Window) -> list[Row]:
    """Who answered whom among members: each direction once, nobody answers themselves."""
    seen: dict[str, Row] = {}
    members = {post.author for post in engine.visible_posts if post.cls == "member"}
    others = {post.author for post in engine.visible_posts if post.cls != "member"} - members
    for post in between(engine.posts, window):
        if post.is_opening:
            continue
        target = target_of(engine, post)
        if target is None or target == post.author or target in others:
            continue
        key = f"{post.author}>{target}"
        seen.setdefault(key, Row(key=key, kind="edge", at=post.published_at or 0, thread=post.thread, post=post.key))
    return list(seen.values())


def target_of(engine: Engine, post: Post) -> str | None:
    """Who a reply answers: the author of the post it names, the person it names, else who started the thread."""
    if post.target is not None:
        answered, inside = engine.posts_by_key.get(post.target), engine.state.threads.get(post.target)
        if answered is not None:
            return answered.author
        return post.target if inside is None else inside.author or None
    thread = engine.state.threads.get(post.thread)
    return thread.author or None if thread is not None else None


def _pairs(rows: Sequence[Row]) -> tuple[set[tuple[str, str]], set[str]]:
    pairs = set()
    for row in rows:
        source, _, target = row.key.partition(">")
        pairs.add((source, target))
    return pairs, {name for pair in pairs for name in pair}


def reciprocity(rows: Sequence[Row]) -> Tally:
    """The share of answers that were returned."""
    pairs, nodes = _pairs(rows)
    returned = sum((target, source) in pairs for source, target in pairs)
    return Tally(returned, len(pairs), len(nodes))


def density(rows: Sequence[Row]) -> Tally:
    """Pairs who talked, over all pairs there could be."""
    pairs, nodes = _pairs(rows)
    n = len(nodes)
    return Tally(len({frozenset(pair) for pair in pairs}), n * (n - 1) // 2, n)


def centralisation(rows: Sequence[Row]) -> Tally:
    """How far the graph is from everybody talking to one person alone (Freeman 1978)."""
    pairs, nodes = _pairs(rows)
    degrees: dict[str, int] = dict.fromkeys(nodes, 0)
    for pair in {frozenset(pair) for pair in pairs}:
        for name in pair:
            degrees[name] += 1
    n, most = len(nodes), max(degrees.values(), default=0)
    return Tally(sum(most - degree for degree in degrees.values()), (n - 1) * (n - 2) if n else 0, n)


def boards(engine: Engine, window: Window) -> list[Row]:
    """Posts of the window, each category with a thread in it once in the denominator."""
    rows, seen = [], set()
    with_thread = {
        thread.category
        for thread in engine.threads
        if not thread.is_gone and thread.opening is not None and window.holds(thread.opening.published_at)
    }
    for post in between(engine.posts, window):
        thread = engine.state.threads.get(post.thread)
        category = thread.category if thread is not None and thread.category else post.category
        is_first = category in with_thread and category not in seen
        seen.add(category)
        row = post_row(engine, post)
        rows.append(
            Row(row.key, "post", row.at, den=int(is_first), thread=row.thread, post=row.post, category=category)
        )
    return rows


def experts(engine: Engine, window: Window) -> list[Row]:
    """Active categories, and whether two members gave three good answers each in the last 90 days."""
    start = engine.calendar.shifted(window.end, -90)
    good: dict[tuple[str | None, str], int] = {}
    active = {post.category for post in between(engine.posts, window)}
    for thread in engine.state.threads.values():
        accepted = standing_accept(engine, thread)
        for post in thread.replies:
            is_theirs = post.cls == "member" and post.author != thread.author and post.is_visible
            if not is_theirs or not Window(start, window.end).holds(post.published_at) or thread.is_gone:
                continue
            if post.score >= GOOD_SCORE or (accepted is not None and accepted[1].key == post.key):
                key = (thread.category, post.author)
                good[key] = good.get(key, 0) + 1
    return [
        Row(
            key=str(category),
            kind="category",
            at=window.start,
            num=int(sum(n >= EXPERT_ANSWERS for (one, _), n in good.items() if one == category) >= EXPERTS),
        )
        for category in sorted(active, key=str)
    ]


def posts_by_contributor(engine: Engine, window: Window) -> list[Row]:
    """Contributors with how many posts each wrote."""
    return contributors(engine, window)
