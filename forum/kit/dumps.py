"""The database as a file and back: a copy of the whole file for SQLite, the rows of all tables for PostgreSQL.

PostgreSQL's own COPY through our driver, and not `pg_dump`: no program of the server's version has to be installed, and
the schema is made by our migrations anyway. One snapshot holds all tables together, whatever happens meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table, inspect

from forum.kit.db import db, transaction

REVISIONS = "alembic_version"
UNLIMITED = ("SET LOCAL statement_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = 0")
Sink = Callable[[bytes], object]


class Unusable(Exception):
    """What was restored is no database of ours; the message says why."""


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database while others write to it; the copy is one file and one moment."""
    with (
        closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def check_sqlite(path: Path) -> str:
    """The schema's revision of a database that is sound; raises Unusable."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as found:
            said = found.execute("PRAGMA integrity_check(1)").fetchone()[0]
            orphan = found.execute("PRAGMA foreign_key_check").fetchone()
            revision = found.execute(f"SELECT version_num FROM {REVISIONS}").fetchone()  # noqa: S608 - a constant
    except sqlite3.Error as error:
        raise Unusable(f"the database does not open: {error}") from error
    if said != "ok" or orphan is not None or revision is None:
        raise Unusable(f"the database is not sound: {said if said != 'ok' else 'rows point at nothing'}")
    return str(revision[0])


@dataclass(frozen=True, slots=True)
class TableRows:
    """A table's rows on their way to a file or back."""

    name: str
    columns: tuple[str, ...]

    @property
    def copied(self) -> str:
        """The table and its columns as COPY names them."""
        return f'"{self.name}" ({", ".join(_quoted(column) for column in self.columns)})'


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class Snapshot:
    """All tables of a PostgreSQL database as they are at one moment."""

    def __init__(self) -> None:
        """Take the moment; it lasts until `close`."""
        db.session.rollback()
        self._connection = db.session.connection()
        self._connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for line in UNLIMITED:
            self._connection.exec_driver_sql(line)
        self.revision = str(self._connection.exec_driver_sql(f"SELECT version_num FROM {REVISIONS}").scalar())  # noqa: S608 - a constant
        self.tables = [
            TableRows(table.name, tuple(column.name for column in table.columns)) for table in _tables(self._connection)
        ]
        self.counts: dict[str, int] = {}

    def write(self, table: TableRows, sink: Sink) -> None:
        """Hand over a table's rows in the text format of COPY, which is the same in all versions."""
        with _cursor(self._connection) as cursor:
            with cursor.copy(f"COPY {table.copied} TO STDOUT") as rows:
                for data in rows:
                    sink(bytes(data))
            self.counts[table.name] = cursor.rowcount

    def close(self) -> None:
        """Let the moment go."""
        db.session.rollback()


def load_tables(tables: Sequence[TableRows], read: Callable[[TableRows, Sink], None]) -> None:
    """Fill the empty tables of a PostgreSQL database in one transaction; ids go on after the highest."""
    with transaction() as session:
        connection = session.connection()
        for line in UNLIMITED:
            connection.exec_driver_sql(line)
        known = {table.name: table for table in _tables(connection)}
        given = {table.name: table for table in tables}
        if set(known) != set(given):
            raise Unusable(f"its tables are not those of its schema: {sorted(set(known) ^ set(given))}")
        with _cursor(connection) as cursor:
            for name in reversed(list(known)):
                cursor.execute(f'DELETE FROM "{name}"')  # noqa: S608 - names that were found in the database
            for name in known:
                with cursor.copy(f"COPY {given[name].copied} FROM STDIN") as rows:
                    read(given[name], rows.write)
        for table in known.values():
            _move_sequences(connection, table)


def _move_sequences(connection: Connection, table: Table) -> None:
    for column in table.primary_key.columns:
        sequence = connection.exec_driver_sql(
            "SELECT pg_get_serial_sequence(%s, %s)", (f'"{table.name}"', column.name)
        ).scalar()
        if sequence:
            highest = f'SELECT max("{column.name}") FROM "{table.name}"'  # noqa: S608 - names of our own tables
            connection.exec_driver_sql(
                f"SELECT setval('{sequence}', COALESCE(({highest}), 1), ({highest}) IS NOT NULL)"
            )


def _tables(connection: Connection) -> list[Table]:
    """All tables but that of the revisions, those first that others point at."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != REVISIONS]


def _cursor(connection: Connection) -> Any:
    """The driver's own cursor: COPY is nothing SQLAlchemy knows."""
    return connection.connection.driver_connection.cursor()  # type: ignore[union-attr]  # it is connected


def drop_everything() -> None:
    """Take all tables away, for a restore into a database that is not empty."""
    with transaction() as session:
        found = MetaData()
        found.reflect(session.connection())
        found.drop_all(session.connection())


def is_empty(names: Sequence[str]) -> bool:
    """Whether none of these tables has a row, or they do not exist yet."""
    connection = db.session.connection()
    present = set(inspect(connection).get_table_names())
    return not any(_has_rows(connection, name) for name in names if name in present)


def _has_rows(connection: Connection, name: str) -> bool:
    return connection.exec_driver_sql(f'SELECT 1 FROM "{name}" LIMIT 1').first() is not None  # noqa: S608 - our own names
