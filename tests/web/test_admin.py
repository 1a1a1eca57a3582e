"""The pages of managers: who gets in, what they change, and what the audit says afterwards."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from forum.accounts.models import User
from forum.accounts.site import site
from forum.accounts.viewer import Viewer
from forum.discussion.models import Category
from forum.kit.db import db
from forum.kit.settings import SettingChange
from tests.people import Browser, People

PAGES = ("/admin", "/admin/settings", "/admin/categories", "/admin/categories/1", "/admin/members")
FORMS = ("/admin/settings", "/admin/categories", "/admin/categories/1", "/admin/members/1/role")
JOINING = {"group": "joining", "registration_open": "1", "hold_first_posts": "1", "signups_per_day": "3"}
CATEGORY = {"name": "Ovens", "description": "Hot", "hue": "26", "position": "2", "read_role": "members"}


@pytest.fixture
def boss(people: People) -> Browser:
    people.category()
    return people.browser(people.user("boss", "manager"))


def limits(app: Flask, **changes: object) -> dict[str, object]:
    with app.app_context():
        return {"group": "limits", **{key: str(value) for key, value in site().items()}, **changes}


@pytest.mark.parametrize("role", [None, "member", "moderator"])
def test_for_everybody_else_there_is_nothing_here(people: People, boss: Browser, role: str | None) -> None:
    browser = people.browser(people.user("eve", role) if role else None)
    for path in PAGES:
        found, missing = browser.get(path), browser.get("/admin/nothing-here")
        assert found.status_code == missing.status_code == 404
        assert "boss" not in found.text
    for path in FORMS:
        assert browser.post(path, {"role": "owner", **JOINING}).status_code == 404


@pytest.mark.parametrize("role", ["manager", "owner"])
def test_managers_and_owners_get_in(people: People, role: str) -> None:
    people.category()
    browser = people.browser(people.user("boss", role))
    assert [browser.get(path).status_code for path in PAGES] == [200] * len(PAGES)


def test_a_group_of_settings_is_stored_with_its_audit(app: Flask, people: People, boss: Browser) -> None:
    form = {key: value for key, value in JOINING.items() if key != "registration_open"}
    response = boss.post("/admin/settings", {**form, "signups_per_day": "7"})
    assert (response.status_code, response.location) == (303, "/admin/settings#joining")
    with app.app_context():
        assert site()["registration_open"] is False
        assert site()["signups_per_day"] == 7
        audit = db.session.scalars(select(SettingChange).where(SettingChange.key == "signups_per_day")).one()
        assert (audit.old, audit.new) == (3, 7)
        assert audit.changed_by.startswith("u")
    page = boss.get("/admin/settings").text
    assert "Accounts from one address in a day" in page
    assert "<td>boss</td>" in page
    assert people.browser().get("/register").text.count('name="password"') == 0


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_stored(app: Flask, boss: Browser) -> None:
    response = boss.post("/admin/settings", limits(app, body_max="9", threads_per_day="many", tags_max="3"))
    assert response.status_code == 422
    for key in ("body_max", "threads_per_day"):
        assert f'id="{key}-err"' in response.text
    assert 'value="many"' in response.text
    with app.app_context():
        assert site()["tags_max"] == 5


def test_settings_have_to_fit_together(app: Flask, boss: Browser) -> None:
    response = boss.post("/admin/settings", limits(app, title_min="90", title_max="60"))
    assert response.status_code == 422
    assert 'id="title_min-err"' in response.text
    with app.app_context():
        assert site()["title_max"] == 150


def test_the_time_zone_is_fixed_and_an_unknown_group_is_not_there(app: Flask, boss: Browser) -> None:
    identity = {"group": "identity", "name": "Soban", "tagline": "", "locale": "en", "brand_hue": "20"}
    assert boss.post("/admin/settings", {**identity, "timezone": "Asia/Seoul", "is_set_up": "1"}).status_code == 303
    with app.app_context():
        assert (site()["name"], site()["timezone"], site()["is_set_up"]) == ("Soban", "UTC", False)
    assert boss.post("/admin/settings", {"group": "secrets"}).status_code == 404
    assert boss.post("/admin/settings", {**identity, "name": " "}).status_code == 422


def test_a_manager_makes_a_category(app: Flask, people: People, boss: Browser) -> None:
    response = boss.post("/admin/categories", {**CATEGORY, "post_role": "members"})
    assert response.location == "/admin/categories"
    assert "Ovens" in boss.get("/admin/categories").text
    with app.app_context():
        made = db.session.scalars(select(Category).where(Category.slug == "ovens")).one()
        assert (made.hue, made.position, made.read_role, made.archived_at) == (26, 2, "members", None)
    assert people.browser().get("/c/ovens").status_code == 404
    assert people.browser(people.user("ada")).get("/c/ovens").status_code == 200


@pytest.mark.parametrize(
    ("change", "field"), [({"name": ""}, "name"), ({"hue": "360"}, "hue"), ({"read_role": "cats"}, "read_role")]
)
def test_a_category_that_does_not_fit_is_not_made(
    app: Flask, boss: Browser, change: dict[str, str], field: str
) -> None:
    response = boss.post("/admin/categories", {**CATEGORY, "post_role": "members", **change})
    assert response.status_code == 422
    assert f'id="{field}-err"' in response.text
    assert 'value="Hot"' in response.text
    with app.app_context():
        assert db.session.scalar(select(Category.id).where(Category.slug == "ovens")) is None


def test_a_category_is_described_anew_and_keeps_its_address(app: Flask, boss: Browser) -> None:
    with app.app_context():
        category_id = db.session.scalars(select(Category.id)).one()
    path = f"/admin/categories/{category_id}"
    given = {**CATEGORY, "name": "Everything", "post_role": "moderators", "archived": "1"}
    assert boss.post(path, given).status_code == 303
    with app.app_context():
        changed = db.session.get_one(Category, category_id)
        assert (changed.slug, changed.name, changed.post_role) == ("general", "Everything", "moderators")
        assert changed.archived_at is not None
    assert "checked" in boss.get(path).text
    assert boss.post(path, {**given, "hue": "-1"}).status_code == 422
    for missing in ("/admin/categories/999", "/admin/categories/99999999999999999999"):
        assert boss.get(missing).status_code == 404
    assert boss.post("/admin/categories/999", given).status_code == 404


def role_of(app: Flask, viewer: Viewer) -> str:
    with app.app_context():
        return db.session.get_one(User, viewer.id).role


def test_a_manager_gives_a_role_and_the_member_signs_in_again(app: Flask, people: People, boss: Browser) -> None:
    ada = people.user("ada")
    hers = people.browser(ada)
    assert hers.get("/settings").status_code == 200
    assert boss.post(f"/admin/members/{ada.id}/role", {"role": "moderator"}).status_code == 303
    assert role_of(app, ada) == "moderator"
    assert hers.get("/settings").status_code == 302


def test_a_manager_cannot_reach_above_or_themselves(app: Flask, people: People, boss: Browser) -> None:
    ada, chief = people.user("ada"), people.user("chief", "owner")
    assert boss.viewer is not None
    for member, role in ((ada, "owner"), (ada, "manager"), (chief, "member"), (boss.viewer, "owner")):
        before = role_of(app, member)
        response = boss.post(f"/admin/members/{member.id}/role", {"role": role})
        assert response.status_code == 403
        assert 'role="alert"' in response.text
        assert role_of(app, member) == before
    assert boss.post(f"/admin/members/{ada.id}/role", {"role": "king"}).status_code == 422
    assert boss.post("/admin/members/999/role", {"role": "member"}).status_code == 404


def test_members_are_found_by_the_beginning_of_name_or_address_and_paged(people: People, boss: Browser) -> None:
    for name in ("ada", "adam", "bob"):
        people.user(name)
    page = boss.get("/admin/members?q=ad").text
    assert "@ada<" in page
    assert "@adam<" in page
    assert "@bob<" not in page
    assert "@bob<" in boss.get("/admin/members?q=BOB@ex").text
    assert "@ada<" not in boss.get("/admin/members?q=%25").text
    assert boss.get("/admin/members?after=nonsense").status_code == 422


def test_the_forms_need_their_token(app: Flask, people: People, boss: Browser) -> None:
    ada = people.user("ada")
    assert boss.client.post(f"/admin/members/{ada.id}/role", data={"role": "moderator"}).status_code == 403
    assert role_of(app, ada) == "member"
