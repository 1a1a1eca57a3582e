"""The search pages: results with what narrows them, how to search, and what goes on like the typed words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import get_args

from flask import Blueprint, Response, jsonify, request

from forum.accounts.site import site
from forum.accounts.viewer import Viewer
from forum.discussion.categories import readable_categories
from forum.http import limits, paths
from forum.http.pages import page
from forum.http.viewer import viewer
from forum.kit.words import Text, text
from forum.search.facets import Facets, facets
from forum.search.operators import HELP
from forum.search.queries import Order, Results, look_up, page_of
from forum.search.query import Hint
from forum.search.suggestions import similar, suggest

bp = Blueprint("search", __name__)
LONGEST = 200
# A letter each half second; the words are sent after a short rest.
TYPING_PER_MINUTE = 120
HINTS: dict[Hint, Text] = {
    Hint.NOTHING_TO_FIND: text("There is no word in it to look for. Write what you see or what you want."),
    Hint.COMMON_WORDS: text("These words are in nearly every post. Add one that says what it is about."),
    Hint.ONLY_EXCLUDED: text("Words to leave out need a word to look for."),
}
ORDERS: dict[Order, Text] = {
    "relevance": text("Best match"),
    "newest": text("Newest first"),
    "oldest": text("Oldest first"),
    "votes": text("Most votes"),
}
STATES: dict[str, Text] = {
    "solved": text("Solved"),
    "unsolved": text("Not solved yet"),
    "question": text("Questions"),
    "discussion": text("Discussions"),
    "idea": text("Ideas"),
}
SINCE: dict[str, Text] = {
    "7d": text("Past week"),
    "30d": text("Past month"),
    "1y": text("Past year"),
}
NARROWING = ("category", "state", "since", "tag", "author", "year")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen beside the words."""

    category: str = ""
    state: str = ""
    since: str = ""
    tag: str = ""
    author: str = ""
    year: str = ""

    def operators(self) -> str:
        """The same in the words of the search box."""
        written = [
            f'{key}:"{value}"'
            for key, value in (("category", self.category), ("tag", self.tag), ("author", self.author))
            if value
        ]
        if self.state in STATES:
            written.append(f"is:{self.state}")
        if self.since in SINCE:
            written.append(f"after:{self.since}")
        if self.year.isdecimal() and len(self.year) == len("2026"):
            written.append(f"after:{self.year} before:{int(self.year) + 1:04}")
        return " ".join(written)


def _chosen() -> Chosen:
    return Chosen(**{name: request.args.get(name, "").replace('"', "").strip()[:60] for name in NARROWING})


def _order() -> Order:
    asked = request.args.get("sort", "")
    return next((order for order in get_args(Order) if order == asked), "relevance")


@bp.get("/search")
def search() -> Response:
    """Threads that fit the words; without words, how to search."""
    who = viewer()
    words = request.args.get("q", "").strip()[:LONGEST]
    after, chosen, order = request.args.get("after") or None, _chosen(), _order()
    found, parts = _found(who, words, chosen, order, after) if words or chosen.operators() else (None, Facets())
    kept = {**asdict(chosen), "sort": "" if order == "relevance" else order}
    return _noindex(
        page(
            "search/search.html",
            search_words=words,
            found=found,
            chosen=chosen,
            order=found.order if found else order,
            orders=ORDERS,
            states=STATES,
            since=SINCE,
            hint=None if found is None or found.hint is None else HINTS.get(found.hint),
            next_href=_address(words, kept, after=found.next) if found and found.next else "",
            first_href=_address(words, kept) if after else "",
            # Where one choice is made or taken back, all others are kept.
            narrowed=lambda **choice: _address(words, {**kept, **choice}),
            kept_query=kept,
            categories={category.id: category for category in readable_categories(who)},
            by_slug={category.slug: category.name for category in readable_categories(who)},
            divisions=_divisions(who, words, kept, parts),
        )
    )


def _address(words: str, kept: Mapping[str, str], after: str | None = None) -> str:
    return paths.with_query("/search", q=words, **kept, after=after)


def _found(who: Viewer, words: str, chosen: Chosen, order: Order, after: str | None) -> tuple[Results, Facets]:
    per_minute = site()["search_per_minute_member" if who.is_member else "search_per_minute_guest"]
    limits.hit("search", f"{per_minute}/minute", limits.of_viewer(who))
    found = look_up(who, words, order, chosen.operators())
    results = page_of(who, words, found, after, narrowed=chosen.operators())
    return results, facets(found) if results.items else Facets()


Division = list[tuple[str, str, int]]


def _divisions(who: Viewer, words: str, kept: Mapping[str, str], parts: Facets) -> dict[str, Division]:
    """The parts of what was found: words, where they lead, how many threads."""

    def rows(name: str, counts: Iterable[tuple[str, str, int]]) -> Division:
        return [(shown, _address(words, {**kept, name: value}), count) for shown, value, count in counts]

    readable = {category.id: category for category in readable_categories(who)}
    known = [(readable[one], count) for one, count in parts.categories.items() if one in readable]
    return {
        "by_category": rows("category", [(one.name, one.slug, count) for one, count in known]),
        "by_tag": rows("tag", [(tag, tag, count) for tag, count in parts.tags.items()]),
        "by_author": rows("author", [(name, name, count) for name, count in parts.authors.items()]),
        "by_year": rows("year", [(str(year), str(year), count) for year, count in sorted(parts.years.items())]),
    }


def _noindex(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@bp.get("/search/help")
def search_help() -> Response:
    """All operators of the search box, from the table that reads them."""
    return page("search/help.html", lines=HELP)


@bp.get("/search/suggest")
def suggestions() -> Response:
    """Titles, tags and members that go on like `q`: a piece of a page, or JSON for who asks for it."""
    who = viewer()
    limits.hit("suggest", f"{TYPING_PER_MINUTE}/minute", limits.of_viewer(who))
    found = suggest(who, request.args.get("q", ""))
    if request.accept_mimetypes.best == "application/json":
        return _noindex(jsonify(asdict(found)))
    return _noindex(page("search/_suggestions.html", found=found))


@bp.get("/search/similar")
def similar_questions() -> Response:
    """Threads that may answer the question with this `title`, as a piece of the ask page."""
    who = viewer()
    limits.hit("suggest", f"{TYPING_PER_MINUTE}/minute", limits.of_viewer(who))
    return _noindex(page("search/_similar.html", threads=similar(who, request.args.get("title", "")[:LONGEST])))
