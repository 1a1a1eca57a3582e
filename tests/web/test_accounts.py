"""Registering, signing in and out through the pages: what works, what is refused, and what nobody may find out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from forum.accounts.models import User, UserSession
from forum.accounts.service import close_sessions
from forum.kit.db import db, transaction
from tests.people import Browser, People

PASSWORD = "a long pass phrase"
NEWCOMER = {"display_name": "Lena M.", "email": "lena@example.com", "password": PASSWORD}


def token_of(browser: Browser) -> str | None:
    with browser.client.session_transaction() as session:
        return session.get("_user_id")


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/settings").status_code == 200


def sign_in(browser: Browser, login: str, password: str = PASSWORD, **more: Any) -> TestResponse:
    return browser.post("/login", {"login": login, "password": password, **more.pop("data", {})}, **more)


def without_what_differs(page: str, login: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page).replace(login, "?")


@pytest.mark.parametrize("login", ["ada", "ADA ", "ada@example.com", " Ada@Example.com"])
def test_a_member_signs_in_by_name_or_address_in_any_case(people: People, login: str) -> None:
    people.user("ada", password=PASSWORD)
    browser = people.browser()
    response = sign_in(browser, login)
    assert (response.status_code, response.location) == (303, "/")
    assert is_signed_in(browser)


def test_signing_in_leads_back_to_the_page_asked_for(people: People) -> None:
    people.user("ada", password=PASSWORD)
    browser = people.browser()
    assert browser.get("/settings").location == "/login?next=%2Fsettings"
    assert 'name="next" value="/settings"' in browser.get("/login?next=/settings").text
    assert sign_in(browser, "ada", data={"next": "/settings"}).location == "/settings"


def test_every_sign_in_makes_a_new_session_whatever_cookie_was_there(app: Flask, people: People) -> None:
    ada = people.user("ada", password=PASSWORD)
    browser = people.browser()
    with browser.client.session_transaction() as session:
        session["_user_id"] = "chosen by somebody else"
        session["planted"] = "by somebody else"
    sign_in(browser, "ada")
    first = token_of(browser)
    assert first not in (None, "chosen by somebody else")
    with browser.client.session_transaction() as session:
        assert "planted" not in session
    other = people.browser()
    sign_in(other, "ada")
    assert token_of(other) != first
    with app.app_context():
        assert db.session.scalar(select(func.count()).where(UserSession.user_id == ada.id)) == 2


def test_the_database_holds_no_token_that_opens_a_session(app: Flask, people: People) -> None:
    people.user("ada", password=PASSWORD)
    browser = people.browser()
    sign_in(browser, "ada")
    with app.app_context():
        assert token_of(browser) not in db.session.scalars(select(UserSession.token_hash)).all()


def test_signing_out_makes_the_old_cookie_worthless(people: People) -> None:
    browser = people.browser(people.user("ada"))
    kept = browser.client.get_cookie("sid")
    assert kept is not None
    response = browser.post("/logout")
    assert (response.status_code, response.location) == (303, "/")
    assert response.headers["Clear-Site-Data"] == '"cache"'
    browser.client.set_cookie("sid", kept.value)
    assert not is_signed_in(browser)


def test_signing_out_twice_is_no_accident(people: People) -> None:
    assert people.browser().post("/logout").status_code == 303


def test_a_revoked_session_is_signed_out_at_once(app: Flask, people: People) -> None:
    ada = people.user("ada")
    browser = people.browser(ada)
    assert is_signed_in(browser)
    with app.app_context(), transaction():
        close_sessions(ada.id or 0)
    assert not is_signed_in(browser)


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(people: People) -> None:
    people.user("known-name", password=PASSWORD)
    known = sign_in(people.browser(), "known-name", "not this one")
    unknown = sign_in(people.browser(), "other-name", "not this one")
    assert known.status_code == unknown.status_code == 422
    assert without_what_differs(known.text, "known-name") == without_what_differs(unknown.text, "other-name")


def test_a_failed_sign_in_keeps_the_name_and_never_the_password(people: People) -> None:
    page = sign_in(people.browser(), "ada@example.com", "not this one").text
    assert 'value="ada@example.com"' in page
    assert "not this one" not in page
    assert 'role="alert"' in page


def test_an_empty_form_says_what_is_missing(people: People) -> None:
    response = people.browser().post("/login", {"login": ""})
    assert response.status_code == 422
    assert 'id="login-err"' in response.text
    assert 'id="password-err"' in response.text


def test_one_address_has_six_tries_a_minute(people: People) -> None:
    browser = people.browser()
    for number in range(6):
        assert sign_in(browser, f"nobody{number}").status_code == 422
    refused = sign_in(browser, "somebody")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 61
    assert 'value="somebody"' in refused.text


def test_one_account_has_six_tries_a_minute_from_everywhere_under_all_its_names(people: People) -> None:
    people.user("ada", password=PASSWORD)
    browser = people.browser()
    names = ("ada", "ADA", " ada", "ada@example.com", "Ada@Example.com", "ada ")
    for number, name in enumerate(names):
        tried = sign_in(browser, name, "wrong one", environ_base={"REMOTE_ADDR": f"10.0.0.{number}"})
        assert tried.status_code == 422
    elsewhere = sign_in(browser, "ada", PASSWORD, environ_base={"REMOTE_ADDR": "10.0.1.1"})
    assert elsewhere.status_code == 429
    assert token_of(browser) is None


def test_a_forwarded_address_from_nobody_we_trust_changes_nothing(people: People) -> None:
    browser = people.browser()
    for number in range(6):
        sign_in(browser, f"nobody{number}", headers={"X-Forwarded-For": f"10.0.0.{number}", "X-Real-IP": "10.1.1.1"})
    assert sign_in(browser, "somebody", headers={"X-Forwarded-For": "10.9.9.9"}).status_code == 429


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/ok//evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "evil.example",
        "",
    ],
)
def test_signing_in_never_leads_to_another_site(people: People, target: str) -> None:
    ada = people.user("ada", password=PASSWORD)
    assert sign_in(people.browser(), "ada", data={"next": target}).location == "/"
    assert people.browser(ada).get("/login", query_string={"next": target}).location == "/"
    assert 'name="next" value="/"' in people.browser().get("/login", query_string={"next": target}).text


@pytest.mark.parametrize("path", ["/login", "/register", "/logout"])
def test_a_form_without_its_token_is_refused(people: People, path: str) -> None:
    people.user("ada", password=PASSWORD)
    browser = people.browser()
    response = browser.client.post(path, data={"login": "ada", "password": PASSWORD, **NEWCOMER})
    assert response.status_code == 403
    assert token_of(browser) is None


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_form_from_another_site_is_refused(people: People, headers: dict[str, str]) -> None:
    people.user("ada", password=PASSWORD)
    browser = people.browser()
    assert sign_in(browser, "ada", headers=headers).status_code == 403
    assert not is_signed_in(browser)


def test_pages_with_forms_for_visitors_are_stored_nowhere(people: People) -> None:
    for path in ("/login", "/register"):
        assert "no-store" in people.browser().get(path).headers["Cache-Control"]


def test_whoever_is_signed_in_has_no_use_for_these_forms(people: People) -> None:
    browser = people.browser(people.user("ada"))
    for path in ("/login", "/register"):
        assert (browser.get(path).status_code, browser.get(path).location) == (303, "/")
        assert browser.post(path, {"next": "/settings", **NEWCOMER}).location == "/settings"


def test_a_newcomer_registers_and_is_signed_in(app: Flask, people: People) -> None:
    browser = people.browser()
    response = browser.post("/register", {**NEWCOMER, "next": "/settings"})
    assert (response.status_code, response.location) == (303, "/settings")
    assert is_signed_in(browser)
    with app.app_context():
        user = db.session.scalars(select(User).where(User.email == "lena@example.com")).one()
        assert (user.username, user.role, user.trust, user.email_verified_at) == ("lena-m", "member", 0, None)
        assert (user.password_hash or "").startswith("$argon2id$")
        assert user.signup_network is not None
        assert "127.0" not in user.signup_network


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "password123"}, "password"),
        ({"password": "lena@example.com"}, "password"),
        ({"display_name": "L"}, "display_name"),
        ({"display_name": "…"}, "display_name"),
        ({"display_name": "Admin"}, "display_name"),
    ],
)
def test_a_registration_that_does_not_fit_keeps_what_was_typed(
    people: People, change: dict[str, str], field: str
) -> None:
    response = people.browser().post("/register", {**NEWCOMER, **change})
    assert response.status_code == 422
    assert f'id="{field}-err"' in response.text
    kept = {**NEWCOMER, **change}
    assert f'value="{kept["email"]}"' in response.text
    assert f'value="{kept["password"]}"' not in response.text.replace(f'value="{kept["email"]}"', "")


def test_an_address_has_one_account(people: People) -> None:
    people.user("lena")
    response = people.browser().post("/register", NEWCOMER)
    assert response.status_code == 422
    assert 'id="email-err"' in response.text


def test_a_role_cannot_be_smuggled_into_a_registration(app: Flask, people: People) -> None:
    people.browser().post("/register", {**NEWCOMER, "role": "owner", "trust": "4", "is_staff": "1"})
    with app.app_context():
        user = db.session.scalars(select(User).where(User.email == "lena@example.com")).one()
        assert (user.role, user.trust) == ("member", 0)


def test_one_address_makes_as_many_accounts_a_day_as_the_community_allows(app: Flask, people: People) -> None:
    people.settings(signups_per_day=2)
    names = ("Anna", "Berta", "Clara")
    given = [{"display_name": n, "email": f"{n}@example.com", "password": PASSWORD} for n in names]
    people.browser().post("/register", {**given[0], "email": "mistyped"})
    assert [people.browser().post("/register", one).status_code for one in given] == [303, 303, 429]
    with app.app_context():
        assert db.session.scalar(select(User.id).where(User.email == "clara@example.com")) is None


def test_a_closed_community_takes_nobody(app: Flask, people: People) -> None:
    people.settings(registration_open=False)
    page = people.browser().get("/register")
    assert page.status_code == 200
    assert 'name="password"' not in page.text
    assert people.browser().post("/register", NEWCOMER).status_code == 403
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(User)) == 0
