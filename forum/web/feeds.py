"""Feeds and the map of the site: what programs read, always with a visitor's eyes.

Atom is made by a template of 30 lines that escapes every value; the feed libraries bring an XML parser of 15 MB for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, make_response, request

from config import Config
from forum.accounts.site import site
from forum.accounts.viewer import ANONYMOUS
from forum.discussion import syndication
from forum.discussion.categories import category_by_slug, readable_categories
from forum.discussion.syndication import Entry
from forum.http import locale as words
from forum.http import paths
from forum.http.pages import PageEnvironment
from forum.kit.errors import NotFound
from forum.kit.settings import confirm
from forum.kit.words import text
from forum.web.routing import ID

bp = Blueprint("feeds", __name__)
ATOM = "application/atom+xml"
# What is hidden now must not be told by a cache for long.
MAX_AGE = 60
THREADS_PER_MAP = 5000
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A path from the root in a tag of our own pipeline's making; nowhere else stands an unescaped "<a ".
LOCAL_LINK = re.compile(r'(<a (?:[^>"]|"[^"]*")*?href=")(?=/(?!/))')
LISTS = ("/", "/latest", "/unanswered", "/top", "/solved", "/ideas", "/categories", "/tags")


@bp.get("/feeds/latest.atom")
def latest() -> Response:
    """The threads with the latest activity."""
    entries = syndication.newest_threads()
    about = {"page": "/", "name": "latest", "title": site()["name"], "subtitle": site()["tagline"]}
    return _feed(about, [_thread_entry(entry) for entry in entries], entries)


@bp.get("/c/<slug>.atom")
def category(slug: str) -> Response:
    """The threads of a category that is open to everybody."""
    found = category_by_slug(ANONYMOUS, slug)
    entries = syndication.newest_threads(found.id)
    title = f"{found.name} · {site()['name']}"
    about = {"page": paths.category(slug), "name": f"c/{found.id}", "title": title, "subtitle": found.description}
    return _feed(about, [_thread_entry(entry) for entry in entries], entries)


@bp.get(f"/t/<{ID}:thread_id>.atom")
def thread(thread_id: int) -> Response:
    """The latest posts of a thread."""
    found, entries = syndication.newest_posts(thread_id)
    title = f"{found.title} · {site()['name']}"
    about = {"page": paths.thread(found.id, found.slug), "name": f"t/{found.id}/posts", "title": title, "subtitle": ""}
    return _feed(about, [_post_entry(entry) for entry in entries], entries)


def _feed(about: dict[str, str], shown: Sequence[dict[str, Any]], entries: Sequence[Entry]) -> Response:
    changed = max((entry.updated_at for entry in entries), default=BEGINNING)
    feed = {
        **about,
        "id": _tag_uri(about["name"], BEGINNING),
        "updated": _moment(changed),
        "self": _base() + paths.quote(request.path),
        "page": _base() + about["page"],
    }
    return _xml(
        "feeds/atom.xml",
        ATOM,
        changed if entries else None,
        lang=site()["locale"],
        base=_base(),
        feed=feed,
        entries=shown,
    )


def _thread_entry(entry: Entry) -> dict[str, Any]:
    return _entry(entry, f"t/{entry.thread_id}", paths.thread(entry.thread_id, entry.slug), entry.title)


def _post_entry(entry: Entry) -> dict[str, Any]:
    """A post under a title that says whose it is, in the community's language."""
    name = entry.author_name
    said = text("Comment by {name}", name=name) if entry.kind == "comment" else text("Reply by {name}", name=name)
    title = entry.title if entry.kind == "opening" else words.say(said, site()["locale"])
    return _entry(entry, f"p/{entry.post_id}", paths.post(entry.post_id), title)


def _entry(entry: Entry, name: str, path: str, title: str) -> dict[str, Any]:
    username = entry.author_username
    return {
        "id": _tag_uri(name, entry.created_at),
        "title": title,
        "href": _base() + path,
        "lang": "" if entry.lang == "und" else entry.lang,
        "published": _moment(entry.created_at),
        "updated": _moment(entry.updated_at),
        "author": entry.author_name,
        "author_href": _base() + paths.user(username) if username else "",
        "tags": entry.tag_names,
        "content": LOCAL_LINK.sub(rf"\g<1>{_base()}", entry.body_html),
    }


def _tag_uri(name: str, at: datetime) -> str:
    """A name for all time (RFC 4151): no new title and no move to another path changes it."""
    return f"tag:{urlsplit(_base()).hostname},{at:%Y-%m-%d}:{name}"


@bp.get("/sitemap.xml")
def sitemap() -> Response:
    """The maps there are; one of the places, and one for each 5,000 numbers of threads."""
    _must_be_indexed()
    numbers = range(syndication.highest_thread() // THREADS_PER_MAP + 1)
    maps = [f"{_base()}/sitemap/places.xml", *(f"{_base()}/sitemap/{number}.xml" for number in numbers)]
    return _xml("feeds/sitemap_index.xml", "application/xml", None, maps=maps)


@bp.get("/sitemap/places.xml")
def places() -> Response:
    """The lists and the categories that are open to everybody."""
    _must_be_indexed()
    found = [*LISTS, *(paths.category(category.slug) for category in readable_categories(ANONYMOUS))]
    return _xml("feeds/sitemap.xml", "application/xml", None, addresses=[(_base() + path, "") for path in found])


@bp.get("/sitemap/<int(max=999999999):number>.xml")
def threads(number: int) -> Response:
    """The threads whose numbers belong on this map; its cost does not grow with the community."""
    _must_be_indexed()
    low = number * THREADS_PER_MAP
    found = syndication.threads_between(low, low + THREADS_PER_MAP)
    if not found and number:
        raise NotFound
    changed = max((one.active_at for one in found), default=None)
    addresses = [(_base() + paths.thread(one.id, one.slug), _moment(one.active_at)) for one in found]
    return _xml("feeds/sitemap.xml", "application/xml", changed, addresses=addresses)


def _must_be_indexed() -> None:
    confirm(None)
    if not site()["indexed"]:
        raise NotFound


def _base() -> str:
    config: Config = current_app.extensions["madang"]
    return config.public_url


def _moment(at: datetime) -> str:
    """With microseconds, so that two changes of one second make two documents."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _xml(template: str, mimetype: str, changed: datetime | None, **values: Any) -> Response:
    """The document, or 304 when the reader has it already."""
    environment: PageEnvironment = current_app.extensions["pages"][site()["locale"]]
    response = make_response(NOT_IN_XML.sub("", environment.get_template(template).render(values)))
    response.headers["Content-Type"] = f"{mimetype}; charset=utf-8"
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE}"
    if changed is not None:
        response.last_modified = changed
    if not site()["indexed"]:
        response.headers["X-Robots-Tag"] = "noindex"
    response.add_etag()
    response.make_conditional(request)
    return response
