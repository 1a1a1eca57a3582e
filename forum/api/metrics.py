"""Community health in the API: definitions, series, the rows behind a figure, and exports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, get_args

from flask import Response, request, stream_with_context

from forum.accounts.site import site
from forum.api.description import operation
from forum.api.door import answer, api, argument, number, one_of
from forum.http import locale as words
from forum.http.viewer import viewer
from forum.kit.errors import Invalid
from forum.kit.settings import confirm
from forum.kit.words import text
from forum.metrics import queries, records, tidy
from forum.metrics.periods import parse_day, parse_period

METRIC = "<string(maxlength=60):metric_id>"
GRAINS: tuple[queries.Grain, ...] = get_args(queries.Grain)
Format = Literal["csv", "json", "ndjson"]
MEDIA: dict[Format, str] = {"csv": "text/csv", "json": "application/json", "ndjson": "application/x-ndjson"}
DAYS, SIZE, MOST = 28, 50, 200
# More days than a forum has: a longer range is a slip of the pen.
LONGEST = 20 * 366
PRIVATE = "private, no-cache"
DAY = {"type": "string", "format": "date"}
FROM = {**DAY, "description": "The first local day; without it the 28 days before `to`."}
TO = {**DAY, "description": "The day after the last one; without it today, so that the last complete day is in."}
PERIOD = {
    "type": "string",
    "description": "Instead of both: 2026-03-31, 2026-W14, 2026-03, 2026 or 2026-03-01/2026-04-01, its end excluded.",
}
IN_PATH = {"metric_id": {"type": "string", "maxLength": 60}}


@dataclass(frozen=True, slots=True)
class MetricItem:
    """A definition; `label`, `says` and `formula` by language. `definition_hash` moves with anything that counts."""

    id: str
    label: dict[str, str]
    says: dict[str, str]
    formula: dict[str, str]
    type: str
    unit: str
    direction: str
    population: str
    window: str
    min_n: int
    stage: str
    engagement: str
    guard: str | None
    definition_version: int
    definition_hash: str


@dataclass(frozen=True, slots=True)
class MetricList:
    """All definitions; `next` is always null."""

    items: list[MetricItem]
    next: None


@dataclass(frozen=True, slots=True)
class FigureItem:
    """A figure of the local days [start, end); where there is none, `value` is null and `status` says why.

    Ratios lie between 0 and 1, waits are in seconds. `parts` holds what else belongs to the figure, such as quantiles.
    """

    metric_id: str
    start: date
    end: date
    value: float | None
    numerator: int | None
    denominator: int | None
    n: int
    ci_low: float | None
    ci_high: float | None
    unit: str
    status: str
    parts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Series:
    """The figures of a metric, the oldest first; all of them as known now (`basis` restated)."""

    metric_id: str
    grain: str
    by: str | None
    basis: str
    tz: str
    definition_version: int
    definition_hash: str
    points: list[FigureItem]


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """One thing that was looked at: counted in, or left out and why; without title where it is not yours to see."""

    key: str
    kind: str
    counted: bool
    reason: str
    at: datetime
    outcome_at: datetime | None
    seconds: int | None
    numerator: int
    denominator: int
    thread_id: int | None
    post_id: int | None
    title: str
    masked: bool


@dataclass(frozen=True, slots=True)
class EvidenceList:
    """A figure, its formula with the numbers filled in, what was left out by reason, and a page of its rows.

    `counted` is the number of all rows that are counted in, on whatever page.
    """

    figure: FigureItem
    formula: dict[str, str]
    excluded: dict[str, int]
    counted: int
    items: list[EvidenceItem]
    next: str | None


@dataclass(frozen=True, slots=True)
class Definitions:
    """The catalogue as an export has it."""

    definitions: list[MetricItem]


@api.get("/metrics")
@operation("metrics", "metrics:read", {200: MetricList, 304: None})
def list_metrics() -> Response:
    """What is measured: every definition."""
    known = queries.catalogue()
    return _tagged(
        "-".join(metric.definition_hash[:8] for metric in known), MetricList([_item(m) for m in known], None)
    )


@api.get(f"/metrics/{METRIC}")
@operation("metrics", "metrics:read", {200: MetricItem, 304: None}, path=IN_PATH)
def read_metric(metric_id: str) -> Response:
    """One definition."""
    metric = queries.metric(metric_id)
    return _tagged(metric.definition_hash, _item(metric))


@api.get(f"/metrics/{METRIC}/series")
@operation(
    "metrics",
    "metrics:read",
    {200: Series, 304: None},
    path=IN_PATH,
    query={
        "from": FROM,
        "to": TO,
        "period": PERIOD,
        "grain": {"enum": GRAINS, "default": "day"},
        "by": {"type": "string", "description": "A dimension of the metric; one it does not have is refused."},
    },
)
def metric_series(metric_id: str) -> Response:
    """The figures of a metric, one for each day, week, month or 28 days."""
    metric = queries.metric(metric_id)
    _known_arguments("from", "to", "period", "grain", "by")
    start, end = _days()
    grain, by = one_of("grain", GRAINS, "day"), argument("by")
    tag = _tag(metric)
    if _has(tag):
        return _unchanged(tag)
    points = queries.series(metric_id, start, end, grain, by)
    told = Series(
        metric_id=metric.id,
        grain=grain,
        by=by,
        basis="restated",
        tz=str(site()["timezone"]),
        definition_version=metric.version,
        definition_hash=metric.definition_hash,
        points=[_figure(point.figure) for point in points],
    )
    return _dressed(answer(told), tag)


@api.get(f"/metrics/{METRIC}/evidence")
@operation(
    "metrics",
    "metrics:read",
    {200: EvidenceList},
    path=IN_PATH,
    query={
        "from": FROM,
        "to": TO,
        "period": PERIOD,
        "size": {"type": "integer", "minimum": 1, "maximum": MOST, "default": SIZE},
        "after": {"type": "string", "description": "The cursor `next` of the page before."},
    },
)
def metric_evidence(metric_id: str) -> Response:
    """The rows behind a figure: exactly those that it counts, and those it leaves out with the reason."""
    queries.metric(metric_id)
    _known_arguments("from", "to", "period", "size", "after")
    start, end = _days()
    found = queries.evidence(viewer(), metric_id, start, end, argument("after"), _size())
    told = EvidenceList(
        figure=_figure(found.figure),
        formula=dict(found.formula_filled),
        excluded=dict(found.excluded),
        counted=found.counted,
        items=[_row(row) for row in found.rows],
        next=found.next,
    )
    response = answer(told)
    response.headers["Cache-Control"] = "private, no-store"
    return response


RANGE = {"from": FROM, "to": TO, "period": PERIOD}


@api.get("/exports/daily.csv")
@operation(
    "metrics",
    "metrics:read",
    {200: str, 304: None},
    query={**RANGE, "bom": {"enum": ["0", "1"], "default": "0", "description": "1: marked as UTF-8 for spreadsheets."}},
    media=("text/csv",),
)
def daily_csv() -> Response:
    """All figures by day as CSV: one row is one figure; a cell of text never begins like a formula."""
    bom = one_of("bom", ("0", "1"), "0") == "1"
    return _export("csv", lambda rows: tidy.csv_lines(queries.EXPORT_COLUMNS, rows, bom=bom), "bom")


@api.get("/exports/daily.ndjson")
@operation("metrics", "metrics:read", {200: str, 304: None}, query=RANGE, media=("application/x-ndjson",))
def daily_ndjson() -> Response:
    """All figures by day, one JSON object a line."""
    return _export("ndjson", tidy.ndjson_lines)


@api.get("/exports/daily.json")
@operation("metrics", "metrics:read", {200: dict[str, Any], 304: None}, query=RANGE)
def daily_json() -> Response:
    """All figures by day as one JSON document, with the definitions."""
    return _export("json", lambda rows: tidy.json_pieces(queries.catalogue(), rows))


@api.get("/exports/definitions.json")
@operation("metrics", "metrics:read", {200: Definitions, 304: None})
def definitions() -> Response:
    """The catalogue as a file."""
    known = queries.catalogue()
    return _tagged("-".join(m.definition_hash[:8] for m in known), Definitions([_item(m) for m in known]))


def _export(kind: Format, lines: Any, *more: str) -> Response:
    _known_arguments("from", "to", "period", *more)
    start, end = _days()
    tag = f"{queries.version()}-{kind}"
    if _has(tag):
        return _unchanged(tag)
    told: Iterator[str] = lines(queries.export_rows(start, end))
    response = Response(stream_with_context(told), mimetype=MEDIA[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="figures-{start}-{end}.{kind}"'
    return _dressed(response, tag)


def _days() -> tuple[date, date]:
    """The local days [start, end) that the address names; raises Invalid naming what does not fit."""
    period, first, last = argument("period"), argument("from"), argument("to")
    if period is not None:
        if first or last:
            raise Invalid(
                text("This address cannot be read."), fields={"period": text("Give a period, or from and to.")}
            )
        start, end = parse_period(period)
    else:
        end = parse_day(last, "to") if last else words.calendar().here.date()
        start = parse_day(first, "from") if first else end - timedelta(days=DAYS)
    if not start < end:
        raise Invalid(
            text("This address cannot be read."), fields={"to": text("The end has to be after the beginning.")}
        )
    if (end - start).days > LONGEST:
        raise Invalid(text("This address cannot be read."), fields={"from": text("At most {n} days.", n=LONGEST)})
    return start, end


def _size() -> int:
    size = number("size") if argument("size") else SIZE
    if not 1 <= size <= MOST:
        raise Invalid(text("This address cannot be read."), fields={"size": text("This number is out of range.")})
    return size


def _known_arguments(*names: str) -> None:
    """A dimension or filter that does not exist must not look as if it had been applied."""
    unknown = sorted(set(request.args) - set(names))
    if unknown:
        fields = {name[:60]: text("There is no such field.") for name in unknown[:5]}
        raise Invalid(text("This address cannot be read."), fields=fields)


def _tag(metric: records.Metric) -> str:
    """What a series hangs on: the definition, and the version of the roll-ups, which any revision moves."""
    return f"{metric.definition_hash}-{queries.version()}"


def _has(tag: str) -> bool:
    return request.if_none_match.contains_weak(tag)


def _unchanged(tag: str) -> Response:
    return _dressed(Response(status=304), tag)


def _dressed(response: Response, tag: str) -> Response:
    confirm(None)
    response.set_etag(tag)
    response.headers["Cache-Control"] = PRIVATE
    return response


def _tagged(tag: str, told: object) -> Response:
    return _unchanged(tag) if _has(tag) else _dressed(answer(told), tag)


def _item(metric: records.Metric) -> MetricItem:
    return MetricItem(
        id=metric.id,
        label=dict(metric.label),
        says=dict(metric.says),
        formula=dict(metric.formula),
        type=metric.type,
        unit=metric.unit,
        direction=metric.direction,
        population=metric.population,
        window=metric.window,
        min_n=metric.min_n,
        stage=metric.stage,
        engagement=metric.engagement,
        guard=metric.guard,
        definition_version=metric.version,
        definition_hash=metric.definition_hash,
    )


def _figure(of: records.Figure) -> FigureItem:
    parts: Mapping[str, Any] = of.parts
    return FigureItem(
        metric_id=of.metric,
        start=of.start,
        end=of.end,
        value=of.value,
        numerator=of.numerator,
        denominator=of.denominator,
        n=of.n,
        ci_low=of.ci_low,
        ci_high=of.ci_high,
        unit=of.unit,
        status=of.status,
        parts=dict(parts),
    )


def _row(row: records.EvidenceRow) -> EvidenceItem:
    return EvidenceItem(
        key=row.key,
        kind=row.kind,
        counted=row.counted,
        reason=row.reason,
        at=row.at,
        outcome_at=row.outcome_at,
        seconds=row.seconds,
        numerator=row.numerator,
        denominator=row.denominator,
        thread_id=row.thread_id,
        post_id=row.post_id,
        title=row.title,
        masked=row.is_masked,
    )
