"""`flask metrics …`: the figures of community health made anew, checked, exported, explained and replayed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

import click

from forum.accounts.viewer import Viewer
from forum.cli.output import Group, emit, json_option
from forum.kit.db import end_reading
from forum.metrics import queries, reading, rollups, tidy
from forum.metrics.periods import parse_day, parse_period
from forum.metrics.refresh import refresh
from forum.metrics.replay import replay as replay_document

MOST_LISTED = 100
ROWS = 500
# Whoever sits at the server's console may read everything that is there.
OPERATOR = Viewer(id=0, username="operator", name="Operator", role="owner")

metrics_group = Group("metrics", help="The figures of community health.")


@metrics_group.command("rebuild")
@json_option
def rebuild(as_json: bool) -> None:
    """Make all figures anew from the participation log."""
    began = time.perf_counter()
    count = rollups.rebuild()
    seconds = round(time.perf_counter() - began, 1)
    emit({"figures": count, "seconds": seconds}, as_json=as_json, told=f"{count} figures made in {seconds} s.")


@metrics_group.command("refresh")
@json_option
def bring_up_to_date(as_json: bool) -> None:
    """Let the figures follow what happened since the last time; the worker does so every minute."""
    changed = refresh()
    emit({"changed": changed}, as_json=as_json, told="Brought up to date." if changed else "Nothing new.")


@metrics_group.command("verify")
@json_option
def verify(as_json: bool) -> None:
    """Compute all figures again in memory and compare; exit status 1 when a day differs."""
    refresh()
    differing = rollups.verify()
    end_reading()
    told = {"ok": not differing, "differing": {"count": len(differing), "figures": differing[:MOST_LISTED]}}
    lines = "\n".join(differing[:MOST_LISTED])
    emit(told, as_json=as_json, told=lines or "All figures are what the log says.")
    if differing:
        raise click.ClickException("Figures and log differ. Make the figures anew with: flask metrics rebuild")


@metrics_group.command("export")
@click.option("--format", "kind", type=click.Choice(["csv", "json", "ndjson"]), default="csv", show_default=True)
@click.option("--from", "first", metavar="DAY", help="The first local day; by default the first with data.")
@click.option("--to", "last", metavar="DAY", help="The day after the last; by default everything.")
@click.option("--bom", is_flag=True, help="Mark the CSV as UTF-8 for old spreadsheets.")
@click.option("--metric", "metric_ids", multiple=True, metavar="ID", help="Only this figure; may be repeated.")
def export(kind: str, first: str | None, last: str | None, bom: bool, metric_ids: tuple[str, ...]) -> None:
    """Print figures as tidy rows: one row is one figure of one day."""
    for metric_id in metric_ids:
        queries.metric(metric_id)  # an unknown one is refused before anything is printed
    refresh()
    start = parse_day(first, "from") if first else date.min
    end = parse_day(last, "to") if last else date.max
    rows = queries.export_rows(start, end, metric_ids or None)
    writers: dict[str, Callable[[], object]] = {
        "csv": lambda: tidy.csv_lines(queries.EXPORT_COLUMNS, rows, bom=bom),
        "json": lambda: tidy.json_pieces(queries.catalogue(), rows),
        "ndjson": lambda: tidy.ndjson_lines(rows),
    }
    for piece in writers[kind]():  # type: ignore[attr-defined]  # each gives pieces of text
        click.echo(piece, nl=False)


@metrics_group.command("explain")
@click.argument("metric_id", metavar="ID")
@click.option("--period", metavar="PERIOD", help="2026-05-01, 2026-W18, 2026-05, 2026, or two days with a slash.")
@json_option
def explain(metric_id: str, period: str | None, as_json: bool) -> None:
    """Say how a figure comes about: its formula with the numbers, what is in, what is out and why."""
    refresh()
    metric = queries.metric(metric_id)
    start, end = parse_period(period) if period else _last_weeks()
    pages = [queries.evidence(OPERATOR, metric_id, start, end, None, ROWS)]
    while as_json and pages[-1].next:
        pages.append(queries.evidence(OPERATOR, metric_id, start, end, pages[-1].next, ROWS))
    found, rows = pages[0], [row for one in pages for row in one.rows]
    document = {
        "metric": asdict(metric),
        "figure": {**asdict(found.figure), "start": str(start), "end": str(end), "parts": dict(found.figure.parts)},
        "formula": dict(found.formula_filled),
        "counted": found.counted,
        "excluded": dict(found.excluded),
        "rows": [asdict(row) for row in rows],
    }
    out = ", ".join(f"{count} {reason}" for reason, count in found.excluded.items()) or "none"
    told = [
        f"{metric.in_words('label', 'en')}, {start} to {end - timedelta(days=1)}: {found.figure.status}",
        found.formula_filled["en"],
        f"{found.counted} counted; left out: {out}",
        *[
            f"  {row.at:%Y-%m-%d %H:%M}  {row.key}  {row.reason or 'counted'}  {row.title}"
            for row in rows[:MOST_LISTED]
        ],
    ]
    emit(document, as_json=as_json, told="\n".join(told))


def _last_weeks() -> tuple[date, date]:
    """The 28 local days that end with the last complete one on which something happened."""
    now = reading.standing()
    end = now.today if now.last_day is None else min(now.today, now.last_day + timedelta(days=1))
    return end - timedelta(days=28), end


@metrics_group.command("replay")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def replay(file: Path, as_json: bool) -> None:
    """Feed a log of facts to the engine of the real figures and print what it finds; nothing is stored."""
    try:
        document = json.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise click.ClickException(f"{file.name} is not JSON: {error}") from error
    results = [replay_document(one) for one in document] if isinstance(document, list) else replay_document(document)
    emit(results, as_json=as_json, told=json.dumps(results, ensure_ascii=False, indent=1))
