"""The database: engine settings for SQLite and PostgreSQL, column types, and the one way to write."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Engine, Executable, MetaData, Result, event, func, select
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

T = TypeVar("T")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "busy_timeout=15000",
    "wal_autocheckpoint=1000",
    "journal_size_limit=67108864",
    "cache_size=-32000",
    "temp_store=MEMORY",
)
# PostgreSQL: serialization failure, deadlock, server stopping, connection lost.
PASSING_SQLSTATES = {"40001", "40P01", "57P01", "08006"}

_writing: ContextVar[bool] = ContextVar("db_writing", default=False)


class Base(DeclarativeBase):
    """Parent of all tables; its naming convention gives every constraint a name that migrations can use."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, session_options={"autoflush": True, "expire_on_commit": False})


class UTCDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC with microseconds; SQLite would give it back naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive moment: nobody can know which zone was meant."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give every moment back aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def engine_options(url: str) -> dict[str, Any]:
    """Pool and driver settings for the database behind `url` (measured: reference tables in docs/operations.md)."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 15}, "pool_pre_ping": False}
    options = "-c statement_timeout=15s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s"
    return {
        "connect_args": {"connect_timeout": 3, "keepalives_idle": 30, "options": options},
        "pool_pre_ping": True,
        "pool_recycle": 1800,
        "pool_size": 4,
        "max_overflow": 4,
        "pool_timeout": 5,
    }


def prepare_engine(engine: Engine) -> None:
    """Give the engine its settings and its begin: read-only unless `transaction()` opened it."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    else:
        event.listen(engine, "begin", _postgres_begin)


def _sqlite_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # else the driver begins and commits by itself and loses updates
    for pragma in SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    writing = _writing.get()
    # query_only makes a stray write in a reading unit an error at once instead of a lock upgrade that fails under load.
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writing else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _postgres_begin(connection: Connection) -> None:
    if not _writing.get():
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


@contextmanager
def transaction() -> Iterator[Session]:
    """The one way to write: end the reading unit, begin a writing one, commit at the end or roll everything back.

    What was loaded before is detached from the session; services load again what they change. Blocks do not nest.
    """
    if _writing.get():
        raise RuntimeError("a writing transaction is already open here")
    session = db.session()
    session.rollback()
    session.expunge_all()
    session.info.clear()
    token = _writing.set(True)
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        _writing.reset(token)


def fetch(statement: Executable, bound: Mapping[str, Any]) -> Result[Any]:
    """Run a statement of plain columns for a page, past the layer of objects, which has nothing to add to it."""
    session = db.session()
    if _writing.get():  # what is changed and not written yet belongs to the answer
        return session.execute(statement, bound)
    return session.connection().execute(statement, bound)


def is_writing() -> bool:
    """Whether a writing transaction is open in this context."""
    return _writing.get()


def outside_transaction(what: str) -> None:
    """Guard slow work (hashing, rendering, network): raises when it would hold the write lock of everybody else."""
    if _writing.get():
        raise RuntimeError(f"{what} has to be finished before the writing transaction opens")


def end_reading() -> None:
    """Give the connection back before slow work, so that no snapshot is held meanwhile."""
    if not _writing.get():
        db.session.rollback()


def retried(unit: Callable[[], T], tries: int = 3) -> T:
    """Run a whole unit again when the database asks for it (busy, deadlock, failover); never a part of one."""
    for attempt in range(1, tries + 1):
        try:
            return unit()
        except DBAPIError as error:
            if attempt == tries or not _is_passing(error):
                raise
            time.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311 - jitter needs no secrecy
    raise AssertionError("unreachable")


def _is_passing(error: DBAPIError) -> bool:
    sqlstate = getattr(error.orig, "sqlstate", None)
    return sqlstate in PASSING_SQLSTATES or "database is locked" in str(error.orig)


def serialise(number: int) -> None:
    """Let one transaction at a time past this point; SQLite has one writer anyway. `number` names the gate."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(number)))
