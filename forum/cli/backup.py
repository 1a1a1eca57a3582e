"""`flask backup …`: one file in, the same community out."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import current_app
from flask_migrate import upgrade
from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from config import Config
from forum.cli.output import Group, emit, json_option
from forum.kit import clock
from forum.kit.archive import Archive, Damaged, Write, from_file, write_archive
from forum.kit.db import db, transaction
from forum.kit.drainer import is_gone
from forum.kit.dumps import (
    Snapshot,
    TableRows,
    Unusable,
    check_sqlite,
    copy_sqlite,
    drop_everything,
    is_empty,
    load_tables,
)
from forum.kit.outbox import WorkerLease
from forum.kit.settings import bump_version
from forum.search.service import rebuild

DATABASE, KEY, UPLOADS, TABLES = "forum.db", "secret_key", "uploads", "tables"
# A community that has any of these is somebody's.
SOMEBODYS = ("user", "category", "thread")
backup_group = Group("backup", help="The whole community in one file.")


class Refusal(click.ClickException):
    """A sentence that says why nothing was done."""


@contextmanager
def _spoken() -> Iterator[None]:
    """Say what is wrong with a file in a sentence."""
    try:
        yield
    except (Damaged, Unusable) as error:
        raise Refusal(f"This backup cannot be used: {error}") from error
    except OSError as error:
        raise Refusal(f"{error.filename or 'The file'}: {error.strerror or error}") from error


def _config() -> Config:
    found: Config = current_app.extensions["madang"]
    return found


def _is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def _database_file() -> Path:
    return Path(make_url(_config().database_url).database or "")


@backup_group.command("create")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@json_option
def create(path: Path, as_json: bool) -> None:
    """Write the community to PATH: database, signing key and uploads. The server may go on meanwhile.

    The file holds everybody's data and the signing key: keep it where nobody else can read it.
    """
    if path.exists():
        raise Refusal(f"{path} is there already. Give the name of a new file.")
    with _spoken(), _parts() as (parts, about):
        members = write_archive(path, parts, about)
    size = path.stat().st_size
    told = {"path": str(path), "bytes": size, "members": len(members), **about()}
    emit(told, as_json=as_json, told=f"{path}: {len(members)} parts, {size} bytes.")


@contextmanager
def _parts() -> Iterator[tuple[dict[str, Write], Any]]:
    """What goes into the file, and what its list says of the whole."""
    created = clock.now()
    with tempfile.TemporaryDirectory(dir=_config().data_dir) as folder, _database(Path(folder)) as (parts, said):
        yield (
            {**parts, **_files()},
            lambda: {"product": "madang", "created": created.isoformat(), **said()},
        )


@contextmanager
def _database(folder: Path) -> Iterator[tuple[dict[str, Write], Any]]:
    if _is_sqlite():
        copy = folder / DATABASE
        copy_sqlite(_database_file(), copy)
        revision = check_sqlite(copy)
        yield {DATABASE: from_file(copy)}, lambda: {"database": "sqlite", "schema": revision}
        return
    snapshot = Snapshot()
    try:
        parts: dict[str, Write] = {f"{TABLES}/{table.name}": _rows(snapshot, table) for table in snapshot.tables}
        columns = {table.name: list(table.columns) for table in snapshot.tables}
        yield (
            parts,
            lambda: {"database": "postgresql", "schema": snapshot.revision, "tables": columns, "rows": snapshot.counts},
        )
    finally:
        snapshot.close()


def _rows(snapshot: Snapshot, table: TableRows) -> Write:
    return lambda sink: snapshot.write(table, sink)


def _files() -> dict[str, Write]:
    """The signing key, when it lies in the data folder, and what people uploaded."""
    folder = _config().data_dir
    found = [folder / KEY] if (folder / KEY).is_file() else []
    found += sorted(path for path in (folder / UPLOADS).rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): from_file(path) for path in found}


@backup_group.command("verify")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def verify(path: Path, as_json: bool) -> None:
    """Read all of PATH: every part as it was written, and a database that opens. Exit status 1 when not."""
    with _spoken(), Archive(path) as archive, tempfile.TemporaryDirectory(dir=_config().data_dir) as folder:
        _verified(archive, Path(folder))
        told = {"ok": True, "members": len(archive.members), **_about(archive.about)}
    emit(told, as_json=as_json, told=f"Sound: {told['members']} parts of {told['created']}, schema {told['schema']}.")


def _about(about: Mapping[str, Any]) -> dict[str, Any]:
    return {name: about.get(name) for name in ("created", "database", "schema")}


def _verified(archive: Archive, folder: Path) -> Path | None:
    """Check every part; the database of SQLite comes out of it as a file in the folder."""
    archive.check()
    about = archive.about
    if about.get("database") == "sqlite":
        found = folder / DATABASE
        if DATABASE not in archive.members:
            raise Unusable("there is no database in it")
        archive.extract(DATABASE, found)
        if check_sqlite(found) != about.get("schema"):
            raise Unusable("its database has another schema than its list says")
        return found
    for name in about.get("tables") or {"": []}:
        if f"{TABLES}/{name}" not in archive.members:
            raise Unusable(f"the table {name or 'list'} is missing")
        lines = _Lines()
        archive.read_into(f"{TABLES}/{name}", lines.count)
        if lines.total != about["rows"].get(name):
            raise Unusable(f"the table {name} has {lines.total} rows, not {about['rows'].get(name)}")
    return None


class _Lines:
    """Counts rows: COPY writes a line for each, and line ends inside of values otherwise."""

    total = 0

    def count(self, data: bytes) -> None:
        self.total += data.count(b"\n")


@backup_group.command("restore")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Throw away the community that is here now.")
@json_option
def restore(path: Path, force: bool, as_json: bool) -> None:
    """Make the community of PATH the one of this installation, and its search index anew. Stop the server first.

    PATH is verified before anything is touched.
    """
    config = _config()
    with _spoken(), Archive(path) as archive, tempfile.TemporaryDirectory(dir=config.data_dir) as folder:
        _must_fit(archive.about, force=force)
        found = _verified(archive, Path(folder))
        if found is not None:
            _put_file(found)
        else:
            _put_tables(archive)
        _put_files(archive, config.data_dir)
    upgrade()
    with transaction():
        bump_version()
    posts = rebuild()
    told = {**_about(archive.about), "members": len(archive.members), "posts_indexed": posts}
    emit(told, as_json=as_json, told=f"The community of {told['created']} is here. Start the server.")


def _must_fit(about: Mapping[str, Any], *, force: bool) -> None:
    """Refuse what would end badly: another kind of database, a newer schema, a server that runs, somebody's data."""
    here = "sqlite" if _is_sqlite() else "postgresql"
    if about.get("database") != here:
        raise Refusal(f"This backup is of {about.get('database')}, and FORUM_DATABASE_URL names {here}.")
    script = ScriptDirectory(current_app.extensions["migrate"].directory)
    try:
        script.get_revision(str(about.get("schema")))
    except CommandError as error:
        raise Refusal(f"This backup has schema {about.get('schema')}, which this release does not know.") from error
    if _worker_runs():
        raise Refusal("The server runs. Stop it first.")
    if not force and not is_empty(SOMEBODYS):
        raise Refusal("There is a community here already. With --force it is thrown away.")
    db.session.rollback()


