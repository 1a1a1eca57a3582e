"""Hidden means hidden: a secret word in every kind of text nobody is to see, and everybody at every door.

One walk along all addresses for each kind of person: whoever may not read a text finds its word on no page, in no feed,
no answer of the API, no redirect and no error page, and all that outsiders see is as it was before the text was written.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from flask import Flask
from sqlalchemy import true
from werkzeug.test import TestResponse

from forum.discussion import lists, syndication
from forum.http.security import SAFE
from tests import walking
from tests.people import People
from tests.walking import Things
from tests.yard import (
    EVERYBODY,
    NOTES,
    OUTSIDERS,
    PLACES,
    READERS,
    STAFF,
    STATES,
    WORD,
    Yard,
    conceal,
    found,
    make_yard,
    plant,
    secret,
)

# A token differs on every page, and so does the number of a request.
MASKED = re.compile(r'name="csrf_token" value="[^"]*"|<code>[0-9a-f]{16}</code>|[0-9a-f]{16}(?=</)')


@pytest.fixture
def yard(app: Flask, people: People) -> Yard:
    """People of every kind, and two public threads with a visible word in them."""
    return make_yard(app, people)


@pytest.fixture
def planted(yard: Yard) -> Yard:
    """The yard with everything in it that not everybody may see."""
    plant(yard)
    yard.people.drain()
    conceal(yard)
    yard.people.drain()
    return yard


def told(answer: TestResponse, path: str) -> set[tuple[str, str]]:
    """The secrets in an answer, where it leads included; not those that were in the question."""
    return found(f"{answer.text} {answer.headers.get('Location', '')}") - found(path)


def walk(yard: Yard, who: str, things: Things) -> Iterator[tuple[str, TestResponse]]:
    """Every page there is, and where it leads to."""
    for rule in walking.rules(yard.app, safe=True):
        for path in walking.paths(yard.app, rule, things):
            answer = yard.get(who, path)
            assert answer.status_code < 500, f"{who} {path}"
            yield path, answer
            where = answer.headers.get("Location", "")
            if where.startswith("/") and not where.startswith("/login"):
                yield where, yard.get(who, where)


def assert_tells_only_readers(who: str, path: str, answer: TestResponse) -> set[tuple[str, str]]:
    said = told(answer, path)
    for state, place in said:
        assert who in READERS[state], f"{who} learns the {place} of a {state} text from {path}"
    for state, place in found(path):
        # Who asks by a name they may not know is told that there is nothing.
        allowed = who in READERS[state] or answer.status_code in {302, 403, 404} or place == "tag" or "?" in path
        assert allowed, f"{path} exists for {who}: the {place} of a {state} text"
    return said


def expected(who: str) -> set[tuple[str, str]]:
    """What somebody has to find somewhere: a walk that finds nothing is proof of nothing."""
    states = [state for state, readers in READERS.items() if who in readers and state not in NOTES]
    texts = {(state, place) for state in states for place in PLACES} - {("pending", "tag")}
    notes = {who: {("closed", "category"), ("report", "body")} for who in STAFF} | {"author": {("verdict", "body")}}
    return texts - {("pending", "reply"), ("pending", "comment")} | notes.get(who, set())


def test_nobody_learns_anywhere_what_they_may_not_see(planted: Yard) -> None:
    for who in EVERYBODY:
        learnt: set[tuple[str, str]] = set()
        for path, answer in walk(planted, who, planted.everything()):
            learnt |= assert_tells_only_readers(who, path, answer)
        missing = expected(who) - learnt
        assert not missing, f"{who} should have found {sorted(missing)}"


def test_nothing_can_be_done_to_what_cannot_be_seen(planted: Yard) -> None:
    things = replace(planted.planted, people=["ada"], people_ids=[1])
    for who in OUTSIDERS:
        for rule in walking.rules(planted.app, safe=False):
            if not {"thread_id", "post_id", "case_id"} & rule.arguments:
                continue
            for path in walking.paths(planted.app, rule, things):
                for method in (rule.methods or set()) - SAFE:
                    answer = send(planted, who, method, path)
                    assert answer.status_code in {302, 303, 401, 403, 404, 422, 429}, f"{who} {method} {path}"
                    assert "/login" in answer.headers.get("Location", "/login"), f"{who} {method} {path}"
                    assert_tells_only_readers(who, path, answer)


def send(yard: Yard, who: str, method: str, path: str) -> TestResponse:
    browser = yard.browsers[who]
    if path.startswith("/api/"):
        given = {"body": "A whole text of mine.", "version": 1, "choice": "up", "post_id": yard.planted.posts[0]}
        return browser.client.open(path, method=method, json=given, headers=yard.keys.get(who, {}))
    return browser.post(path, {"choice": "up", "body": "A whole text of mine.", "version": "1", "post_id": "1"})


# Totals of the whole community move with everything; what they may tell is for the rooms that make them to say.
MOVING = ("/health", "/metrics", "/api/v1/metrics", "/api/v1/exports", "/mod", "/livez", "/readyz")


def snapshot(yard: Yard, who: str) -> dict[str, str]:
    """All that an outsider sees of the public things."""
    shown = {}
    for path, answer in walk(yard, who, yard.public):
        if not path.startswith(MOVING):
            shown[path] = f"{answer.status_code} {answer.headers.get('Location', '')}\n{MASKED.sub('', answer.text)}"
    return shown


def test_what_outsiders_see_is_the_same_with_it_and_without(yard: Yard) -> None:
    before = {who: snapshot(yard, who) for who in OUTSIDERS}
    plant(yard)
    conceal(yard)  # before anybody was told of it
    yard.people.drain()
    for who in OUTSIDERS:
        after = snapshot(yard, who)
        changed = [path for path in before[who] if before[who][path] != after.get(path)]
        assert not changed, f"{who} sees another {changed}: {difference(before[who][changed[0]], after[changed[0]])}"
        assert set(after) == set(before[who])


def difference(before: str, after: str) -> str:
    """The place where two pages part."""
    same = next((at for at, (old, new) in enumerate(zip(before, after, strict=False)) if old != new), 0)
    start = max(0, same - 80)
    return f"{before[start : same + 80]!r} became {after[start : same + 80]!r}"


def test_the_search_tells_nothing_while_the_index_is_behind(yard: Yard) -> None:
    plant(yard)
    yard.people.drain()
    conceal(yard)
    for _ in range(2):
        for who in OUTSIDERS:
            everything = yard.get(who, f"/api/v1/search?q={WORD}").json or {}
            assert everything["total"] == 2, f"{who} counts {everything['total']} threads"
            for state in STATES:
                for place in ("title", "body", "reply", "comment"):
                    answer = yard.get(who, f"/api/v1/search?q={secret(state, place)}").json or {}
                    assert (answer["total"], answer["items"]) == (0, []), f"{who} finds a {state} {place}"
        yard.people.drain()


@dataclass(frozen=True)
class Leak:
    """A reader that has forgotten its guard, and the door behind which it reads."""

    endpoint: str
    spoil: Callable[[pytest.MonkeyPatch], None]


def _all_authored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lists, "post_is_visible", lambda _: true())


def _all_fed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(syndication, "seen_posts", lambda *_: true())
    patch.setattr(
        syndication, "_posts_statement", syndication._posts_statement.__wrapped__
    )  # past the one that is kept


def _all_found(patch: pytest.MonkeyPatch) -> None:
    for module in [module for name, module in sys.modules.items() if name.startswith("forum.search.")]:
        for guard in {"post_is_visible", "thread_is_visible"} & set(vars(module)):
            patch.setattr(module, guard, lambda _: true())


LEAKS = {
    "profile": Leak("profiles.member_page", _all_authored),
    "feed": Leak("feeds.thread", _all_fed),
    "search": Leak("api.search", _all_found),
}


@pytest.mark.parametrize("name", LEAKS)
def test_the_walk_notices_a_reader_without_its_guard(yard: Yard, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    leak = LEAKS[name]
    plant(yard)
    yard.people.drain()
    conceal(yard)  # not drained again: the index still knows what was public
    [rule] = [rule for rule in walking.rules(yard.app, safe=True) if rule.endpoint == leak.endpoint]
    addresses = list(walking.paths(yard.app, rule, yard.public))
    for path in addresses:
        assert_tells_only_readers("anonymous", path, yard.get("anonymous", path))
    leak.spoil(monkeypatch)
    with pytest.raises(AssertionError, match="anonymous learns"):
        for path in addresses:
            assert_tells_only_readers("anonymous", path, yard.get("anonymous", path))


def test_a_route_with_an_unknown_argument_is_named(app: Flask) -> None:
    [rule] = [rule for rule in app.url_map.iter_rules() if rule.endpoint == "profiles.member_page"]
    with pytest.raises(walking.NoArgument, match="what <brand_new> may stand for"):
        walking.values(rule, "brand_new", Things())


def test_every_route_can_be_walked(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        for name in rule.arguments:
            walking.values(rule, name, Things())
