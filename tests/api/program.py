"""A program that talks to the API with a key."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from forum.accounts import service as accounts
from forum.accounts.viewer import Viewer
from forum.kit.db import transaction


def key_of(app: Flask, viewer: Viewer, *scopes: str) -> str:
    """A key of somebody; reading and writing unless the scopes are named."""
    assert viewer.id is not None
    with app.app_context(), transaction():
        return accounts.create_api_key(viewer.id, scopes or ("read", "write"))


class Program:
    """Sends and reads JSON; without a viewer it has no key."""

    def __init__(self, app: Flask, viewer: Viewer | None = None, *scopes: str) -> None:
        self.client = app.test_client(use_cookies=False)
        self.key = None if viewer is None else key_of(app, viewer, *scopes)

    def ask(self, method: str, path: str, json: Any = None, **options: Any) -> TestResponse:
        """One request below /api/v1."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        headers.update(options.pop("headers", {}))
        if json is not None:
            options["json"] = json
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **options)

    def get(self, path: str) -> TestResponse:
        """Read."""
        return self.ask("GET", path)

    def post(self, path: str, json: Any) -> TestResponse:
        """Make."""
        return self.ask("POST", path, json)

    def put(self, path: str, json: Any) -> TestResponse:
        """Set."""
        return self.ask("PUT", path, json)

    def patch(self, path: str, json: Any) -> TestResponse:
        """Change."""
        return self.ask("PATCH", path, json)

    def delete(self, path: str) -> TestResponse:
        """Take away."""
        return self.ask("DELETE", path)

    def send(self, method: str, path: str, raw: bytes, kind: str = "application/json") -> TestResponse:
        """A body as it is, well-formed or not."""
        return self.ask(method, path, data=raw, headers={"Content-Type": kind})


def problem(response: TestResponse, status: int) -> dict[str, Any]:
    """The problem in an answer, having checked that it is one."""
    assert (response.status_code, response.mimetype) == (status, "application/problem+json"), response.text
    told: dict[str, Any] = response.get_json()
    assert {"type", "title", "status", "detail", "errors"} <= told.keys()
    assert told["status"] == status
    return told


def fields(told: dict[str, Any]) -> set[str]:
    """The fields a problem names."""
    return {error["field"] for error in told["errors"]}
