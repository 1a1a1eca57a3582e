"""Threads in the API: listing, reading, starting, replying, and accepting answers."""

from __future__ import annotations

from typing import get_args

from flask import Response, current_app, request

from forum.accounts.viewer import Viewer
from forum.api import answers
from forum.api.description import AFTER, operation
from forum.api.door import answer, api, argument, given, nothing, number, one_of
from forum.discussion import lists, queries, service
from forum.discussion.categories import category_by_slug, readable_categories
from forum.discussion.inputs import AcceptInput, ReplyInput, ThreadInput
from forum.http.viewer import member, viewer
from forum.kit.db import transaction
from forum.kit.settings import confirm
from forum.moderation import publishing
from forum.voting.models import Vote

# Greater numbers than the databases have are no ids.
THREAD = "<int(max=9223372036854775807):thread_id>"
SORTS: tuple[lists.Sort, ...] = get_args(lists.Sort)
KINDS = ("question", "discussion", "idea")
ORDERS: tuple[queries.Order, ...] = get_args(queries.Order)


@api.get("/openapi.json")
def openapi() -> Response:
    """This document."""
    return answer(current_app.extensions["api_description"])


@api.get("/categories")
@operation("categories", "read", {200: answers.CategoryList})
def list_categories() -> Response:
    """The categories you may read, in their order."""
    who = viewer()
    confirm(None)
    counts = lists.thread_counts()
    items = [answers.category(category, who, counts) for category in readable_categories(who)]
    return answer(answers.CategoryList(items, None))


@api.get("/threads")
@operation(
    "threads",
    "read",
    {200: answers.ThreadList},
    query={
        "category": {"type": "string", "description": "The slug of a category."},
        "tag": {"type": "string"},
        "kind": {"enum": KINDS},
        "sort": {"enum": SORTS, "default": "latest"},
        "after": AFTER,
    },
)
def list_threads() -> Response:
    """Threads, the latest first unless `sort` says otherwise."""
    who, slug = viewer(), argument("category")
    kind = one_of("kind", KINDS, "question") if "kind" in request.args else None
    wanted = lists.ThreadQuery(
        sort=one_of("sort", SORTS, "latest"),
        kind=kind,
        category_id=category_by_slug(who, slug).id if slug else None,
        tag=argument("tag"),
    )
    found = lists.threads(who, wanted, argument("after"), pins=False)
    return answer(answers.ThreadList([answers.thread_item(row) for row in found.items], found.next))


@api.post("/threads")
@operation("threads", "write", {201: answers.Thread, 202: answers.Thread}, body=ThreadInput)
def start_thread() -> Response:
    """Start a thread.

    The body of the opening post is Markdown. `category` is the slug of a category.
    """
    prepared = publishing.prepare(member(), given(ThreadInput))
    with transaction():
        published = publishing.publish(prepared)
        thread_id, status = published.thread.id, 202 if published.is_held else 201
    return answer(_thread(member(), thread_id), status, location=f"{api.url_prefix}/threads/{thread_id}")


def _thread(who: Viewer, thread_id: int) -> answers.Thread:
    view = queries.thread_view(who, thread_id)
    return answers.thread(view, _opening(who, view))


def _opening(who: Viewer, view: queries.ThreadView) -> answers.Post | None:
    if view.opening_post_id is None:
        return None
    found = queries.post_view(who, view.opening_post_id, votes=Vote)
    return answers.posts(who, [found])[0]


@api.get(f"/threads/{THREAD}")
@operation(
    "threads",
    "read",
    {200: answers.ThreadWithPosts},
    query={
        "order": {"enum": ORDERS, "default": "helpful"},
        "after": AFTER,
        "open": {
            "type": "integer",
            "minimum": 1,
            "maximum": 2**63 - 1,
            "description": "The id of a post whose comments you want all of, not the first five.",
        },
    },
)
def read_thread(thread_id: int) -> Response:
    """A thread with a page of its posts."""
    who = viewer()
    view = queries.thread_view(who, thread_id)
    order, after = one_of("order", ORDERS, "helpful"), argument("after")
    page = queries.posts_page(who, view, votes=Vote, order=order, after=after, open_post=number("open"))
    shown = answers.posts(who, page.items)
    on_page = next((post for post in shown if post.id == view.opening_post_id), None)
    opening = on_page or _opening(who, view)
    return answer(answers.thread_with_posts(view, opening, answers.PostList(shown, page.next)))


@api.post(f"/threads/{THREAD}/replies")
@operation("posts", "write", {201: answers.Post, 202: answers.Post}, body=ReplyInput, in_path=("thread_id",))
def reply(thread_id: int) -> Response:
    """Reply to a thread, or, with `parent_id`, comment on one of its posts."""
    who = member()
    prepared = publishing.prepare(who, given(ReplyInput, thread_id=thread_id))
    with transaction():
        published = publishing.publish(prepared)
        post_id, status = published.post.id, 202 if published.is_held else 201
    found = queries.post_view(who, post_id, votes=Vote)
    return answer(answers.posts(who, [found])[0], status, location=f"{api.url_prefix}/posts/{post_id}")


@api.put(f"/threads/{THREAD}/accepted")
@operation("threads", "write", {200: answers.Thread}, body=AcceptInput)
def accept_answer(thread_id: int) -> Response:
    """Mark the reply that solved your question, instead of any other."""
    who = member()
    wanted = given(AcceptInput)
    with transaction():
        service.accept_answer(who, thread_id, wanted.post_id)
    return answer(_thread(who, thread_id))


@api.delete(f"/threads/{THREAD}/accepted")
@operation("threads", "write", {204: None})
def unaccept_answer(thread_id: int) -> Response:
    """Take the choice of an answer back; without one nothing changes."""
    who = member()
    with transaction():
        service.unaccept_answer(who, thread_id)
    return nothing()
