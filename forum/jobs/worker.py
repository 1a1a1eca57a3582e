"""The worker process: the drainer's loop and the clock's jobs, until it is asked to stop."""

from __future__ import annotations

import signal
import threading

import structlog
from huey import Huey

from forum.jobs.schedules import consumer
from forum.kit.drainer import Drainer

log = structlog.get_logger(__name__)


def work(queue: Huey) -> None:
    """Drain the outbox and run due jobs until SIGTERM or SIGINT; what is under way is finished first."""
    stopping = threading.Event()
    clockwork = consumer(queue)
    clockwork.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    log.info("worker_started")
    try:
        Drainer().run(stopping.is_set)
    finally:
        clockwork.stop(graceful=True)
    log.info("worker_stopped")
