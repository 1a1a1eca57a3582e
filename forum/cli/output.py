"""How commands speak: one JSON document for programs, a sentence for people, and refusals with exit status 1."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError

from forum.kit.errors import Refused

F = TypeVar("F", bound=Callable[..., Any])


class Group(AppGroup):
    """Commands with the application at hand; a refusal is a sentence on standard error and exit status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Refused as refusal:
            raise click.ClickException(sentence(refusal)) from refusal
        except DBAPIError as error:
            raise click.ClickException(f"The database refused: {error.orig}. See: flask doctor") from error


def sentence(refusal: Refused) -> str:
    """What was refused and why, with the fields it is about."""
    fields = [f"{name}: {message}" if name else str(message) for name, message in refusal.fields.items()]
    return " ".join([str(refusal.message), *fields])


def json_option(command: F) -> F:
    """`--json` for a command, handed over as `as_json`."""
    told = "Print one JSON document on standard output and nothing else there."
    return click.option("--json", "as_json", is_flag=True, help=told)(command)


def emit(document: object, *, as_json: bool, told: str) -> None:
    """The result: the document for programs, or the text for people."""
    click.echo(json.dumps(document, ensure_ascii=False, default=_plain) if as_json else told)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} has no place in JSON")
