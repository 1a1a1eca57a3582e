"""What happens in discussions, as facts of the participation log (names: the replay contract of the figures)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from forum.kit.outbox import Event


@dataclass(frozen=True, kw_only=True)
class ThreadCreated(Event):
    """A thread was started; `pending` when it is held for review."""

    type: ClassVar[str] = "thread_created"

    kind: str
    pending: bool | None = None


@dataclass(frozen=True, kw_only=True)
class ThreadEdited(Event):
    """Title, tags, category or kind of a thread changed."""

    type: ClassVar[str] = "thread_edited"


@dataclass(frozen=True, kw_only=True)
class ReplyCreated(Event):
    """A reply or comment was written; `pending` when it is held for review."""

    type: ClassVar[str] = "reply_created"

    comment: bool | None = None
    pending: bool | None = None


@dataclass(frozen=True, kw_only=True)
class PostEdited(Event):
    """The text of a post changed; `pending` when the new text waits for review and the old one stays public."""

    type: ClassVar[str] = "post_edited"

    pending: bool | None = None


@dataclass(frozen=True, kw_only=True)
class PostApproved(Event):
    """A held post became visible."""

    type: ClassVar[str] = "post_approved"


@dataclass(frozen=True, kw_only=True)
class PostRemoved(Event):
    """A reply or comment was taken away, by its author or by moderation (`reason`)."""

    type: ClassVar[str] = "post_removed"

    reason: str


@dataclass(frozen=True, kw_only=True)
class PostRestored(Event):
    """A reply or comment came back."""

    type: ClassVar[str] = "post_restored"


@dataclass(frozen=True, kw_only=True)
class ThreadRemoved(Event):
    """A thread was taken away with its opening post."""

    type: ClassVar[str] = "thread_removed"

    reason: str


@dataclass(frozen=True, kw_only=True)
class ThreadRestored(Event):
    """A thread came back."""

    type: ClassVar[str] = "thread_restored"


@dataclass(frozen=True, kw_only=True)
class ThreadClosed(Event):
    """A thread takes no more replies."""

    type: ClassVar[str] = "thread_closed"

    reason: str


@dataclass(frozen=True, kw_only=True)
class ThreadReopened(Event):
    """A thread takes replies again."""

    type: ClassVar[str] = "thread_reopened"


@dataclass(frozen=True, kw_only=True)
class ThreadPinned(Event):
    """A thread was pinned to the top of its lists, or let go (`pinned` false)."""

    type: ClassVar[str] = "thread_pinned"

    pinned: bool


@dataclass(frozen=True, kw_only=True)
class AnswerAccepted(Event):
    """The asker chose the reply that solved it."""

    type: ClassVar[str] = "answer_accepted"


@dataclass(frozen=True, kw_only=True)
class AnswerUnaccepted(Event):
    """The asker took the choice back."""

    type: ClassVar[str] = "answer_unaccepted"


@dataclass(frozen=True, kw_only=True)
class CategoryChanged(Event):
    """A category was made, renamed, moved or opened to other people."""

    type: ClassVar[str] = "category_changed"


@dataclass(frozen=True, kw_only=True)
class PageView(Event):
    """Somebody was shown a page; `page` names its kind, `referrer` the host of another site that led here."""

    type: ClassVar[str] = "page_view"

    page: str
    referrer: str | None = None
