"""The review queue: what waits, one page for each case, decisions, and taking them back."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forum.accounts.viewer import Viewer
from forum.http import locale as words
from forum.http import paths
from forum.http.forms import from_form
from forum.http.pages import page
from forum.http.viewer import viewer
from forum.kit.db import transaction
from forum.kit.errors import Claimed, Conflict, Invalid, NotFound
from forum.kit.words import text
from forum.moderation import claims, log, queries, service, undoing
from forum.moderation.inputs import ClaimInput, DecisionInput
from forum.moderation.policy import may_moderate
from forum.web import case_page, reasons
from forum.web.routing import ID, number

bp = Blueprint("moderation", __name__)
# The script asks for the line about who looks alone.
FRAGMENT = "X-Fragment"


def _moderator() -> Viewer:
    """Who acts here; for everybody else there is nothing at this address."""
    who = viewer()
    if not may_moderate(who):
        raise NotFound()
    return who


@bp.get("/mod")
def review() -> Response:
    """Cases that wait, the most urgent first."""
    who, tab = _moderator(), case_page.chosen_tab()
    waiting = queries.queue(who, tab, request.args.get("after") or None)
    return page(
        "moderation/queue.html",
        **case_page.frame(who, tab, waiting.items, queries.counts(who)),
        next_cursor=waiting.next,
        is_first=not request.args.get("after"),
    )


@bp.get(f"/mod/cases/<{ID}:case_id>")
def case(case_id: int) -> Response:
    """One case with everything that is needed to decide it."""
    return case_page.show(_moderator(), case_id)


@bp.post(f"/mod/cases/<{ID}:case_id>/decision")
def decision(case_id: int) -> Response | BaseResponse:
    """Approve, remove or ignore; a decision somebody else was faster with is shown, not overwritten."""
    who = _moderator()
    # What was half filled in for a removal says nothing about another outcome.
    unused = {} if request.form.get("outcome") == "remove" else {"reason_code": "", "note_author": ""}
    try:
        given = from_form(DecisionInput, request.form, target_revision_id=_revision(), **unused)
        pending = service.prepare_pending(who, case_id)
        with transaction():
            decided = service.decide(who, case_id, given, pending)
            done = decided.decision.id
    except (Conflict, Invalid) as refusal:
        return case_page.show(who, case_id, refusal)
    tab = case_page.chosen_tab()
    following = queries.next_after(who, case_id, tab)
    target = "/mod" if following is None else f"/mod/cases/{following}"
    return redirect(paths.with_query(target, tab=None if tab == "all" else tab, done=done), 303)


def _revision() -> int | None:
    return number(request.form.get("target_revision_id", "")) or None


@bp.post(f"/mod/decisions/<{ID}:decision_id>/undo")
def undo(decision_id: int) -> BaseResponse:
    """Take a decision back; unseen while nobody was told, with a correction afterwards."""
    who = _moderator()
    before = undoing.prepare_undo(who, decision_id)
    with transaction():
        taken = undoing.undo(who, decision_id, before)
        case_id = taken.decision.case_id
    said = text("Taken back. Everybody who had been told gets a correction.")
    flash(words.say(said if taken.was_told else text("Taken back. Nobody was told.")), "done")
    return redirect(f"/mod/cases/{case_id}", 303)


@bp.post(f"/mod/cases/<{ID}:case_id>/claim")
def claim(case_id: int) -> Response | BaseResponse:
    """Take a case for a few minutes, or keep it, so that others see who is at it."""
    who = _moderator()
    wants_line = FRAGMENT in request.headers
    given = from_form(ClaimInput, request.form)
    try:
        with transaction():
            claims.claim(who, case_id, take_over=given.take_over)
    except (Claimed, Conflict) as refusal:
        if not wants_line:
            flash(words.say(refusal.message), "wait")
            return redirect(f"/mod/cases/{case_id}", 303)
    if not wants_line:
        return redirect(f"/mod/cases/{case_id}", 303)
    return page("moderation/claim.html", holder=claims.holder(case_id), case_id=case_id)


@bp.post(f"/mod/cases/<{ID}:case_id>/release")
def release(case_id: int) -> BaseResponse:
    """Let a case go."""
    who = _moderator()
    with transaction():
        claims.release(who, case_id)
    return redirect("/mod", 303)


@bp.get("/mod/log")
def public_log() -> Response:
    """What moderators did and why, for everybody: no names, no texts."""
    found = log.public_lines(request.args.get("after") or None)
    return page(
        "moderation/log.html",
        found=found,
        check=log.last_check(),
        reasons=reasons,
        is_first=not request.args.get("after"),
    )
