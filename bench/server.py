"""One gunicorn with the project's own settings, the CPU time of its processes, and a small client that keeps connections."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLIENTS = 4
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a load."""

    path: str
    method: str = "GET"
    body: str | None = None
    headers: Mapping[str, str] | None = None
    expect: int = 200


@contextlib.contextmanager
def serve(application: str, environment: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """Run gunicorn on a free port; gives the port and the process, and ends it with all its workers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = {**os.environ, "FORUM_HOST": "127.0.0.1", "FORUM_PORT": str(port), "FORUM_JOBS": "external", **environment}
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", application]
    process = subprocess.Popen(command, cwd=ROOT, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_until_it_answers(process, port)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(f"gunicorn ended with {process.returncode}")
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            time.sleep(0.5)
            return
        time.sleep(0.05)
    raise SystemExit("gunicorn does not answer")


def cpu_seconds(root: int) -> float:
    """CPU time, user and system, that a process and everything below it have used so far."""
    return sum(_own_cpu(pid) for pid in _tree(root))


def _tree(root: int) -> set[int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found and pid not in found}:
        found |= more
    return found


def _own_cpu(pid: int) -> float:
    """By the process's own clock, in nanoseconds, where the kernel has one; /proc counts in hundredths of a second."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(port: int, request: Callable[[int], Request], number: int) -> None:
    """Send `number` requests by a few clients at once; raises SystemExit for an answer that was not expected."""
    problems: list[str] = []

    def client(first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for n in range(first, number, CLIENTS):
            wanted = request(n)
            problem = _send(connection, wanted)
            if problem:
                problems.append(problem)
                return
        connection.close()

    crew = [threading.Thread(target=client, args=(n,)) for n in range(CLIENTS)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    if problems:
        raise SystemExit(problems[0])


def _send(connection: http.client.HTTPConnection, wanted: Request) -> str:
    """Send one request; says what was wrong with the answer, or nothing."""
    for _ in range(2):
        try:
            connection.request(wanted.method, wanted.path, wanted.body, dict(wanted.headers or {}))
            answer = connection.getresponse()
            said = answer.read()
        except (http.client.RemoteDisconnected, ConnectionError):  # a worker that was renewed closes its connections
            connection.close()
            continue
        if answer.status != wanted.expect:
            return f"{wanted.method} {wanted.path}: {answer.status}\n{said[:2000].decode(errors='replace')}"
        return ""
    return f"{wanted.method} {wanted.path}: no answer"
