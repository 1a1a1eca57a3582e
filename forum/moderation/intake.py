"""Intake: every check a text passes before it may be published, all reasons kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn

from sqlalchemy import func, or_, select

from forum.accounts.models import User
from forum.accounts.site import site
from forum.accounts.viewer import Viewer
from forum.discussion.models import Post, Thread
from forum.discussion.screening import Reason, Screening
from forum.kit import clock
from forum.kit.db import db
from forum.kit.errors import Conflict, Invalid, NotAllowed, TooSoon
from forum.kit.words import Text, text
from forum.moderation.models import Sanction

ENGINE = 1
MENTION = re.compile(r"(?<![\w/@.])@([\w][\w.-]{1,39})")
LINK = re.compile(r"https?://|www\.", re.IGNORECASE)
INVISIBLE = re.compile("[\\s\u200b-\u200f\u2060-\u2064\ufeff\u00ad\u3164\u115f\u1160]+")
CHAMPION = 4
GATES = ("suspend", "silence")


@dataclass(frozen=True, slots=True)
class Draft:
    """A text on its way in: what intake needs to know about it."""

    kind: str
    title: str | None
    body: str
    tags: tuple[str, ...]
    fingerprint: str
    shows_something: bool
    category_id: int
    is_edit: bool = False


def screen(viewer: Viewer, draft: Draft) -> Screening:
    """Look at a text before the transaction; raises for what blocks it, else publish or hold with all reasons."""
    rules = site()
    sanction_gate(viewer, draft.category_id)
    _structure(draft, rules, is_new=viewer.trust == 0 and not viewer.is_staff)
    gate(viewer, draft)
    reasons = _reasons_to_hold(viewer, draft, rules)
    trace = {"engine": ENGINE, "trust": viewer.trust, "reasons": [reason.code for reason in reasons]}
    return Screening("hold" if reasons else "publish", tuple(reasons), trace)


def gate(viewer: Viewer, draft: Draft) -> None:
    """Limits and the exact duplicate; asked again inside the transaction, because two requests may race."""
    if draft.is_edit or viewer.is_staff:
        return
    rules = site()
    _pace(viewer, draft, rules)
    _duplicate(viewer, draft, rules)


def sanction_gate(viewer: Viewer, category_id: int) -> None:
    """Pass unless a sanction keeps this member from writing here at present; raises NotAllowed with its reason."""
    now = clock.now()
    sanction = db.session.scalar(
        select(Sanction)
        .where(
            Sanction.user_id == viewer.id,
            Sanction.kind.in_(GATES),
            Sanction.lifted_at.is_(None),
            Sanction.starts_at <= now,
            or_(Sanction.ends_at.is_(None), Sanction.ends_at > now),
            or_(Sanction.category_id.is_(None), Sanction.category_id == category_id),
        )
        .limit(1)
    )
    if sanction is not None:
        raise NotAllowed(text("Your account cannot write at present. Reason: {reason}", reason=sanction.reason or "–"))


def _structure(draft: Draft, rules: Mapping[str, Any], *, is_new: bool) -> None:
    wrong = {
        "title": None if draft.title is None else _wrong_title(draft.title, rules),
        "body": _wrong_body(draft, rules, is_new=is_new),
        "tags": text("At most {n} tags.", n=rules["tags_max"]) if len(draft.tags) > rules["tags_max"] else None,
    }
    fields = {name: why for name, why in wrong.items() if why is not None}
    if fields:
        raise Invalid(text("Not posted yet. Please look at the marked fields."), fields=fields)


def _shown(written: str) -> int:
    """How many characters a reader sees: zero-width ones and runs of space do not count."""
    return len(INVISIBLE.sub(" ", written).strip())


def _wrong_title(title: str, rules: Mapping[str, Any]) -> Text | None:
    if _shown(title) < rules["title_min"]:
        return text("Use at least {n} characters. Say what it is about.", n=rules["title_min"])
    if len(title) > rules["title_max"]:
        return text("At most {n} characters. Put the rest into the text.", n=rules["title_max"])
    return None


def _wrong_body(draft: Draft, rules: Mapping[str, Any], *, is_new: bool) -> Text | None:
    if _shown(draft.body) < rules["body_min"] or not draft.shows_something:
        return text("Use at least {n} characters.", n=rules["body_min"])
    if len(draft.body) > rules["body_max"]:
        return text("At most {n} characters. Split it into two posts.", n=rules["body_max"])
    most = rules["mentions_max_new" if is_new else "mentions_max"]
    if len(set(MENTION.findall(draft.body))) > most:
        return text("Mention at most {n} people.", n=most)
    return None


def _pace(viewer: Viewer, draft: Draft, rules: Mapping[str, Any]) -> None:
    now = clock.now()
    wait = rules["post_seconds_new" if viewer.trust == 0 else "post_seconds"]
    last = db.session.scalar(
        select(Post.created_at)
        .where(Post.author_id == viewer.id)
        .order_by(Post.created_at.desc(), Post.id.desc())
        .limit(1)
    )
    if last is not None and (left := (last + timedelta(seconds=wait) - now).total_seconds()) > 0:
        _too_soon(int(left) + 1)
    since = now - timedelta(days=1)
    joined = db.session.scalar(select(User.created_at).where(User.id == viewer.id))
    first_day = viewer.trust == 0 and joined is not None and joined > since
    opening = draft.kind == "opening"
    most = rules["threads_per_day"] if opening else None
    if first_day:
        most = rules["threads_first_day" if opening else "replies_first_day"]
    if most is None:
        return
    kinds = Post.kind == "opening" if opening else Post.kind != "opening"
    count = (
        db.session.scalar(select(func.count()).where(Post.author_id == viewer.id, Post.created_at > since, kinds)) or 0
    )
    if count >= most:
        raise TooSoon(
            text("That is all for today: {n} of these in a day. Your text is kept below.", n=most),
            retry_after=3600,
        )


def _too_soon(seconds: int) -> NoReturn:
    raise TooSoon(
        text("A moment, please: you can post again in {n} seconds. Your text is kept below.", n=seconds),
        retry_after=seconds,
    )


def _duplicate(viewer: Viewer, draft: Draft, rules: Mapping[str, Any]) -> None:
    since = clock.now() - timedelta(minutes=rules["duplicate_minutes"])
    found = db.session.execute(
        select(Post.id, Thread.id)
        .join(Thread, Thread.id == Post.thread_id)
        .where(
            Post.author_id == viewer.id,
            Post.created_at > since,
            Post.fingerprint == draft.fingerprint,
            Post.visibility.in_(("visible", "held")),
        )
        .limit(1)
    ).first()
    if found is not None:
        raise Conflict(
            text("You have posted exactly this text already."),
            extra={"post_id": found[0], "thread_id": found[1]},
        )


def _reasons_to_hold(viewer: Viewer, draft: Draft, rules: Mapping[str, Any]) -> list[Reason]:
    if viewer.is_staff or viewer.trust >= CHAMPION:
        return []
    reasons = []
    links = len(LINK.findall(draft.body))
    if viewer.trust == 0 and links > rules["links_max_new"]:
        reasons.append(
            Reason(
                "links",
                text("New members can post {n} links; a moderator looks at more.", n=rules["links_max_new"]),
                {"links": links},
            )
        )
    if rules["hold_first_posts"] and viewer.trust == 0 and not draft.is_edit and not _has_public_post(viewer):
        reasons.append(Reason("first_post", text("A moderator reads the first post of every new member.")))
    return reasons


def _has_public_post(viewer: Viewer) -> bool:
    found = db.session.scalar(select(Post.id).where(Post.author_id == viewer.id, Post.visibility == "visible").limit(1))
    return found is not None
