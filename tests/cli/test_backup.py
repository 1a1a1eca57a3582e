"""Backups: one file in, the same community out; and no file that is not whole is put anywhere."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import threading
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.cli import backup as door
from forum.kit import clock
from forum.kit.archive import MANIFEST
from forum.kit.db import Base, db, transaction
from forum.kit.outbox import WorkerLease
from forum.search.queries import find
from tests.cli.shell import document, refused, run
from tests.people import People

PATHS = ("/", "/categories", "/tags", "/u/ada", "/t/1.atom", "/search?q=valve")
SECRET = b"the key with which this community signs its cookies"


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return tmp_path / "madang.backup"


def data_dir(app: Flask) -> Path:
    found: Path = app.extensions["madang"].data_dir
    return found


def fill(app: Flask, people: People) -> dict[str, str]:
    """A community with text of every script, a key and an upload; what its pages say."""
    people.category("Help")
    ada = people.user("ada", password="correct horse battery")
    title = "밸브가 안 닫혀요 · valve? \\N \\. \t"
    thread, _ = people.thread(
        ada, "help", title=title, body="Tabs\tand \\backslashes\\\nvalve 🙂 '\"; --", tags=["valve"]
    )
    people.reply(people.user("bob"), thread, "Turn the valve twice.")
    people.drain()
    (data_dir(app) / "secret_key").write_bytes(SECRET)
    (data_dir(app) / "uploads" / "2026").mkdir(parents=True, exist_ok=True)
    (data_dir(app) / "uploads" / "2026" / "valve.png").write_bytes(b"\x89PNG not really")
    return pages(people)


def pages(people: People) -> dict[str, str]:
    return {path: people.browser().get(path).text for path in PATHS}


def rows(app: Flask) -> dict[str, list[Any]]:
    """Every row of every table but the number that says that caches are old."""
    with app.app_context():
        tables = [table for table in Base.metadata.sorted_tables if table.name != "site_version"]
        found = {
            table.name: [tuple(row) for row in db.session.execute(select(table).order_by(*table.primary_key.columns))]
            for table in tables
        }
        db.session.remove()
        return found


def destroy(app: Flask, people: People) -> None:
    """Somebody else's community in its place."""
    with app.app_context(), transaction() as session:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name != "site_version":
                session.execute(table.delete())
    people.user("stranger")
    (data_dir(app) / "secret_key").write_bytes(b"another key altogether, of nobody")
    (data_dir(app) / "uploads" / "2026" / "valve.png").unlink()


def test_what_was_backed_up_comes_back_as_it_was(app: Flask, people: People, backup: Path) -> None:
    shown = fill(app, people)
    stored = rows(app)
    made = document(app, "backup", "create", str(backup))
    assert made["bytes"] == backup.stat().st_size
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert document(app, "backup", "verify", str(backup))["ok"] is True
    destroy(app, people)
    told = document(app, "backup", "restore", str(backup), "--force")
    assert told["posts_indexed"] == 2
    assert rows(app) == stored
    assert pages(people) == shown
    assert (data_dir(app) / "secret_key").read_bytes() == SECRET
    assert stat.S_IMODE((data_dir(app) / "secret_key").stat().st_mode) == 0o600
    assert (data_dir(app) / "uploads" / "2026" / "valve.png").read_bytes() == b"\x89PNG not really"
    with app.app_context():
        assert find(Viewer(), "valve").total == 1
    assert not list(data_dir(app).glob("tmp*"))


def test_life_goes_on_after_a_restore(app: Flask, people: People, backup: Path) -> None:
    fill(app, people)
    document(app, "backup", "create", str(backup))
    destroy(app, people)
    document(app, "backup", "restore", str(backup), "--force")
    eve = people.user("eve")
    thread, _ = people.thread(eve, "help", title="A new question", body="Does everything still work?")
    people.reply(eve, thread, "It does indeed.")
    people.drain()
    assert "A new question" in people.browser().get("/").text
    assert document(app, "search", "verify")["ok"] is True


def test_a_backup_moves_to_a_new_installation(fresh_app: Callable[..., Flask], backup: Path, tmp_path: Path) -> None:
    old = fresh_app()
    fill(old, People(old))
    stored = rows(old)
    document(old, "backup", "create", str(backup))
    new = fresh_app(database_url=f"sqlite:///{tmp_path / 'new.db'}")
    document(new, "backup", "restore", str(backup))
    assert rows(new) == stored
    assert document(new, "doctor")["ok"] is True


def test_a_community_is_not_thrown_away_by_accident(app: Flask, people: People, backup: Path) -> None:
    fill(app, people)
    document(app, "backup", "create", str(backup))
    stored = rows(app)
    assert "--force" in refused(app, "backup", "restore", str(backup))
    assert rows(app) == stored


def test_a_backup_overwrites_nothing(app: Flask, people: People, backup: Path) -> None:
    backup.write_text("my only copy of something")
    assert "already" in refused(app, "backup", "create", str(backup))
    assert backup.read_text() == "my only copy of something"


def damage_a_byte(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        biggest = max(archive.infolist(), key=lambda member: member.compress_size)
    with path.open("r+b") as file:
        file.seek(biggest.header_offset + 60 + biggest.compress_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 0x55]))


