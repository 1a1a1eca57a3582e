"""Page views from the spool into the log: each once, whatever happens to this process meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import structlog

from forum.accounts.site import site
from forum.discussion.visits import Visit, view_rows
from forum.kit.db import db, retried, transaction
from forum.kit.outbox import append
from forum.kit.salts import DailySalts
from forum.kit.settings import assuming
from forum.kit.spool import Bundle, bundles

log = structlog.get_logger(__name__)
FOLDER = "spool"
SALTS = "salts"
EVERY_SECONDS = 5.0
BATCH = 2000


def ingest(data_dir: Path, *, unfinished: bool = False) -> int:
    """Write the page views of the spool into the log and throw their files away; returns how many lines were read.

    With `unfinished` also what was written this very moment. A file goes after its lines are committed; should the
    process be killed between the two, the lines come again with the same ids and are left alone.
    """
    count = 0
    for batch in _batches(bundles(data_dir / FOLDER, unfinished=unfinished)):
        visits = [visit for bundle in batch for visit in _visits(bundle)]
        if visits:
            _write(visits)
        for bundle in batch:
            if bundle.is_over:
                bundle.discard()
        count += len(visits)
    return count


def _batches(found: Iterator[Bundle]) -> Iterator[list[Bundle]]:
    """Files together, until they hold enough lines for one transaction."""
    batch: list[Bundle] = []
    size = 0
    for bundle in found:
        batch.append(bundle)
        size += len(bundle.lines)
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _visits(bundle: Bundle) -> Iterator[Visit]:
    for line in bundle.lines:
        try:
            yield Visit.read(orjson.loads(line))
        except (ValueError, KeyError, TypeError):
            # The last line of a file that still grows, or of a disk that was full.
            log.warning("page_view_unreadable", file=bundle.path.name)


def _write(visits: list[Visit]) -> None:
    # Here, because only the one who judges needs the list of robots: reading it takes every process 40 ms.
    from forum.jobs.crawlers import RULES, is_crawler  # noqa: PLC0415 - see above

    rows = view_rows(visits, is_bot=is_crawler, rules=RULES)
    db.session.rollback()

    def unit() -> None:
        with transaction():
            append(rows)

    retried(unit)


def salts_of(data_dir: Path) -> DailySalts:
    """The salts of visitors' keys in a community's data folder; they turn by the community's clock."""
    return DailySalts(data_dir / SALTS, _zone)


def _zone() -> ZoneInfo:
    with assuming():  # asked after a page, when the database is not to be troubled any more
        return ZoneInfo(str(site()["timezone"]))


def keep_ingesting(job: Callable[[], object], stopping: threading.Event) -> threading.Thread:
    """Run the job every five seconds on a thread of its own until told to stop; an accident is logged, not fatal."""

    def loop() -> None:
        while not stopping.wait(EVERY_SECONDS):
            try:
                job()
            except Exception:
                log.exception("page_views_not_ingested")

    thread = threading.Thread(target=loop, name="page-views", daemon=True)
    thread.start()
    return thread
