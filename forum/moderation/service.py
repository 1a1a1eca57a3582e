"""Deciding cases: approve, remove with a reason its author is told, or ignore what was reported."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from forum.accounts.models import STAFF_ROLES, User
from forum.accounts.site import site
from forum.accounts.viewer import Viewer
from forum.discussion.models import Post, Revision, Thread
from forum.discussion.queries import visible_post
from forum.discussion.service import Written, about
from forum.kit import clock, outbox
from forum.kit.db import db, outside_transaction
from forum.kit.errors import Conflict, Invalid, NotFound
from forum.kit.verdicts import require
from forum.kit.words import text
from forum.moderation import cases, claims, effects, flags, log
from forum.moderation.events import CaseDecided
from forum.moderation.inputs import DecisionInput
from forum.moderation.models import Case, Decision, Signal
from forum.moderation.policy import may_decide, may_moderate

# What a decision says about the reports it was made on.
VERDICTS = {"approve": "disagreed", "remove": "agreed", "ignore": "ignored"}


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, the version of its case now, and whether it had been sent before with the same key."""

    decision: Decision
    case_version: int
    is_replay: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """What a decision is about, loaded and locked in the order in which publishing locks it."""

    thread: Thread
    post: Post
    case: Case


def undo_window() -> timedelta:
    """How long nobody is told of a decision."""
    return timedelta(seconds=site()["undo_seconds"])


def prepare_pending(viewer: Viewer, case_id: int) -> Written | None:
    """Render the edit a case is about, before the transaction; None when the case is about a post."""
    outside_transaction("rendering")
    if not may_moderate(viewer):
        return None
    case = db.session.get(Case, case_id)
    revision = None if case is None else cases.pending_edit(case.target_id)
    return None if revision is None else effects.written(revision)


def scene_of(viewer: Viewer, case_id: int) -> Scene:
    """Load and lock a case with its post and thread; raises NotFound for one this viewer may not see."""
    target_id = db.session.scalar(select(Case.target_id).where(Case.id == case_id))
    if target_id is None or not may_moderate(viewer):
        raise NotFound(text("There is no such case."))
    post = visible_post(viewer, target_id, lock=True)
    thread = db.session.get_one(Thread, post.thread_id, with_for_update=True)
    case = db.session.scalars(select(Case).where(Case.id == case_id).with_for_update()).one()
    return Scene(thread, post, case)


def decide(viewer: Viewer, case_id: int, given: DecisionInput, pending: Written | None) -> Decided:
    """Carry out a decision once; the same key again gives the same decision.

    Raises Conflict when the case or its text changed since the moderator looked, with who decided what.
    """
    scene = scene_of(viewer, case_id)
    request_hash = hashlib.sha256(f"{case_id}:{given.model_dump_json()}".encode()).hexdigest()
    known = db.session.scalar(select(Decision).where(Decision.mod_id == viewer.id, Decision.idem_key == given.idem_key))
    if known is not None:
        return Decided(_replayed(known, request_hash), scene.case.version, True)
    is_own_report = flags.has_flagged(scene.case.id, scene.case.round, viewer.id)
    is_alone = is_own_report and is_only_moderator()
    require(may_decide(viewer, scene.post, has_flagged=is_own_report and not is_alone))
    edit = cases.waiting_edit(scene.post)
    _current(scene, given)
    _fits(scene, given, edit)
    before = scene.post.visibility
    _carry_out(viewer, scene, given, edit, pending)
    decision = _close(viewer, scene.case, given)
    decision.before, decision.after, decision.request_hash = before, scene.post.visibility, request_hash
    decision.target_revision_id, decision.self_review = given.target_revision_id, is_alone
    db.session.flush()
    _announce(viewer, scene, decision, is_edit=edit is not None)
    return Decided(decision, scene.case.version, False)


def is_only_moderator() -> bool:
    """Whether nobody else is there to decide what this one reported."""
    query = select(func.count()).where(User.role.in_(STAFF_ROLES), User.kind == "person", User.erased_at.is_(None))
    return (db.session.scalar(query) or 0) <= 1


def _replayed(known: Decision, request_hash: str) -> Decision:
    if known.request_hash != request_hash:
        raise Invalid(
            text("This decision was sent before with other content."),
            fields={"idem_key": text("Load the page again.")},
            extra={"problem": "idem_key_reused"},
        )
    return known


def _current(scene: Scene, given: DecisionInput) -> None:
    case, post = scene.case, scene.post
    if case.version != given.expected_version or case.status != "pending":
        raise Conflict(
            text("Somebody else decided this case meanwhile."),
            extra={"problem": "stale_version", "version": case.version, "case": _fresh(case), **last_word(case.id)},
        )
    if post.visibility in cases.GONE:
        raise Conflict(text("The author took this text back."), extra={"problem": "target_gone"})
    judged = cases.judged_revision(post)
    if (judged.id if judged else None) != given.target_revision_id:
        raise _changed(case, post, judged, given.target_revision_id)


