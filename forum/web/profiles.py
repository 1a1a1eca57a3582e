"""Pages of people: what somebody wrote and is good at, and one's own settings."""

from __future__ import annotations

import re
from dataclasses import replace

from flask import Blueprint, Response, flash, g, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forum.accounts.inputs import KeyInput, PasswordInput, ProfileInput
from forum.accounts.passwords import MIN_LENGTH
from forum.accounts.policy import grantable_scopes
from forum.accounts.queries import SignedIn, api_keys, badges, profile, sessions, user_by_id
from forum.accounts.service import (
    close_session,
    close_sessions,
    issue_api_key,
    prepare_new_password,
    prepare_profile,
    revoke_api_key,
    set_password,
    update_profile,
)
from forum.discussion.categories import readable_categories
from forum.discussion.lists import authored
from forum.discussion.totals import kept_away
from forum.http import limits, paths
from forum.http import locale as words
from forum.http.forms import from_form
from forum.http.pages import page
from forum.http.viewer import leave, member, person, viewer
from forum.kit.db import end_reading, transaction
from forum.kit.errors import NotSignedIn, Refused
from forum.kit.words import Text, text
from forum.web.routing import ID

bp = Blueprint("profiles", __name__)
PASSWORD_PER_MINUTE = "6/minute"  # noqa: S105 - a pace, no password
# Each tab: the kind of posts it lists and whether the best come first.
TABS: dict[str, tuple[str, bool]] = {
    "best": ("reply", True),
    "replies": ("reply", False),
    "questions": ("opening", False),
}
# Marks of browsers and systems, the particular before the general: Edge calls itself Chrome too.
BROWSERS: tuple[tuple[str, str], ...] = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Whale", "Whale"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS: tuple[tuple[str, str], ...] = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@bp.get("/u/<username>")
def member_page(username: str) -> Response | BaseResponse:
    """A member's public page."""
    shown = profile(username)
    if shown.username != username:
        return redirect(paths.user(shown.username), 301)
    who, tab = viewer(), request.args.get("tab", "best")
    away = kept_away(who, shown.id)
    shown = replace(
        shown,
        thread_count=shown.thread_count - away.threads,
        reply_count=shown.reply_count - away.replies,
        accepted_count=shown.accepted_count - away.accepted,
        votes_received=shown.votes_received - away.votes,
    )
    kind, best = TABS.get(tab, TABS["best"])
    found = authored(who, shown.id, kind=kind, best=best, after=request.args.get("after"))
    return page(
        "profiles/member.html",
        member=shown,
        shown_tab=tab if tab in TABS else "best",
        posts=found,
        badges=badges(shown.id),
        category_names={category.id: category.name for category in readable_categories(who)},
    )


def _me() -> SignedIn:
    """Who is signed in, with the session they use."""
    member()
    known = person()
    if known is None:
        raise NotSignedIn(text("Sign in first."))
    return known


def _own_id() -> int:
    who = member()
    assert who.id is not None
    return who.id


@bp.get("/settings")
def settings() -> Response:
    """One's own settings."""
    return _settings_page()


def _settings_page(refusal: Refused | None = None, part: str = "", new_key: str | None = None) -> Response:
    """All settings; `part` names the form that was refused and keeps what was typed into it."""
    g.no_store = True
    me = _me()
    user = user_by_id(_own_id())
    stored = {name: getattr(user, name) or "" for name in ProfileInput.model_fields}
    typed = {name: request.form.get(name, "") for name in stored} if part == "profile" else stored
    response = page(
        "profiles/settings.html",
        200 if refusal is None else refusal.status,
        refusal=refusal,
        part=part,
        profile=typed,
        email=user.email or "",
        min_length=MIN_LENGTH,
        has_password=user.password_hash is not None,
        sessions=sessions(user.id),
        session_id=me.session_id,
        device=device,
        keys=api_keys(user.id),
        scopes=SCOPE_WORDS,
        grantable=grantable_scopes(me.viewer),
        chosen_scopes=request.form.getlist("scopes") if part == "keys" else ["read"],
        key_name=request.form.get("name", "") if part == "keys" else "",
        new_key=new_key,
        locales=words.NAMES,
    )
    if refusal is not None and "retry_after" in refusal.extra:
        response.headers["Retry-After"] = str(refusal.extra["retry_after"])
    return response


