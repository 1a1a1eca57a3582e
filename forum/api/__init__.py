"""The JSON API under /api/v1; the only room that knows APIFlask."""

from __future__ import annotations

from typing import Any

import orjson
from apiflask import APIFlask
from flask import Flask, Response
from flask.json.provider import JSONProvider

from forum.api import metrics, moderation, posts, search, threads
from forum.api.description import describe
from forum.api.door import api
from forum.http.security import csrf

__all__ = ["new_app", "register"]

# Importing them hangs their routes on the blueprint.
ROUTES = (metrics, moderation, posts, search, threads)


class Orjson(JSONProvider):
    """JSON by orjson: moments as RFC 3339 with Z; what has no place in JSON is an error, never a guess."""

    def dumps(self, obj: Any, **_: Any) -> str:
        """The JSON text of an answer."""
        return orjson.dumps(obj, option=orjson.OPT_UTC_Z).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """What a JSON text says; raises ValueError for anything else, NaN and lone surrogates included."""
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """A whole answer."""
        told = orjson.dumps(self._prepare_response_obj(args, kwargs), option=orjson.OPT_UTC_Z)
        return Response(told, mimetype="application/json")


def new_app(name: str, **options: Any) -> Flask:
    """The application object; APIFlask with everything it would do by itself turned off."""
    return APIFlask(name, title="Madang", version="1", spec_path=None, docs_path=None, json_errors=False, **options)


def register(app: Flask) -> None:
    """Hang the API's routes under /api/v1."""
    app.json = Orjson(app)
    csrf.exempt(api)  # cookies open nothing here, so no other site can act in somebody's name
    app.register_blueprint(api)
    app.extensions["api_description"] = describe(app)
    app.cli.commands.pop("spec", None)  # it would show what APIFlask guesses, not what is declared
