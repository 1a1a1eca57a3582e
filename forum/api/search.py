"""Searching in the API: the same question and the same answer as on the page."""

from __future__ import annotations

from typing import get_args

from flask import Response

from forum.accounts.site import site
from forum.api import answers
from forum.api.description import AFTER, operation
from forum.api.door import answer, api, argument, one_of
from forum.http import limits
from forum.http.viewer import viewer
from forum.search.queries import Order, find

ORDERS: tuple[Order, ...] = get_args(Order)


@api.get("/search")
@operation(
    "search",
    "read",
    {200: answers.SearchAnswer},
    query={
        "q": {"type": "string", "description": "As typed into the search box; the first 200 characters count."},
        "sort": {"enum": ORDERS, "default": "relevance"},
        "after": AFTER,
    },
)
def search() -> Response:
    """Threads that fit what somebody typed, the best first."""
    who = viewer()
    per_minute = site()["search_per_minute_member" if who.is_member else "search_per_minute_guest"]
    limits.hit("search", f"{per_minute}/minute", limits.of_viewer(who))
    order = one_of("sort", ORDERS, "relevance")
    found = find(who, argument("q") or "", argument("after"), order=order)
    hint = None if found.hint is None else found.hint.value
    items = [answers.search_hit(hit) for hit in found.items]
    return answer(answers.SearchAnswer(items, found.total, found.next, found.did_you_mean, hint))
