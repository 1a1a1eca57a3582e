"""An import that is killed, again and again, ends where one that was left in peace ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from forum.importers.stackexchange.load import load
from forum.kit.db import db
from forum.kit.outbox import wait_for
from tests.importers.test_stackexchange import ADDED, DUMP, rows_of_everything

ROOT = Path(__file__).resolve().parents[2]
# Kills itself, as the kernel would, in the middle of the nth writing transaction: written, not yet committed.
PROGRAM = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from forum import create_app
from forum.importers.stackexchange.load import load
from forum.kit.db import db, is_writing
from tests.conftest import make_config

folder, dump, survives = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
app = create_app(make_config(folder))
commits = 0

def kill(connection):
    global commits
    if is_writing():
        commits += 1
        if commits > survives:
            os.kill(os.getpid(), signal.SIGKILL)

with app.app_context():
    event.listen(db.engine, "commit", kill)
    load(dump)
print(commits)
"""


def run(folder: Path, survives: int) -> int:
    command = [sys.executable, "-c", PROGRAM, str(folder), str(DUMP), str(survives)]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False).returncode


@pytest.mark.slow
def test_an_import_killed_again_and_again_ends_the_same(fresh_app: Callable[..., Flask], tmp_path: Path) -> None:
    peaceful, killed = tmp_path / "peaceful", tmp_path / "own"
    assert peaceful != killed
    app = fresh_app()
    # Killed among the people, the answers, the votes, the links and the counts; each run begins with the tags.
    for survives in (2, 3, 3, 4, 5):
        assert run(killed, survives) == -signal.SIGKILL
    assert run(killed, 10_000) == 0
    with app.app_context():
        after_kills = rows_of_everything()
        again = load(DUMP)
        assert {kind: again[kind].existing for kind in ADDED} == ADDED
        db.session.remove()
    with in_peace(fresh_app, peaceful).app_context():
        load(DUMP)
        assert rows_of_everything() == after_kills


ORPHANS = """
import os, signal, sys
from pathlib import Path
from forum import create_app
from forum.importers.stackexchange import texts
from forum.importers.stackexchange.load import load
from tests.conftest import make_config

texts._WORTH_PROCESSES = 0

def kill(name, rows):
    if name == "Comments":
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    with create_app(make_config(Path(sys.argv[1]))).app_context():
        load(Path(sys.argv[2]), watch=kill)
"""


@pytest.mark.slow
def test_the_helping_processes_of_a_killed_import_end_with_it(fresh_app: Callable[..., Flask], tmp_path: Path) -> None:
    fresh_app()
    script = tmp_path / "orphans.py"
    script.write_text(ORPHANS, encoding="utf-8")
    command = [sys.executable, str(script), str(tmp_path / "own"), str(DUMP)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    started = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True, stderr=subprocess.DEVNULL)
    assert started.wait() == -signal.SIGKILL
    assert wait_for(lambda: not session_of(started.pid), timeout=20)


def session_of(leader: int) -> list[str]:
    """What still runs in a session, by its command."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(stat.parent.name)
    return found


def in_peace(fresh_app: Callable[..., Flask], folder: Path) -> Flask:
    """Another community of its own, in another folder."""
    folder.mkdir()
    return fresh_app(data_dir=folder, database_url=f"sqlite:///{folder / 'forum.db'}")
