"""`flask setup …`: from an empty database to a community with an owner."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app
from flask_migrate import upgrade
from sqlalchemy import select

from config import Config
from forum.accounts.models import User
from forum.accounts.queries import has_owner
from forum.accounts.service import create_link
from forum.cli.output import Group, emit, json_option
from forum.discussion.models import Thread
from forum.discussion.setup import LINK_PURPOSE
from forum.kit.db import db, end_reading, transaction
from forum.kit.errors import Conflict
from forum.kit.settings import SiteVersion
from forum.kit.words import text
from forum.search.engine import index
from forum.search.service import rebuild

VALID = timedelta(days=7)
setup_group = Group("setup", help="From an empty database to a community with an owner.")


def _new_link() -> str:
    """The address of the owner's first page; the one before stops working."""
    config: Config = current_app.extensions["madang"]
    with transaction() as session:
        if session.get(SiteVersion, 1) is None:
            session.add(SiteVersion(id=1, version=1))
        token = create_link(LINK_PURPOSE, None, VALID)
    return f"{config.public_url}/setup/{token}"


def _is_empty() -> bool:
    """Whether nobody and nothing is here yet."""
    found = db.session.scalar(select(User.id).limit(1)) or db.session.scalar(select(Thread.id).limit(1))
    end_reading()
    return found is None


@setup_group.command("first-start")
@json_option
def first_start(as_json: bool) -> None:
    """Prepare the community for its first visitor; safe to run at every start.

    Brings the database to this release first. Prints a link with which somebody becomes the community's
    owner, once, within seven days; null when there is an owner.
    """
    upgrade()
    empty = _is_empty()
    if empty and index().needs_rebuild():
        rebuild()
    link = None if has_owner() else _new_link()
    told = f"Become the owner here, once: {link}" if link else "The community has an owner."
    emit({"owner_link": link, "empty": empty}, as_json=as_json, told=told)


@setup_group.command("owner-link")
@json_option
def owner_link(as_json: bool) -> None:
    """Make a new link for the owner's first page; the one before stops working."""
    if has_owner():
        raise Conflict(text("The community has an owner already. Make another with: flask users create --role owner"))
    link = _new_link()
    emit({"owner_link": link}, as_json=as_json, told=link)
