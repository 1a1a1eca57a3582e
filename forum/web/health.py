"""Community health: what to do today, figures with their intervals, curves, and the evidence behind each figure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import Blueprint, Response, request, stream_with_context

from forum.accounts.site import site
from forum.accounts.viewer import Viewer
from forum.http import locale as words
from forum.http import paths
from forum.http.pages import page
from forum.http.viewer import viewer
from forum.kit.errors import NotFound
from forum.kit.settings import confirm
from forum.kit.words import Text, text
from forum.metrics import queries, tidy
from forum.metrics.periods import parse_day
from forum.metrics.policy import may_see_evidence, may_see_figures
from forum.metrics.records import EvidenceRow, Figure, Metric, Today
from forum.web import boards, figures
from forum.web.boards import PERIODS, USUAL, Board, Period

bp = Blueprint("health", __name__)
METRIC = "<string(maxlength=60):metric_id>"
ROWS, BATCH = 25, 500
PARTS: dict[str, Text] = {
    "p75_seconds": text("Three quarters within"),
    "p90_seconds": text("Nine of ten within"),
}
COLUMNS = (
    "key", "kind", "counted", "reason", "at", "outcome_at", "seconds", "numerator", "denominator",
    "thread_id", "post_id", "title",
)  # fmt: skip


@bp.get("/health")
def overview() -> Response:
    """How the community is: work first, then figures and curves."""
    who = _reader()
    shown, today = _shown(who)
    waited = (words.calendar().now - today.oldest.since).total_seconds() if today.oldest else 0
    return page(
        "health/overview.html",
        board=shown,
        today=today,
        waited=figures.duration(waited, words.current()),
        choices=[(days, words.say(said)) for days, said in PERIODS.items()],
        href=lambda metric_id: paths.with_query(f"/health/{metric_id}", **shown.period.query),
        shift=boards.shifts(shown),
        wider_href=_wider(shown),
        csv_href=paths.with_query("/health.csv", **shown.period.query) if may_see_evidence(who) else "",
        last_said=figures.day(shown.last, words.current()),
    )


@bp.get(f"/health/{METRIC}")
def figure(metric_id: str) -> Response:
    """One figure: what it means, how it came about, and for those who may see them the rows it counts."""
    who = _reader()
    metric = queries.metric(metric_id)
    shown, sees = _shown(who)[0], bool(may_see_evidence(who))
    if metric_id not in shown.tiles:
        raise NotFound
    after = request.args.get("after") or None
    evidence = None
    if sees and shown.view.first_day is not None:
        evidence = queries.evidence(who, metric_id, shown.view.start, shown.view.end, after, ROWS)
    here, query = f"/health/{metric_id}", shown.period.query
    return page(
        "health/figure.html",
        board=shown,
        metric=metric,
        tile=shown.tiles[metric_id],
        evidence=evidence,
        sees_evidence=sees,
        href=lambda other: paths.with_query(f"/health/{other}", **query),
        back=paths.with_query("/health", **query),
        first_href=paths.with_query(here, **query) if after else "",
        next_href=paths.with_query(here, **query, after=evidence.next) if evidence and evidence.next else "",
        csv_href=paths.with_query(f"{here}.csv", **query),
        api_call=f"/api/v1/metrics/{metric_id}/evidence?from={shown.view.start}&to={shown.view.end}",
        **_said(metric, shown),
    )


def _shown(who: Viewer) -> tuple[Board, Today]:
    """The board of the period in the address, and what waits: one statement when the board is known already."""
    now = queries.glance(who)
    confirm(now.site_version)
    return boards.board(who, _period(), now), now.today


def _wider(shown: Board) -> str:
    """The same end with more days, when these are too few for most figures; empty otherwise."""
    most = max(PERIODS)
    if not shown.is_sparse or shown.period.days == most or shown.view.first_day is None:
        return ""
    return paths.with_query("/health", **Period(most, shown.period.last).query)


def _said(metric: Metric, shown: Board) -> dict[str, Any]:
    """What a figure's page says about it, in the reader's language."""
    locale, of = words.current(), shown.view.tiles[metric.id]
    guard = shown.view.tiles.get(metric.guard or "")
    return {
        "of": of,
        "fraction": metric.unit in {"ratio", "per_thousand"} and of.now.numerator is not None and of.now.denominator,
        "parts": _parts(of.now, locale),
        "books": _books(of.now, locale),
        "trend": boards.trend(of.trend),
        "trend_rows": [
            (point, figures.value(point.figure.value, metric.unit, locale), figures.interval(point.figure, locale))
            for point in of.trend
        ],
        "days": [figures.day(point.day, locale, this_year=point.day.year) for point in of.trend],
        "guard": guard.metric if guard else None,
        "reason": lambda why: figures.reason(why, locale),
        "say_day": lambda day: figures.day(day, locale),
        "tick": lambda value: figures.tick(value, metric.unit, locale),
        "duration": lambda seconds: figures.duration(seconds, locale),
    }


@bp.get("/health.csv")
def daily() -> Response:
    """All figures of the period by day, for a spreadsheet."""
    who = _insider()
    period = _shown(who)[0].view
    rows = queries.export_rows(period.start, period.end)
    return _csv(tidy.csv_lines(queries.EXPORT_COLUMNS, rows, bom=True), f"figures-{period.start}-{period.end}.csv")


@bp.get(f"/health/{METRIC}.csv")
def rows(metric_id: str) -> Response:
    """The rows behind a figure, for a spreadsheet."""
    who = _insider()
    queries.metric(metric_id)
    period = _shown(who)[0].view
    found = _all_rows(who, metric_id, period.start, period.end)
    return _csv(tidy.csv_lines(COLUMNS, found, bom=True), f"{metric_id}-{period.start}-{period.end}.csv")


def _all_rows(who: Viewer, metric_id: str, start: date, end: date) -> Iterator[dict[str, object]]:
    after: str | None = None
    while True:
        found = queries.evidence(who, metric_id, start, end, after, BATCH)
        yield from (_row(row) for row in found.rows)
        after = found.next
        if after is None:
            return


def _row(row: EvidenceRow) -> dict[str, object]:
    values = {name: getattr(row, name) for name in COLUMNS}
    return {**values, "at": row.at.isoformat(), "outcome_at": row.outcome_at.isoformat() if row.outcome_at else None}


def _csv(lines: Iterator[str], name: str) -> Response:
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _reader() -> Viewer:
    """Who may look at totals; for everybody else there is no such page."""
    who = viewer()
    if not may_see_figures(who, is_public=bool(site()["health_public"])):
        raise NotFound
    return who


def _insider() -> Viewer:
    """Who may look at what is behind them."""
    who = viewer()
    if not may_see_evidence(who):
        raise NotFound
    return who


def _period() -> Period:
    """The period in the address; what cannot be read as one is the usual one."""
    given = request.args.get("days", "")
    days = int(given) if given in {str(known) for known in PERIODS} else USUAL
    last = request.args.get("end", "")
    return Period(days, parse_day(last, "end") if last else None)


def _parts(of: Figure, locale: str) -> list[tuple[str, str]]:
    """Further numbers that belong to a figure: the tail of a waiting time, the columns of a cohort, in words."""
    if of.unit != "seconds":
        columns = of.parts.get("by", {}).items()
        return [
            (words.say(_column(of.metric, name), locale), figures.cell(found, of.unit, locale))
            for name, found in columns
            if isinstance(found, dict)
        ]
    said = [
        (words.say(label, locale), figures.value(of.parts[name], "seconds", locale))
        for name, label in PARTS.items()
        if name in of.parts
    ]
    if "censored" in of.parts:
        said.append((words.say(text("Still waiting"), locale), words.number(int(of.parts["censored"]))))
    return said


def _column(metric_id: str, name: str) -> Text:
    """The name of a cohort's column: a day, some days, or all days from one on."""
    if metric_id == "retention_unbounded":
        return text("From day {n}", n=name)
    return text("Day {n}", n=name) if name.isdecimal() else text("Days {n}", n=name.replace("-", "–"))


def _books(of: Figure, locale: str) -> list[tuple[str, str]]:
    """What was reported when the period closed and what is known now, where both are known."""
    if "as_reported" not in of.parts:
        return []
    said = (
        (text("As reported"), figures.value(of.parts["as_reported"], of.unit, locale)),
        (text("Restated now"), figures.value(of.parts.get("restated", of.value), of.unit, locale)),
        (text("Revision"), str(of.parts.get("revision", 1))),
    )
    return [(words.say(label, locale), shown) for label, shown in said]
