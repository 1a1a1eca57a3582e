"""What machines ask of the server: alive, ready, and what robots may read."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import text

from forum.kit.db import db, transaction
from forum.web.status import DRAINING
from tests.people import Browser, People


def test_a_living_server_says_so_without_the_database(people: People) -> None:
    browser = people.browser(people.user("ada"))
    response, statements = browser.statements("/livez")
    assert (response.status_code, response.text, response.mimetype) == (200, "ok", "text/plain")
    assert statements == []


def test_a_living_server_says_so_within_five_milliseconds(app: Flask) -> None:
    client = app.test_client()
    took = []
    for _ in range(30):
        began = time.perf_counter()
        client.get("/livez")
        took.append(time.perf_counter() - began)
    assert sorted(took)[15] < 0.005


def test_a_server_at_the_head_of_its_migrations_is_ready(app: Flask) -> None:
    response = app.test_client().get("/readyz")
    assert response.status_code == 200
    assert response.json == {"ready": True, "checks": {"database": "ok", "migrations": "ok", "draining": False}}
    assert response.headers["Cache-Control"] == "no-store"


def test_a_server_that_is_being_stopped_gets_nobody_new(fresh_app: Callable[..., Flask]) -> None:
    app = fresh_app()
    flag = Path(app.extensions["madang"].data_dir) / DRAINING
    flag.touch()
    response = app.test_client().get("/readyz")
    assert (response.status_code, response.json["checks"]["draining"]) == (503, True)  # type: ignore[index]  # it is JSON
    assert app.test_client().get("/livez").status_code == 200
    flag.unlink()
    assert app.test_client().get("/readyz").status_code == 200


def test_a_server_with_another_schema_is_not_ready(fresh_app: Callable[..., Flask]) -> None:
    app = fresh_app()
    with app.app_context(), transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    response = app.test_client().get("/readyz")
    assert response.status_code == 503
    assert response.json["checks"]["migrations"] == "not at head"  # type: ignore[index]  # it is JSON


def test_a_server_without_its_database_is_not_ready(fresh_app: Callable[..., Flask]) -> None:
    app = fresh_app()
    with app.app_context(), transaction() as session:
        session.execute(text("DROP TABLE alembic_version"))
    response = app.test_client().get("/readyz")
    assert response.status_code == 503
    assert response.json["checks"]["database"] == "no answer"  # type: ignore[index]  # it is JSON
    with app.app_context():
        db.engine.dispose()


def test_robots_are_kept_from_forms_and_accounts(app: Flask) -> None:
    response = app.test_client().get("/robots.txt")
    assert (response.status_code, response.mimetype) == (200, "text/plain")
    lines = response.text.splitlines()
    assert lines[0] == "User-agent: *"
    for path in ("/admin", "/mod", "/settings", "/login"):
        assert f"Disallow: {path}" in lines
    assert "Disallow: /" not in lines


def test_what_robots_are_told_about_is_there(app: Flask) -> None:
    lines = app.test_client().get("/robots.txt").text.splitlines()
    for line in lines:
        if line.startswith("Sitemap: "):
            path = "/" + line.split("/", 3)[3]
            assert Browser(app).get(path).status_code == 200
