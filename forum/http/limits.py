"""Limits on how often: counted in one small database that all workers share, never in the community's."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, current_app, g, request
from limits import parse
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from forum.accounts.viewer import Viewer
from forum.kit.errors import TooSoon
from forum.kit.words import text

log = structlog.get_logger(__name__)
SWEEP_EVERY = 500
TABLE = "CREATE TABLE IF NOT EXISTS hit (key TEXT PRIMARY KEY, count INTEGER, ends REAL) WITHOUT ROWID"
COUNT = """
INSERT INTO hit VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET
  count = CASE WHEN ends <= ?4 THEN ?2 ELSE count + ?2 END, ends = CASE WHEN ends <= ?4 THEN ?3 ELSE ends END
RETURNING count
"""


class SqliteStorage(Storage):
    """Fixed windows in an SQLite file: one upsert a hit, exact across processes; upstream has none for SQLite."""

    STORAGE_SCHEME = ["sqlite"]  # noqa: RUF012 - the base class registers schemes by this very attribute

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **_: Any) -> None:
        """Open the file behind `sqlite:///path`."""
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self._path = Path((uri or "").removeprefix("sqlite:///"))
        self._local = threading.local()
        self._hits = 0

    @property
    def base_exceptions(self) -> type[Exception]:
        """What the storage raises when it is out of order."""
        return sqlite3.Error

    @property
    def _db(self) -> sqlite3.Connection:
        if not hasattr(self._local, "db"):
            db = sqlite3.connect(self._path, timeout=5, isolation_level=None)
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=OFF")  # a counter lost at power failure forgives somebody a minute
            db.execute(TABLE)
            self._local.db = db
        connection: sqlite3.Connection = self._local.db
        return connection

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count hits of a key in its window; a window that ended begins again."""
        now = time.time()
        row = self._db.execute(COUNT, (key, amount, now + expiry, now)).fetchone()
        self._hits += 1
        if self._hits % SWEEP_EVERY == 0:
            self._db.execute("DELETE FROM hit WHERE ends <= ?", (now,))
        return int(row[0])

    def get(self, key: str) -> int:
        """The count of a key in its present window."""
        row = self._db.execute("SELECT count FROM hit WHERE key = ? AND ends > ?", (key, time.time())).fetchone()
        return int(row[0]) if row else 0

    def get_expiry(self, key: str) -> float:
        """When the window of a key ends, in seconds since the epoch."""
        row = self._db.execute("SELECT ends FROM hit WHERE key = ?", (key,)).fetchone()
        return float(row[0]) if row else time.time()

    def check(self) -> bool:
        """Whether the file can be written."""
        try:
            self._db.execute("SELECT 1")
        except sqlite3.Error:
            return False
        return True

    def reset(self) -> int | None:
        """Forget all counts."""
        return self._db.execute("DELETE FROM hit").rowcount

    def clear(self, key: str) -> None:
        """Forget one count."""
        self._db.execute("DELETE FROM hit WHERE key = ?", (key,))


def init_app(app: Flask, url: str) -> None:
    """Connect the storage: SQLite in the data folder, or Redis at scale."""
    app.extensions["limits"] = FixedWindowRateLimiter(storage_from_string(url))
    # When the shared storage fails, each process counts for itself at half the value: slower, never unlimited.
    app.extensions["limits_fallback"] = FixedWindowRateLimiter(storage_from_string("memory://"))


def hit(name: str, per: str, *keys: str) -> None:
    """Count one try of `name` for these keys; raises TooSoon when there were more than `per` ("6/minute").

    A request counts once, also when its page is made again because settings moved meanwhile.
    """
    counted: set[tuple[str, ...]] = g.setdefault("limits_counted", set())
    if (name, *keys) in counted:
        return
    counted.add((name, *keys))
    item = parse(per)
    try:
        limiter: FixedWindowRateLimiter = current_app.extensions["limits"]
        allowed = limiter.hit(item, name, *keys)
    except Exception as error:  # noqa: BLE001 - whatever the storage raises, limits go on
        log.warning("limits_storage_failed", error=repr(error))
        limiter = current_app.extensions["limits_fallback"]
        item = parse(f"{max(1, item.amount // 2)}/{item.multiples} {item.GRANULARITY.name}")
        allowed = limiter.hit(item, name, *keys)
    if not allowed:
        left = max(1, int(limiter.get_window_stats(item, name, *keys).reset_time - time.time()) + 1)
        raise TooSoon(text("That was too often. Try again in {n} seconds.", n=left), retry_after=left)


def address() -> str:
    """The network of the visitor: an IPv4 address, or the /64 of an IPv6 one, which is one household."""
    given = request.remote_addr or "unknown"
    return ":".join(given.split(":")[:4]) if ":" in given else given


def of_viewer(viewer: Viewer) -> str:
    """Whom a limit counts for: the account, or the address of a guest."""
    return f"u{viewer.id}" if viewer.is_member else address()