SCOPE_WORDS: dict[str, Text] = {
    "read": text("Read what you can read"),
    "write": text("Write, vote and edit in your name"),
    "moderate": text("Decide cases of the review queue"),
    "metrics:read": text("Read the figures of the community"),
    "metrics:people": text("Read figures about single people"),
    "admin": text("Change settings, categories and members"),
}


def device(user_agent: str) -> Text:
    """What a browser calls itself, in words: "Firefox on Windows"."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in SYSTEMS if mark in user_agent), None)
    if browser and system:
        return text("{browser} on {system}", browser=browser, system=system)
    own = re.match(r"[\w.-]{2,30}", user_agent)
    name = browser or system or (own.group() if own else None)
    return text("{name}", name=name) if name else text("Unknown browser")


@bp.post("/settings/profile")
def change_profile() -> Response | BaseResponse:
    """Store name, text about oneself, language and look."""
    who = member()
    try:
        prepared = prepare_profile(from_form(ProfileInput, request.form))
        with transaction():
            update_profile(who, prepared)
    except Refused as refusal:
        return _settings_page(refusal, "profile")
    response = _saved("profile", text("Saved."))
    # The choice made here counts from now on, not the one this browser remembers.
    for cookie in (words.COOKIE, "theme"):
        response.delete_cookie(cookie)
    return response


@bp.post("/settings/password")
def change_password() -> Response | BaseResponse:
    """Change the password; every other browser is signed out."""
    me, own_id = _me(), _own_id()
    try:
        limits.hit("password", PASSWORD_PER_MINUTE, limits.of_viewer(me.viewer))
        hashed = prepare_new_password(user_by_id(own_id), from_form(PasswordInput, request.form))
        end_reading()
        with transaction():
            set_password(own_id, hashed, keep_session=me.session_id)
    except Refused as refusal:
        return _settings_page(refusal, "password")
    return _saved("password", text("Your password is changed. Your other browsers were signed out."))


@bp.post(f"/settings/sessions/<{ID}:session_id>/end")
def end_session(session_id: int) -> BaseResponse:
    """Sign one of one's own browsers out."""
    me, own_id = _me(), _own_id()
    with transaction():
        close_session(own_id, session_id)
    if session_id == me.session_id:
        leave()
        return redirect("/", 303)
    return _saved("sessions", text("That browser is signed out."))


@bp.post("/settings/sessions/end-others")
def end_other_sessions() -> BaseResponse:
    """Sign every browser out but this one."""
    me, own_id = _me(), _own_id()
    with transaction():
        close_sessions(own_id, keep=me.session_id)
    return _saved("sessions", text("Your other browsers are signed out."))


@bp.post("/settings/keys")
def make_key() -> Response:
    """Make a key for the API; this answer is the only one that shows it."""
    who = _me().viewer
    try:
        given = from_form(KeyInput, request.form)
        with transaction():
            key = issue_api_key(who, given)
    except Refused as refusal:
        return _settings_page(refusal, "keys")
    return _settings_page(new_key=key)


@bp.post(f"/settings/keys/<{ID}:key_id>/end")
def end_key(key_id: int) -> BaseResponse:
    """Stop one of one's own keys from working."""
    own_id = _own_id()
    with transaction():
        revoke_api_key(own_id, key_id)
    return _saved("keys", text("That key is revoked."))


def _saved(part: str, message: Text) -> BaseResponse:
    flash(words.say(message), "done")
    return redirect(f"/settings#{part}", 303)
