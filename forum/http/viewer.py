"""Who is at the door: sessions are rows, found by the random token in the signed cookie."""

from __future__ import annotations

from flask import Flask, current_app, g, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from forum.accounts.queries import SignedIn, signed_in
from forum.accounts.viewer import ANONYMOUS, Viewer
from forum.kit.errors import NotSignedIn
from forum.kit.words import text


class SessionUser(UserMixin):  # type: ignore[misc]  # flask-login ships no types
    """What Flask-Login keeps of a request's person; its id is the session's token, so that sessions can be revoked."""

    def __init__(self, token: str, person: SignedIn) -> None:
        """Hold the token beside the person it belongs to."""
        self.token = token
        self.person = person

    def get_id(self) -> str:
        """The token that goes into the cookie."""
        return self.token


def init_app(app: Flask) -> None:
    """Let Flask-Login find people by our session rows."""
    manager = LoginManager()
    manager.session_protection = None  # the row itself can be revoked; an address change must not sign out a phone
    manager.init_app(app)

    @manager.user_loader  # type: ignore[untyped-decorator]  # flask-login ships no types
    def load(token: str) -> SessionUser | None:
        person = signed_in(token)
        return None if person is None else SessionUser(token, person)


def person() -> SignedIn | None:
    """The signed-in person of this request; without a cookie nothing is read and no session is opened."""
    if "person" not in g:
        counts = not request.path.startswith("/api/")  # programs come with a key, and with nothing else
        has_cookie = counts and current_app.config["SESSION_COOKIE_NAME"] in request.cookies
        found = current_user if has_cookie and current_user.is_authenticated else None
        g.person = None if found is None else found.person
    known: SignedIn | None = g.person
    return known


def viewer() -> Viewer:
    """Who looks; the API sets it from its key."""
    if "viewer" not in g:
        known = person()
        g.viewer = ANONYMOUS if known is None else known.viewer
    found: Viewer = g.viewer
    return found


def member() -> Viewer:
    """Who acts; raises NotSignedIn for a visitor."""
    found = viewer()
    if not found.is_member:
        raise NotSignedIn(text("Sign in first."))
    return found


def enter(token: str) -> None:
    """Put the token of a new session row into the cookie; the cookie from before is worth nothing any more."""
    known = signed_in(token)
    assert known is not None
    session.clear()
    login_user(SessionUser(token, known))
    session.permanent = True
    g.pop("viewer", None)
    g.person = known


def leave() -> None:
    """Take the token out of the cookie."""
    logout_user()
    session.clear()
    g.pop("viewer", None)
    g.person = None
