"""The search page."""

from __future__ import annotations

from flask import Blueprint, Response, request

from forum.accounts.site import site
from forum.accounts.viewer import Viewer
from forum.discussion.categories import readable_categories
from forum.http import limits, paths
from forum.http.pages import page
from forum.http.viewer import viewer
from forum.kit.words import Text, text
from forum.search.queries import Results, find
from forum.search.query import Hint

bp = Blueprint("search", __name__)
LONGEST = 200
HINTS: dict[Hint, Text] = {
    Hint.NOTHING_TO_FIND: text("There is no word in it to look for. Write what you see or what you want."),
    Hint.COMMON_WORDS: text("These words are in nearly every post. Add one that says what it is about."),
    Hint.ONLY_EXCLUDED: text("Words to leave out need a word to look for."),
}


@bp.get("/search")
def search() -> Response:
    """Threads that fit the words; without words, how to search."""
    who = viewer()
    words = request.args.get("q", "").strip()[:LONGEST]
    after = request.args.get("after") or None
    found = _found(who, words, after) if words else None
    response = page(
        "search/search.html",
        search_words=words,
        found=found,
        hint=None if found is None or found.hint is None else HINTS.get(found.hint),
        after=after,
        next_href=paths.with_query("/search", q=words, after=found.next) if found and found.next else "",
        first_href=paths.search(words) if after else "",
        categories={category.id: category for category in readable_categories(who)},
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _found(who: Viewer, words: str, after: str | None) -> Results:
    per_minute = site()["search_per_minute_member" if who.is_member else "search_per_minute_guest"]
    limits.hit("search", f"{per_minute}/minute", limits.of_viewer(who))
    return find(who, words, after)
