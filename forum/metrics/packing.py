"""Threads as plain values and back, so that what was folded once need not be read from the log again."""

from __future__ import annotations

from typing import Any

from forum.metrics.state import Accept, Appeal, Decision, Flag, Post, Thread, Vote, posts_of

POST_FIELDS = (
    "key", "author", "cls", "submitted_at", "published_at", "is_opening", "category", "lang", "target",
    "removed_at", "removed_reason", "removed_by_author", "hidden_at", "hidden_reason", "rejected_at", "was_held",
)  # fmt: skip


def packed(thread: Thread) -> dict[str, Any]:
    """A thread as JSON values; the same thread gives the same bytes."""
    return {
        "kind": thread.kind,
        "category": thread.category,
        "lang": thread.lang,
        "closed": [thread.closed_at, thread.closed_reason],
        "merged": thread.merged_into,
        "accepts": [[one.at, one.post, one.withdrawn_at] for one in thread.accepts],
        "posts": [_packed(post) for post in posts_of(thread)],
    }


def _packed(post: Post) -> list[Any]:
    values: list[Any] = [getattr(post, name) for name in POST_FIELDS]
    return [
        *values,
        [[one.at, one.actor, one.cls, one.value] for one in post.votes],
        [[one.at, one.actor, one.cls] for one in post.flags],
        [[one.at, one.actor, one.outcome] for one in post.decisions],
        [[one.opened_at, one.decided_at, one.outcome] for one in post.appeals],
    ]


def unpacked(key: str, body: dict[str, Any]) -> Thread:
    """The thread behind packed values."""
    thread = Thread(
        key=key,
        kind=body["kind"],
        category=body["category"],
        lang=body["lang"],
        accepts=[Accept(*one) for one in body["accepts"]],
        closed_at=body["closed"][0],
        closed_reason=body["closed"][1],
        merged_into=body["merged"],
    )
    for values in body["posts"]:
        post = _unpacked(key, values)
        if post.is_opening:
            thread.opening = post
        else:
            thread.replies.append(post)
    return thread


def _unpacked(thread: str, values: list[Any]) -> Post:
    own, (votes, flags, decisions, appeals) = values[:-4], values[-4:]
    return Post(
        thread=thread,
        **dict(zip(POST_FIELDS, own, strict=True)),
        votes=[Vote(*one) for one in votes],
        flags=[Flag(*one) for one in flags],
        decisions=[Decision(*one) for one in decisions],
        appeals=[Appeal(*one) for one in appeals],
    )


def moments(thread: Thread) -> list[int]:
    """Every moment at which something in a thread happened."""
    found = [one.at for one in thread.accepts] + [one.withdrawn_at for one in thread.accepts if one.withdrawn_at]
    if thread.closed_at is not None:
        found.append(thread.closed_at)
    for post in posts_of(thread):
        own = (post.submitted_at, post.published_at, post.removed_at, post.hidden_at, post.rejected_at)
        found += [at for at in own if at is not None]
        found += [one.at for one in post.votes]
        found += [one.at for one in post.flags]
        found += [one.at for one in post.decisions]
        found += [at for one in post.appeals for at in (one.opened_at, one.decided_at) if at is not None]
    return found
