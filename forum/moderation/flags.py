"""Reports: one voice for each person and kind, weighed by how often they were right, several enough to hide a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from forum.accounts.models import STAFF_ROLES, User
from forum.accounts.site import site
from forum.accounts.viewer import SYSTEM, Viewer
from forum.discussion.models import Post, Thread
from forum.discussion.queries import visible_post
from forum.discussion.service import about, set_visibility
from forum.kit import clock, outbox
from forum.kit.db import db
from forum.kit.errors import Conflict, TooSoon
from forum.kit.verdicts import require
from forum.kit.words import text
from forum.moderation import cases, log, priority
from forum.moderation.cases import Voice
from forum.moderation.events import PostFlagged, PostHidden
from forum.moderation.inputs import FlagInput
from forum.moderation.intake import sanction_gate
from forum.moderation.kinds import KINDS
from forum.moderation.models import Case, Signal
from forum.moderation.policy import may_flag, require_scope
from forum.moderation.priority import HideRule, Reporter, hide_rule, reporter_weight
from forum.moderation.scoring import rescore

DAY = timedelta(hours=24)
HIDING = tuple(kind for kind, about_it in KINDS.items() if about_it.may_hide)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a reporter gets: a reference to ask by."""

    reference: str
    post_id: int
    reason: str


def flag(viewer: Viewer, post_id: int, given: FlagInput) -> Receipt:
    """Report a post; opens its case or joins the one that waits.

    Raises TooSoon beyond the day's limit, and Conflict when the same was reported before, or judged within a day and
    not edited since.
    """
    require_scope(viewer, "write")
    post = visible_post(viewer, post_id, lock=True)
    thread = db.session.get_one(Thread, post.thread_id)
    require(may_flag(viewer, post, trust_min=site()["flag_trust_min"]))
    sanction_gate(viewer, thread.category_id)
    assert viewer.id is not None
    now = clock.now()
    _pace(viewer.id, now)
    known = cases.of_post(post.id, lock=True)
    if known is not None:
        _not_again(known, viewer.id, post, given.reason, now)
    case, _ = cases.open_for(post, thread, given.reason)
    agreed, total = history(viewer.id, now)
    weight = reporter_weight(viewer.trust, is_staff=viewer.is_staff, agreed=agreed, total=total)
    detail = {"note": given.note, "agreed": round(agreed, 1), "judged": round(total, 1), "version": post.version}
    signal = cases.add_signal(case, Voice("user", given.reason, detail, viewer.id, weight))
    assert signal is not None
    rescore(case, post)
    log.append("signal_added", actor_id=viewer.id, case=case, reason_code=given.reason, signal=signal.id, weight=weight)
    outbox.record(PostFlagged(by=viewer.actor, about=about(thread, post), source=viewer.source, reason=given.reason))
    _hide_if_enough(case, thread, post)
    return Receipt(reference(signal.id), post.id, given.reason)


def reference(signal_id: int) -> str:
    """The number of a report as its reporter reads it."""
    return f"R-{signal_id}"


def _pace(user_id: int, now: datetime) -> None:
    since = now - DAY
    query = select(func.count()).where(Signal.actor_id == user_id, Signal.source == "user", Signal.created_at > since)
    if (db.session.scalar(query) or 0) >= (most := site()["flags_per_day"]):
        raise TooSoon(text("You have reported {n} posts today, which is all for one day.", n=most), retry_after=3600)


def _not_again(case: Case, user_id: int, post: Post, kind: str, now: datetime) -> None:
    """Refuse a report that says nothing new: their own again, or one a moderator has just judged."""
    same = (Signal.case_id == case.id, Signal.source == "user", Signal.kind == kind)
    if case.status == "pending":
        own = select(Signal.id).where(*same, Signal.round == case.round, Signal.actor_id == user_id)
        if (mine := db.session.scalar(own)) is not None:
            raise Conflict(
                text("You have reported this already. A moderator looks at it."),
                extra={"problem": "already_reported", "reference": reference(mine)},
            )
        return
    decided_at = case.closed_at
    if decided_at is None or now - decided_at >= DAY or (post.edited_at is not None and post.edited_at > decided_at):
        return
    if db.session.scalar(select(Signal.id).where(*same).limit(1)) is not None:
        raise Conflict(
            text("A moderator looked at this a short while ago, and it has not changed since."),
            extra={"problem": "just_decided"},
        )


def history(user_id: int, now: datetime) -> tuple[float, float]:
    """How many of somebody's reports moderators agreed with, and how many they judged, old ones counting less."""
    judged = db.session.execute(
        select(Signal.status, Signal.created_at).where(
            Signal.actor_id == user_id, Signal.source == "user", Signal.status.in_(("agreed", "disagreed"))
        )
    )
    return priority.decayed(((row.status, row.created_at) for row in judged), now)


def reporters(case_id: int, of_round: int) -> Sequence[int]:
    """Who reported in a round of a case, each once."""
    query = select(Signal.actor_id).where(
        Signal.case_id == case_id, Signal.round == of_round, Signal.source == "user", Signal.actor_id != 0
    )
    return db.session.scalars(query.distinct().order_by(Signal.actor_id)).all()


def has_flagged(case_id: int, of_round: int, user_id: int | None) -> bool:
    """Whether somebody's own report is among those of a round."""
    query = select(Signal.id).where(
        Signal.case_id == case_id, Signal.round == of_round, Signal.source == "user", Signal.actor_id == user_id
    )
    return db.session.scalar(query.limit(1)) is not None


def _hide_if_enough(case: Case, thread: Thread, post: Post) -> None:
    rule = _rule_for(case, post)
    if not rule.hides:
        return
    set_visibility(SYSTEM, thread, post, "hidden", reason="auto_hidden")
    db.session.flush()
    found = rescore(case, post)
    log.append("auto_hidden", case=case, reason_code=case.kind_top, rule=rule.told, priority=found.total)
    outbox.record(PostHidden(by=SYSTEM.actor, about=about(thread, post), source="system", case=case.id))


def _rule_for(case: Case, post: Post) -> HideRule:
    heaviest = func.max(Signal.weight).label("weight")
    rows = db.session.execute(
        select(heaviest, User.created_at, User.signup_network)
        .join(User, User.id == Signal.actor_id)
        .where(
            Signal.case_id == case.id,
            Signal.round == case.round,
            Signal.source == "user",
            Signal.kind.in_(HIDING),
        )
        .group_by(User.id)
    )
    voices = [Reporter(row.weight, row.created_at, row.signup_network) for row in rows]
    author = db.session.execute(select(User.trust, User.role).where(User.id == post.author_id)).first()
    trust, role = (author.trust, author.role) if author else (0, "member")
    return hide_rule(voices, author_trust=trust, author_is_staff=role in STAFF_ROLES)
