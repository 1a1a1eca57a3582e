"""`flask users …`: accounts and their keys."""

from __future__ import annotations

import sys

import click
from sqlalchemy import select

from forum.accounts import passwords
from forum.accounts.inputs import DisplayName, Email, Input
from forum.accounts.models import ROLES, User
from forum.accounts.queries import by_login
from forum.accounts.service import SCOPES, create_api_key, create_user
from forum.cli.output import Group, emit, json_option
from forum.http.forms import validated
from forum.kit.db import db, end_reading, transaction
from forum.kit.errors import Invalid, NotFound
from forum.kit.words import text

users_group = Group("users", help="Accounts and their keys.")


class NewUser(Input):
    """An account as somebody types it."""

    username: DisplayName
    email: Email


@users_group.command("create")
@click.argument("username")
@click.option("--email", required=True, help="The mail address; it counts as verified.")
@click.option("--role", type=click.Choice(ROLES), default="member", show_default=True, help="What the account may do.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@json_option
def create(username: str, email: str, role: str, password_stdin: bool, as_json: bool) -> None:
    """Make an account, verified, and print its id. Without a password nobody can sign in with it yet."""
    new = validated(NewUser, {"username": username, "email": email})
    hashed = _hashed(new) if password_stdin else None
    with transaction():
        user = create_user(new.username, new.email, role, hashed)
        made = {"id": user.id, "username": user.username, "role": user.role}
    emit(made, as_json=as_json, told=str(made["id"]))


def _hashed(new: NewUser) -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    weak = passwords.weakness(password, (new.username, new.email))
    if weak is not None:
        raise Invalid(text("Choose another password."), fields={"password": weak})
    return passwords.hash_password(password)


@users_group.command("api-key")
@click.argument("username")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="What the key is for.")
@click.option("--name", default="", help="A name to know the key by.")
@json_option
def api_key(username: str, scopes: tuple[str, ...], name: str, as_json: bool) -> None:
    """Make a key for the JSON API. It is shown this once; only its hash is kept."""
    user = by_login(username)
    if user is None:
        raise NotFound(text("There is no such member."))
    user_id = user.id
    with transaction():
        key = create_api_key(user_id, scopes, name)
    emit({"key": key}, as_json=as_json, told=key)


@users_group.command("list")
@click.option("--role", type=click.Choice(ROLES), help="Only accounts with this role.")
@json_option
def list_users(role: str | None, as_json: bool) -> None:
    """List the accounts, the oldest first."""
    query = select(User.id, User.username, User.display_name, User.email, User.role).where(User.erased_at.is_(None))
    rows = db.session.execute((query.where(User.role == role) if role else query).order_by(User.id)).all()
    end_reading()
    told = "\n".join(f"{row.id:>6}  {row.role:<10} {row.username:<24} {row.email or '–'}" for row in rows)
    emit([dict(row._mapping) for row in rows], as_json=as_json, told=told or "There are no accounts yet.")
