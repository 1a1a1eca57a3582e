"""Every address the application has, with arguments that exist: what the tests that walk through all doors walk along.

A new route with an argument that no table below knows fails these tests until somebody says what it may stand for.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from forum.http.security import SAFE
from forum.kit import clock

Values = Sequence[Any]


@dataclass
class Things:
    """What exists in a community, under the names that arguments of routes have."""

    threads: list[int] = field(default_factory=list)
    posts: list[int] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    category_ids: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    people_ids: list[int] = field(default_factory=list)
    cases: list[int] = field(default_factory=list)
    decisions: list[int] = field(default_factory=list)
    word: str = "valve"
    after: str = ""


# What an argument of this name stands for, wherever it appears.
ARGUMENTS: Mapping[str, Callable[[Things], Values]] = {
    "thread_id": lambda things: things.threads,
    "post_id": lambda things: things.posts,
    "category_id": lambda things: things.category_ids,
    "member_id": lambda things: things.people_ids,
    "username": lambda things: things.people,
    "name": lambda things: things.tags,
    "case_id": lambda things: things.cases or [1],
    "decision_id": lambda things: things.decisions or [1],
    "key_id": lambda things: [1],
    "session_id": lambda things: [1],
    "token": lambda things: ["no-such-token"],
    "filename": lambda things: ["css/madang.css"],
    "number": lambda things: [0],
    "metric_id": lambda things: ["threads", "replies", "unanswered_backlog", "time_to_first_response", "user_flags"],
}
# Where the same name stands for something else: by the rule as it is written.
PARTICULAR: Mapping[tuple[str, str], Callable[[Things], Values]] = {
    ("threads.thread", "slug"): lambda things: ["x"],
    ("threads.category", "slug"): lambda things: things.categories,
    ("feeds.category", "slug"): lambda things: things.categories,
}
# What may stand after the question mark and brings something else to light.
QUERIES: Mapping[str, Callable[[Things], Sequence[str]]] = {
    "search.search": lambda things: [f"q={things.word}", "q="],
    "api.search": lambda things: [f"q={things.word}", f"q={things.word}&sort=newest"],
    "threads.thread": lambda things: ["", "sort=oldest"],
    "threads.category": lambda things: ["", "sort=top"],
    "profiles.member_page": lambda things: ["", "tab=replies", "tab=questions"],
    "api.list_threads": lambda things: [
        "",
        "sort=top",
        *(f"tag={tag}" for tag in things.tags),
        *(f"category={category}" for category in things.categories),
    ],
    "api.metric_evidence": lambda things: ["", _this_week()],
    "health.figure": lambda things: ["", f"end={clock.now().date() + timedelta(days=1)}"],
    "writing.ask_form": lambda things: ["", f"title={things.word}"],
}


def _this_week() -> str:
    """Days up to the present one, which is what tests make."""
    today = clock.now().date()
    return f"from={today - timedelta(days=7)}&to={today + timedelta(days=1)}"


class NoArgument(AssertionError):
    """A route takes an argument of which the tables here know nothing."""


def rules(app: Flask, *, safe: bool) -> list[Rule]:
    """All rules with safe methods alone, or all with unsafe ones."""
    return [rule for rule in app.url_map.iter_rules() if bool((rule.methods or set()) - SAFE) != safe]


def values(rule: Rule, name: str, things: Things) -> Values:
    """What an argument of a rule may stand for."""
    maker = PARTICULAR.get((rule.endpoint, name)) or ARGUMENTS.get(name)
    if maker is None:
        raise NoArgument(f"{rule.rule}: say in tests/walking.py what <{name}> may stand for")
    return maker(things)


def paths(app: Flask, rule: Rule, things: Things) -> Iterator[str]:
    """Every address of a rule, with all that exists in its place and all its queries."""
    adapter = app.url_map.bind("localhost")
    names = sorted(rule.arguments)
    for chosen in itertools.product(*(values(rule, name, things) for name in names)):
        path = adapter.build(rule.endpoint, dict(zip(names, chosen, strict=True)))
        for query in QUERIES.get(rule.endpoint, lambda _: [""])(things):
            yield f"{path}?{query}" if query else path


def path(app: Flask, rule: Rule, things: Things) -> str:
    """One address of a rule."""
    return next(paths(app, rule, things))
