"""The owner's first page: a link that works once, and a community that is there whole or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from forum.accounts.models import User
from forum.accounts.service import create_link
from forum.accounts.site import site
from forum.discussion.models import Category
from forum.discussion.setup import LINK_PURPOSE
from forum.kit import clock
from forum.kit.db import db, transaction
from tests.people import People

FILLED = {
    "name": "Soban Table",
    "locale": "ko",
    "timezone": "Asia/Seoul",
    "categories": "Ovens: everything hot\nRice cookers\n\n  아이디어\uff1a바라는 것\n",
    "display_name": "Yujin K.",
    "email": "yujin@example.com",
    "password": "a long pass phrase",
}


def make_link(app: Flask, purpose: str = LINK_PURPOSE) -> str:
    with app.app_context(), transaction():
        return "/setup/" + create_link(purpose, None, timedelta(days=1))


@pytest.fixture
def link(app: Flask) -> str:
    return make_link(app)


def counted(app: Flask) -> tuple[int, int]:
    with app.app_context():
        users = db.session.scalar(select(func.count()).select_from(User)) or 0
        return users, db.session.scalar(select(func.count()).select_from(Category)) or 0


def test_the_page_makes_the_community_and_signs_its_owner_in(app: Flask, people: People, link: str) -> None:
    browser = people.browser()
    assert browser.get(link).status_code == 200
    response = browser.post(link, FILLED)
    assert (response.status_code, response.location) == (303, "/")
    assert browser.get("/admin").status_code == 200
    with app.app_context():
        owner = db.session.scalars(select(User)).one()
        assert (owner.role, owner.username, owner.email) == ("owner", "yujin-k", "yujin@example.com")
        assert owner.email_verified_at is not None
        assert {key: site()[key] for key in ("name", "locale", "timezone", "is_set_up")} == {
            "name": "Soban Table",
            "locale": "ko",
            "timezone": "Asia/Seoul",
            "is_set_up": True,
        }
        found = db.session.execute(select(Category.name, Category.description).order_by(Category.position)).all()
        assert [tuple(row) for row in found] == [
            ("Ovens", "everything hot"),
            ("Rice cookers", ""),
            ("아이디어", "바라는 것"),
        ]


def test_what_the_owner_chose_stays_although_it_is_what_held_before(app: Flask, people: People, link: str) -> None:
    people.browser().post(link, {**FILLED, "locale": "en", "timezone": "UTC"})
    with app.app_context():
        rows = db.session.execute(db.text("SELECT key FROM setting")).scalars().all()
        assert {"locale", "timezone"} <= set(rows)


def test_the_page_is_stored_nowhere_and_tells_no_other_site_its_address(people: People, link: str) -> None:
    for path in (link, "/setup/unknown"):
        headers = people.browser().get(path).headers
        assert "no-store" in headers["Cache-Control"]
        assert headers["Referrer-Policy"] == "no-referrer"


def test_a_link_works_once(app: Flask, people: People, link: str) -> None:
    people.browser().post(link, FILLED)
    second = {**FILLED, "email": "eve@example.com", "display_name": "Eve"}
    for response in (people.browser().get(link), people.browser().post(link, second)):
        assert response.status_code == 404
        assert "flask setup owner-link" in response.text
    assert counted(app)[0] == 1


def test_a_link_does_not_work_for_ever(app: Flask, people: People, link: str) -> None:
    with time_machine.travel(clock.now() + timedelta(days=1, minutes=1)):
        assert people.browser().get(link).status_code == 404
        assert people.browser().post(link, FILLED).status_code == 404
    assert counted(app) == (0, 0)


def test_a_link_for_something_else_does_not_open_the_page(app: Flask, people: People) -> None:
    other = make_link(app, "password")
    assert people.browser().get(other).status_code == 404
    assert people.browser().post(other, FILLED).status_code == 404
    assert counted(app) == (0, 0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"locale": "xx"}, "locale"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"categories": " \n \n"}, "categories"),
        ({"categories": "Ovens\novens: again"}, "categories"),
        ({"categories": "x" * 61}, "categories"),
        ({"categories": "\n".join(f"Category {n}" for n in range(31))}, "categories"),
        ({"email": "nowhere"}, "email"),
        ({"password": "short"}, "password"),
    ],
)
def test_a_page_that_does_not_fit_makes_nothing_and_keeps_what_was_typed(
    app: Flask, people: People, link: str, change: dict[str, str], field: str
) -> None:
    browser = people.browser()
    response = browser.post(link, {**FILLED, **change})
    assert response.status_code == 422
    assert f'id="{field}-err"' in response.text
    assert FILLED["password"] not in response.text
    assert "Yujin K." in response.text
    assert counted(app) == (0, 0)
    assert browser.post(link, FILLED).status_code == 303


def test_the_page_needs_its_token_and_its_own_site(app: Flask, people: People, link: str) -> None:
    assert people.browser().client.post(link, data=FILLED).status_code == 403
    assert people.browser().post(link, FILLED, headers={"Origin": "https://evil.example"}).status_code == 403
    assert counted(app) == (0, 0)
