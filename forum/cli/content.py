"""`flask content …`: the text pipeline applied to stored posts and to anything on standard input."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from forum.cli.output import Group, emit, json_option
from forum.discussion.inputs import BODY_MAX
from forum.discussion.rerendering import outdated, rendered_again, store
from forum.kit.db import transaction
from forum.kit.text import render

content_group = Group("content", help="Rendering posts.")


@content_group.command("rerender")
@json_option
def rerender(as_json: bool) -> None:
    """Render stored posts again that another version of the pipeline rendered; may be stopped and started again."""
    found = stored = last = 0
    while posts := outdated(last):
        made = rendered_again(posts)
        with transaction():
            stored += store(made)
        found, last = found + len(posts), posts[-1][0]
    emit({"outdated": found, "rendered": stored}, as_json=as_json, told=f"{stored} posts rendered again.")


@content_group.command("render")
def render_lines() -> None:
    """Render JSON lines {"id": …, "markdown": …} from standard input to lines {"id": …, "html": …}.

    The HTML is exactly what the page of such a post contains. A line that cannot be read is reported on standard
    error and left out; the exit status is then 1.
    """
    wrong = 0
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        try:
            click.echo(_rendered(line))
        except (ValueError, RecursionError) as error:
            wrong += 1
            click.echo(f"line {number}: {error}", err=True)
    if wrong:
        raise click.ClickException(f"Lines that could not be read: {wrong}.")


def _rendered(line: bytes) -> str:
    given: Any = json.loads(line)
    if not isinstance(given, dict) or not isinstance(given.get("markdown"), str) or "id" not in given:
        raise ValueError('expected {"id": …, "markdown": "…"}')
    if len(given["markdown"]) > BODY_MAX:
        raise ValueError(f"longer than a post can be ({BODY_MAX:,} characters)")
    return json.dumps({"id": given["id"], "html": render(given["markdown"])})
