"""Logs for tests: single facts written by hand, and random communities that do everything a forum can do."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from forum.kit.db import transaction
from forum.kit.outbox import EventRow

START = datetime(2026, 3, 1, tzinfo=UTC)
CATEGORIES = (1, 2)


def row(number: int, kind_of: str, at: datetime, actor: str = "u1", cls: str = "member", **more: Any) -> dict[str, Any]:
    """One event of the log; further keys are columns, everything else becomes a property."""
    names = {"thread": "thread_id", "post": "post_id", "category": "category_id", "target": "parent_author_key"}
    columns = {names.get(key, key): more.pop(key) for key in list(more) if key in {*names, "lang", "received_at"}}
    return {
        "event_id": UUID(int=number),
        "occurred_at": at,
        "received_at": at,
        "type": kind_of,
        "actor_key": actor,
        "actor_class": cls,
        "is_mod": cls == "staff",
        "thread_id": None,
        "post_id": None,
        "category_id": None,
        "lang": None,
        "parent_author_key": None,
        "source": "web",
        "props": more,
        "schema_version": 1,
        **columns,
    }


def write(rows: Iterable[dict[str, Any]]) -> None:
    """Put events into the log as they are."""
    if not (rows := list(rows)):
        return
    with transaction() as session:
        session.connection().execute(insert(EventRow), rows)


class Community:
    """A random community: members, staff and a bot who write, answer, vote, report, remove and accept."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.now, self.number = START, 0
        self.threads: list[tuple[int, str]] = []
        self.posts: list[tuple[int, int, str]] = []
        self.held: list[tuple[int, int]] = []
        self.people = [(f"u{n}", "member") for n in range(1, 9)] + [("u90", "staff"), ("u91", "bot")]

    def some(self, count: int) -> list[dict[str, Any]]:
        """The next events, in the order in which they happened; a few arrive late."""
        made: list[dict[str, Any]] = []
        while len(made) < count:
            self.now += timedelta(seconds=self.random.choice((40, 900, 7000, 40_000, 200_000)))
            event = self._one()
            if event is not None:
                made.append(event)
        return made

    def _event(self, kind_of: str, **more: Any) -> dict[str, Any]:
        self.number += 1
        actor, cls = more.pop("by", None) or self.random.choice(self.people)
        made = row(self.number, kind_of, self.now, actor, cls, **more)
        if self.random.random() < 0.08:
            made["occurred_at"] = self.now - timedelta(hours=self.random.choice((1, 30, 100, 700)))
        elif self.random.random() < 0.04:
            made["occurred_at"] = self.now + timedelta(minutes=self.random.choice((2, 60, 3000)))
        return made

    def _one(self) -> dict[str, Any] | None:
        kind = self.random.choices(
            ("signup", "thread", "reply", "vote", "flag", "remove", "restore", "accept", "unaccept", "close", "view",
             "approve", "reopen", "hide", "turn"),
            (40, 80, 240, 140, 30, 30, 10, 50, 10, 20, 120, 30, 10, 10, 3),
        )[0]  # fmt: skip
        return getattr(self, f"_{kind}")()  # type: ignore[no-any-return]  # each of the methods below

    def _signup(self) -> dict[str, Any]:
        person = (f"u{len(self.people) + 100}", "member")
        self.people.append(person)
        return self._event("signup", by=person)

    def _view(self) -> dict[str, Any]:
        guest = self.random.random() < 0.5
        return self._event("page_view", by=("guest", "guest") if guest else None, page="thread")

    def _thread(self) -> dict[str, Any]:
        thread = len(self.threads) + 1
        post = 1000 + len(self.posts)
        by = self.random.choice(self.people)
        self.threads.append((thread, by[0]))
        self.posts.append((post, thread, by[0]))
        more: dict[str, Any] = {"pending": True} if self.random.random() < 0.15 else {}
        if more:
            self.held.append((post, thread))
        kind = self.random.choice(("question", "question", "discussion"))
        return self._event(
            "thread_created", by=by, thread=thread, post=post, kind=kind,
            category=self.random.choice(CATEGORIES), lang=self.random.choice(("en", "ko")), **more,
        )  # fmt: skip

    def _reply(self) -> dict[str, Any] | None:
        if not self.threads:
            return None
        thread, author = self.random.choice(self.threads[-12:] if self.random.random() < 0.8 else self.threads)
        post = 1000 + len(self.posts)
        by = self.random.choice(self.people)
        self.posts.append((post, thread, by[0]))
        more: dict[str, Any] = {"pending": True} if self.random.random() < 0.1 else {}
        if more:
            self.held.append((post, thread))
        return self._event("reply_created", by=by, thread=thread, post=post, target=author, lang="en", **more)

    def _about(self, kind: str, **more: Any) -> dict[str, Any] | None:
        if not self.posts:
            return None
        post, thread, _ = self.random.choice(self.posts)
        return self._event(kind, thread=thread, post=post, **more)

    def _vote(self) -> dict[str, Any] | None:
        return self._about("vote", value=self.random.choice((1, 1, 1, -1, 0)))

    def _flag(self) -> dict[str, Any] | None:
        return self._about(self.random.choice(("flag", "flag_decision")), outcome="agreed", reason="spam")

    def _remove(self) -> dict[str, Any] | None:
        if not self.posts:
            return None
        post, thread, _ = self.random.choice(self.posts)
        kind = "post_removed" if self.random.random() < 0.6 else "thread_removed"
        reason = self.random.choice(("spam", "author", "abuse", "erasure"))
        return self._event(kind, thread=thread, post=post, reason=reason)

    def _restore(self) -> dict[str, Any] | None:
        return self._about(self.random.choice(("post_restored", "thread_restored")))

    def _hide(self) -> dict[str, Any] | None:
        return self._about("post_hidden", case=1)

    def _accept(self) -> dict[str, Any] | None:
        return self._about("answer_accepted")

    def _unaccept(self) -> dict[str, Any] | None:
        return self._about("answer_unaccepted")

    def _turn(self) -> dict[str, Any]:
        actor, cls = self.random.choice(self.people)
        if self.random.random() < 0.5:
            return self._event("bot_reclassified", by=(actor, cls), new_class="bot")
        return self._event("account_anonymised", by=(actor, cls), new_actor=f"gone-{self.number}")

    def _close(self) -> dict[str, Any] | None:
        return self._about("thread_closed", reason=self.random.choice(("duplicate", "off_topic")))

    def _reopen(self) -> dict[str, Any] | None:
        return self._about("thread_reopened")

    def _approve(self) -> dict[str, Any] | None:
        if not self.held:
            return None
        post, thread = self.held.pop(self.random.randrange(len(self.held)))
        return self._event("post_approved", thread=thread, post=post, by=("u90", "staff"))
