"""The server as operators start it: gunicorn with its own configuration and the job worker it brings along."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from config import ROOT
from forum import create_app
from tests.conftest import SECRET, Community, make_config
from tests.e2e.live import Live, listening

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
START, SEARCHABLE, STOP = 40.0, 15.0, 30.0


@dataclass
class Server:
    """A running server and a way to its community from here."""

    process: subprocess.Popen[bytes]
    live: Live

    def processes(self) -> set[int]:
        """Everything that runs in the server's session, whoever started it."""
        found = set()
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                state, _, _, session = stat.read_text().rsplit(")", 1)[1].split()[:4]
            except (OSError, ValueError):
                continue
            if int(session) == self.process.pid and state != "Z":
                found.add(int(stat.parent.name))
        return found


@pytest.fixture(scope="module")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Server]:
    """gunicorn with one web worker and the job worker, on a community of its own."""
    folder = tmp_path_factory.mktemp("server")
    bound, origin = listening()
    bound.close()
    config = replace(make_config(folder), public_url=origin)
    shutil.copyfile(sqlite_template, config.data_dir / "forum.db")
    community = Community(create_app(config))
    community.empty(folder)
    live = Live(community.app, browser)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("FORUM_")},
        "FORUM_DATA_DIR": str(folder),
        "FORUM_PORT": origin.rsplit(":", 1)[1],
        "FORUM_SECRET_KEY": SECRET,
        "FORUM_WORKERS": "1",
        "FLASK_APP": "wsgi",
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "wsgi:app"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    running = Server(process, live)
    try:
        wait_for(f"{origin}/livez")
        yield running
    finally:
        for pid in running.processes():
            os.kill(pid, signal.SIGKILL)
        process.wait()


def wait_for(url: str) -> None:
    """Return when the server answers."""
    end = time.monotonic() + START
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own server
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer in {START:.0f} s")


def test_a_reply_can_be_found_seconds_later_and_nothing_runs_on_after_the_end(server: Server) -> None:
    people = server.live.people
    people.category("Ovens")
    bob = people.user("bob")
    thread, _ = people.thread(bob, "ovens")
    page = server.live.context(bob).new_page()
    page.goto(f"/t/{thread}")
    page.get_by_label("Your reply").fill("The flibbertigibbet is loose.")
    page.get_by_role("button", name="Reply", exact=True).click()
    expect(page.locator("article", has_text="flibbertigibbet")).to_be_visible()

    end = time.monotonic() + SEARCHABLE
    page.goto("/search?q=flibbertigibbet")
    while not page.locator("ol.rows mark").count():
        assert time.monotonic() < end, f"the reply could not be found in {SEARCHABLE:.0f} s"
        time.sleep(0.2)
        page.reload()
    page.context.close()

    running = server.processes()
    assert len(running) >= 4, "gunicorn, its worker, the keeper of the job worker, the job worker"
    server.process.terminate()
    assert server.process.wait(STOP) == 0
    end = time.monotonic() + STOP
    while (left := server.processes()) and time.monotonic() < end:
        time.sleep(0.1)
    assert not left, f"still running: {left}"
