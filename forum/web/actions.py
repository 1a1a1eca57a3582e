"""Buttons on a thread's page: vote, accept, pin, lock, move."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forum.discussion import curation, service
from forum.discussion.queries import post_view
from forum.http import paths
from forum.http.forms import from_form
from forum.http.locale import say
from forum.http.pages import page
from forum.http.viewer import member
from forum.kit.db import transaction
from forum.kit.verdicts import YES
from forum.kit.words import Text, text
from forum.voting.inputs import VoteInput
from forum.voting.models import Vote
from forum.voting.service import cast_vote
from forum.web.routing import ID, number

bp = Blueprint("actions", __name__)
# The script asks for the control alone; without it a vote leads back to its post.
FRAGMENT = "X-Fragment"


@bp.post(f"/p/<{ID}:post_id>/vote")
def vote(post_id: int) -> Response | BaseResponse:
    """Vote up or down, or take the vote back."""
    who = member()
    given = from_form(VoteInput, request.form)
    with transaction():
        cast_vote(who, post_id, given)
    if FRAGMENT not in request.headers:
        return redirect(paths.post(post_id), 303)
    return page("threads/vote.html", post=post_view(who, post_id, votes=Vote), verdict=YES)


@bp.post(f"/t/<{ID}:thread_id>/accept")
def accept(thread_id: int) -> BaseResponse:
    """Choose the reply that solved it."""
    who, post_id = member(), number(request.form.get("post_id", ""))
    with transaction():
        service.accept_answer(who, thread_id, post_id)
    return redirect(paths.post(post_id), 303)


@bp.post(f"/t/<{ID}:thread_id>/unaccept")
def unaccept(thread_id: int) -> BaseResponse:
    """Take the choice back."""
    who = member()
    with transaction():
        service.unaccept_answer(who, thread_id)
    return redirect(f"/t/{thread_id}", 303)


@bp.post(f"/t/<{ID}:thread_id>/pin")
def pin(thread_id: int) -> BaseResponse:
    """Pin to the category ("category"), to all lists ("site"), or take the pin out ("")."""
    who, where = member(), request.form.get("where", "")
    with transaction():
        curation.set_pinned(who, thread_id, pinned=bool(where), site_wide=where == "site")
    return _back(thread_id, text("Pinned.") if where else text("The pin is out."))


@bp.post(f"/t/<{ID}:thread_id>/lock")
def lock(thread_id: int) -> BaseResponse:
    """Close to replies, or open again."""
    who, locked = member(), request.form.get("locked") == "1"
    with transaction():
        curation.set_locked(who, thread_id, locked=locked)
    return _back(thread_id, text("The thread is closed.") if locked else text("The thread is open again."))


@bp.post(f"/t/<{ID}:thread_id>/move")
def move(thread_id: int) -> BaseResponse:
    """Put into another category."""
    who, category = member(), request.form.get("category", "")
    with transaction():
        curation.move_thread(who, thread_id, category)
    return _back(thread_id, text("The thread has moved."))


def _back(thread_id: int, said: Text) -> BaseResponse:
    flash(say(said), "done")
    return redirect(f"/t/{thread_id}", 303)
