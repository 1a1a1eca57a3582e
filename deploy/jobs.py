"""Keeps the job worker running for as long as the web server that started this lives.

A process of its own, not a thread of the web server: the server forks its workers, and a fork copies the
locks that another thread holds at that moment.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from types import FrameType

STOP_SECONDS = 20.0
LOOK_SECONDS = 0.25
LONGEST_PAUSE = 30.0
# The web workers start at the same moment; whoever waits for the first page comes before what follows from writing.
HEAD_START = 1.5
HEALTHY_SECONDS = 60.0


class Keeper:
    """One job worker, started again when it ends, more patiently each time that it ends soon."""

    def __init__(self) -> None:
        self.parent = os.getppid()
        self.stopping = False
        self.renewing = False
        self.pause = 1.0

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Signal handler: end the worker, then this process."""
        self.stopping = True

    def renew(self, number: int, frame: FrameType | None) -> None:
        """Signal handler: end the worker and start it again with the code as it is now."""
        self.renewing = True

    def run(self) -> None:
        """Start the worker again and again until told to stop or the web server is gone."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        signal.signal(signal.SIGHUP, self.renew)
        self.rest(HEAD_START)
        while not self.is_over():
            started = time.monotonic()
            # A group of its own: Ctrl-C reaches the worker through this process, once and in order.
            worker = subprocess.Popen([sys.executable, "-m", "flask", "worker"], process_group=0)
            self.watch(worker)
            if not self.is_over():
                self.wait_before_next(worker.returncode, time.monotonic() - started)

    def is_over(self) -> bool:
        """Whether there is nobody left to work for: asked to stop, or the web server was killed."""
        return self.stopping or os.getppid() != self.parent

    def watch(self, worker: subprocess.Popen[bytes]) -> None:
        """Return when the worker has ended, by itself or because it had to."""
        while worker.poll() is None and not self.is_over() and not self.renewing:
            time.sleep(LOOK_SECONDS)
        if worker.poll() is not None:
            return
        worker.terminate()
        try:
            worker.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()

    def wait_before_next(self, status: int, lived: float) -> None:
        """Pause before the next start, longer each time, so that a worker that cannot start does no harm."""
        if self.renewing:
            self.renewing, self.pause = False, 1.0
            return
        if lived > HEALTHY_SECONDS:
            self.pause = 1.0
        sys.stderr.write(f"The job worker ended with status {status}; starting again in {self.pause:.0f} s.\n")
        self.rest(self.pause)
        self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def rest(self, seconds: float) -> None:
        """Let time pass, as long as there is somebody to work for."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.is_over():
            time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    Keeper().run()
