"""OpenMetrics 1.0 as text: families of samples, written so that a scraper can read every one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

MEDIA_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
Kind = Literal["gauge", "counter", "histogram", "info"]
ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


@dataclass(frozen=True, slots=True)
class Sample:
    """One number of a family, with what tells it from the others."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """What is measured: its name without suffix, its kind, a sentence about it, and its samples."""

    name: str
    kind: Kind
    about: str
    samples: Sequence[Sample]
    unit: str = ""


def histogram(counts: Sequence[tuple[float, int]], beyond: int, total: float) -> list[Sample]:
    """The samples of a histogram from counts of each bucket by its upper end, those beyond the last, and the sum."""
    samples, so_far = [], 0
    for end, count in counts:
        so_far += count
        samples.append(Sample(so_far, {"le": f"{end:.1f}"}, "_bucket"))
    return [
        *samples,
        Sample(so_far + beyond, {"le": "+Inf"}, "_bucket"),
        Sample(total, suffix="_sum"),
        Sample(so_far + beyond, suffix="_count"),
    ]


def written(families: Iterable[Family]) -> str:
    """All families as one exposition; a family without samples is left out."""
    return "".join(line for family in families if family.samples for line in _lines(family)) + "# EOF\n"


def _lines(family: Family) -> Iterator[str]:
    yield f"# TYPE {family.name} {family.kind}\n"
    if family.unit:
        yield f"# UNIT {family.name} {family.unit}\n"
    yield f"# HELP {family.name} {family.about.translate(ESCAPES)}\n"
    usual = {"counter": "_total", "info": "_info"}.get(family.kind, "")
    for sample in family.samples:
        labels = ",".join(f'{name}="{value.translate(ESCAPES)}"' for name, value in sample.labels.items())
        shown = f"{{{labels}}}" if labels else ""
        yield f"{family.name}{sample.suffix or usual}{shown} {_number(sample.value)}\n"


def _number(value: float) -> str:
    """Whole numbers without a point: the exact ones are counts."""
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(float(value))
