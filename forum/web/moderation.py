"""The review queue: texts that wait for a person, each with why it waits and the form to decide."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from flask import Blueprint, Response, flash, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forum.accounts.viewer import Viewer
from forum.discussion.categories import readable_categories
from forum.http import locale as words
from forum.http.forms import from_form
from forum.http.viewer import viewer
from forum.kit.db import transaction
from forum.kit.errors import NotFound, Refused
from forum.kit.text import render
from forum.kit.words import text
from forum.moderation.cases import PendingEdit, QueueItem, SignalView, pending_edits, queue, signals
from forum.moderation.inputs import DecisionInput
from forum.moderation.policy import may_decide, may_moderate
from forum.moderation.service import decide, prepare_pending
from forum.web.accounts import refused_page
from forum.web.reasons import REMOVAL, why_held
from forum.web.routing import ID

bp = Blueprint("moderation", __name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """A case as the page shows it: the text somebody has to judge is the new one when an edit waits."""

    item: QueueItem
    signals: list[SignalView]
    edit: PendingEdit | None
    html: str
    may_decide: bool
    idem_key: str


def _moderator() -> Viewer:
    """Who acts here; for everybody else there is nothing at this address."""
    who = viewer()
    if not may_moderate(who):
        raise NotFound()
    return who


@bp.get("/mod")
def review() -> Response:
    """Cases that wait, the oldest first."""
    return _queue_page(_moderator())


def _queue_page(who: Viewer, refusal: Refused | None = None, refused_case: int | None = None) -> Response:
    waiting = queue(who, request.args.get("after"))
    why = signals([item.case_id for item in waiting.items])
    edits = pending_edits([item.post_id for item in waiting.items if item.post_visibility == "visible"])
    return refused_page(
        "moderation/queue.html",
        refusal,
        cases=[_shown(who, item, why.get(item.case_id, []), edits.get(item.post_id)) for item in waiting.items],
        next_cursor=waiting.next,
        refused_case=refused_case,
        is_listed=any(item.case_id == refused_case for item in waiting.items),
        chosen_reason=request.form.get("reason_code", ""),
        note=request.form.get("note_author", ""),
        removal=REMOVAL,
        why_held=why_held,
        category_names={category.id: category.name for category in readable_categories(who)},
    )


def _shown(who: Viewer, item: QueueItem, why: list[SignalView], edit: PendingEdit | None) -> Shown:
    html = item.body_html if edit is None else render(edit.body)
    return Shown(item, why, edit, html, bool(may_decide(who, item)), uuid4().hex)


@bp.post(f"/mod/cases/<{ID}:case_id>/decision")
def decision(case_id: int) -> Response | BaseResponse:
    """Approve or remove; a decision somebody else was faster with is shown, not overwritten."""
    who = _moderator()
    approves = request.form.get("outcome") == "approve"
    try:
        # What was half filled in for a removal says nothing about an approval.
        given = from_form(DecisionInput, request.form, **({"reason_code": "", "note_author": ""} if approves else {}))
        pending = prepare_pending(who, case_id)
        with transaction():
            decide(who, case_id, given, pending)
    except NotFound:
        raise
    except Refused as refusal:
        return _queue_page(who, refusal, case_id)
    flash(
        words.say(text("Approved. It is public now.") if approves else text("Removed. The author is told why.")), "done"
    )
    return redirect("/mod", 303)
