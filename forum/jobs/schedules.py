"""What happens by the clock: a small queue of its own beside the community's database, run inside the worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import structlog
from huey import Huey, RedisHuey, SqliteHuey, crontab
from huey.consumer import Consumer

from forum.accounts.retention import forget_networks, forget_sessions
from forum.kit import clock
from forum.kit.db import transaction

log = structlog.get_logger(__name__)
# As the privacy page says: the keyed hash of the network somebody signed up from is kept this long.
NETWORKS_KEPT = timedelta(days=90)
SESSIONS_KEPT = timedelta(days=30)


def open_queue(data_dir: Path, redis_url: str | None) -> Huey:
    """The queue: a file in the data folder, or Redis at scale."""
    if redis_url:
        return RedisHuey("madang", url=redis_url, immediate=False)
    return SqliteHuey("madang", filename=str(data_dir / "jobs.db"), immediate=False)


def schedule(queue: Huey, in_context: Callable[[Callable[[], None]], None]) -> None:
    """Put the recurring jobs on the clock; `in_context` runs one with the application at hand."""

    @queue.periodic_task(crontab(minute="17", hour="3"))  # type: ignore[untyped-decorator]  # huey ships no types
    def nightly() -> None:
        in_context(clean_up)


def clean_up() -> None:
    """Forget what is kept for a while only: networks of sign-ups, sessions that ended."""
    now = clock.now()
    with transaction():
        networks, sessions = forget_networks(now - NETWORKS_KEPT), forget_sessions(now - SESSIONS_KEPT)
    log.info("cleaned_up", networks=networks, sessions=sessions)


def consumer(queue: Huey) -> Consumer:
    """The threads that run due jobs; stopped with the worker."""
    return queue.create_consumer(workers=1, periodic=True, scheduler_interval=1, check_worker_health=True)
