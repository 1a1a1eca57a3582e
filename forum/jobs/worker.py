"""The worker process: the drainer's loop until it is asked to stop; schedules of later jobs hang here too."""

from __future__ import annotations

import signal
import threading

import structlog

from forum.kit.drainer import Drainer

log = structlog.get_logger(__name__)


def work() -> None:
    """Drain the outbox until SIGTERM or SIGINT; what is under way is finished first."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    log.info("worker_started")
    Drainer().run(stopping.is_set)
    log.info("worker_stopped")
