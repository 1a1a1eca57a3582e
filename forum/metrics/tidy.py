"""Tidy exports as text: one row is one figure, in CSV, NDJSON or JSON, the same bytes for the same rows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict

from forum.metrics.records import Metric

# A cell that begins like this is run as a formula by spreadsheets.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, object]], *, bom: bool = False) -> Iterator[str]:
    """RFC 4180 lines with a header; what is not known is empty. `bom` marks the text as UTF-8 for old spreadsheets."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    yield (BOM if bom else "") + _taken(buffer)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
        yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    said = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return said


def _cell(value: object) -> str:
    """A value as a cell: numbers as they are, text never as a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    said = str(value)
    return f"'{said}" if said.startswith(FORMULA) else said


def ndjson_lines(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """One JSON object a line, keys sorted."""
    for row in rows:
        yield json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str) + "\n"


def json_pieces(metrics: Sequence[Metric], rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """One JSON document, piece by piece: the definitions, then the rows."""
    yield '{"definitions":' + json.dumps(definitions(metrics), ensure_ascii=False, sort_keys=True) + ',"rows":['
    for number, line in enumerate(ndjson_lines(rows)):
        yield ("," if number else "") + "\n" + line.rstrip("\n")
    yield "\n]}\n"


def definitions(metrics: Sequence[Metric]) -> list[dict[str, object]]:
    """The catalogue as plain values, with its hashes."""
    return [
        {name: dict(value) if isinstance(value, Mapping) else value for name, value in asdict(metric).items()}
        for metric in metrics
    ]
