"""The catalogue: every definition as data, with a hash that changes when the definition does."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from forum.kit.errors import NotFound
from forum.kit.words import text
from forum.metrics.records import Metric

FILE = Path(__file__).with_name("catalogue.toml")
DAY_SECONDS = 86_400
HASH_LENGTH = 16


@cache
def metrics() -> Mapping[str, Metric]:
    """All definitions by id, in the order in which they are shown."""
    with FILE.open("rb") as file:
        return {entry["id"]: _metric(entry) for entry in tomllib.load(file)["metric"]}


def metric(metric_id: str) -> Metric:
    """One definition; raises NotFound for an unknown id."""
    found = metrics().get(metric_id)
    if found is None:
        raise NotFound(text("There is no figure called {id}.", id=metric_id))
    return found


def live() -> list[Metric]:
    """Definitions the forum itself has the facts for; the others are computed in replays."""
    return [one for one in metrics().values() if one.is_live]


def definitions_hash() -> str:
    """One hash over all definitions: roll-ups made under another one are made anew."""
    joined = "\n".join(one.definition_hash for one in metrics().values())
    return hashlib.sha256(joined.encode()).hexdigest()[:HASH_LENGTH]


def _metric(entry: Mapping[str, Any]) -> Metric:
    kind, unit, direction, population, stage, engagement = entry["kind"]
    texts = {language: entry[language] for language in ("en", "ko")}
    return Metric(
        id=entry["id"],
        type=kind,
        unit=unit,
        direction=direction,
        population=population,
        window="28 local days" if kind in {"cumulative", "backlog"} else "local days",
        min_n=entry.get("min_n", 0),
        stage=stage,
        engagement=engagement,
        label={language: words[0] for language, words in texts.items()},
        says={language: words[1] for language, words in texts.items()},
        formula={language: words[2] for language, words in texts.items()},
        guard=entry.get("guard"),
        horizon_seconds=entry.get("horizon_days", 0) * DAY_SECONDS,
        version=entry.get("version", 1),
        is_additive=entry.get("additive", False),
        is_live=entry.get("live", True),
        scale=tuple(entry.get("scale", ())),
        definition_hash=_hash(entry),
    )


def _hash(entry: Mapping[str, Any]) -> str:
    """What makes a figure another figure: not its words in Korean, nor whether we show it yet."""
    names = ("id", "kind", "min_n", "horizon_days", "scale", "version")
    defining = {name: entry[name] for name in names if name in entry} | {"formula": entry["en"][2]}
    return hashlib.sha256(json.dumps(defining, sort_keys=True).encode()).hexdigest()[:HASH_LENGTH]
