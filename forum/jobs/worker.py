"""The worker process: the drainer's loop and the clock's jobs, until it is asked to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

import structlog
from huey import Huey

from forum.jobs.pageviews import keep_ingesting
from forum.jobs.schedules import consumer
from forum.kit.drainer import Drainer
from forum.search.service import rebuild_when_needed

log = structlog.get_logger(__name__)


def work(queue: Huey, collect: Callable[[], object]) -> None:
    """Drain the outbox and run due jobs until SIGTERM or SIGINT; what is under way is finished first.

    `collect` brings page views from the spool into the log, every five seconds.
    """
    stopping = threading.Event()
    collecting = keep_ingesting(collect, stopping)
    clockwork = consumer(queue)
    clockwork.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    log.info("worker_started")
    # Whoever searches meanwhile is answered from the old index.
    rebuild_when_needed()
    try:
        Drainer().run(stopping.is_set)
    finally:
        stopping.set()
        clockwork.stop(graceful=True)
        collecting.join()
    log.info("worker_stopped")
