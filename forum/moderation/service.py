"""Deciding cases: approve what waits, or remove it with a reason its author is told."""

from __future__ import annotations

import hashlib

from sqlalchemy import select, update

from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.discussion.events import PostApproved
from forum.discussion.models import Post, Revision, Thread
from forum.discussion.queries import visible_post
from forum.discussion.screening import Screening
from forum.discussion.service import Written, about, apply_revision, set_visibility
from forum.kit import clock, outbox
from forum.kit.db import db, outside_transaction
from forum.kit.errors import Conflict, Invalid, NotFound
from forum.kit.outbox import Subject
from forum.kit.text import PIPELINE_VERSION, fingerprint, guess_lang, render
from forum.kit.verdicts import require
from forum.kit.words import text
from forum.moderation import cases, log
from forum.moderation.events import CaseDecided
from forum.moderation.inputs import DecisionInput
from forum.moderation.models import Case, Decision, Signal
from forum.moderation.policy import may_decide, may_moderate


def prepare_pending(viewer: Viewer, case_id: int) -> Written | None:
    """Render the edit a case is about, before the transaction; None when the case is about a held post."""
    outside_transaction("rendering")
    revision = _pending(db.session.get(Case, case_id))
    if revision is None:
        return None
    return Written(
        revision.body,
        render(revision.body),
        guess_lang(f"{revision.title or ''} {revision.body}"),
        fingerprint(f"{revision.title or ''}\n{revision.body}"),
        PIPELINE_VERSION,
        Screening.trusted("approved by a moderator"),
    )


def _pending(case: Case | None) -> Revision | None:
    if case is None:
        return None
    query = select(Revision).where(Revision.post_id == case.target_id, Revision.state == "pending")
    return db.session.scalar(query.order_by(Revision.number.desc()).limit(1))


def decide(viewer: Viewer, case_id: int, given: DecisionInput, pending: Written | None) -> Decision:
    """Carry out a decision once; the same key again gives the same decision.

    Raises Conflict when the case or its text changed since the moderator looked, with who decided what.
    """
    target_id = db.session.scalar(select(Case.target_id).where(Case.id == case_id))
    if target_id is None:
        raise NotFound(text("There is no such case."))
    # Thread, post, case: the order in which publishing locks them too.
    post = visible_post(viewer, target_id, lock=True)
    case = db.session.scalars(select(Case).where(Case.id == case_id).with_for_update()).one()
    request_hash = hashlib.sha256(f"{case_id}:{given.model_dump_json()}".encode()).hexdigest()
    known = db.session.scalar(select(Decision).where(Decision.mod_id == viewer.id, Decision.idem_key == given.idem_key))
    if known is not None:
        return _replayed(known, request_hash)
    thread = db.session.get_one(Thread, post.thread_id, with_for_update=True)
    require(may_moderate(viewer))
    require(may_decide(viewer, post))
    _current(case, post, given)
    if given.outcome == "remove" and not given.reason_code:
        raise Invalid(
            text("A removal needs its reason."),
            fields={"reason_code": text("Choose one of the listed values.")},
        )
    revision, before = _pending(case), post.visibility
    if revision is not None and before == "visible":
        _decide_edit(thread, post, revision, given, pending)
    elif given.outcome == "approve":
        set_visibility(viewer, thread, post, "visible", reason="approved")
        outbox.record(PostApproved(by=viewer.actor, about=about(thread, post), source=viewer.source))
    else:
        set_visibility(viewer, thread, post, "removed", reason=given.reason_code)
    decision = _close(viewer, case, given)
    decision.before, decision.after, decision.request_hash = before, post.visibility, request_hash
    decision.target_revision_id = None if revision is None else revision.id
    db.session.flush()
    _announce(viewer, case, decision, about(thread, post))
    return decision


def _replayed(known: Decision, request_hash: str) -> Decision:
    if known.request_hash != request_hash:
        raise Invalid(
            text("This decision was sent before with other content."),
            fields={"idem_key": text("Load the page again.")},
        )
    return known


def _current(case: Case, post: Post, given: DecisionInput) -> None:
    if case.version != given.expected_version or case.status != "pending":
        last = db.session.execute(
            select(User.display_name, Decision.outcome)
            .join(Decision, Decision.mod_id == User.id)
            .where(Decision.case_id == case.id)
            .order_by(Decision.id.desc())
            .limit(1)
        ).first()
        who = {"decided_by": last[0], "outcome": last[1]} if last else {}
        raise Conflict(
            text("Somebody else decided this case meanwhile."),
            extra={"problem": "stale_version", "version": case.version, **who},
        )
    if post.visibility in cases.GONE:
        raise Conflict(text("The author took this text back."), extra={"problem": "target_gone"})
    if post.version != given.target_version:
        raise Conflict(
            text("The text was changed since you read it. Read it again."),
            extra={"problem": "revision_changed"},
        )


def _close(viewer: Viewer, case: Case, given: DecisionInput) -> Decision:
    """Settle the case and its signals; the decision still lacks what it did to the text."""
    assert viewer.id is not None
    now = clock.now()
    case.status, case.outcome, case.version = "decided", given.outcome, case.version + 1
    case.first_action_at, case.closed_at = case.first_action_at or now, now
    verdict = "disagreed" if given.outcome == "approve" else "agreed"
    db.session.execute(
        update(Signal).where(Signal.case_id == case.id, Signal.round == case.round).values(status=verdict)
    )
    decision = Decision(
        case_id=case.id,
        round=case.round,
        mod_id=viewer.id,
        outcome=given.outcome,
        reason_code=given.reason_code or None,
        note_author=given.note_author,
        idem_key=given.idem_key,
        request_hash="",
        decided_at=now,
    )
    db.session.add(decision)
    return decision


def _announce(viewer: Viewer, case: Case, decision: Decision, subject: Subject) -> None:
    log.append(
        "decision", actor_id=decision.mod_id, case=case, reason_code=decision.reason_code, outcome=decision.outcome
    )
    outbox.record(
        CaseDecided(
            by=viewer.actor,
            about=subject,
            source=viewer.source,
            case=case.id,
            decision=decision.id,
            outcome=decision.outcome,
            reason=decision.reason_code,
            note=decision.note_author or None,
        )
    )


def _decide_edit(thread: Thread, post: Post, revision: Revision, given: DecisionInput, pending: Written | None) -> None:
    # An author may send several edits before somebody looks; the last one stands for all.
    older = update(Revision).where(Revision.post_id == post.id, Revision.state == "pending", Revision.id != revision.id)
    db.session.execute(older.values(state="rejected"))
    if given.outcome == "remove":
        revision.state = "rejected"
        return
    if pending is None or pending.body != revision.body:
        raise Conflict(
            text("The text was changed since you read it. Read it again."),
            extra={"problem": "revision_changed"},
        )
    apply_revision(thread, post, revision, pending)
