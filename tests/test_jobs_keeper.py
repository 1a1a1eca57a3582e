"""The job worker lives exactly as long as its web server: started again when it dies, gone with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

KEEPER = Path(__file__).resolve().parents[1] / "deploy" / "jobs.py"

# Stands in for `python -m flask worker`: writes down its number and waits.
WORKER = """
import os, time
with open("workers", "a") as started:
    started.write(f"{os.getpid()}\\n")
time.sleep(60)
"""
# Stands in for the web server: starts the keeper and waits.
SERVER = "import subprocess, sys, time; subprocess.Popen(sys.argv[1:]); time.sleep(60)"


def eventually(condition: Callable[[], bool], seconds: float = 15.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def lives(process: int) -> bool:
    stat = Path(f"/proc/{process}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Installation:
    """A server, its keeper and the workers it has started so far."""

    def __init__(self, folder: Path) -> None:
        (folder / "flask.py").write_text(WORKER)
        self.folder = folder
        command = [sys.executable, "-c", SERVER, sys.executable, str(KEEPER)]
        self.server = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)

    def workers(self) -> list[int]:
        started = self.folder / "workers"
        return [int(line) for line in started.read_text().split()] if started.exists() else []

    def keeper(self) -> int:
        children = Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children")
        return int(children.read_text().split()[0])


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    running = Installation(tmp_path)
    assert eventually(lambda: len(running.workers()) == 1)
    yield running
    running.server.kill()
    running.server.wait()
    assert eventually(lambda: not any(lives(worker) for worker in running.workers()))


def test_a_worker_that_was_killed_is_started_again(installation: Installation) -> None:
    os.kill(installation.workers()[0], signal.SIGKILL)
    assert eventually(lambda: len(installation.workers()) == 2)
    assert lives(installation.workers()[1])


def test_a_reload_renews_the_worker(installation: Installation) -> None:
    os.kill(installation.keeper(), signal.SIGHUP)
    assert eventually(lambda: len(installation.workers()) == 2)
    assert not lives(installation.workers()[0])


def test_stopping_the_keeper_stops_the_worker(installation: Installation) -> None:
    os.kill(installation.keeper(), signal.SIGTERM)
    assert eventually(lambda: not lives(installation.workers()[0]))
    assert len(installation.workers()) == 1


def test_a_killed_server_takes_its_worker_along(installation: Installation) -> None:
    installation.server.kill()
    installation.server.wait()
    assert eventually(lambda: not lives(installation.workers()[0]))
