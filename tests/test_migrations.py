"""Migrations and models say the same, on both databases, and the road goes both ways."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import create_engine, inspect, text

from forum import create_app
from forum.kit.db import Base, db
from tests.conftest import make_config

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"


def differences(app: Flask) -> list[object]:
    """What a new migration would have to change."""
    with app.app_context():
        url = app.config["SQLALCHEMY_DATABASE_URI"]
    with create_engine(url).connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SQLite cannot show an index over an expression
        options = {"compare_type": True, "include_object": is_comparable}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, Base.metadata))


def is_comparable(_: object, name: str | None, kind: str, *__: object) -> bool:
    """An index over an expression is not: its column is text to one side and an order to the other."""
    return not (kind == "index" and name == "ix_post_thread_score")


def test_the_models_are_what_the_migrations_make(app: Flask) -> None:
    assert differences(app) == []


def test_the_comparison_sees_a_difference(app: Flask) -> None:
    column = Base.metadata.tables["tag"].columns["description"]
    Base.metadata.tables["tag"]._columns.remove(column)
    try:
        assert differences(app) != []
    finally:
        Base.metadata.tables["tag"].append_column(column, replace_existing=True)


def test_every_index_of_the_models_is_there(app: Flask) -> None:
    """By name, those over expressions included, which the comparison passes over on SQLite."""
    with app.app_context():
        query = "SELECT name FROM sqlite_master WHERE type = 'index'"
        if db.engine.dialect.name == "postgresql":
            query = "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'"
        there = set(db.session.scalars(text(query)))
        wanted = {index.name for table in Base.metadata.sorted_tables for index in table.indexes}
    assert wanted - there == set()


def test_there_is_one_line_of_migrations_named_for_what_they_do() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    assert len(script.get_heads()) == 1
    for revision in script.walk_revisions():
        assert len(Path(revision.path).stem) > len(revision.revision) + 5, revision.path


def test_the_way_back_leaves_nothing(tmp_path: Path) -> None:
    app = create_app(make_config(tmp_path))
    with app.app_context():
        upgrade()
        downgrade(revision="base")
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        upgrade()
        assert db.session.scalar(text("SELECT version FROM site_version")) == 1


@pytest.mark.parametrize("name", ["site_version", "post", "mod_decision", "work"])
def test_the_tables_are_there(app: Flask, name: str) -> None:
    with app.app_context():
        assert name in inspect(db.engine).get_table_names()
