"""`flask import …`: loads the content of other systems."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import AppGroup
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from forum.importers.stackexchange.load import load
from forum.importers.stackexchange.report import Report
from forum.importers.stackexchange.rows import Watch
from forum.kit.errors import Refused
from forum.metrics.refresh import refresh

import_group = AppGroup("import", help="Load the content of other systems.")


@import_group.command("stackexchange")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR")
@click.option(
    "--category",
    metavar="SLUG",
    help="Put everything into this category instead of one named after the folder.",
)
@click.option("--dry-run", is_flag=True, help="Read everything and report what would be added; write nothing.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON document on standard output and nothing else there.",
)
def stackexchange(folder: Path, category: str | None, dry_run: bool, as_json: bool) -> None:
    """Load a Stack Exchange data dump: the folder with Posts.xml, Users.xml and the others.

    Running it again adds nothing; after a run that was cut off, it adds what is missing. Nobody gets mail.
    """
    try:
        with _progress(shown=not as_json) as watch:
            report = load(folder, category=category, dry_run=dry_run, watch=watch)
        if not dry_run:
            refresh()
    except Refused as refused:
        raise click.ClickException(str(refused)) from refused
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False, sort_keys=False))
    else:
        _print(report, dry_run=dry_run)
    if not report.is_drained:
        raise click.ClickException("Not every consequence is done yet; the worker goes on. See: flask outbox drain")


@contextmanager
def _progress(*, shown: bool) -> Iterator[Watch | None]:
    """A bar a file on standard error; nothing at all for programs."""
    if not shown:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks: dict[str, TaskID] = {}

        def watch(name: str, rows: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(f"{name}.xml", total=None)
            progress.advance(tasks[name], rows)

        yield watch
        for task in progress.tasks:
            progress.update(task.id, total=task.completed)


def _print(report: Report, *, dry_run: bool) -> None:
    """The accounts as a table, then what could not be carried over as it was."""
    table = Table(title="What would be added" if dry_run else "What was added", title_justify="left")
    for heading in ("", "added", "existing", "left out, and why"):
        table.add_column(heading, justify="right" if heading in {"added", "existing"} else "left")
    for kind, tally in report.tallies.items():
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(tally.skipped.items()))
        table.add_row(kind.replace("_", " "), str(tally.added), str(tally.existing), reasons)
    console = Console()
    console.print(table)
    for name, value in report.as_json()["fidelity"].items():
        told = ", ".join(f"{count} <{tag}>" for tag, count in value.items()) if isinstance(value, dict) else str(value)
        if told:
            console.print(f"{name.replace('_', ' ')}: {told}", markup=False, highlight=False)
    console.print(f"{report.seconds:.1f} s", highlight=False)