def _changed(case: Case, post: Post, judged: Revision | None, read_id: int | None) -> Conflict:
    """The refusal with both texts, so that what changed can be shown."""
    read = db.session.get(Revision, read_id) if read_id is not None else None
    refusal = effects.changed_since_read()
    refusal.extra |= {
        "target_revision_id": judged.id if judged else None,
        "version": case.version,
        "text": {
            "read": read.body if read is not None and read.post_id == post.id else None,
            "now": judged.body if judged else post.body,
        },
    }
    return refusal


def _fresh(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "status": case.status,
        "outcome": case.outcome,
        "round": case.round,
        "version": case.version,
    }


def last_word(case_id: int) -> dict[str, Any]:
    """Who decided a case last, and what; nothing when nobody did."""
    last = db.session.execute(
        select(User.display_name, Decision.outcome, Decision.decided_at)
        .join(Decision, Decision.mod_id == User.id)
        .where(Decision.case_id == case_id)
        .order_by(Decision.id.desc())
        .limit(1)
    ).first()
    return {"decided_by": last[0], "outcome": last[1], "decided_at": last[2]} if last else {}


def _fits(scene: Scene, given: DecisionInput, edit: Revision | None) -> None:
    """Refuse what makes no sense for this case: a removal without its reason, ignoring what waits for an answer."""
    if given.outcome == "remove" and not given.reason_code:
        raise Invalid(
            text("A removal needs its reason."),
            fields={"reason_code": text("Choose one of the listed values.")},
            extra={"problem": "reason_required"},
        )
    if given.outcome == "ignore" and (edit is not None or scene.post.visibility != effects.PUBLIC):
        raise Invalid(
            text("This text waits for an answer. Approve it or remove it."),
            fields={"outcome": text("Choose one of the listed values.")},
        )


def _carry_out(
    viewer: Viewer, scene: Scene, given: DecisionInput, edit: Revision | None, pending: Written | None
) -> None:
    thread, post = scene.thread, scene.post
    if given.outcome == "approve":
        if edit is not None:
            effects.apply_edit(thread, post, edit, pending)
        effects.publish(viewer, thread, post, reason="approved")
    elif given.outcome == "remove":
        effects.reject_edits(post.id)
        is_reported = bool(flags.reporters(scene.case.id, scene.case.round))
        if edit is None or is_reported or post.visibility != effects.PUBLIC:
            # What was reported is the public text; declining the edit alone would leave it standing.
            effects.withdraw(viewer, thread, post, "removed", reason=given.reason_code)


def _close(viewer: Viewer, case: Case, given: DecisionInput) -> Decision:
    """Settle the case and its signals; the decision still lacks what it did to the text."""
    assert viewer.id is not None
    now = clock.now()
    case.status, case.outcome, case.version = "decided", given.outcome, case.version + 1
    case.first_action_at, case.closed_at = case.first_action_at or now, now
    db.session.execute(
        update(Signal)
        .where(Signal.case_id == case.id, Signal.round == case.round)
        .values(status=VERDICTS[given.outcome])
    )
    claims.drop(case.id)
    decision = Decision(
        case_id=case.id,
        round=case.round,
        mod_id=viewer.id,
        outcome=given.outcome,
        reason_code=given.reason_code if given.outcome == "remove" else None,
        note_author=given.note_author,
        note_internal=given.note_internal,
        idem_key=given.idem_key,
        request_hash="",
        decided_at=now,
    )
    db.session.add(decision)
    return decision


def _announce(viewer: Viewer, scene: Scene, decision: Decision, *, is_edit: bool) -> None:
    said = {"outcome": decision.outcome, "decision": decision.id}
    log.append(
        "decision",
        actor_id=decision.mod_id,
        case=scene.case,
        reason_code=decision.reason_code,
        **said,
        **({"self_review": True} if decision.self_review else {}),
    )
    event = CaseDecided(
        at=decision.decided_at,
        by=viewer.actor,
        about=about(scene.thread, scene.post),
        source=viewer.source,
        case=scene.case.id,
        round=decision.round,
        decision=decision.id,
        outcome=decision.outcome,
        before=decision.before or "",
        edit=is_edit and scene.post.visibility == effects.PUBLIC,
        reason=decision.reason_code,
        note=decision.note_author or None,
    )
    # The text changes at once; who is told hears of it when the moderator can no longer take it back unseen.
    outbox.record(event, after=undo_window())
