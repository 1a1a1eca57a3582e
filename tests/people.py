"""People and things for tests: made through the services, and browsers that carry session and token."""

from __future__ import annotations

import re
import secrets
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import event as sa_event
from werkzeug.test import TestResponse

from forum.accounts import service as accounts
from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.discussion import curation
from forum.discussion.inputs import CategoryInput, ReplyInput, ThreadInput
from forum.kit.db import db, transaction
from forum.kit.drainer import drain
from forum.moderation import publishing


def token_for(app: Flask, client: FlaskClient) -> str:
    """A CSRF token that fits the client's session."""
    with client.session_transaction() as session:
        raw = session.setdefault("csrf_token", secrets.token_hex(20))
    return str(URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(raw))  # type: ignore[arg-type]  # set in tests


class Browser:
    """A client that is somebody, sends tokens with its forms and counts SQL statements."""

    def __init__(self, app: Flask, viewer: Viewer | None = None) -> None:
        self.app, self.client, self.viewer = app, app.test_client(), viewer
        if viewer is not None:
            self._sign_in(viewer)

    def _sign_in(self, viewer: Viewer) -> None:
        assert viewer.id is not None
        with self.app.app_context(), transaction():
            token = accounts.open_session(viewer.id, "test")
        with self.client.session_transaction() as session:
            session["_user_id"] = token
            session["_fresh"] = True

    def get(self, path: str, **options: Any) -> TestResponse:
        """Ask for a page."""
        return self.client.get(path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form with a token that fits."""
        token = token_for(self.app, self.client)
        return self.client.post(path, data={**(data or {}), "csrf_token": token}, **options)

    def statements(self, path: str) -> tuple[TestResponse, list[str]]:
        """A page and the SQL it took, transaction control left out."""
        seen: list[str] = []

        def note(_c: object, _cur: object, statement: str, *_: object) -> None:
            if not re.match(r"\s*(BEGIN|PRAGMA|SET|ROLLBACK|COMMIT)", statement):
                seen.append(statement)

        with self.app.app_context():
            engine = db.engine
        sa_event.listen(engine, "before_cursor_execute", note)
        try:
            return self.client.get(path), seen
        finally:
            sa_event.remove(engine, "before_cursor_execute", note)


class People:
    """Makes what tests need, through the same services as everybody."""

    def __init__(self, app: Flask) -> None:
        """Nobody has to wait between two posts here, unless a test sets the pace again."""
        self.app = app
        self.settings(post_seconds=0, post_seconds_new=0)

    def user(self, name: str = "bob", role: str = "member", trust: int = 1, password: str | None = None) -> Viewer:
        """An account; trust 1 so that nothing is held unless a test wants it."""
        with self.app.app_context():
            hashed = accounts.passwords.hash_password(password) if password else None
            with transaction() as session:
                user = accounts.create_user(name, f"{name.lower()}@example.com", role, hashed)
                user.trust = trust
                session.flush()
                return Viewer.of(user)

    def browser(self, viewer: Viewer | None = None) -> Browser:
        """A browser: signed in as somebody, or a visitor's."""
        return Browser(self.app, viewer)

    def settings(self, **values: object) -> None:
        """Change settings of the community."""
        with self.app.app_context(), transaction():
            accounts.change_settings(Viewer(id=0, role="owner", username="boss", name="Boss"), dict(values))

    def category(self, name: str = "General", **about: Any) -> str:
        """A category; returns its slug."""
        with self.app.app_context(), transaction():
            boss = Viewer(id=0, role="owner", username="boss", name="Boss")
            return curation.create_category(boss, CategoryInput(name=name, **about)).slug

    def thread(self, author: Viewer, category: str = "general", **given: Any) -> tuple[int, int]:
        """A thread; returns its id and that of its opening post."""
        values = {"title": "How do I reset the valve?", "body": "The valve does not close any more.", **given}
        with self.app.app_context():
            prepared = publishing.prepare(author, ThreadInput(category=category, **values))
            with transaction():
                published = publishing.publish(prepared)
                return published.thread.id, published.post.id

    def reply(
        self, author: Viewer, thread_id: int, body: str = "Turn it twice to the left.", parent_id: int | None = None
    ) -> int:
        """A reply or comment; returns the post's id."""
        with self.app.app_context():
            prepared = publishing.prepare(author, ReplyInput(thread_id=thread_id, body=body, parent_id=parent_id))
            with transaction():
                return publishing.publish(prepared).post.id

    def drain(self) -> None:
        """Let everything that follows from what happened happen now."""
        with self.app.app_context():
            assert drain(10), "the outbox could not be drained"

    def viewer(self, user_id: int) -> Viewer:
        """The viewer an account is now."""
        with self.app.app_context():
            return Viewer.of(db.session.get_one(User, user_id))
