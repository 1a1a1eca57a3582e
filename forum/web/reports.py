"""Reporting a post, and what its author reads when something was decided about it."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forum.accounts.site import site
from forum.discussion import queries
from forum.http import paths
from forum.http.forms import from_form
from forum.http.locale import say
from forum.http.pages import page
from forum.http.viewer import member
from forum.kit.db import transaction
from forum.kit.errors import Conflict, Invalid, Refused, TooSoon
from forum.kit.verdicts import require
from forum.kit.words import text
from forum.moderation.flags import flag
from forum.moderation.inputs import FlagInput
from forum.moderation.policy import may_flag
from forum.moderation.verdict import standing
from forum.web import reasons
from forum.web.routing import ID

bp = Blueprint("reports", __name__)


@bp.get(f"/p/<{ID}:post_id>/flag")
def flag_form(post_id: int) -> Response:
    """The form to report a post of somebody else."""
    return _flag_page(post_id)


def _flag_page(post_id: int, refusal: Refused | None = None) -> Response:
    who = member()
    post, thread = queries.post_source(who, post_id)
    require(may_flag(who, post, trust_min=site()["flag_trust_min"]))
    response = page(
        "moderation/flag.html",
        200 if refusal is None else refusal.status,
        post=post,
        thread=thread,
        start=queries.plain_start(post.body_html),
        kinds=reasons.FLAG,
        hints=reasons.FLAG_HINTS,
        chosen=request.form.get("reason", ""),
        note=request.form.get("note", ""),
        refusal=refusal,
    )
    if isinstance(refusal, TooSoon):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


@bp.post(f"/p/<{ID}:post_id>/flag")
def report(post_id: int) -> Response | BaseResponse:
    """Report a post."""
    who = member()
    try:
        given = from_form(FlagInput, request.form)
        with transaction():
            receipt = flag(who, post_id, given)
    except (Invalid, Conflict, TooSoon) as refusal:
        return _flag_page(post_id, refusal)
    said = text(
        "Thank you. A moderator looks at it; you hear how it ends. Your reference is {reference}.",
        reference=receipt.reference,
    )
    flash(say(said), "done")
    return redirect(paths.post(post_id), 303)


@bp.get(f"/p/<{ID}:post_id>/decision")
def decision(post_id: int) -> Response:
    """How it stands with an own text that waits, was hidden, removed or approved."""
    who = member()
    return page("moderation/standing.html", it=standing(who, post_id), reasons=reasons)
