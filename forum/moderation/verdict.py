"""What an author reads about an own text: what happened, why and who decided, once it cannot be unmade unseen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from forum.accounts.viewer import Viewer
from forum.discussion.models import Post, Thread
from forum.discussion.queries import visible_post
from forum.kit import clock
from forum.kit.db import db
from forum.kit.errors import NotFound
from forum.kit.words import text
from forum.moderation import cases
from forum.moderation.models import Case, Decision, Signal
from forum.moderation.service import undo_window


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a text; `state` names the page's case, the rest is what it says.

    States: held, hidden, removed, edit_waits, edit_declined, published. `decided_at` is empty while nobody decided,
    or so shortly ago that the moderator may still think better of it.
    """

    state: str
    post_id: int
    post_kind: str
    body: str
    body_html: str
    lang: str
    created_at: datetime
    thread_id: int
    thread_title: str
    reply_count: int
    due_at: datetime | None
    reasons: tuple[str, ...]
    reports: int
    first_report_at: datetime | None
    decided_at: datetime | None
    reason_code: str | None
    note: str


def standing(viewer: Viewer, post_id: int) -> Standing:
    """How it stands with an own text; raises NotFound for everybody else's, and where moderation never came into it."""
    post = visible_post(viewer, post_id)
    case = cases.of_post(post_id)
    if case is None or post.author_id is None or post.author_id != viewer.id:
        raise NotFound(text("There is no such post."))
    thread = db.session.get_one(Thread, post.thread_id)
    edit = cases.waiting_edit(post)
    decision = _last_told(case)
    state = _state(post, decision, has_edit=edit is not None)
    if state == "published" and decision is None:
        # That somebody reported it is not for its author to know while nothing came of it.
        raise NotFound(text("There is no such post."))
    of_round = decision.round if decision is not None and state in {"removed", "edit_declined"} else case.round
    rules, reports, first_report = _signals(case.id, of_round)
    if state not in {"hidden", "removed"} or (state == "removed" and decision is None):
        reports, first_report = 0, None
    is_open = state in {"held", "hidden", "edit_waits"}
    return Standing(
        state=state,
        post_id=post.id,
        post_kind=post.kind,
        body=edit.body if edit is not None else post.body,
        body_html="" if edit is not None else post.body_html,
        lang=post.lang,
        created_at=post.created_at,
        thread_id=thread.id,
        thread_title=thread.title,
        reply_count=thread.reply_count,
        due_at=case.sla_due_at if is_open else None,
        reasons=rules,
        reports=reports,
        first_report_at=first_report,
        decided_at=decision.decided_at if decision is not None and not is_open else None,
        reason_code=decision.reason_code if decision is not None and not is_open else None,
        note=decision.note_author if decision is not None and not is_open else "",
    )


def _last_told(case: Case) -> Decision | None:
    """The last decision that stands and that the author has been told of."""
    later = aliased(Decision)
    taken_back = exists().where(later.reverts_decision_id == Decision.id)
    query = (
        select(Decision)
        .where(
            Decision.case_id == case.id,
            Decision.reverts_decision_id.is_(None),
            Decision.outcome != "ignore",
            Decision.decided_at <= clock.now() - undo_window(),
            ~taken_back,
        )
        .order_by(Decision.id.desc())
        .limit(1)
    )
    return db.session.scalar(query)


def _state(post: Post, decision: Decision | None, *, has_edit: bool) -> str:
    if post.visibility in {"held", "hidden"}:
        return post.visibility
    if post.visibility != "visible":
        return "removed"
    if has_edit:
        return "edit_waits"
    is_declined = decision is not None and decision.outcome == "remove" and decision.after == "visible"
    return "edit_declined" if is_declined else "published"


def _signals(case_id: int, of_round: int) -> tuple[tuple[str, ...], int, datetime | None]:
    """The codes of rules, how many people reported, and when the first did."""
    here = (Signal.case_id == case_id, Signal.round == of_round)
    rules = db.session.scalars(select(Signal.kind).where(*here, Signal.source == "rule").order_by(Signal.id)).all()
    people = func.count(Signal.actor_id.distinct())
    row = db.session.execute(select(people, func.min(Signal.created_at)).where(*here, Signal.source == "user")).one()
    return tuple(rules), row[0], row[1]
