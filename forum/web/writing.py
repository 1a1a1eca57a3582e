"""Pages to write with: ask, reply, edit, delete, and the history of a text."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, flash, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forum.accounts.viewer import Viewer
from forum.discussion import queries, service
from forum.discussion.categories import CategoryView, readable_categories
from forum.discussion.inputs import EditInput, ReplyInput, ThreadInput
from forum.discussion.models import Post, Thread
from forum.discussion.policy import may_delete, may_edit, may_start_thread
from forum.http import paths
from forum.http.forms import from_form
from forum.http.locale import say
from forum.http.pages import page
from forum.http.viewer import member, viewer
from forum.kit.db import transaction
from forum.kit.errors import NotFound, NotSignedIn, Refused, TooSoon
from forum.kit.verdicts import require
from forum.kit.words import text
from forum.moderation import publishing
from forum.search.suggestions import similar
from forum.web.differences import changes
from forum.web.routing import ID, number

bp = Blueprint("writing", __name__)
ASK_FIELDS = ("title", "body", "category", "tags", "kind")


def _again(template: str, refusal: Refused | None, **values: object) -> Response:
    """A form, empty or with what was typed and what is wrong with it."""
    response = page(template, 200 if refusal is None else refusal.status, refusal=refusal, **values)
    if isinstance(refusal, TooSoon):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _lost(refusal: Refused) -> bool:
    """Whether no form can help: the thing is not there, or nobody is signed in."""
    return isinstance(refusal, NotFound | NotSignedIn)


# --- ask ---


@bp.get("/ask")
def ask_form() -> Response:
    """The form for a new thread; category, title and the words of a search may come along."""
    who = member()
    typed = {name: request.args.get(name, "") for name in ASK_FIELDS}
    typed["title"] = typed["title"] or request.args.get("q", "")
    return _ask_page(who, typed)


def _ask_page(who: Viewer, typed: Mapping[str, str], refusal: Refused | None = None) -> Response:
    open_to_me = [category for category in readable_categories(who) if may_start_thread(who, category)]
    return _again(
        "writing/ask.html",
        refusal,
        typed=typed,
        choices=open_to_me,
        chosen=_chosen(open_to_me, typed.get("category", "")),
        threads=similar(who, typed["title"]) if typed.get("title") else (),
    )


def _chosen(choices: list[CategoryView], slug: str) -> str:
    known = {category.slug for category in choices}
    return slug if slug in known else (choices[0].slug if len(choices) == 1 else "")


@bp.post("/ask")
def ask() -> Response | BaseResponse:
    """Start a thread."""
    who = member()
    try:
        prepared = publishing.prepare(who, from_form(ThreadInput, request.form))
        with transaction():
            published = publishing.publish(prepared)
            target = paths.thread(published.thread.id, published.thread.slug)
    except Refused as refusal:
        if _lost(refusal) and not request.form.get("title"):
            raise
        return _ask_page(who, {name: request.form.get(name, "") for name in ASK_FIELDS}, refusal)
    return redirect(target, 303)


# --- reply ---


@bp.post(f"/t/<{ID}:thread_id>/reply")
def reply(thread_id: int) -> Response | BaseResponse:
    """Reply to a thread, or comment on one of its posts when `parent_id` names it."""
    who = member()
    try:
        prepared = publishing.prepare(who, from_form(ReplyInput, request.form, thread_id=thread_id))
        with transaction():
            post_id = publishing.publish(prepared).post.id
    except Refused as refusal:
        if _lost(refusal):
            raise
        return _reply_page(who, thread_id, refusal)
    return redirect(paths.post(post_id), 303)


def _reply_page(who: Viewer, thread_id: int, refusal: Refused) -> Response:
    return _again(
        "writing/reply.html",
        refusal,
        thread=queries.thread_view(who, thread_id),
        body=request.form.get("body", ""),
        parent_id=number(request.form.get("parent_id", "")),
    )


# --- edit ---


@bp.get(f"/p/<{ID}:post_id>/edit")
def edit_form(post_id: int) -> Response:
    """The form to change a post."""
    who = member()
    post, thread = queries.post_source(who, post_id)
    require(may_edit(who, post, locked=thread.locked_at is not None))
    typed = {"title": thread.title, "body": post.body, "tags": ", ".join(thread.tag_names), "comment": ""}
    return _edit_page(post, thread, typed)


def _edit_page(post: Post, thread: Thread, typed: Mapping[str, str], refusal: Refused | None = None) -> Response:
    return _again("writing/edit.html", refusal, post=post, thread=thread, typed=typed)


@bp.post(f"/p/<{ID}:post_id>/edit")
def edit(post_id: int) -> Response | BaseResponse:
    """Change a post; one that somebody else changed meanwhile is shown with both texts."""
    who = member()
    try:
        prepared = publishing.prepare(who, from_form(EditInput, request.form, post_id=post_id))
        with transaction():
            is_held = publishing.publish(prepared).is_held
    except Refused as refusal:
        if _lost(refusal):
            raise
        post, thread = queries.post_source(who, post_id)
        typed = {name: request.form.get(name, "") for name in ("title", "body", "tags", "comment")}
        return _edit_page(post, thread, typed, refusal)
    if is_held:
        flash(say(text("Thank you. A moderator looks at your change; until then the old text stays.")), "wait")
    return redirect(paths.post(post_id), 303)


# --- delete ---


@bp.get(f"/p/<{ID}:post_id>/delete")
def delete_form(post_id: int) -> Response:
    """Ask once more before an own post goes."""
    who = member()
    post, thread = queries.post_source(who, post_id)
    require(may_delete(who, post, reply_count=thread.reply_count))
    return page("writing/delete.html", post=post, thread=thread, start=queries.plain_start(post.body_html))


@bp.post(f"/p/<{ID}:post_id>/delete")
def delete(post_id: int) -> BaseResponse:
    """Take back an own post."""
    who = member()
    with transaction():
        post = service.delete_post(who, post_id)
        is_opening, thread_id = post.kind == "opening", post.thread_id
    flash(say(text("Your post is deleted.")), "done")
    return redirect("/" if is_opening else f"/t/{thread_id}", 303)


# --- history ---


@bp.get(f"/p/<{ID}:post_id>/history")
def history(post_id: int) -> Response:
    """Every state of a text, each with what changed since the one before."""
    who = viewer()
    post, thread = queries.post_source(who, post_id)
    states = queries.revisions(who, post_id)
    older = [*states[1:], None]
    shown = [
        (state, changes(before.body if before else "", state.body) if before else None)
        for state, before in zip(states, older, strict=True)
    ]
    return page("writing/history.html", post=post, thread=thread, states=shown)
