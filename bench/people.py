"""Members for measurements: the headers of a signed-in browser, and the SQL statements of a request."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import event

from forum.accounts import service as accounts
from forum.kit.db import db, transaction


@dataclass(frozen=True, slots=True)
class Member:
    """A browser somebody is signed in with."""

    cookie: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What the browser sends with each request."""
        return {"Cookie": self.cookie}


def sign_in(app: Flask, user_id: int) -> Member:
    """Open a session and sign its cookie as the forum would."""
    with app.app_context(), transaction():
        token = accounts.open_session(user_id, "bench")
    raw = secrets.token_hex(20)
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]  # Flask's own interface
    cookie = serializer.dumps({"_user_id": token, "_fresh": True, "csrf_token": raw})
    csrf = URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token").dumps(raw)
    return Member(f"{app.config['SESSION_COOKIE_NAME']}={cookie}", str(csrf))


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements run inside the block, without begin, commit and settings of connections."""
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if not re.match(r"\s*(BEGIN|PRAGMA|SET|ROLLBACK|COMMIT|SAVEPOINT|RELEASE)", statement):
            seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
