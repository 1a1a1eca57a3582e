"""Pages of accounts: register, sign in, sign out."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from config import Config
from forum.accounts.inputs import RegisterInput, SignInInput
from forum.accounts.passwords import MIN_LENGTH
from forum.accounts.queries import by_login
from forum.accounts.service import check_password, close_session, open_session, prepare_account, register
from forum.accounts.site import site
from forum.http import limits
from forum.http.forms import from_form
from forum.http.pages import page
from forum.http.paths import safe_next, with_query
from forum.http.viewer import enter, leave, person
from forum.kit.db import transaction
from forum.kit.errors import Refused, TooSoon

bp = Blueprint("accounts", __name__)
LOGIN_PER_MINUTE = "6/minute"
# Mistyped forms count here, finished accounts count for the day; so an attempt to find out who is here ends soon.
REGISTER_TRIES = "20/hour"


def secret() -> str:
    """The key under which networks are kept as hashes."""
    config: Config = current_app.extensions["madang"]
    return config.secret_key


def refused_page(template: str, refusal: Refused | None, **values: object) -> Response:
    """A form, as it is at first or again with what was refused."""
    response = page(template, 200 if refusal is None else refusal.status, refusal=refusal, **values)
    if isinstance(refusal, TooSoon):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


@bp.get("/login")
def login_form() -> Response | BaseResponse:
    """The form to sign in; whoever is signed in goes on to where they wanted."""
    if person() is not None:
        return redirect(safe_next(request.args.get("next")), 303)
    return _login_page()


def _login_page(refusal: Refused | None = None) -> Response:
    target = safe_next(request.values.get("next"))
    join = with_query("/register", next=None if target == "/" else target)
    typed = request.form.get("login", "")
    return refused_page("accounts/login.html", refusal, next=target, login=typed, register_path=join)


@bp.post("/login")
def login() -> Response | BaseResponse:
    """Sign in: a new session row at every time, whatever cookie was there before."""
    target = safe_next(request.form.get("next"))
    if person() is not None:
        return redirect(target, 303)
    try:
        user_id = _known_user(from_form(SignInInput, request.form))
    except Refused as refusal:
        return _login_page(refusal)
    with transaction():
        token = open_session(user_id, request.user_agent.string)
    enter(token)
    return redirect(target, 303)


def _known_user(given: SignInInput) -> int:
    """Whose name and password these are; counted for the address and for the account, under both of its names."""
    limits.hit("login", LOGIN_PER_MINUTE, limits.address())
    user = by_login(given.login)
    name = f"u{user.id}" if user is not None else f"n{given.login.strip().casefold()}"
    limits.hit("login_account", LOGIN_PER_MINUTE, name)
    return check_password(given.login, given.password).id


@bp.get("/register")
def register_form() -> Response | BaseResponse:
    """The form for a new account."""
    if person() is not None:
        return redirect(safe_next(request.args.get("next")), 303)
    return _register_page()


def _register_page(refusal: Refused | None = None) -> Response:
    target = safe_next(request.values.get("next"))
    typed = {name: request.form.get(name, "") for name in ("display_name", "email")}
    login_path = with_query("/login", next=None if target == "/" else target)
    return refused_page(
        "accounts/register.html", refusal, next=target, typed=typed, login_path=login_path, min_length=MIN_LENGTH
    )


@bp.post("/register")
def create_account() -> Response | BaseResponse:
    """Make the account and sign in with it."""
    target = safe_next(request.form.get("next"))
    if person() is not None:
        return redirect(target, 303)
    try:
        limits.hit("register", REGISTER_TRIES, limits.address())
        given = from_form(RegisterInput, request.form)
        per_day = f"{site()['signups_per_day']}/day"
        account = prepare_account(given, secret(), request.remote_addr)
        with transaction():
            user = register(account)
            # Counted when all else is right, so that a typing mistake costs nobody one of their few accounts.
            limits.hit("signup", per_day, limits.address())
            token = open_session(user.id, request.user_agent.string)
    except Refused as refusal:
        return _register_page(refusal)
    enter(token)
    return redirect(target, 303)


@bp.post("/logout")
def logout() -> BaseResponse:
    """Sign this browser out; its session row is revoked, so the old cookie opens nothing."""
    known = person()
    if known is not None and known.viewer.id is not None:
        with transaction():
            close_session(known.viewer.id, known.session_id)
        leave()
    response = redirect("/", 303)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
