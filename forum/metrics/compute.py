"""Computes: the rows of a metric for a window, the tally of these rows, and tallies for many windows at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forum.metrics.calendar import Window
from forum.metrics.engine import Engine
from forum.metrics.figures.rows import Row, Tally, counted, ratio
from forum.metrics.figures.threads import Formula
from forum.metrics.specs import SPECS, Spec


def rows_of(metric_id: str, engine: Engine, window: Window) -> list[Row]:
    """Everything that was looked at for a figure, counted or not."""
    spec = SPECS[metric_id]
    cohorts = columns(spec, engine)
    formula = next(iter(cohorts.values())) if cohorts else spec.formula
    return formula(engine, window)


def columns(spec: Spec, engine: Engine) -> Mapping[str, Formula]:
    """The columns of a cohort table by name; empty for other figures."""
    return spec.cohorts(engine.options) if spec.cohorts else {}


def tally_of(metric_id: str, engine: Engine, window: Window) -> Tally:
    """A figure as whole numbers: its rows counted."""
    spec = SPECS[metric_id]
    cohorts = columns(spec, engine)
    if not cohorts:
        return spec.counting(counted(spec.formula(engine, window)))
    tables = {label: counted(formula(engine, window)) for label, formula in cohorts.items()}
    return joined({label: ratio(found) for label, found in tables.items()})


def joined(tallies: Mapping[str, Tally]) -> Tally:
    """The columns of a cohort table as one tally, the first of them in front."""
    first = next(iter(tallies.values()))
    parts: dict[str, int] = {}
    for label, tally in tallies.items():
        parts[f"by:{label}:num"], parts[f"by:{label}:den"] = tally.num or 0, tally.den or 0
    return first._replace(parts=parts)


def obstacle(metric_id: str, engine: Engine, window: Window) -> str:
    """Why this window cannot have the figure; empty when it can."""
    found = SPECS[metric_id].obstacle
    return found(engine, window) if found else ""


def filtered(found: Sequence[Row], dimension: str | None, value: str | None) -> list[Row]:
    """The rows of one category or language."""
    if dimension is None:
        return list(found)
    return [row for row in found if getattr(row, dimension) == value]
