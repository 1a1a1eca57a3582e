"""Everything a moderator needs beside one case: the text, why it is here, what stands around it, who wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select

from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.discussion.models import Post, Revision, Thread
from forum.discussion.visibility import post_is_visible, thread_is_visible
from forum.kit import clock
from forum.kit.db import db
from forum.kit.errors import NotFound
from forum.kit.words import text
from forum.moderation.models import Case, Decision, Sanction, Signal
from forum.moderation.policy import may_moderate

AROUND = 3
SEASON = timedelta(days=90)
START = 1500


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with the text it is about, for its own page."""

    case_id: int
    version: int
    round: int
    status: str
    outcome: str | None
    kind: str
    rank: float
    opened_at: datetime
    due_at: datetime | None
    post_id: int
    post_kind: str
    post_version: int
    visibility: str
    parent_id: int | None
    seq: int
    body: str
    body_html: str
    lang: str
    score: int
    created_at: datetime
    edited_at: datetime | None
    author_id: int | None
    author_name: str
    author_username: str | None
    author_locale: str | None
    author_role: str | None
    author_trust: int | None
    author_joined_at: datetime | None
    thread_id: int
    thread_title: str
    category_id: int


@dataclass(frozen=True, slots=True)
class SignalView:
    """One reason why a case is in the queue; of a report also by whom."""

    source: str
    kind: str
    weight: float
    status: str
    detail: dict[str, Any]
    created_at: datetime
    actor_id: int
    actor_name: str | None
    actor_username: str | None


@dataclass(frozen=True, slots=True)
class Judged:
    """The revision a decision is about; `is_edit` when the text from before is still public."""

    id: int | None
    is_edit: bool
    title: str | None
    tag_names: list[str] | None
    body: str
    comment: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A post near the one a case is about."""

    id: int
    seq: int
    kind: str
    author_name: str
    created_at: datetime
    visibility: str
    lang: str
    start_html: str


@dataclass(frozen=True, slots=True)
class AuthorCard:
    """What is known of somebody's last ninety days."""

    posts: int
    removed: int
    approved: int
    waiting: int
    sanctions: int


@dataclass(frozen=True, slots=True)
class Past:
    """A decision that was made before, about this text or another one of its author."""

    id: int
    case_id: int
    round: int
    outcome: str
    reason_code: str | None
    note_author: str
    note_internal: str
    decided_at: datetime
    before: str | None
    after: str | None
    reverts_id: int | None
    mod_id: int
    mod_name: str


def case_view(viewer: Viewer, case_id: int) -> CaseView:
    """A case; raises NotFound for a missing one and for everybody who may not moderate it."""
    if not may_moderate(viewer):
        raise NotFound(text("There is no such case."))
    query = (
        select(
            Case.id, Case.version, Case.round, Case.status, Case.outcome, Case.kind_top, Case.priority, Case.opened_at,
            Case.sla_due_at, Post.id, Post.kind, Post.version, Post.visibility, Post.parent_id, Post.seq, Post.body,
            Post.body_html, Post.lang, Post.score, Post.created_at, Post.edited_at, Post.author_id, Post.author_name,
            User.username, User.locale, User.role, User.trust, User.created_at.label("joined_at"),
            Thread.id, Thread.title, Thread.category_id,
        )
        .join(Post, and_(Case.target_type == "post", Post.id == Case.target_id))
        .join(Thread, Thread.id == Post.thread_id)
        .outerjoin(User, User.id == Post.author_id)
        .where(Case.id == case_id, post_is_visible(viewer), thread_is_visible(viewer))
    )  # fmt: skip
    row = db.session.execute(query).first()
    if row is None:
        raise NotFound(text("There is no such case."))
    return CaseView(*list(row))


def judged(view: CaseView) -> Judged:
    """What is to be judged: the edit that waits, else the text as it is."""
    query = (
        select(Revision.id, Revision.state, Revision.title, Revision.tag_names, Revision.body, Revision.comment)
        .where(Revision.post_id == view.post_id, Revision.state.in_(("current", "pending")))
        .order_by(Revision.number.desc())
    )
    rows = db.session.execute(query).all()
    may_wait = view.visibility in {"visible", "hidden"}
    waiting = next((row for row in rows if row.state == "pending"), None) if may_wait else None
    found = waiting or next((row for row in rows if row.state == "current"), None)
    if found is None:
        return Judged(None, False, None, None, view.body, "")
    return Judged(found.id, waiting is not None, found.title, found.tag_names, found.body, found.comment)


