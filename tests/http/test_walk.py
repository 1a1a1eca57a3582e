"""Every route, walked: headers on all, no page writes, nothing unsafe without a token, nothing breaks."""

from __future__ import annotations

import hashlib
import re

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from forum.accounts.viewer import Viewer
from forum.http.security import SAFE
from forum.kit.db import Base, db
from tests import walking
from tests.people import Browser, People
from tests.walking import Things

HEADERS = ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy", "X-Request-Id")


class Scene:
    """A community with one of everything."""

    def __init__(self, app: Flask, people: People) -> None:
        self.app, self.people = app, people
        self.category = people.category("Help")
        self.ada, self.owner = people.user("ada"), people.user("boss", role="owner")
        self.thread, self.post = people.thread(self.ada, self.category, tags=["valve"])
        self.reply = people.reply(people.user("bob"), self.thread)
        self.things = Things(
            threads=[self.thread], posts=[self.post], categories=[self.category], category_ids=[1], tags=["valve"],
            people=["ada"], people_ids=[self.ada.id or 0],
        )  # fmt: skip
        people.drain()

    def path(self, rule: Rule) -> str:
        """An address for a rule, with ids and names that exist."""
        return walking.path(self.app, rule, self.things)

    def rules(self, *, safe: bool) -> list[Rule]:
        """All rules with safe methods, or all with unsafe ones."""
        return walking.rules(self.app, safe=safe)


@pytest.fixture
def scene(app: Flask, people: People) -> Scene:
    return Scene(app, people)


def fingerprint(app: Flask) -> str:
    """A hash over every row of every table."""
    digest = hashlib.sha256()
    with app.app_context():
        for table in Base.metadata.sorted_tables:
            keys = list(table.primary_key.columns)
            digest.update(repr(db.session.execute(select(table).order_by(*keys)).all()).encode())
        db.session.rollback()
    return digest.hexdigest()


def without_address(page: str, thread_id: int) -> str:
    """An error page without the address it was asked for, which it repeats in links and in the search field."""
    return re.sub(rf"t(/|%2F| ){thread_id}(/|%2F| )x", "ADDRESS", page)


def browsers(scene: Scene) -> dict[str, Browser]:
    return {
        "visitor": scene.people.browser(),
        "member": scene.people.browser(scene.ada),
        "owner": scene.people.browser(scene.owner),
    }


def test_no_page_writes_and_none_breaks(scene: Scene) -> None:
    everybody = browsers(scene)
    before = fingerprint(scene.app)
    for who, browser in everybody.items():
        for rule in scene.rules(safe=True):
            answer = browser.get(scene.path(rule), follow_redirects=True)
            assert answer.status_code < 500, f"{who} {rule.rule}: {answer.status_code}"
        assert fingerprint(scene.app) == before, f"a page of the {who} changed the database"


def test_every_answer_carries_its_headers(scene: Scene) -> None:
    for rule in scene.rules(safe=True):
        answer = scene.people.browser().get(scene.path(rule))
        missing = [name for name in HEADERS if name not in answer.headers]
        assert not missing, f"{rule.rule} lacks {missing}"
        assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
        assert answer.headers.get("Access-Control-Allow-Origin") is None


def test_a_signed_in_page_is_kept_by_nobody(scene: Scene) -> None:
    browser = scene.people.browser(scene.ada)
    for path in ("/", f"/t/{scene.thread}/how-do-i-reset-the-valve", "/settings", "/notifications"):
        assert browser.get(path).headers["Cache-Control"] == "private, no-store", path


def test_a_visitors_page_sets_no_cookie_and_has_no_token(scene: Scene) -> None:
    browser = scene.people.browser()
    for path in (
        "/",
        "/tags",
        f"/c/{scene.category}",
        f"/t/{scene.thread}/how-do-i-reset-the-valve",
        "/u/ada",
        "/search?q=valve",
    ):
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert "Set-Cookie" not in answer.headers, path
        assert "csrf_token" not in answer.text, path


def test_nothing_unsafe_happens_without_a_token(scene: Scene) -> None:
    browser = scene.people.browser(scene.owner)
    before = fingerprint(scene.app)
    for rule in scene.rules(safe=False):
        for method in (rule.methods or set()) - SAFE:
            answer = browser.client.open(scene.path(rule), method=method, data={"choice": "up", "body": "a whole text"})
            assert answer.status_code in {400, 401, 403, 404, 405, 415, 422}, (
                f"{method} {rule.rule}: {answer.status_code}"
            )
    assert fingerprint(scene.app) == before


def test_nothing_unsafe_happens_for_another_site(scene: Scene) -> None:
    browser = scene.people.browser(scene.owner)
    before = fingerprint(scene.app)
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        answer = browser.post(f"/p/{scene.reply}/vote", {"choice": "up"}, headers=headers)
        assert answer.status_code == 403, headers
    assert fingerprint(scene.app) == before


def test_an_unknown_host_is_refused(scene: Scene) -> None:
    assert scene.people.browser().get("/", headers={"Host": "evil.example"}).status_code == 400


def test_what_is_missing_and_what_is_forbidden_look_alike(scene: Scene, people: People) -> None:
    people.category("Team only", read_role="staff")
    hidden, _ = people.thread(scene.owner, "team-only", title="A plan nobody may see", body="Secret plans of the team.")
    stranger: Viewer = people.user("eve")
    for browser in (people.browser(), people.browser(stranger)):
        forbidden, missing = browser.get(f"/t/{hidden}/x"), browser.get("/t/999999/x")
        assert forbidden.status_code == missing.status_code == 404
        assert without_address(forbidden.text, hidden) == without_address(missing.text, 999999)
        assert browser.get("/c/team-only").status_code == 404
        assert "Team only" not in browser.get("/").text
