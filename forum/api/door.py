"""What every request of the API passes: its key, its limits, its strict body, and the form of its answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeVar

import orjson
from apiflask import APIBlueprint
from flask import Response, current_app, g, make_response, request
from pydantic import BaseModel
from werkzeug.exceptions import UnsupportedMediaType

from forum.accounts.queries import key_holder
from forum.accounts.viewer import ANONYMOUS, Viewer
from forum.http import limits
from forum.http.forms import from_json
from forum.http.security import SAFE
from forum.kit.errors import Invalid, NotSignedIn, Refused
from forum.kit.words import text

M = TypeVar("M", bound=BaseModel)
C = TypeVar("C", bound=str)

# Requests of one key (of one address without a key), and those among them that change something.
REQUESTS, WRITES, WRONG_KEYS = "300/minute", "60/minute", "30/minute"
# The longest text there may be, with every character escaped, and some room for the rest.
MOST_BYTES = 512 * 1024
DEEPEST = 20
LONGEST_ARGUMENT = 1000

api = APIBlueprint("api", __name__, url_prefix="/api/v1")


@api.before_request
def identify() -> None:
    """Who asks: the holder of the key in `Authorization: Bearer`, else nobody; cookies count for nothing here."""
    request.max_content_length = MOST_BYTES
    header = request.headers.get("Authorization")
    g.viewer = ANONYMOUS
    if header is not None:
        g.viewer = _holder(header)
        g.no_store = True
    who = limits.of_viewer(g.viewer)
    limits.hit("api", REQUESTS, who)
    if g.viewer.is_member and request.method not in SAFE:
        limits.hit("api_write", WRITES, who)


def _holder(header: str) -> Viewer:
    scheme, _, key = header.partition(" ")
    holder = key_holder(key.strip()) if scheme.lower() == "bearer" and key.strip() else None
    if holder is None:
        limits.hit("api_wrong_key", WRONG_KEYS, limits.address())
        raise NotSignedIn(text("This key is not valid. Send a key of yours as Authorization: Bearer."))
    return holder


def given(model: type[M], **path: Any) -> M:
    """The model the request's body describes, with what its address says; raises Refused for anything else."""
    body = _body()
    if isinstance(body, dict) and (twice := path.keys() & body.keys()):
        fields = {name: text("There is no such field.") for name in twice}
        raise Invalid(text("Please look at the marked fields."), fields=fields)
    return from_json(model, body, **path)


def _body() -> object:
    """The JSON value in the body; each key once, numbers and letters that exist, nested at most 20 deep."""
    if not request.is_json:
        raise UnsupportedMediaType
    raw = request.get_data()
    try:
        orjson.loads(raw)  # refuses NaN, broken UTF-8 and lone surrogates, which the standard library lets pass
        value = json.loads(raw, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise Refused(text("The body is not valid JSON.")) from error
    if _is_deeper(value, DEEPEST):
        raise Refused(text("The body is nested too deeply."))
    return value


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Which of two equal keys counts is nobody's to guess."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _is_deeper(value: object, left: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if inner is None:
        return False
    return left == 0 or any(_is_deeper(one, left - 1) for one in inner)


def argument(name: str) -> str | None:
    """A value in the address's query, or None when it is missing or empty."""
    values = request.args.getlist(name) or [""]
    value = values[0]
    if len(values) > 1 or len(value) > LONGEST_ARGUMENT or "\x00" in value:
        raise Invalid(text("This address cannot be read."), fields={name: text("This value does not fit.")})
    return value or None


def one_of(name: str, allowed: Sequence[C], default: C) -> C:
    """One of a few words in the address's query, the default when it is missing; raises Invalid for any other."""
    if name not in request.args:
        return default
    value = argument(name)
    for word in allowed:
        if word == value:
            return word
    raise Invalid(text("This address cannot be read."), fields={name: text("Choose one of the listed values.")})


def number(name: str) -> int:
    """A whole number in the address's query; 0 when it is missing."""
    value = argument(name) or "0"
    if not value.isascii() or not value.isdecimal() or int(value) >= 2**63:
        raise Invalid(text("This address cannot be read."), fields={name: text("This number is out of range.")})
    return int(value)


def answer(told: object, status: int = 200, location: str | None = None) -> Response:
    """An answer in JSON; `location` is the path of what was made."""
    response = make_response(current_app.json.response(told), status)
    if location is not None:
        response.headers["Location"] = location
    return response


def nothing() -> Response:
    """Done, and there is nothing to say about it."""
    return Response(status=204)
