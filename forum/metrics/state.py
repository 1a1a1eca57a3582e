"""What facts add up to: threads with their posts, people, and what they did; all times in microseconds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from forum.metrics.facts import HUMAN, NOBODY

BY_AUTHOR: Final = frozenset({"author", "author_deleted", "deleted_by_author", "by_author", "self", "user_deleted"})


@dataclass(slots=True)
class Vote:
    """A vote that stands."""

    at: int
    actor: str
    cls: str
    value: int


@dataclass(slots=True)
class Flag:
    """Somebody reported a post."""

    at: int
    actor: str
    cls: str


@dataclass(slots=True)
class Decision:
    """Somebody decided about the flags of a post."""

    at: int
    actor: str
    outcome: str


@dataclass(slots=True)
class Appeal:
    """An objection to a removal; `outcome` is empty while nobody has answered it."""

    opened_at: int
    decided_at: int | None = None
    outcome: str = ""


@dataclass(slots=True)
class Post:
    """An opening post, reply or comment, as it is known."""

    key: str
    thread: str
    author: str
    cls: str
    submitted_at: int
    published_at: int | None
    is_opening: bool = False
    category: str | None = None
    lang: str | None = None
    target: str | None = None
    removed_at: int | None = None
    removed_reason: str = ""
    removed_by_author: bool = False
    hidden_at: int | None = None
    hidden_reason: str = ""
    rejected_at: int | None = None
    was_held: bool = False
    votes: list[Vote] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    appeals: list[Appeal] = field(default_factory=list)

    @property
    def is_visible(self) -> bool:
        """Published and neither removed nor hidden; its thread may still be gone."""
        return self.published_at is not None and self.removed_at is None and self.hidden_at is None

    @property
    def is_human(self) -> bool:
        """Written by a person, whatever their class."""
        return self.cls in HUMAN

    @property
    def score(self) -> int:
        """Votes up minus votes down, the author's own ignored."""
        return sum(vote.value for vote in self.votes if vote.actor != self.author and vote.cls in HUMAN)

    def others_votes(self) -> list[Vote]:
        """Votes of members other than the author, and imported ones that have no voter."""
        return [
            vote for vote in self.votes if vote.actor != self.author and (vote.cls == "member" or vote.actor == NOBODY)
        ]


@dataclass(slots=True)
class Accept:
    """A reply was chosen as the answer; `withdrawn_at` when that was taken back or another one chosen."""

    at: int
    post: str
    withdrawn_at: int | None = None


@dataclass(slots=True)
class Thread:
    """A thread with everything in it. `posts` begins with the opening post where that is known."""

    key: str
    kind: str = "question"
    category: str | None = None
    lang: str | None = None
    opening: Post | None = None
    replies: list[Post] = field(default_factory=list)
    accepts: list[Accept] = field(default_factory=list)
    closed_at: int | None = None
    closed_reason: str = ""
    merged_into: str | None = None

    @property
    def author(self) -> str:
        """Who started it; empty when the log does not say."""
        return self.opening.author if self.opening else ""

    @property
    def is_gone(self) -> bool:
        """Whether it cannot be read, and nothing in it."""
        return self.opening is not None and not self.opening.is_visible

    @property
    def is_duplicate(self) -> bool:
        """Closed as a duplicate, or merged away: the question waits elsewhere."""
        return self.merged_into is not None or (self.closed_at is not None and "duplicate" in self.closed_reason)


@dataclass(slots=True)
class Signup:
    """Somebody became a member."""

    at: int
    actor: str
    cls: str
    closed_as_spam: bool = False
    left_at: int | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """Something a person did that is no post: a view, a click, a vote; `key` is what it belongs to."""

    at: int
    type: str
    actor: str
    cls: str
    key: str = ""
    ref: str = ""
    number: int = 0
    is_machine: bool = False


@dataclass(slots=True)
class State:
    """Everything figures are computed from."""

    threads: dict[str, Thread] = field(default_factory=dict)
    signups: dict[str, Signup] = field(default_factory=dict)
    deeds: list[Deed] = field(default_factory=list)
    # When a member first published something that is still there; for people whose early posts are not loaded.
    first_post: dict[str, int] = field(default_factory=dict)
    first_thread: dict[str, int] = field(default_factory=dict)

    def posts(self) -> list[Post]:
        """Every known post, opening posts included, of all threads."""
        return [post for thread in self.threads.values() for post in posts_of(thread)]

    def members_posts(self) -> dict[str, list[int]]:
        """When each member published what is still there, in order."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for thread in self.threads.values():
            for post in eligible_posts(thread):
                if post.cls == "member" and post.published_at is not None:
                    found[post.author].append(post.published_at)
        for times in found.values():
            times.sort()
        return dict(found)


def posts_of(thread: Thread) -> list[Post]:
    """The opening post, where it is known, and all replies."""
    return ([thread.opening] if thread.opening else []) + thread.replies


def eligible_posts(thread: Thread) -> list[Post]:
    """What of a thread is published and can be read."""
    return [] if thread.is_gone else [post for post in posts_of(thread) if post.is_visible]
