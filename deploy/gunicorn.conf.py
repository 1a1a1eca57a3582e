"""How the web server runs: its processes, its limits, and the job worker it brings along on one machine."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _address() -> str:
    host, port = os.environ.get("FORUM_HOST") or "127.0.0.1", os.environ.get("FORUM_PORT") or "8000"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


chdir = str(ROOT)
bind = _address()
worker_class = "gthread"
workers = int(os.environ.get("FORUM_WORKERS") or min(os.cpu_count() or 1, 2))
threads = 4
# The Korean morphology takes 325 MB: loaded once before the workers are forked, they share it.
preload_app = importlib.util.find_spec("kiwipiepy") is not None

timeout = 30
graceful_timeout = 25
keepalive = 5
# Workers are renewed now and then, not all at the same moment, so that nothing grows for ever.
max_requests = 5000
max_requests_jitter = 500
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
forwarded_allow_ips = "127.0.0.1,::1"

# The heartbeat file must not lie on a disk that can stall; a control socket would be one per user.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - in memory, unnamed
control_socket_disable = True
loglevel = "warning"

JOBS_STOP_SECONDS = 25
_jobs: subprocess.Popen[bytes] | None = None


def when_ready(server: object) -> None:
    """Start the job worker, unless it is a service of its own (FORUM_JOBS=external)."""
    global _jobs  # noqa: PLW0603 - hooks share nothing but this module
    if os.environ.get("FORUM_JOBS") != "external":
        _jobs = subprocess.Popen([sys.executable, str(ROOT / "deploy" / "jobs.py")], cwd=ROOT)


def on_starting(server: object) -> None:
    """Load the Korean morphology where it is installed, before there are workers."""
    if preload_app:
        importlib.import_module("forum.search.morphemes").load()


def post_fork(server: object, worker: object) -> None:
    """Leave the parent's database connections to the parent."""
    if preload_app:
        application = importlib.import_module("wsgi").app
        database = importlib.import_module("forum.kit.db").db
        with application.app_context():
            database.engine.dispose(close=False)


def on_reload(server: object) -> None:
    """New code for the web workers is new code for the job worker too."""
    if _jobs is not None and _jobs.poll() is None:
        _jobs.send_signal(1)


def on_exit(server: object) -> None:
    """Stop the job worker with the server; what it holds is taken up again at the next start."""
    if _jobs is None or _jobs.poll() is not None:
        return
    _jobs.terminate()
    try:
        _jobs.wait(JOBS_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        _jobs.kill()
