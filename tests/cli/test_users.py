"""`flask users` and `flask setup`: accounts, keys and the owner's link."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import delete, select, text

from forum.accounts.models import ApiKey, OneTimeLink, User
from forum.accounts.passwords import verify_password
from forum.accounts.queries import key_holder, open_link
from forum.discussion.setup import LINK_PURPOSE
from forum.kit.db import db, transaction
from forum.kit.errors import NotFound
from tests.cli.shell import document, refused, run
from tests.people import People


def test_an_account_is_made_and_its_id_printed(app: Flask) -> None:
    result = run(app, "users", "create", "Lena M.", "--email", "Lena@example.com", "--role", "moderator")
    with app.app_context():
        user = db.session.scalars(select(User)).one()
        assert result.stdout == f"{user.id}\n"
        assert (user.username, user.display_name, user.email, user.role) == (
            "lena-m",
            "Lena M.",
            "lena@example.com",
            "moderator",
        )
        assert user.email_verified_at is not None
        assert user.password_hash is None


def test_the_password_comes_from_standard_input_alone(app: Flask) -> None:
    arguments = ("users", "create", "lena", "--email", "lena@example.com", "--password-stdin")
    assert document(app, *arguments, given="a quiet yard\n")["username"] == "lena"
    with app.app_context():
        stored = db.session.scalars(select(User.password_hash)).one()
        db.session.rollback()
        assert verify_password(stored, "a quiet yard")


@pytest.mark.parametrize(
    ("arguments", "given", "names"),
    [
        (("lena", "--email", "nowhere"), None, "email"),
        (("!!", "--email", "lena@example.com"), None, "username"),
        (("bob", "--email", "lena@example.com"), None, "username"),
        (("lena", "--email", "bob@example.com"), None, "username"),
        (("lena", "--email", "lena@example.com", "--password-stdin"), "short\n", "password"),
        (("lena", "--email", "lena@example.com", "--password-stdin"), "", "password"),
    ],
)
def test_an_account_that_does_not_fit_is_refused_with_a_reason(
    app: Flask, people: People, arguments: tuple[str, ...], given: str | None, names: str
) -> None:
    people.user("bob")
    assert names in refused(app, "users", "create", *arguments, given=given)
    with app.app_context():
        assert db.session.scalars(select(User.username)).all() == ["bob"]


def test_a_key_is_shown_once_and_stored_as_its_hash(app: Flask, people: People) -> None:
    people.user("bob")
    told = document(app, "users", "api-key", "bob", "--scope", "read", "--scope", "write")
    assert told.keys() == {"key"}
    with app.app_context():
        row = db.session.scalars(select(ApiKey)).one()
        assert told["key"] not in (row.key_hash, row.hint)
        holder = key_holder(told["key"])
        assert holder is not None
        assert (holder.username, holder.scopes) == ("bob", {"read", "write"})


def test_a_key_for_nobody_or_for_nothing_is_refused(app: Flask, people: People) -> None:
    people.user("bob")
    assert "no such member" in refused(app, "users", "api-key", "eve", "--scope", "read")
    assert run(app, "users", "api-key", "bob", "--scope", "everything").exit_code == 2
    assert run(app, "users", "api-key", "bob").exit_code == 2


def test_accounts_are_listed_by_role(app: Flask, people: People) -> None:
    people.user("bob")
    people.user("boss", role="owner")
    assert [one["username"] for one in document(app, "users", "list")] == ["bob", "boss"]
    assert [one["username"] for one in document(app, "users", "list", "--role", "owner")] == ["boss"]


def test_the_first_start_offers_the_owner_s_page_until_there_is_an_owner(app: Flask, people: People) -> None:
    first = document(app, "setup", "first-start")
    second = document(app, "setup", "first-start")
    assert first["empty"] is second["empty"] is True
    assert second["owner_link"].startswith("http://localhost/setup/")
    with app.app_context():
        assert open_link(second["owner_link"].rsplit("/", 1)[1], LINK_PURPOSE)
        with pytest.raises(NotFound):
            open_link(first["owner_link"].rsplit("/", 1)[1], LINK_PURPOSE)
    people.user("boss", role="owner")
    assert document(app, "setup", "first-start") == {"owner_link": None, "empty": False}


def test_the_owner_s_link_is_stored_as_its_hash(app: Flask) -> None:
    token = document(app, "setup", "owner-link")["owner_link"].rsplit("/", 1)[1]
    with app.app_context():
        assert token not in db.session.scalars(select(OneTimeLink.token_hash)).all()


def test_a_community_with_an_owner_gives_no_second_link(app: Flask, people: People) -> None:
    people.user("boss", role="owner")
    assert "has an owner" in refused(app, "setup", "owner-link")


def test_the_first_start_mends_a_missing_site_version(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        session.execute(text("DELETE FROM site_version"))
        session.execute(delete(OneTimeLink))
    assert document(app, "setup", "first-start")["owner_link"]
    with app.app_context():
        assert db.session.scalar(text("SELECT version FROM site_version WHERE id = 1")) == 1