def signals(view: CaseView) -> Sequence[SignalView]:
    """Every reason of the case's present round, the heaviest first."""
    query = (
        select(
            Signal.source, Signal.kind, Signal.weight, Signal.status, Signal.detail, Signal.created_at, Signal.actor_id,
            User.display_name, User.username,
        )
        .outerjoin(User, User.id == Signal.actor_id)
        .where(Signal.case_id == view.case_id, Signal.round == view.round)
        .order_by(Signal.source.desc(), Signal.weight.desc(), Signal.id)
    )  # fmt: skip
    return [SignalView(*list(row)) for row in db.session.execute(query)]


def around(viewer: Viewer, view: CaseView) -> Sequence[Neighbour]:
    """The opening post, what the text answers, and three posts before and after it, in their order."""
    columns = [Post.id, Post.seq, Post.kind, Post.author_name, Post.created_at, Post.visibility, Post.lang]
    readable = and_(Post.thread_id == view.thread_id, post_is_visible(viewer))
    before = select(Post.id).where(readable, Post.seq < view.seq).order_by(Post.seq.desc()).limit(AROUND)
    after = select(Post.id).where(readable, Post.seq > view.seq).order_by(Post.seq).limit(AROUND)
    near = or_(
        Post.id.in_(select(before.subquery().c.id)),
        Post.id.in_(select(after.subquery().c.id)),
        Post.id.in_([view.post_id, view.parent_id or view.post_id]),
        Post.seq == 1,
    )
    query = select(*columns, func.substr(Post.body_html, 1, START)).where(readable, near).order_by(Post.seq)
    return [Neighbour(*list(row)) for row in db.session.execute(query)]


def author_card(author_id: int | None) -> AuthorCard | None:
    """The last ninety days of somebody, in one statement; None for a text without an account."""
    if author_id is None:
        return None
    now = clock.now()
    own = and_(Post.author_id == author_id, Post.created_at > now - SEASON)
    decided = (
        select(func.count())
        .select_from(Decision)
        .join(Case, Case.id == Decision.case_id)
        .where(Case.author_id == author_id, Decision.outcome == "approve", Decision.decided_at > now - SEASON)
    )
    open_sanctions = select(func.count()).where(
        Sanction.user_id == author_id,
        Sanction.starts_at <= now,
        Sanction.lifted_at.is_(None),
        or_(Sanction.ends_at.is_(None), Sanction.ends_at > now),
    )
    query = select(
        select(func.count()).where(own).scalar_subquery(),
        select(func.count()).where(own, Post.visibility == "removed").scalar_subquery(),
        decided.scalar_subquery(),
        select(func.count()).where(own, Post.visibility == "held").scalar_subquery(),
        open_sanctions.scalar_subquery(),
    )
    return AuthorCard(*list(db.session.execute(query).one()))


def decided_before(view: CaseView) -> Sequence[Past]:
    """What was decided about this text so far, the newest first."""
    return _past(Case.id == view.case_id, 20)


def decided_about_author(view: CaseView) -> Sequence[Past]:
    """What was decided about other texts of the same author, the newest first."""
    return _past(and_(Case.author_id == view.author_id, Case.id != view.case_id), 5) if view.author_id else []


def _past(condition: Any, most: int) -> Sequence[Past]:
    query = (
        select(
            Decision.id, Decision.case_id, Decision.round, Decision.outcome, Decision.reason_code, Decision.note_author,
            Decision.note_internal, Decision.decided_at, Decision.before, Decision.after, Decision.reverts_decision_id,
            Decision.mod_id, User.display_name,
        )
        .join(Case, Case.id == Decision.case_id)
        .join(User, User.id == Decision.mod_id)
        .where(condition)
        .order_by(Decision.id.desc())
        .limit(most)
    )  # fmt: skip
    return [Past(*list(row)) for row in db.session.execute(query)]


def decision_view(decision_id: int) -> tuple[Past, str] | None:
    """A decision with the name of the author it concerns; None when there is no such one, or it was taken back."""
    taken_back = select(Decision.id).where(Decision.reverts_decision_id == decision_id).exists()
    found = _past(and_(Decision.id == decision_id, Decision.reverts_decision_id.is_(None), ~taken_back), 1)
    if not found:
        return None
    name = select(Post.author_name).join(Case, Case.target_id == Post.id).where(Case.id == found[0].case_id)
    return found[0], db.session.scalar(name) or ""


def body_of(post_id: int, revision_id: int) -> str | None:
    """The text of a revision of a post, to show what changed since somebody read it."""
    return db.session.scalar(select(Revision.body).where(Revision.id == revision_id, Revision.post_id == post_id))
