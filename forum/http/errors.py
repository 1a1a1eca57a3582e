"""From refusals and accidents to answers: a page with a way out, or problem+json for the API."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, make_response, redirect, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response as BaseResponse

from forum.http import locale as words
from forum.http.pages import page
from forum.http.paths import is_local, with_query
from forum.kit.db import db
from forum.kit.errors import Conflict, NotAllowed, NotFound, NotSignedIn, Refused, TooSoon, Unavailable
from forum.kit.words import Text, text

log = structlog.get_logger(__name__)
TITLES = {
    400: text("That request could not be read"),
    401: text("Sign in first"),
    403: text("This is not yours to do"),
    404: text("There is nothing at this address"),
    405: text("That cannot be done here"),
    409: text("Somebody was faster"),
    413: text("That is too large"),
    422: text("Something is missing"),
    423: text("Somebody else is at it"),
    429: text("A moment, please"),
    500: text("Something broke on our side"),
    503: text("Not available just now"),
}


def init_app(app: Flask) -> None:
    """Turn everything that is raised into an answer."""
    app.register_error_handler(Refused, refused)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(IntegrityError, raced)
    app.register_error_handler(OperationalError, database_down)
    app.register_error_handler(DataError, unreadable)
    app.register_error_handler(Exception, broken)


def wants_json() -> bool:
    """Whether the answer goes to a program."""
    return request.path.startswith("/api/")


def refused(refusal: Refused) -> Response | BaseResponse:
    """The answer to a refusal."""
    db.session.rollback()
    if wants_json():
        return problem(refusal.status, refusal.message, refusal.code, refusal.fields, refusal.extra)
    if isinstance(refusal, NotSignedIn):
        return redirect(with_query("/login", next=_came_from()))
    return _error_page(refusal.status, refusal.message, refusal=refusal)


def _came_from() -> str:
    """The page to return to: this one, or the one whose form was sent."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    back = (request.referrer or "").removeprefix(request.host_url.rstrip("/"))
    return back if is_local(back) else "/"


def http_error(error: HTTPException) -> Response | BaseResponse:
    """The answer to what the framework refuses: unknown address, wrong method, too large."""
    status = error.code or 500
    if isinstance(error, CSRFError):
        return refused(NotAllowed(text("This form is too old. Go back, load the page again and send it once more.")))
    if 300 <= status < 400:  # noqa: PLR2004 - a redirect is no error
        return error.get_response()
    message = NotFound().message if status == 404 else TITLES.get(status, TITLES[400])  # noqa: PLR2004 - the status itself
    response = problem(status, message, "http_error", {}, {}) if wants_json() else _error_page(status, message)
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return response


def raced(_: IntegrityError) -> Response | BaseResponse:
    """Two people made the same thing at the same moment; the second is told, nothing of it was stored."""
    return refused(Conflict(text("Somebody did the same at the same moment. Load the page again and look.")))


def database_down(error: OperationalError) -> Response | BaseResponse:
    """The database does not answer, or its disk is full: writes wait, what was typed is still in the browser."""
    log.error("database_unavailable", error=str(error.orig))
    return refused(
        Unavailable(
            text("Nothing can be stored at the moment. Go back, your text is still there; try again in a minute.")
        )
    )


def unreadable(_: DataError) -> Response | BaseResponse:
    """Something in the request that no column can hold, such as a NUL byte or a number beyond all ids."""
    return refused(Refused(TITLES[400]))


def broken(error: Exception) -> Response | BaseResponse:
    """An accident: logged with its trace, answered without it."""
    log.exception("request_failed", error=repr(error))
    db.session.rollback()
    message = text("Something broke on our side. It has been written down with the number below.")
    if wants_json():
        return problem(500, message, "internal_error", {}, {})
    try:
        return _error_page(500, message)
    except Exception:  # noqa: BLE001 - the page of last resort must not need what just broke
        return make_response(words.say(message, "en"), 500)


def problem(status: int, message: Text, code: str, fields: dict[str, Text], extra: dict[str, Any]) -> Response:
    """An answer of type application/problem+json (RFC 9457)."""
    body = {
        "type": f"urn:madang:problem:{code}",
        "title": words.say(TITLES.get(status, TITLES[400])),
        "status": status,
        "detail": words.say(message),
        "errors": [{"field": name, "message": words.say(said)} for name, said in fields.items()],
        **extra,
    }
    response = jsonify(body)
    response.status_code = status
    response.headers["Content-Type"] = "application/problem+json"
    if "retry_after" in extra:
        response.headers["Retry-After"] = str(extra["retry_after"])
    if status == 401:  # noqa: PLR2004 - the status itself
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _error_page(status: int, message: Text, refusal: Refused | None = None) -> Response:
    response = page(
        "errors/error.html",
        status,
        code=status,
        title=TITLES.get(status, TITLES[400]),
        message=message,
        refusal=refusal,
        request_id=g.get("request_id", ""),
        words=request.path.strip("/").replace("-", " ").replace("/", " ")[:80] if status == 404 else "",  # noqa: PLR2004 - the status itself
    )
    if isinstance(refusal, TooSoon):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response
