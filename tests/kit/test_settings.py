"""Settings: typed and bounded, every change in the audit, and noticed at once by every process."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum import create_app
from forum.accounts import service as accounts
from forum.accounts.site import site
from forum.accounts.viewer import ANONYMOUS, Viewer
from forum.discussion.categories import categories
from forum.discussion.lists import ThreadQuery, threads
from forum.kit.db import db, transaction
from forum.kit.errors import Invalid
from forum.kit.outbox import EventRow
from forum.kit.settings import SettingChange, SiteVersion, VersionMoved, assuming, bump_version, confirm
from tests.conftest import Community
from tests.people import People

BOSS = Viewer(id=7, role="owner", username="boss", name="Boss")


def change(app: Flask, **values: object) -> list[str]:
    with app.app_context(), transaction():
        return accounts.change_settings(BOSS, values)


def version(app: Flask) -> int:
    with app.app_context():
        return db.session.scalars(select(SiteVersion.version)).one()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("brand_hue", "12"),
        ("brand_hue", 360),
        ("brand_hue", -1),
        ("brand_hue", True),
        ("registration_open", 1),
        ("locale", "tlh"),
        ("name", "x" * 61),
        ("body_max", 32001),
        ("post_seconds", None),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_its_name(app: Flask, key: str, value: object) -> None:
    with pytest.raises(Invalid) as refusal:
        change(app, **{key: value})
    assert list(refusal.value.fields) == [key]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(SettingChange)) == 0


def test_settings_that_contradict_each_other_are_refused(app: Flask) -> None:
    with pytest.raises(Invalid) as refusal:
        change(app, title_min=100, title_max=20)
    assert list(refusal.value.fields) == ["title_min"]


def test_a_change_says_who_changed_what_from_what_to_what(app: Flask) -> None:
    assert change(app, name="Bike corner", brand_hue=12) == ["name", "brand_hue"]
    change(app, name="Wheel corner")
    with app.app_context():
        rows = db.session.scalars(select(SettingChange).order_by(SettingChange.id)).all()
        assert [(row.key, row.old, row.new, row.changed_by) for row in rows] == [
            ("name", "Madang", "Bike corner", "u7"),
            ("brand_hue", 264, 12, "u7"),
            ("name", "Bike corner", "Wheel corner", "u7"),
        ]
        keys = db.session.scalars(select(EventRow.props).where(EventRow.type == "settings_changed")).all()
        assert sorted(sorted(props["keys"]) for props in keys) == [["brand_hue", "name"], ["name"]]


def test_the_same_value_again_changes_nothing(app: Flask) -> None:
    change(app, name="Bike corner")
    before = version(app)
    assert change(app, name="Bike corner") == []
    assert version(app) == before


def test_half_of_a_refused_change_is_not_stored(app: Flask) -> None:
    with pytest.raises(Invalid):
        change(app, name="Bike corner", brand_hue=400)
    with app.app_context():
        assert site()["name"] == "Madang"


def test_another_instance_notices_a_change_at_once(community: Community) -> None:
    other = create_app(community.config)
    with other.app_context():
        assert site()["name"] == "Madang"
    change(community.app, name="Bike corner")
    with other.app_context():
        assert site()["name"] == "Bike corner"


def test_a_page_of_another_instance_is_made_again_when_something_changed(community: Community) -> None:
    made: list[str] = []

    def probe() -> str:
        made.append(site()["name"])
        threads(ANONYMOUS, ThreadQuery())
        return made[-1]

    other = create_app(community.config)
    other.add_url_rule("/probe", view_func=probe)
    client = other.test_client()
    assert client.get("/probe").text == "Madang"
    made.clear()
    change(community.app, name="Bike corner")
    assert client.get("/probe").text == "Bike corner"
    assert made == ["Madang", "Bike corner"], "assumed, found moved, made again"
    made.clear()
    assert client.get("/probe").text == "Bike corner"
    assert made == ["Bike corner"], "then it costs nothing"


def test_a_changed_category_is_noticed_like_a_setting(community: Community) -> None:
    other = create_app(community.config)
    with other.app_context():
        assert not categories()
    People(community.app).category("Repairs")
    with other.app_context():
        assert [category.slug for category in categories().values()] == ["repairs"]


def test_what_was_assumed_is_confirmed_by_the_first_statement(app: Flask) -> None:
    with app.app_context():
        site()
    with app.app_context(), transaction():
        bump_version()
    with app.app_context(), assuming():
        site()
        with pytest.raises(VersionMoved):
            confirm(None)
        confirm(None)


def test_a_transaction_sees_its_own_changes_and_nobody_sees_them_when_it_fails(app: Flask) -> None:
    with app.app_context():
        assert site()["name"] == "Madang"
        with pytest.raises(ZeroDivisionError), transaction():
            accounts.change_settings(BOSS, {"name": "Never"})
            assert site()["name"] == "Never"
            raise ZeroDivisionError
        assert site()["name"] == "Madang"
    change(app, brand_hue=1)
    with app.app_context():
        assert (site()["name"], site()["brand_hue"]) == ("Madang", 1)
