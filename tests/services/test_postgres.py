"""The test run's own PostgreSQL: real, one database per worker, and it leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from tests.services import postgres
from tests.services.postgres import postgres_url

pytestmark = pytest.mark.pg
ROOT = Path(__file__).resolve().parents[2]

# A run of its own, which starts a server, says where, and is then killed without a chance to clean up.
KILLED_RUN = """
import os, signal
from pathlib import Path
from tests.services.postgres import _start
print(_start(Path({note!r})).folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def asked(url: str, question: str) -> object:
    parts = urlsplit(url)
    where = {"host": parse_qs(parts.query)["host"][0], "user": parts.username, "dbname": parts.path[1:]}
    with psycopg.connect(**where, connect_timeout=5) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture
def url(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> str:
    return postgres_url(tmp_path_factory, worker_id)


def folders_above_what_root_could_widen() -> list[Path]:
    starts = (ROOT, Path.home(), Path(sys.prefix))
    return sorted({folder for start in starts for folder in (start, *start.parents)})


def modes() -> dict[str, int]:
    return {str(folder): folder.stat().st_mode for folder in folders_above_what_root_could_widen()}


def test_it_is_a_real_postgresql_that_knows_hangul_and_trigrams(url: str) -> None:
    assert int(str(asked(url, "SELECT current_setting('server_version_num')"))) >= 140000
    assert asked(url, "SELECT upper('마당 straße')") == "마당 STRASSE" or asked(url, "SELECT length('마당')") == 2
    assert asked(url, "SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'") == 1


def test_two_workers_get_different_databases_of_one_server(
    url: str, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> None:
    other = postgres_url(tmp_path_factory, f"{worker_id}_neighbour")

    assert asked(url, "SELECT current_database()") != asked(other, "SELECT current_database()")
    started = "SELECT pg_postmaster_start_time()::text"
    assert asked(url, started) == asked(other, started)


def test_a_worker_that_asks_again_gets_the_same_database(
    url: str, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> None:
    assert postgres_url(tmp_path_factory, worker_id) == url


def test_the_server_does_not_run_as_root(url: str) -> None:
    folder = Path(parse_qs(urlsplit(url).query)["host"][0])
    server = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    assert Path(f"/proc/{server}").stat().st_uid != 0


def test_starting_and_stopping_leaves_the_modes_of_all_folders_above_as_they_were(tmp_path: Path) -> None:
    before = modes()
    folder = run_that_is_killed(tmp_path)
    assert modes() == before

    gone_by = time.monotonic() + 15
    while folder.exists() and time.monotonic() < gone_by:
        time.sleep(0.05)
    assert not folder.exists(), "the guard did not remove the server of a killed run"
    assert modes() == before


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_without_postgresql_a_test_is_skipped_at_home_and_fails_in_ci(
    ci: str,
    outcome: type[BaseException],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    def find_nothing() -> Path:
        raise postgres.NoPostgres("there is none")

    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(postgres, "_find_programs", find_nothing)
    monkeypatch.setattr(postgres, "_running", lambda note: None)
    with pytest.raises(outcome, match="there is none"):
        postgres_url(tmp_path_factory, "nobody")


def run_that_is_killed(tmp_path: Path) -> Path:
    code = KILLED_RUN.format(note=str(tmp_path / "note.json"))
    alone = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_XDIST")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=alone,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -9, done.stderr
    return Path(done.stdout.strip())
