"""Runs migrations on a connection of their own; whole or not at all on both databases."""

from logging.config import fileConfig

import sqlalchemy as sa
from alembic import context
from flask import current_app

config = context.config
if config.config_file_name is not None:
    fileConfig(config.config_file_name, disable_existing_loggers=False)
migrate = current_app.extensions["migrate"]


def run() -> None:
    """Upgrade or downgrade in one transaction; SQLite's driver would otherwise commit after each statement."""
    engine = sa.create_engine(current_app.config["SQLALCHEMY_DATABASE_URI"], poolclass=sa.pool.NullPool)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _manual_transactions)
        sa.event.listen(engine, "begin", _take_the_write_lock)
    else:
        sa.event.listen(engine, "begin", _do_not_queue_for_locks)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=migrate.db.metadata,
            process_revision_directives=_nothing_for_nothing,
            transaction_per_migration=False,
            **migrate.configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


def _manual_transactions(connection, _record) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout=30000")


def _take_the_write_lock(connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _do_not_queue_for_locks(connection) -> None:
    connection.exec_driver_sql("SET LOCAL lock_timeout = '3s'")


def _nothing_for_nothing(_context, _revision, directives) -> None:
    if getattr(config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []


run()
