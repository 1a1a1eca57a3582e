"""The owner's first page, reached once by a link from the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from zoneinfo import available_timezones

from flask import Blueprint, Response, g, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forum.accounts.inputs import SetupInput
from forum.accounts.passwords import MIN_LENGTH
from forum.accounts.queries import open_link
from forum.accounts.service import open_session
from forum.accounts.site import site
from forum.discussion.setup import LINK_PURPOSE, prepare_setup, set_up_community
from forum.http import limits
from forum.http import locale as words
from forum.http.forms import from_form
from forum.http.pages import page
from forum.http.viewer import enter
from forum.kit.db import transaction
from forum.kit.errors import NotFound, Refused
from forum.web.accounts import refused_page, secret

bp = Blueprint("setup", __name__)
COMMON_ZONES = (
    "UTC",
    "Asia/Seoul",
    "Asia/Tokyo",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "Australia/Sydney",
)
REGIONS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
TRIES = "20/hour"


@lru_cache(maxsize=1)
def zones() -> Mapping[str, Sequence[str]]:
    """All zones of the world by region, each in its order."""
    names = sorted(available_timezones())
    return {region: [name for name in names if name.startswith(f"{region}/")] for region in REGIONS}


@bp.get("/setup/<token>")
def first_page(token: str) -> Response:
    """The page behind the link, while the link is good."""
    try:
        open_link(token, LINK_PURPOSE)
    except NotFound as refusal:
        return _over(refusal)
    return _first_page()


def _first_page(refusal: Refused | None = None) -> Response:
    g.no_store = True
    typed = {name: request.form.get(name, "") for name in SetupInput.model_fields if name != "password"}
    start = {"locale": words.current(), "timezone": str(site()["timezone"])}
    values = typed if refusal is not None else {**typed, **start}
    return refused_page(
        "setup/first.html",
        refusal,
        typed=values,
        is_first=refusal is None,
        common=COMMON_ZONES,
        zones=zones(),
        locales=words.NAMES,
        min_length=MIN_LENGTH,
    )


def _over(refusal: NotFound) -> Response:
    g.no_store = True
    return page("setup/over.html", refusal.status, refusal=refusal)


@bp.post("/setup/<token>")
def set_up(token: str) -> Response | BaseResponse:
    """Make the community and its owner, and sign them in."""
    try:
        open_link(token, LINK_PURPOSE)
        limits.hit("setup", TRIES, limits.address())
        prepared = prepare_setup(from_form(SetupInput, request.form), secret(), request.remote_addr)
        with transaction():
            owner = set_up_community(token, prepared)
            session = open_session(owner.id, request.user_agent.string)
    except NotFound as refusal:
        return _over(refusal)
    except Refused as refusal:
        return _first_page(refusal)
    enter(session)
    return redirect("/", 303)
