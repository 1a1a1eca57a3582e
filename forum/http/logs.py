"""Structured logs: one JSON line a request, with an id that the answer carries too and without anybody's secrets."""

from __future__ import annotations

import logging
import re
import secrets
import sys
import time
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog
from flask import Flask, Response, g, request

SECRET = re.compile(r"authorization|cookie|token|secret|password|code", re.IGNORECASE)
GIVEN_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}$")
log = structlog.get_logger(__name__)
# Asked every few seconds by whoever watches the server.
PROBES = {"/livez", "/readyz"}


def configure(*, quiet: bool) -> None:
    """Write JSON lines to standard error; `quiet` keeps warnings and worse alone."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_secrets,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if quiet else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _json(event: dict[str, Any], **_: Any) -> str:
    """Hangul stays Hangul; what is no JSON value is written as Python shows it."""
    return orjson.dumps(event, default=repr).decode()


def without_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the values of keys that sound secret."""
    return {key: "…" if SECRET.search(key) else value for key, value in event.items()}


def init_app(app: Flask) -> None:
    """Give each request its id and its line."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if GIVEN_ID.match(given) else secrets.token_hex(8)
        g.began = time.perf_counter()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "-")
        began = g.get("began")
        took = 0.0 if began is None else (time.perf_counter() - began) * 1000
        path = re.sub(r"^/setup/.*", "/setup/…", request.path)
        if path not in PROBES:
            log.info("request", method=request.method, path=path, status=response.status_code, ms=round(took, 1))
        structlog.contextvars.clear_contextvars()
        return response
