"""The database: how its connections are set, what may write and when, and that racing writers lose nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError

from forum.accounts import passwords
from forum.accounts.models import User
from forum.discussion.inputs import ThreadInput
from forum.discussion.models import Tag
from forum.kit.db import db, is_writing, retried, transaction
from forum.kit.text import render
from forum.moderation import publishing
from tests.conftest import Community
from tests.people import People
from tests.processes import together

PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 1,
    "foreign_keys": 1,
    "busy_timeout": 15000,
    "wal_autocheckpoint": 1000,
    "journal_size_limit": 67108864,
    "cache_size": -32000,
    "temp_store": 2,
}
SESSION = {"statement_timeout": "15s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "30s"}
PROCESSES, STEPS = 8, 20


def is_sqlite(app: Flask) -> bool:
    return str(app.config["SQLALCHEMY_DATABASE_URI"]).startswith("sqlite")


def add_tag(name: str) -> int:
    with transaction() as session:
        tag = Tag(name=name)
        session.add(tag)
        session.flush()
        return tag.id


def test_connections_are_set_as_the_reference_says(app: Flask) -> None:
    with app.app_context():
        if is_sqlite(app):
            found: dict[str, Any] = {n: db.session.execute(text(f"PRAGMA {n}")).scalar() for n in PRAGMAS}
            assert found == PRAGMAS
            raw = db.session.connection().connection.dbapi_connection
            assert raw is not None
            assert raw.isolation_level is None, "the driver would begin and commit by itself"
        else:
            assert {name: db.session.execute(text(f"SHOW {name}")).scalar() for name in SESSION} == SESSION


def test_outside_of_a_transaction_nothing_can_be_written(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(DBAPIError, match="read-?only"):
            db.session.execute(text("INSERT INTO tag (name, description, thread_count) VALUES ('stray', '', 0)"))
        db.session.rollback()
        assert db.session.scalar(select(Tag.id)) is None


def test_after_a_transaction_reading_is_all_that_is_left(app: Flask) -> None:
    with app.app_context():
        add_tag("kept")
        assert not is_writing()
        with pytest.raises(DBAPIError, match="read-?only"):
            db.session.execute(update(Tag).values(thread_count=7))
        db.session.rollback()
        assert db.session.scalar(select(Tag.thread_count)) == 0


def test_a_transaction_that_fails_leaves_nothing(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(ZeroDivisionError), transaction() as session:
            session.add(Tag(name="half"))
            session.flush()
            raise ZeroDivisionError
        assert db.session.scalar(select(Tag.id)) is None
        assert not is_writing()
        add_tag("whole")
        assert db.session.scalar(select(Tag.name)) == "whole"


def test_transactions_do_not_nest(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        session.add(Tag(name="outer"))
        with pytest.raises(RuntimeError, match="already open"), transaction():
            raise AssertionError("opened")
    with app.app_context():
        assert db.session.scalar(select(Tag.name)) == "outer"


def test_what_was_read_before_is_read_again_inside(app: Flask) -> None:
    with app.app_context():
        tag_id = add_tag("fresh")
        before = db.session.get_one(Tag, tag_id)
        with transaction() as session:
            assert before not in session
            assert session.get_one(Tag, tag_id) is not before


@pytest.mark.parametrize(
    "slow",
    [
        lambda: passwords.hash_password("a long enough one"),
        lambda: passwords.verify_password(None, "anything"),
        lambda: render("*text*"),
    ],
    ids=["hashing", "verifying", "rendering"],
)
def test_slow_work_inside_a_transaction_is_refused(app: Flask, slow: Any) -> None:
    with app.app_context(), transaction(), pytest.raises(RuntimeError, match="before the writing transaction"):
        slow()


def test_screening_inside_a_transaction_is_refused(app: Flask, people: People) -> None:
    people.category()
    ada = people.user("ada")
    given = ThreadInput(category="general", title="A title of enough length", body="A text of enough length.")
    with app.app_context(), transaction(), pytest.raises(RuntimeError, match="screening"):
        publishing.prepare(ada, given)


def test_a_moment_without_a_zone_is_refused(app: Flask, people: People) -> None:
    ada = people.user("ada")
    naive = datetime(2026, 1, 1, 12)  # noqa: DTZ001 - the point of the test
    with app.app_context(), pytest.raises(StatementError, match="without a zone"), transaction() as session:
        session.get_one(User, ada.id).seen_at = naive


def test_moments_come_back_in_utc_with_their_microseconds(app: Flask, people: People) -> None:
    ada = people.user("ada")
    seoul = datetime(2026, 1, 1, 9, 0, 0, 123456, tzinfo=timezone(timedelta(hours=9)))
    with app.app_context():
        with transaction() as session:
            session.get_one(User, ada.id).seen_at = seoul
        found = db.session.scalar(select(User.seen_at).where(User.id == ada.id))
    assert found == datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)
    assert found is not None
    assert found.tzinfo is UTC


def test_a_unit_is_tried_again_when_the_database_asks_for_it_and_not_for_ever() -> None:
    tries = 0

    def busy() -> None:
        nonlocal tries
        tries += 1
        raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))

    with pytest.raises(OperationalError):
        retried(busy)
    assert tries == 3


def test_an_error_that_will_not_pass_is_not_tried_again() -> None:
    tries = 0

    def broken() -> None:
        nonlocal tries
        tries += 1
        raise OperationalError("SELECT", {}, Exception("no such table"))

    with pytest.raises(OperationalError):
        retried(broken)
    assert tries == 1


def add_up(tag_id: int, steps: int) -> int:
    """Read a number, add one in Python and write it, many times: the update that careless settings lose."""
    locked = 0
    for _ in range(steps):
        try:
            with transaction() as session:
                tag = session.get_one(Tag, tag_id, with_for_update=True)
                tag.thread_count = tag.thread_count + 1
        except DBAPIError:
            locked += 1
    return locked


def test_racing_processes_lose_no_update_and_none_is_turned_away(community: Community) -> None:
    with community.app.app_context():
        tag_id = add_tag("counter")
    refused = together(community.config, add_up, [(tag_id, STEPS)] * PROCESSES)
    assert sum(refused) == 0
    with community.app.app_context():
        assert db.session.scalar(select(Tag.thread_count)) == PROCESSES * STEPS
