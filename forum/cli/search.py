"""`flask search …`: the index made, compared and asked."""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict
from html import unescape
from pathlib import Path
from typing import Any, get_args

import click

from forum.accounts.queries import by_login
from forum.accounts.viewer import ANONYMOUS, Viewer
from forum.cli.evaluation import evaluate
from forum.cli.output import Group, emit, json_option
from forum.kit.db import end_reading
from forum.kit.errors import NotFound
from forum.kit.words import text
from forum.search.documents import IndexBroken, IndexBusy
from forum.search.engine import index
from forum.search.queries import Hit, Order, find, look_up
from forum.search.retrieval import Found
from forum.search.service import public_ids
from forum.search.service import rebuild as rebuild_index

MOST_LISTED = 100
MOST_EXPLAINED = 20
search_group = Group("search", help="The search index.")


@search_group.command("rebuild")
@json_option
def rebuild(as_json: bool) -> None:
    """Write the whole index anew beside the old one, which answers until then."""
    began = time.perf_counter()
    try:
        count = rebuild_index()
    except (IndexBroken, IndexBusy) as error:
        raise click.ClickException(f"The index could not be written: {error}.") from error
    seconds = round(time.perf_counter() - began, 1)
    emit({"posts": count, "seconds": seconds}, as_json=as_json, told=f"{count} posts indexed in {seconds} s.")


@search_group.command("verify")
@json_option
def verify(as_json: bool) -> None:
    """Compare the index with the database; exit status 1 when they differ. Drain the outbox first."""
    public = public_ids()
    try:
        indexed = index().ids()
    except IndexBroken as error:
        raise click.ClickException(f"{error}. Make it anew with: flask search rebuild") from error
    missing, superfluous = sorted(public - indexed), sorted(indexed - public)
    told = {
        "ok": not missing and not superfluous,
        "public": len(public),
        "indexed": len(indexed),
        "missing": {"count": len(missing), "posts": missing[:MOST_LISTED]},
        "superfluous": {"count": len(superfluous), "posts": superfluous[:MOST_LISTED]},
    }
    counts = f"{len(public)} public posts, {len(indexed)} in the index"
    emit(told, as_json=as_json, told=f"{counts}; missing: {len(missing)}, superfluous: {len(superfluous)}.")
    if missing or superfluous:
        raise click.ClickException("Index and database differ. Make the index anew with: flask search rebuild")


@search_group.command("query")
@click.argument("typed", metavar="QUERY")
@click.option("--as", "username", metavar="USERNAME", help="Whose eyes to search with; a visitor's without it.")
@click.option("--sort", "order", type=click.Choice(get_args(Order)), default="relevance", show_default=True)
@click.option("--after", help="The cursor `next` of the page before.")
@click.option("--explain", is_flag=True, help="Say how the words were read and what made each post's score.")
@json_option
def query(  # noqa: PLR0917 - the options of the command
    typed: str, username: str | None, order: Order, after: str | None, explain: bool, as_json: bool
) -> None:
    """Search as the page does."""
    eyes = _eyes(username)
    results = find(eyes, typed, after, order=order)
    told = _explained(look_up(eyes, typed, order)) if explain else {}
    end_reading()
    hint = None if results.hint is None else results.hint.value
    found = {"items": [asdict(hit) for hit in results.items], "total": results.total, "next": results.next}
    lines = [_line(hit) for hit in results.items]
    if results.did_you_mean:
        lines.insert(0, f"Did you mean: {results.did_you_mean}")
    lines += [json.dumps(one, ensure_ascii=False) for part in told.values() for one in part]
    more = {"hint": hint, "did_you_mean": results.did_you_mean, **told}
    emit({**found, **more}, as_json=as_json, told="\n".join([f"{results.total} threads", *lines]))


def _explained(found: Found) -> dict[str, list[Any]]:
    """The words as they were read, and the first posts with everything that made their scores."""
    units: list[Any] = [
        {
            "word": unit.surface,
            "any_of": [[*way.words, *("/".join(group) for group in way.grams)] for way in unit.alternatives],
        }
        for unit in found.query.units()
    ]
    posts: list[Any] = [
        {
            "post": one.post.post_id,
            "thread": one.post.thread_id,
            "words": round(one.words, 3),
            "factors": {name: round(value, 3) for name, value in asdict(one.boosts).items()} if one.boosts else None,
            "score": round(one.total, 3),
        }
        for one in found.posts[:MOST_EXPLAINED]
    ]
    return {"units": units, "scores": posts}


def _eyes(username: str | None) -> Viewer:
    if username is None:
        return ANONYMOUS
    user = by_login(username)
    if user is None:
        raise NotFound(text("There is no such member."))
    return Viewer.of(user)


def _line(hit: Hit) -> str:
    return f"{hit.thread_id:>6}  {hit.title}\n        {unescape(re.sub('</?mark>', '', hit.snippet_html))}"


@search_group.command("evaluate")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--backend", type=click.Choice(["whoosh"]), default="whoosh", show_default=True, help="Which engine to ask."
)
@json_option
def evaluate_file(file: Path, backend: str, as_json: bool) -> None:
    """Ask an empty, temporary community the questions in FILE about the documents in FILE.

    Nothing of the real community is read or touched.
    """
    report = evaluate(file)
    failed = [query for query in report["queries"] if not query["pass"]]
    told = [f"{one['id']}: missing {one['missing']}, wrong {one['wrong']}" for one in failed]
    summary = f"{report['passed']} of {report['passed'] + report['failed']} passed."
    emit({"backend": backend, **report}, as_json=as_json, told="\n".join([*told, summary]))
