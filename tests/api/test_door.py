"""The API's door: keys and their scopes, strict bodies, and cookies that count for nothing."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from forum.accounts import service as accounts
from forum.accounts.models import ApiKey
from forum.accounts.viewer import Viewer
from forum.kit.db import db, transaction
from tests.api.program import Program, key_of, problem
from tests.people import People, token_for

NEW = {"category": "general", "title": "How do I reset the valve?", "body": "It does not close any more."}
CHANGES = [
    ("POST", "/threads", NEW),
    ("POST", "/threads/1/replies", {"body": "Turn it to the left."}),
    ("PATCH", "/posts/1", {"body": "Turn it to the left.", "version": 1}),
    ("DELETE", "/posts/1", None),
    ("PUT", "/posts/1/vote", {"choice": "up"}),
    ("PUT", "/threads/1/accepted", {"post_id": 2}),
    ("DELETE", "/threads/1/accepted", None),
]


@pytest.fixture
def ada(people: People) -> Viewer:
    people.category()
    ada = people.user("ada")
    people.thread(ada)
    return ada


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_changing_needs_a_key(app: Flask, ada: Viewer, method: str, path: str, body: object) -> None:
    refused = Program(app).ask(method, path, body)
    problem(refused, 401)
    assert refused.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_changing_needs_a_key_for_writing(app: Flask, ada: Viewer, method: str, path: str, body: object) -> None:
    problem(Program(app, ada, "read").ask(method, path, body), 404)


def test_reading_with_a_key_that_is_not_for_reading_finds_nothing(app: Flask, ada: Viewer) -> None:
    problem(Program(app, ada, "write").get("/threads"), 404)


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer", "Basic YTpi", "Bearer mdg_é", ""])
def test_a_wrong_key_is_refused_even_for_what_is_public(app: Flask, ada: Viewer, header: str) -> None:
    refused = Program(app).ask("GET", "/threads", headers={"Authorization": header})
    problem(refused, 401)
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_a_revoked_key_is_refused(app: Flask, ada: Viewer) -> None:
    program = Program(app, ada)
    with app.app_context(), transaction():
        key = db.session.scalars(select(ApiKey)).one()
        accounts.revoke_api_key(key.user_id, key.id)
    problem(program.get("/threads"), 401)


def test_a_key_is_stored_as_its_hash_and_never_logged(
    app: Flask, ada: Viewer, capsys: pytest.CaptureFixture[str]
) -> None:
    key = key_of(app, ada)
    Program(app).ask("GET", "/threads", headers={"Authorization": f"Bearer {key}"})
    with app.app_context():
        row = db.session.scalars(select(ApiKey)).one()
        assert key not in (row.key_hash, row.hint)
    seen = capsys.readouterr()
    assert key not in seen.out + seen.err


def test_a_session_cookie_opens_nothing(app: Flask, people: People, ada: Viewer) -> None:
    browser = people.browser(ada)
    token = token_for(app, browser.client)
    for method, path, body in CHANGES:
        headers = {"X-CSRFToken": token, "Origin": "http://localhost"}
        refused = browser.client.open(f"/api/v1{path}", method=method, json=body, headers=headers)
        assert refused.status_code == 401, path


def test_a_session_cookie_shows_nothing_and_is_not_even_looked_up(app: Flask, people: People) -> None:
    people.category("Team", read_role="staff")
    browser = people.browser(people.user("boss", role="owner"))
    for path in ("/api/v1/categories", "/api/v1/nothing/here", "/api/v1/threads/77"):
        response, statements = browser.statements(path)
        assert "team" not in response.text
        assert not [sql for sql in statements if "user_session" in sql], path


def test_answers_to_a_key_are_kept_nowhere(app: Flask, ada: Viewer) -> None:
    assert "no-store" in Program(app, ada).get("/threads").headers["Cache-Control"]
    assert "no-store" not in Program(app).get("/threads").headers["Cache-Control"]


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"nonsense", 400),
        (b'{"body": NaN}', 400),
        (b'{"body": Infinity}', 400),
        (b'{"body": "\\ud800"}', 400),
        (b'{"body": "\xff"}', 400),
        (b'\xef\xbb\xbf{"body": "x"}', 400),
        (b'{"body": "Turn it to the left.", "body": "Turn it to the right."}', 400),
        (b'{"body": ' + b"[" * 30 + b"]" * 30 + b"}", 400),
        (b"[" * 100_000 + b"]" * 100_000, 400),
        (b'{"parent_id": ' + b"9" * 5000 + b"}", 400),
        (b'{"body": 1e999}', 400),
        (b"[]", 422),
        (b'[{"body": "Turn it to the left."}]', 422),
        (b"null", 422),
        (b'"text"', 422),
        (b"12", 422),
        (b"{}", 422),
        (b'{"body": "Turn it to the left.", "parent_id": 9223372036854775808}', 422),
        (b'{"body": "Turn it to the left.", "parent_id": "1"}', 422),
        (b'{"body": "Turn it to the left.", "parent_id": 1.0}', 422),
        (b'{"body": ["Turn it to the left."]}', 422),
        (b'{"body": "Turn it to the left.", "\\u0000": 1}', 422),
        (b'{"body": "' + b"x" * 32001 + b'"}', 422),
        (b'{"body": "' + b"x" * 600_000 + b'"}', 413),
    ],
)
def test_a_strange_body_is_refused_and_breaks_nothing(app: Flask, ada: Viewer, raw: bytes, status: int) -> None:
    problem(Program(app, ada).send("POST", "/threads/1/replies", raw), status)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_has_to_be_json_by_its_type(app: Flask, ada: Viewer, kind: str) -> None:
    problem(Program(app, ada).send("POST", "/threads/1/replies", b'{"body": "Turn it to the left."}', kind), 415)


@pytest.mark.parametrize("path", ["/nothing", "/threads/0", "/threads/-1", "/threads/9223372036854775808", "/posts/x"])
def test_an_unknown_address_is_answered_in_json(app: Flask, ada: Viewer, path: str) -> None:
    problem(Program(app).get(path), 404)


def test_a_wrong_method_says_which_are_right(app: Flask, ada: Viewer) -> None:
    refused = Program(app).delete("/threads")
    problem(refused, 405)
    assert {"GET", "POST"} <= set(refused.headers["Allow"].split(", "))


def test_too_many_changes_have_to_wait(app: Flask, people: People, ada: Viewer) -> None:
    bob = Program(app, people.user("bob"))
    answers = [bob.put("/posts/1/vote", {"choice": "clear"}) for _ in range(61)]
    assert {answer.status_code for answer in answers[:60]} == {200}
    problem(answers[60], 429)
    assert int(answers[60].headers["Retry-After"]) >= 1
    assert bob.get("/threads").status_code == 200