def _worker_runs() -> bool:
    try:
        lease = db.session.scalar(select(WorkerLease).where(WorkerLease.name == "drainer"))
    except DBAPIError:  # nothing is migrated here yet
        lease = None
    db.session.rollback()
    return lease is not None and lease.expires_at > clock.now() and not is_gone(lease.holder)


def _put_file(found: Path) -> None:
    """Exchange SQLite's file for another one at one stroke."""
    target = _database_file()
    db.session.remove()
    db.engine.dispose()
    for suffix in ("-wal", "-shm"):
        Path(f"{target}{suffix}").unlink(missing_ok=True)
    beside = target.with_name(f".{target.name}.part")
    shutil.copyfile(found, beside)  # the database may lie on another disk than the data folder
    beside.chmod(0o600)
    os.replace(beside, target)


def _put_tables(archive: Archive) -> None:
    """Make the schema the rows were written under, and put them into it."""
    drop_everything()
    upgrade(revision=archive.about["schema"])
    tables = [TableRows(name, tuple(columns)) for name, columns in archive.about["tables"].items()]
    load_tables(tables, lambda table, sink: archive.read_into(f"{TABLES}/{table.name}", sink))


def _put_files(archive: Archive, folder: Path) -> None:
    """Put the signing key and the uploads into the data folder, in place of those that are there."""
    shutil.rmtree(folder / UPLOADS, ignore_errors=True)
    for name in archive.members:
        if name == KEY or name.startswith(f"{UPLOADS}/"):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = target.with_name(f".{target.name}.part")
            archive.extract(name, draft)
            os.replace(draft, target)
