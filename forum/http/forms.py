"""From what a form or a JSON body holds to one strict model, or to a refusal that names the fields."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import MultiDict

from forum.kit.errors import Invalid
from forum.kit.words import Text, text

M = TypeVar("M", bound=BaseModel)
# What our own validators say, by the code they raise.
CODES = {
    "email": text("This does not look like a mail address."),
    "website": text("Give the whole address, beginning with https://."),
    "too_short_2": text("Use at least {n} characters.", n=2),
    "name_letters": text("Use at least one letter or digit."),
    "tag": text("Tags are single words of letters, digits, dots and hyphens, 40 characters at most."),
}


def from_form(model: type[M], form: MultiDict[str, str], **extra: Any) -> M:
    """The model a form describes, its strings turned into what the model wants; `extra` holds what the address says."""
    given = {
        name: _typed(name, field.annotation, form) for name, field in model.model_fields.items() if name not in extra
    }
    return validated(model, {**{key: value for key, value in given.items() if value is not None}, **extra})


def from_json(model: type[M], body: object, **extra: Any) -> M:
    """The model a JSON body describes; raises Invalid also when it is no object or has unknown keys."""
    if not isinstance(body, Mapping):
        raise Invalid(text("The body has to be a JSON object."), fields={"": text("Send an object.")})
    return validated(model, {**body, **extra})


def validated(model: type[M], values: Mapping[str, Any]) -> M:
    """The model of these values; raises Invalid with words for every field that does not fit."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        fields = {
            _path(problem["loc"]): _words(problem) for problem in error.errors(include_url=False, include_input=False)
        }
        raise Invalid(text("Please look at the marked fields."), fields=fields) from error


def _typed(name: str, annotation: Any, form: MultiDict[str, str]) -> Any:
    kinds = _kinds(annotation)
    if bool in kinds:
        return form.get(name, "") in {"1", "on", "true", "yes"}
    if name not in form:
        return None
    value = form[name]
    if list in kinds:
        return [part for one in form.getlist(name) for part in re.split(r"[,\n]", one) if part.strip()]
    if int in kinds and str not in kinds:
        return int(value) if re.fullmatch(r"-?\d{1,18}", value.strip()) else (None if not value.strip() else value)
    return value.replace("\r\n", "\n")


def _kinds(annotation: Any) -> set[Any]:
    """The plain types in an annotation: `Annotated[int, …] | None` gives int and NoneType."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _kinds(typing.get_args(annotation)[0])
    if origin in {typing.Union, types.UnionType}:
        return {kind for part in typing.get_args(annotation) for kind in _kinds(part)}
    if origin is typing.Literal:
        return {type(value) for value in typing.get_args(annotation)}
    return {origin or annotation}


def _path(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc if not isinstance(part, int))


def _words(problem: Any) -> Text:
    """A sentence for a pydantic problem, by its type."""
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "value_error":
        return CODES.get(str(context.get("error", "")), text("This value does not fit."))
    if kind in {"missing", "string_too_short", "too_short"}:
        least = int(context.get("min_length", 1))
        return text("This is needed.") if least <= 1 else text("Use at least {n} characters.", n=least)
    if kind == "string_too_long":
        return text("At most {n} characters.", n=context["max_length"])
    if kind == "too_long":
        return text("At most {n} of these.", n=context["max_length"])
    if kind in {"greater_than_equal", "less_than_equal"}:
        return text("This number is out of range.")
    if kind == "literal_error":
        return text("Choose one of the listed values.")
    if kind == "extra_forbidden":
        return text("There is no such field.")
    return text("This value does not fit.")