def cut_off(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def rewrite(path: Path, change: Callable[[str, bytes], bytes | None], *, more: dict[str, bytes] | None = None) -> None:
    """The archive with other content, made well enough that only our own list can tell."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**content, **(more or {})}.items():
            changed = change(name, data)
            if changed is not None:
                archive.writestr(name, changed)


def other_content(path: Path) -> None:
    rewrite(path, lambda name, data: data if name != "secret_key" else b"x" * len(data))


def left_out(path: Path) -> None:
    rewrite(path, lambda name, data: None if name == "secret_key" else data)


def smuggled_in(path: Path) -> None:
    rewrite(path, lambda name, data: data, more={"uploads/../../evil": b"x"})


def outside(path: Path) -> None:
    def change(name: str, data: bytes) -> bytes:
        if name != MANIFEST:
            return data
        listed = json.loads(data)
        listed["members"].append({"name": "uploads/../../evil", "size": 1, "sha256": "0" * 64})
        return json.dumps(listed).encode()

    rewrite(path, change, more={"uploads/../../evil": b"x"})


def no_archive(path: Path) -> None:
    path.write_text("A shopping list.\n")


def no_manifest(path: Path) -> None:
    rewrite(path, lambda name, data: None if name == MANIFEST else data)


def another_program(path: Path) -> None:
    rewrite(path, lambda name, data: b'{"format": 99}' if name == MANIFEST else data)


def list_of_nonsense(path: Path) -> None:
    rewrite(path, lambda name, data: b"[1, 2" if name == MANIFEST else data)


@pytest.mark.parametrize(
    "damage",
    [
        damage_a_byte,
        cut_off,
        other_content,
        left_out,
        smuggled_in,
        outside,
        no_archive,
        no_manifest,
        another_program,
        list_of_nonsense,
    ],
)
def test_a_damaged_file_is_refused_and_nothing_is_touched(
    app: Flask, people: People, backup: Path, damage: Callable[[Path], None]
) -> None:
    fill(app, people)
    document(app, "backup", "create", str(backup))
    damage(backup)
    stored = rows(app)
    assert "cannot be used" in refused(app, "backup", "verify", str(backup))
    assert "cannot be used" in refused(app, "backup", "restore", str(backup), "--force")
    assert rows(app) == stored
    assert (data_dir(app) / "secret_key").read_bytes() == SECRET
    assert not list(data_dir(app).glob(".*.part"))


def test_a_database_that_is_broken_inside_is_refused(fresh_app: Callable[..., Flask], backup: Path) -> None:
    app = fresh_app()
    fill(app, People(app))
    document(app, "backup", "create", str(backup))
    with zipfile.ZipFile(backup) as archive:
        whole = archive.read("forum.db")
    broken = whole[:4096] + bytes(4096) + whole[8192:]

    def change(name: str, data: bytes) -> bytes:
        """The list agrees with the broken file, so that only the database itself can tell."""
        agreeing = data.replace(hashlib.sha256(whole).hexdigest().encode(), hashlib.sha256(broken).hexdigest().encode())
        return broken if name == "forum.db" else agreeing if name == MANIFEST else data

    rewrite(backup, change)
    assert "cannot be used: the database" in refused(app, "backup", "verify", str(backup))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"schema": "9999"}, "which this release does not know"), ({"database": "another"}, "FORUM_DATABASE_URL names")],
)
def test_a_backup_that_does_not_fit_is_refused_with_the_reason(
    app: Flask, people: People, backup: Path, changed: dict[str, str], reason: str
) -> None:
    fill(app, people)
    document(app, "backup", "create", str(backup))

    def change(name: str, data: bytes) -> bytes:
        return data if name != MANIFEST else json.dumps({**json.loads(data), **changed}).encode()

    rewrite(backup, change)
    stored = rows(app)
    assert reason in refused(app, "backup", "restore", str(backup), "--force")
    assert rows(app) == stored


def test_a_running_server_keeps_its_database(app: Flask, people: People, backup: Path) -> None:
    fill(app, people)
    document(app, "backup", "create", str(backup))
    with app.app_context(), transaction() as session:
        session.add(WorkerLease(name="drainer", holder="elsewhere:1:1", expires_at=clock.now() + timedelta(minutes=1)))
    assert "Stop it first" in refused(app, "backup", "restore", str(backup), "--force")


def test_a_backup_is_of_one_moment_while_others_write(
    app: Flask, people: People, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(app, people)
    files = door._files

    def meanwhile() -> Any:
        """The moment is taken, nothing is written to the file yet."""
        writer = threading.Thread(target=lambda: people.user("late"))
        writer.start()
        writer.join()
        return files()

    monkeypatch.setattr(door, "_files", meanwhile)
    document(app, "backup", "create", str(backup))
    monkeypatch.undo()
    with app.app_context():
        assert "late" in set(db.session.scalars(select(User.username)))
    document(app, "backup", "restore", str(backup), "--force")
    with app.app_context():
        assert "late" not in set(db.session.scalars(select(User.username)))


def test_help_says_what_each_command_does(app: Flask) -> None:
    told = run(app, "backup", "--help").stdout
    for command in ("create", "verify", "restore"):
        assert command in told
