"""The API's description of itself: what each route takes and answers, declared beside it, as OpenAPI 3.1."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Literal, ParamSpec

from flask import Flask, Response
from pydantic import BaseModel, TypeAdapter
from werkzeug.routing import Rule

from config import Config
from forum.api.answers import Problem
from forum.http.viewer import member, viewer
from forum.moderation.policy import require_scope

P = ParamSpec("P")
Scope = Literal["read", "write", "moderate", "metrics:read"]
Schema = dict[str, Any]

PROBLEMS = {
    400: "The body is not valid JSON.",
    401: "No key, or one that is not valid.",
    403: "Known and visible, but not yours to do.",
    404: "Missing, or not for you to see.",
    409: "Somebody was faster, or this was posted already.",
    413: "The body is too large.",
    415: "The body is not of type application/json.",
    422: "A value does not fit; `errors` says which.",
    423: "Somebody else is at it; `holder` says who.",
    429: "Too often; `Retry-After` says when to come back.",
}
READING = (401, 404, 422, 429)
WRITING = (401, 403, 404, 409, 429)
WITH_BODY = (400, 413, 415, 422)
ID: Schema = {"type": "integer", "format": "int64", "minimum": 1}
AFTER: Schema = {"type": "string", "description": "The cursor `next` of the page before."}
ABOUT = (
    "Reading what is public needs no key. Everything else needs `Authorization: Bearer <key>`; a key covers the scopes "
    "it was made with. Lists are read page by page: pass `next` as `after` until it is null."
)


@dataclass(frozen=True, slots=True)
class Operation:
    """What a route takes and answers; `in_path` are fields of the body's model that the address says.

    `path` describes parts of the address that are no ids; `media` is the type of answers that are not JSON; `headers`
    are needed ones; `also` are refusals beside the usual ones.
    """

    tag: str
    scope: Scope
    answers: Mapping[int, type | None]
    body: type[BaseModel] | None = None
    in_path: tuple[str, ...] = ()
    query: Mapping[str, Schema] = field(default_factory=dict)
    path: Mapping[str, Schema] = field(default_factory=dict)
    media: tuple[str, ...] = ("application/json",)
    headers: Mapping[str, Schema] = field(default_factory=dict)
    also: tuple[int, ...] = ()


OPERATIONS: dict[str, tuple[Operation, Callable[..., Response]]] = {}


def operation(
    tag: str, scope: Scope, answers: Mapping[int, type | None], **more: Any
) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """Declare a route: it is described as said here, and only keys with this scope reach it.

    With any scope but `read` there has to be a key; a key without the scope finds nothing at this address.
    """

    def decorate(view: Callable[P, Response]) -> Callable[P, Response]:
        OPERATIONS[view.__name__] = (Operation(tag, scope, answers, **more), view)

        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
            require_scope(viewer() if scope == "read" else member(), scope)
            return view(*args, **kwargs)

        return guarded

    return decorate


def describe(app: Flask) -> Schema:
    """The OpenAPI document of all routes of the API."""
    config: Config = app.extensions["madang"]
    refs, components = _schemas()
    paths: dict[str, Schema] = {}
    for rule in app.url_map.iter_rules():
        name = rule.endpoint.removeprefix("api.")
        if rule.endpoint.startswith("api.") and name in OPERATIONS:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                path = re.sub(r"<[^:>]+:(\w+)>", r"{\1}", rule.rule)
                paths.setdefault(path, {})[method.lower()] = _operation(name, rule, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Madang", "version": "1", "description": ABOUT},
        "servers": [{"url": config.public_url}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": components,
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "A key from the settings page."}
            },
        },
    }


def _shapes() -> Iterator[tuple[type, Literal["validation", "serialization"]]]:
    yield Problem, "serialization"
    for declared, _ in OPERATIONS.values():
        if declared.body is not None:
            yield declared.body, "validation"
        for shape in declared.answers.values():
            if shape is not None:
                yield shape, "serialization"


def _schemas() -> tuple[dict[type, Schema], Schema]:
    """A reference for every shape, and the components they lead to."""
    shapes = dict(_shapes())
    adapters: list[Any] = [(shape, mode, TypeAdapter(shape)) for shape, mode in shapes.items()]
    found, definitions = TypeAdapter.json_schemas(adapters, ref_template="#/components/schemas/{model}")
    components = definitions["$defs"]
    for declared, _ in OPERATIONS.values():
        if declared.body is not None and declared.in_path:
            _leave_out(components[declared.body.__name__], declared.in_path)
    refs: dict[Any, Schema] = {key[0]: dict(schema) for key, schema in found.items()}
    return refs, components


def _leave_out(schema: Schema, names: tuple[str, ...]) -> None:
    for name in names:
        schema["properties"].pop(name)
    schema["required"] = [name for name in schema["required"] if name not in names]


def _operation(name: str, rule: Rule, refs: Mapping[type, Schema]) -> Schema:
    declared, view = OPERATIONS[name]
    summary, _, more = inspect.cleandoc(view.__doc__ or "").partition("\n\n")
    in_path = [
        {"name": arg, "in": "path", "required": True, "schema": declared.path.get(arg, ID)}
        for arg in sorted(rule.arguments)
    ]
    in_query = [{"name": arg, "in": "query", "schema": schema} for arg, schema in declared.query.items()]
    in_header = [
        {"name": arg, "in": "header", "required": True, "schema": schema} for arg, schema in declared.headers.items()
    ]
    told: Schema = {
        "operationId": name,
        "summary": summary,
        "tags": [declared.tag],
        "parameters": in_path + in_query + in_header,
        "responses": _responses(declared, refs),
        # Reading is open to everybody and shows more to who has a key.
        "security": [{}, {"key": []}] if declared.scope == "read" else [{"key": []}],
    }
    if more:
        told["description"] = more
    if declared.body is not None:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": refs[declared.body]}}}
    return told


def _responses(declared: Operation, refs: Mapping[type, Schema]) -> Schema:
    said = {
        304: "Unchanged since the tag in `If-None-Match`.",
        201: "Made.",
        202: "Taken; a moderator looks at it before it is public.",
        204: "Done.",
    }
    responses: Schema = {}
    for status, shape in declared.answers.items():
        responses[str(status)] = {"description": said.get(status, "As asked.")}
        if shape is not None:
            responses[str(status)]["content"] = {media: {"schema": refs[shape]} for media in declared.media}
    statuses = WRITING if declared.scope == "write" else READING
    for status in sorted({*statuses, *declared.also, *(WITH_BODY if declared.body is not None else ())}):
        responses[str(status)] = _problem(PROBLEMS[status], refs)
    responses["default"] = _problem("Something broke, or is not available just now.", refs)
    return responses


def _problem(description: str, refs: Mapping[type, Schema]) -> Schema:
    return {"description": description, "content": {"application/problem+json": {"schema": refs[Problem]}}}
