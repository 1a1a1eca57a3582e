"""Reading pages: the home page and its tabs, categories, tags, threads, and the address of a single post."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forum.accounts.viewer import Viewer
from forum.discussion import lists, queries
from forum.discussion.categories import CategoryView, category_by_slug, readable_categories
from forum.discussion.lists import Rail, Sort, ThreadList, ThreadQuery
from forum.http import paths
from forum.http.locale import today
from forum.http.pages import kept_page, page
from forum.http.viewer import viewer
from forum.kit.errors import NotFound
from forum.kit.settings import confirm
from forum.web import thread_page
from forum.web.routing import ID

bp = Blueprint("threads", __name__)
TABS: tuple[Sort, ...] = ("latest", "unanswered", "top", "solved")


@bp.get("/")
def home() -> Response:
    """The front page: what is new, and one field to search or ask."""
    return _listed("home", "/", ThreadQuery())


@bp.get("/latest")
def latest() -> Response:
    """The threads with the latest replies."""
    return _listed("latest", "/latest", ThreadQuery())


@bp.get("/unanswered")
def unanswered() -> Response:
    """Questions without a reply."""
    return _listed("unanswered", "/unanswered", ThreadQuery(sort="unanswered"))


@bp.get("/top")
def top() -> Response:
    """The threads with the most votes."""
    return _listed("top", "/top", ThreadQuery(sort="top"))


@bp.get("/solved")
def solved() -> Response:
    """Questions whose asker accepted an answer."""
    return _listed("solved", "/solved", ThreadQuery(sort="solved"))


@bp.get("/ideas")
def ideas() -> Response:
    """What people wish for."""
    return _listed("ideas", "/ideas", ThreadQuery(kind="idea"))


@bp.get("/c/<slug>")
def category(slug: str) -> Response:
    """The threads of a category."""
    found = category_by_slug(viewer(), slug)
    wanted = request.args.get("sort", "latest")
    sort: Sort = next((tab for tab in TABS if tab == wanted), "latest")
    return _listed(sort, paths.category(slug), ThreadQuery(sort=sort, category_id=found.id), category=found)


@bp.get("/tag/<name>")
def tag(name: str) -> Response:
    """The threads that carry a tag."""
    word = name.casefold()
    return _listed("tag", paths.tag(word), ThreadQuery(tag=word), tag=word)


def _listed(
    view: str, here: str, wanted: ThreadQuery, *, category: CategoryView | None = None, tag: str | None = None
) -> Response:
    """A page with a list: two statements, whatever the list; one, when a visitor's page is made already."""
    who, after = viewer(), request.args.get("after") or None
    about: dict[str, Any] = {"view": view, "here": here, "category": category, "tag": tag, "after": after}
    if who.is_member:
        found = lists.threads(who, wanted, after)
        if tag is not None and not found.items and after is None:
            raise NotFound
        return page("threads/list.html", **_values(who, found, lists.rail(who), about))
    seen = lists.glance(who, wanted, after)
    if tag is not None and not seen.has_threads and after is None:
        raise NotFound
    kept = (view, category, tag, seen.key, today(seen.latest) if seen.latest else None)

    def values() -> dict[str, Any]:
        return _values(who, lists.threads(who, wanted, after), seen.rail, about)

    return kept_page("threads/list.html", kept, values)


def _values(who: Viewer, found: ThreadList, rail: Rail, about: dict[str, Any]) -> dict[str, Any]:
    readable, here, after = readable_categories(who), about["here"], about["after"]
    sort = about["view"] if about["category"] and about["view"] != "latest" else None
    first = paths.with_query(here, sort=sort)
    following = paths.with_query(here, sort=sort, after=found.next)
    return {
        "view": about["view"],
        "category": about["category"],
        "tag": about["tag"],
        "threads": found.items,
        "next_href": following if found.next else "",
        "first_href": first if after else "",
        "rail": rail,
        "categories": {c.id: c for c in readable},
        "total": sum(rail.thread_counts.get(c.id, 0) for c in readable),
    }


@bp.get("/categories")
def all_categories() -> Response:
    """Every category with its description."""
    confirm(None)
    return page("threads/categories.html", counts=lists.thread_counts())


@bp.get("/tags")
def all_tags() -> Response:
    """The tags, the most used first."""
    confirm(None)
    return page("threads/tags.html", tags=queries.tags(viewer()))


@bp.get(f"/t/<{ID}:thread_id>")
@bp.get(f"/t/<{ID}:thread_id>/<slug>")
def thread(thread_id: int, slug: str = "") -> Response | BaseResponse:
    """A thread; any other name in its address leads to the present one."""
    found = queries.thread_view(viewer(), thread_id)
    if slug != found.slug:
        given: dict[str, Any] = request.args.to_dict()
        return redirect(paths.with_query(paths.thread(found.id, found.slug), **given), 301)
    return thread_page.show(found)


@bp.get(f"/p/<{ID}:post_id>")
def post(post_id: int) -> BaseResponse:
    """From the address of a post to its place in the thread."""
    place = queries.place_of(viewer(), post_id)
    target = paths.with_query(paths.thread(place.thread_id, place.slug), after=place.after, open=place.open_post)
    return redirect(f"{target}#p{post_id}", 302)
