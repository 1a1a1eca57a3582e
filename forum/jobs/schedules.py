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
from forum.metrics.refresh import refresh
from forum.moderation import log as moderation_log
from forum.moderation.scoring import rescore_pending

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
        in_context(check_log)

    @queue.periodic_task(crontab(minute="*/5"))  # type: ignore[untyped-decorator]  # huey ships no types
    def often() -> None:
        in_context(sort_queue)

    @queue.periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey ships no types
    def each_minute() -> None:
        in_context(follow_figures)


def clean_up() -> None:
    """Forget what is kept for a while only: networks of sign-ups, sessions that ended."""
    now = clock.now()
    with transaction():
        networks, sessions = forget_networks(now - NETWORKS_KEPT), forget_sessions(now - SESSIONS_KEPT)
    log.info("cleaned_up", networks=networks, sessions=sessions)


def check_log() -> None:
    """Walk the moderation log and write down whether its chain of hashes holds, for everybody to read."""
    found = moderation_log.verify()
    with transaction():
        moderation_log.record_check(found)
    if not found.holds:
        log.error("moderation_log_broken", row=found.first_broken)


def sort_queue() -> None:
    """Reckon the ranks of the review queue anew: what waits grows more urgent."""
    with transaction():
        rescore_pending()


def follow_figures() -> None:
    """Let the figures of community health follow what happened."""
    refresh()


def consumer(queue: Huey) -> Consumer:
    """The threads that run due jobs; stopped with the worker."""
    return queue.create_consumer(workers=1, periodic=True, scheduler_interval=1, check_worker_health=True)
