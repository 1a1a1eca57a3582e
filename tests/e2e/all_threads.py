"""Every thread of a real community, imported and looked at on a phone: `python -m tests.e2e.all_threads`."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import select

from forum.discussion.models import Thread
from forum.http import paths
from forum.importers.stackexchange.load import load
from forum.kit.db import db
from tests.conftest import make_config, migrate
from tests.e2e.chromium import Watch, chromium, missing, sideways
from tests.e2e.live import Live, served

DUMP = Path(__file__).resolve().parents[3] / "shared" / "data" / "stackexchange" / "bicycles-meta"
PHONE = 390


def pages(live: Live) -> list[str]:
    """Import the dump; the address of each of its threads, and of the lists around them."""
    with live.app.app_context():
        load(DUMP)
        threads = db.session.execute(select(Thread.id, Thread.slug).order_by(Thread.id)).all()
        found = [paths.thread(number, slug) for number, slug in threads]
        db.session.rollback()
    return [*found, "/", "/latest", "/top", "/solved", "/unanswered", "/tags", "/categories", "/search?q=wheel"]


def faults(live: Live, locale: str, addresses: list[str]) -> list[str]:
    """What is wrong with the pages in one language."""
    page = live.context(locale=locale).new_page()
    watch, found = Watch(page, live.origin), list[str]()
    page.set_viewport_size({"width": PHONE, "height": 900})
    for address in addresses:
        status = watch.open(address)
        seen = watch.take() + sideways(page, PHONE)
        if status != 200:
            seen.append(f"status {status}")
        found += [f"{locale} {address}: {one}" for one in seen]
    page.context.close()
    return found


def main() -> int:
    """Look at all; the status is 1 when there is a fault."""
    why = missing() or ("" if DUMP.is_dir() else f"the dump is not beside this checkout: {'/'.join(DUMP.parts[-4:])}")
    if why:
        print(why)
        return 1
    started, found = time.monotonic(), list[str]()
    with tempfile.TemporaryDirectory(prefix="madang-threads-") as folder:
        empty = make_config(Path(folder) / "empty")
        migrate(empty)
        with chromium() as browser, served(browser, Path(folder) / "live", empty.data_dir / "forum.db") as live:
            addresses = pages(live)
            for locale in ("en", "ko"):
                found += faults(live, locale, addresses)
    print(
        f"{len(addresses)} pages in two languages, {time.monotonic() - started:.0f} s, {len(found)} faults",
        *found,
        sep="\n",
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
