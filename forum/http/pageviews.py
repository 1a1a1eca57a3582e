"""Noting page views: one line in a spool for each page that was shown, a few microseconds, never the database."""

from __future__ import annotations

from hashlib import blake2b

import orjson
import structlog
from flask import Flask, Response, request

from config import Config
from forum.discussion.visits import LONGEST_AGENT, Visit
from forum.http.limits import address
from forum.http.viewer import viewer
from forum.jobs.pageviews import FOLDER, salts_of
from forum.kit import clock
from forum.kit.outbox import uuid7
from forum.kit.salts import DailySalts
from forum.kit.spool import Spool

log = structlog.get_logger(__name__)
SHOWN = {200, 304}
KEY_BYTES = 16


def init_app(app: Flask, config: Config) -> None:
    """Note every page that is shown."""
    spool = app.extensions["pageviews"] = Spool(config.data_dir / FOLDER)
    salts, place = salts_of(config.data_dir), config.public_url.encode()

    @app.after_request
    def note(response: Response) -> Response:
        if response.status_code in SHOWN and response.mimetype == "text/html" and _is_view():
            try:
                spool.append(orjson.dumps(_visit(response, salts, place)))
            except Exception as error:  # noqa: BLE001 - counting a page must never cost anybody the page
                log.warning("page_view_lost", error=repr(error))
        return response


def _is_view() -> bool:
    """Whether somebody looks: no part of a page for a script, nothing a browser fetches in advance."""
    environ = request.environ
    if environ["REQUEST_METHOD"] != "GET" or "HTTP_HX_REQUEST" in environ:
        return False
    return "prefetch" not in str(environ.get("HTTP_SEC_PURPOSE") or environ.get("HTTP_PURPOSE"))


def _visit(response: Response, salts: DailySalts, place: bytes) -> Visit:
    environ, who, now = request.environ, viewer().actor, clock.now()
    agent = environ.get("HTTP_USER_AGENT", "")[:LONGEST_AGENT]
    return Visit(
        id=uuid7(now),
        at=now,
        key=who.key,
        cls=who.cls,
        is_mod=who.is_mod,
        visitor=_visitor(salts, place, agent) if who.cls == "guest" else None,
        thread=(request.view_args or {}).get("thread_id"),
        lang=response.headers.get("Content-Language", ""),
        page=request.endpoint or "",
        referrer=_host_of(environ.get("HTTP_REFERER", ""), environ.get("HTTP_HOST", "")),
        agent=agent,
    )


def _visitor(salts: DailySalts, place: bytes, agent: str) -> str | None:
    """A key that is the same for one visitor until four in the morning; none for who asks not to be followed."""
    environ = request.environ
    if environ.get("HTTP_DNT") == "1" or environ.get("HTTP_SEC_GPC") == "1":
        return None
    told = b"\0".join((place, address().encode(), agent.encode("utf-8", "replace")))
    return blake2b(told, key=salts.current(), digest_size=KEY_BYTES).hexdigest()


def _host_of(referrer: str, own: str) -> str | None:
    """The other site that led here: its host alone, and none for our own pages."""
    scheme, _, rest = referrer.partition("://")
    host = rest.partition("/")[0].rpartition("@")[2][:100]
    return host if scheme in {"http", "https"} and host and host != own else None
