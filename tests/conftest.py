"""Fixtures of all tests: the forum on SQLite and on a real PostgreSQL, people, and a browser that knows its manners."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text
from sqlalchemy.orm import Session

from config import Config
from forum import create_app
from forum.kit import db as kit_db
from forum.kit.db import Base, db
from forum.search import engine as search
from tests.people import People
from tests.services.postgres import postgres_url

SECRET = "a secret that only tests know, 32 and more"
_versions = itertools.count(1000, 1000)  # steps that no test bridges, so that no cache mistakes one test for another


def make_config(folder: Path, database_url: str | None = None) -> Config:
    """A configuration for a scratch community in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return Config(
        data_dir=folder,
        database_url=database_url or f"sqlite:///{folder / 'forum.db'}",
        redis_url=None,
        public_url="http://localhost",
        secret_key=SECRET,
        locale="en",
        timezone="UTC",
        workers=1,
        port=8000,
        metrics_token=None,
        testing=True,
    )


def migrate(config: Config) -> None:
    """Bring the database of a configuration to the head of the migrations."""
    app = create_app(config)
    with app.app_context():
        upgrade()
        db.engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database, copied for every test."""
    config = make_config(tmp_path_factory.mktemp("template"))
    migrate(config)
    return config.data_dir / "forum.db"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> str:
    """The address of a migrated PostgreSQL database of this test worker's own."""
    scratch = tmp_path_factory.mktemp("postgres")
    return postgres_url(tmp_path_factory, worker_id, prepare=lambda url: migrate(make_config(scratch, url)))


class Community:
    """One application for many tests; between two of them its database is emptied."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.config: Config = app.extensions["madang"]

    def empty(self, folder: Path) -> None:
        """Start anew: no rows, no counts, no index, no page views, and a site version no cache has seen."""
        search.configure(folder / "search")
        self.app.extensions["limits"].storage.reset()
        self.app.extensions["pageviews"].close()
        shutil.rmtree(self.config.data_dir / "spool", ignore_errors=True)
        with self.app.app_context():
            db.session.remove()
            with kit_db.transaction() as session:
                self._sweep(session)

    def _sweep(self, session: Session) -> None:
        # Truncating or copying all tables takes a tenth of a second; a test fills a few of them, with a few rows.
        is_sqlite = self.config.database_url.startswith("sqlite")
        orderless = "PRAGMA defer_foreign_keys = ON" if is_sqlite else "SET LOCAL session_replication_role = replica"
        session.execute(text(orderless))
        for name in session.scalars(text(_FILLED)).all():
            session.execute(text(f'DELETE FROM "{name}"'))
        if not is_sqlite:
            for name in session.scalars(text(_COUNTED)).all():
                session.execute(text(f"ALTER SEQUENCE {name} RESTART"))
        session.execute(text("UPDATE site_version SET version = :v"), {"v": next(_versions)})


_SWEPT = [table.name for table in Base.metadata.sorted_tables if table.name != "site_version"]
_FILLED = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in _SWEPT)
_COUNTED = "SELECT quote_ident(sequencename) FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"


@pytest.fixture(scope="session")
def sqlite_community(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Community:
    """The application on SQLite."""
    config = make_config(tmp_path_factory.mktemp("sqlite"))
    shutil.copyfile(sqlite_template, config.data_dir / "forum.db")
    return Community(create_app(config))


@pytest.fixture(scope="session")
def postgres_community(tmp_path_factory: pytest.TempPathFactory, postgres: str) -> Community:
    """The application on PostgreSQL."""
    return Community(create_app(make_config(tmp_path_factory.mktemp("pg"), postgres)))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.pg)])
def community(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Community]:
    """An empty community, once on each database."""
    found: Community = request.getfixturevalue(f"{request.param}_community")
    found.empty(tmp_path)
    yield found
    with found.app.app_context():
        db.session.remove()


def shared_community(request: pytest.FixtureRequest, folder: Path) -> Iterator[Community]:
    """For a module whose tests only read what one fixture of theirs made: emptied once, before the first of them."""
    found: Community = request.getfixturevalue(f"{request.param}_community")
    found.empty(folder)
    yield found
    with found.app.app_context():
        db.session.remove()


@pytest.fixture
def app(community: Community) -> Flask:
    """The application of an empty community; open an app context around direct calls, never around clients."""
    return community.app


@pytest.fixture
def people(app: Flask) -> People:
    """Makes accounts, categories, threads, and browsers that are signed in."""
    return People(app)


@pytest.fixture
def fresh_app(tmp_path: Path, sqlite_template: Path) -> Callable[..., Flask]:
    """Makes an application of its own on SQLite, with changes to its configuration."""

    def make(**changes: object) -> Flask:
        config = replace(make_config(tmp_path / "own"), **changes)  # type: ignore[arg-type]  # fields of Config
        if not (config.data_dir / "forum.db").exists():
            shutil.copyfile(sqlite_template, config.data_dir / "forum.db")
        return create_app(config)

    return make
