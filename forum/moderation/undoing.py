"""Taking decisions back: unseen while nobody was told, with a correction afterwards; nothing is ever rewritten."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update

from forum.accounts.viewer import Viewer
from forum.discussion.models import Revision
from forum.discussion.service import Written, about
from forum.kit import clock, outbox
from forum.kit.db import db, outside_transaction
from forum.kit.errors import Conflict, NotFound
from forum.kit.outbox import EventRow
from forum.kit.verdicts import require
from forum.kit.words import text
from forum.moderation import effects, log
from forum.moderation.events import CaseDecided, DecisionReverted
from forum.moderation.models import Decision, Signal
from forum.moderation.policy import may_decide, may_moderate, may_undo
from forum.moderation.scoring import rescore
from forum.moderation.service import Scene, scene_of

REVERT = "revert"


@dataclass(frozen=True, slots=True)
class Reverted:
    """A decision that was taken back: the row that says so, and whether anybody had been told."""

    decision: Decision
    case_version: int
    was_told: bool


def prepare_undo(viewer: Viewer, decision_id: int) -> Written | None:
    """Render the text that an approved edit replaced, before the transaction; None for every other decision."""
    outside_transaction("rendering")
    decision = db.session.get(Decision, decision_id)
    if decision is None or not may_moderate(viewer) or not _published_an_edit(decision):
        return None
    edit = db.session.get_one(Revision, decision.target_revision_id)
    older = effects.before_edit(edit.post_id, edit.id)
    return None if older is None else effects.written(older)


def _published_an_edit(decision: Decision) -> bool:
    return decision.outcome == "approve" and _was_about_edit(decision)


def _was_about_edit(decision: Decision) -> bool:
    row = _event(decision)
    return row is not None and bool(row.props.get("edit"))


def _event(decision: Decision) -> EventRow | None:
    """The fact that a decision left in the participation log; both carry the same moment."""
    query = select(EventRow).where(EventRow.type == CaseDecided.type, EventRow.occurred_at == decision.decided_at)
    return next((row for row in db.session.scalars(query) if row.props.get("decision") == decision.id), None)


def undo(viewer: Viewer, decision_id: int, before: Written | None) -> Reverted:
    """Take a decision back: the text, the signals and the case are as they were, and the log says both.

    What was queued for the author and the reporters is dropped; when somebody was told already, they get a
    correction. Raises Conflict when something happened to the case since.
    """
    decision = db.session.get(Decision, decision_id)
    if decision is None or decision.outcome == REVERT or not may_moderate(viewer):
        raise NotFound(text("There is no such decision."))
    scene = scene_of(viewer, decision.case_id)
    known = db.session.scalar(select(Decision).where(Decision.reverts_decision_id == decision.id))
    if known is not None and known.mod_id == viewer.id:
        return Reverted(known, scene.case.version, was_told=False)
    require(may_undo(viewer, decision, clock.now()))
    require(may_decide(viewer, scene.post))
    _untouched(scene, decision, is_taken_back=known is not None)
    is_edit = _restore(viewer, scene, decision, before)
    was_told = _silence(decision)
    row = _reopen(viewer, scene, decision)
    log.append(
        "decision_reverted",
        actor_id=row.mod_id,
        case=scene.case,
        reason_code=decision.reason_code,
        outcome=decision.outcome,
        decision=row.id,
        reverts=decision.id,
    )
    event = DecisionReverted(
        by=viewer.actor,
        about=about(scene.thread, scene.post),
        source=viewer.source,
        case=scene.case.id,
        round=decision.round,
        decision=decision.id,
        outcome=decision.outcome,
        edit=is_edit,
        told=was_told,
    )
    outbox.record(event)
    return Reverted(row, scene.case.version, was_told)


def _untouched(scene: Scene, decision: Decision, *, is_taken_back: bool) -> None:
    case = scene.case
    last = db.session.scalar(
        select(Decision.id).where(Decision.case_id == case.id).order_by(Decision.id.desc()).limit(1)
    )
    same = case.status == "decided" and case.round == decision.round and last == decision.id
    if is_taken_back or not same or scene.post.visibility != decision.after:
        raise Conflict(
            text("Something happened to this case since. Look at it as it is now."),
            extra={"problem": "stale_version", "version": case.version},
        )


def _restore(viewer: Viewer, scene: Scene, decision: Decision, before: Written | None) -> bool:
    """Bring the text back to what it was; says whether the decision was about an edit."""
    thread, post = scene.thread, scene.post
    judged = db.session.get(Revision, decision.target_revision_id) if decision.target_revision_id else None
    is_edit = _was_about_edit(decision)
    if judged is not None and judged.state == "rejected":
        judged.state = "pending"
    elif judged is not None and is_edit and decision.outcome == "approve":
        effects.take_edit_back(thread, post, judged, before)
    if decision.before == decision.after:
        return is_edit
    if decision.before == effects.PUBLIC:
        effects.publish(viewer, thread, post, reason="undo")
    else:
        effects.withdraw(viewer, thread, post, decision.before or "held", reason="undo")
    return is_edit


def _silence(decision: Decision) -> bool:
    """Drop what was to be told; true when something of it had been carried out already."""
    row = _event(decision)
    if row is None:
        return True
    event_id: UUID = row.event_id
    return outbox.cancel(event_id) < outbox.consequences(CaseDecided.type)


def _reopen(viewer: Viewer, scene: Scene, decision: Decision) -> Decision:
    """The case waits again with its signals as they were; the row beside the decision says who took it back."""
    assert viewer.id is not None
    case, now = scene.case, clock.now()
    case.status, case.outcome, case.closed_at, case.version = "pending", None, None, case.version + 1
    db.session.execute(
        update(Signal).where(Signal.case_id == case.id, Signal.round == decision.round).values(status="pending")
    )
    rescore(case, scene.post)
    row = Decision(
        case_id=case.id,
        round=decision.round,
        mod_id=viewer.id,
        outcome=REVERT,
        reverts_decision_id=decision.id,
        before=decision.after,
        after=decision.before,
        target_revision_id=decision.target_revision_id,
        idem_key=f"undo-{decision.id}",
        request_hash="",
        decided_at=now,
    )
    db.session.add(row)
    db.session.flush()
    return row
