"""Moderation in the API: reporting, the queue, claims, decisions and taking them back."""

from __future__ import annotations

from difflib import unified_diff

from flask import Response, request

from forum.accounts.viewer import Viewer
from forum.api import case_answers as told
from forum.api.description import operation
from forum.api.door import answer, api, argument, given, nothing, one_of
from forum.http.viewer import member
from forum.kit.db import transaction
from forum.kit.errors import Conflict, Invalid, NotFound
from forum.kit.words import text
from forum.moderation import briefing, claims, flags, queries, scoring, service, undoing
from forum.moderation.inputs import DecisionInput, FlagInput, TokenInput
from forum.moderation.policy import may_moderate
from forum.moderation.queries import TABS

BIG = "int(max=9223372036854775807)"
CASE, DECISION = f"<{BIG}:case_id>", f"<{BIG}:decision_id>"
KEY = "Idempotency-Key"
SHORTEST_KEY, LONGEST_KEY = 8, 64
ACTS = (403, 409)


def _moderator() -> Viewer:
    """Who acts here; for everybody else there is nothing at this address."""
    who = member()
    if not may_moderate(who):
        raise NotFound()
    return who


@api.post(f"/posts/<{BIG}:post_id>/flags")
@operation("posts", "write", {201: told.FlagReceipt}, body=FlagInput)
def flag_post(post_id: int) -> Response:
    """Report a post of somebody else.

    One report for each kind; the reporter hears how it ends, the author of the post nothing of who reported.
    """
    who = member()
    wanted = given(FlagInput)
    with transaction():
        receipt = flags.flag(who, post_id, wanted)
    return answer(told.FlagReceipt(receipt.reference, receipt.post_id, receipt.reason), 201)


@api.get("/mod/cases")
@operation(
    "moderation",
    "moderate",
    {200: told.CaseList},
    query={"tab": {"type": "string", "enum": list(TABS), "default": "all"}, "after": {"type": "string"}},
)
def list_cases() -> Response:
    """Cases that wait, the most urgent first, what waited twice its time before everything."""
    who = _moderator()
    found = queries.queue(who, one_of("tab", TABS, "all"), argument("after"))
    return answer(told.CaseList([told.item(row) for row in found.items], found.next))


@api.get(f"/mod/cases/{CASE}")
@operation("moderation", "moderate", {200: told.Case})
def read_case(case_id: int) -> Response:
    """A case with its text, its signals, what was decided before, and who looks at it."""
    view = briefing.case_view(_moderator(), case_id)
    equation = scoring.explain(case_id)
    assert equation is not None
    answered = told.case(
        view,
        briefing.judged(view),
        equation,
        signals=briefing.signals(view),
        past=briefing.decided_before(view),
        holder=claims.holder(case_id),
    )
    return answer(answered)


@api.get(f"/mod/cases/{CASE}/explain")
@operation("moderation", "moderate", {200: told.Explanation})
def explain_case(case_id: int) -> Response:
    """The priority of a case at this moment with every addend."""
    briefing.case_view(_moderator(), case_id)
    equation = scoring.explain(case_id)
    assert equation is not None
    return answer(told.explanation(case_id, equation))


@api.post(f"/mod/cases/{CASE}/claim")
@operation("moderation", "moderate", {200: told.CaseLease}, also=(*ACTS, 423))
def claim_case(case_id: int) -> Response:
    """Take a case for five minutes, so that others see who is at it.

    423 says who has it, and for how many seconds unless they go on.
    """
    who = _moderator()
    with transaction():
        lease = claims.claim(who, case_id)
    return answer(told.lease(lease))


@api.post(f"/mod/cases/{CASE}/takeover")
@operation("moderation", "moderate", {200: told.CaseLease}, also=(*ACTS, 423))
def take_over_case(case_id: int) -> Response:
    """Take a case from whoever has it; for managers, and it stands in the log."""
    who = _moderator()
    with transaction():
        lease = claims.claim(who, case_id, take_over=True)
    return answer(told.lease(lease))


@api.post(f"/mod/cases/{CASE}/heartbeat")
@operation("moderation", "moderate", {200: told.CaseLease}, body=TokenInput, also=ACTS)
def keep_case(case_id: int) -> Response:
    """Keep a case for five more minutes; 409 when it went to somebody else."""
    who = _moderator()
    token = given(TokenInput).token
    with transaction():
        lease = claims.heartbeat(who, case_id, token)
    return answer(told.lease(lease))


@api.post(f"/mod/cases/{CASE}/release")
@operation("moderation", "moderate", {204: None}, body=TokenInput, also=ACTS)
def release_case(case_id: int) -> Response:
    """Let a case go; one that is somebody else's by now stays theirs."""
    who = _moderator()
    token = given(TokenInput).token
    with transaction():
        claims.release(who, case_id, token)
    return nothing()


@api.post(f"/mod/cases/{CASE}/decisions")
@operation(
    "moderation",
    "moderate",
    {200: told.DecisionMade},
    body=DecisionInput,
    in_path=("idem_key",),
    headers={KEY: {"type": "string", "minLength": SHORTEST_KEY, "maxLength": LONGEST_KEY}},
    also=ACTS,
)
def decide_case(case_id: int) -> Response:
    """Approve, remove or ignore; the text changes at once, people are told when it can no longer be taken back unseen.

    The same `Idempotency-Key` with the same body gives the same answer, marked `Idempotent-Replay: true`; with another
    body 422. 409 carries `problem`: `stale_version` with who decided what and the case as it is now,
    `revision_changed` with the revision to read, or `target_gone`.
    """
    who = _moderator()
    wanted = given(DecisionInput, idem_key=_key())
    pending = service.prepare_pending(who, case_id)
    try:
        with transaction():
            decided = service.decide(who, case_id, wanted, pending)
            made = told.made(decided.decision, decided.case_version, service.undo_window())
    except Conflict as refusal:
        _show_change(refusal)
        raise
    response = answer(made)
    if decided.is_replay:
        response.headers["Idempotent-Replay"] = "true"
    return response


def _show_change(refusal: Conflict) -> None:
    """Beside both texts, what changed between them, line by line."""
    texts = refusal.extra.get("text")
    if texts and texts["read"] is not None:
        lines = (texts["read"].splitlines(), texts["now"].splitlines())
        refusal.extra["diff"] = list(unified_diff(*lines, "read", "now", lineterm="", n=2))


def _key() -> str:
    found = request.headers.get(KEY, "")
    if not SHORTEST_KEY <= len(found) <= LONGEST_KEY:
        raise Invalid(
            text("Send a key of your own for this decision, so that a second try cannot decide twice."),
            fields={KEY: text("Use {low} to {high} characters.", low=SHORTEST_KEY, high=LONGEST_KEY)},
        )
    return found


@api.post(f"/mod/decisions/{DECISION}/undo")
@operation("moderation", "moderate", {200: told.DecisionTakenBack}, also=ACTS)
def undo_decision(decision_id: int) -> Response:
    """Take a decision back: the text, the reports and the case are as they were.

    Within the window nobody was told and nobody hears of it; later a correction goes out. Whoever decided may for
    half an hour, managers always. 409 when something happened to the case since.
    """
    who = _moderator()
    before = undoing.prepare_undo(who, decision_id)
    with transaction():
        taken = undoing.undo(who, decision_id, before)
        row = taken.decision
        answered = told.DecisionTakenBack(
            row.id, decision_id, row.case_id, taken.case_version, row.after, taken.was_told
        )
    return answer(answered)
