"""Page views: what a web worker notes of one, and the rows of the log that come of many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from forum.discussion.events import PageView
from forum.discussion.models import Thread
from forum.kit.db import db
from forum.kit.outbox import ActorClass, ActorRef, Subject, event_row

LONGEST_AGENT = 300


@dataclass(frozen=True, slots=True)
class Visit:
    """One page that somebody was shown. `visitor` is a keyed hash of today's; the address itself is in no field."""

    id: UUID
    at: datetime
    key: str
    cls: ActorClass
    is_mod: bool
    visitor: str | None
    thread: int | None
    lang: str
    page: str
    referrer: str | None
    agent: str

    @classmethod
    def read(cls, given: dict[str, Any]) -> Visit:
        """The visit behind its JSON values; raises ValueError, KeyError or TypeError for anything else."""
        moments = {"id": UUID(given["id"]), "at": datetime.fromisoformat(given["at"])}
        return cls(**{**given, **moments})


def view_rows(visits: Sequence[Visit], *, is_bot: Callable[[str], bool], rules: str) -> list[dict[str, Any]]:
    """The events of these visits, ready to be written; `is_bot` judges user agents by the rules of that version.

    Signed-in people are people, whatever their browser calls itself. A robot has no visitor's key.
    """
    known = _threads({visit.thread for visit in visits if visit.thread is not None})
    return [_row(visit, visit.cls == "guest" and is_bot(visit.agent), known, rules) for visit in visits]


def _actor(visit: Visit, *, bot: bool) -> ActorRef:
    """Who looked: figures tell visitors apart by their keys of the day, as they tell members apart by theirs."""
    if bot:
        return ActorRef("bot", "bot")
    key = f"v{visit.visitor}" if visit.cls == "guest" and visit.visitor else visit.key
    return ActorRef(key, visit.cls, visit.is_mod)


def _threads(ids: set[int]) -> dict[int, tuple[int, str]]:
    found = db.session.execute(select(Thread.id, Thread.category_id, Thread.lang).where(Thread.id.in_(ids)))
    return {row.id: (row.category_id, row.lang) for row in found} if ids else {}


def _row(visit: Visit, bot: bool, known: dict[int, tuple[int, str]], rules: str) -> dict[str, Any]:
    category, lang = known.get(visit.thread or 0, (None, visit.lang))
    event = PageView(
        id=visit.id,
        at=visit.at,
        by=_actor(visit, bot=bot),
        about=Subject(thread=visit.thread, category=category, lang=lang),
        page=visit.page,
        referrer=visit.referrer,
    )
    judged = {"crawlers": rules} if visit.cls == "guest" else None
    return {**event_row(event), "visitor_key_day": None if bot else visit.visitor, "rule_versions": judged}
