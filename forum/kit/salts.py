"""Salts that live for a day: what is hashed with one can be told apart today, and be traced by nobody afterwards."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from forum.kit import clock

# People are asleep then: a visit over midnight stays one visit.
TURNS_AT = 4
BYTES = 32


class DailySalts:
    """The salts of a data folder, shared by all its processes; a file for each day, readable by its owner alone."""

    def __init__(self, folder: Path, zone: Callable[[], ZoneInfo]) -> None:
        """Remember the folder, and how to learn whose nights decide; it is asked once a day."""
        self._folder, self._zone = folder, zone
        self._salt, self._until = b"", 0.0

    def current(self) -> bytes:
        """The salt of this moment; a new one begins at four in the morning, local time."""
        now = clock.now()
        if not self._until - 86400 <= now.timestamp() < self._until:
            zone = self._zone()
            day = _day(now, zone)
            self._salt = self._kept(day)
            turns = datetime.combine(day + timedelta(days=1), time(TURNS_AT), zone)
            self._until = turns.astimezone(UTC).timestamp()
        return self._salt

    def destroy_old(self) -> int:
        """Delete every salt but today's and yesterday's, so that none outlives 48 hours; returns how many went."""
        oldest = _day(clock.now(), self._zone()) - timedelta(days=1)
        old = [path for path in self._folder.glob("????-??-??") if path.name < oldest.isoformat()]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _kept(self, day: date) -> bytes:
        """The day's salt as the first process that needed it made it."""
        path = self._folder / day.isoformat()
        if not path.exists():
            self._folder.mkdir(mode=0o700, exist_ok=True)
            draft = self._folder / f".{secrets.token_hex(8)}"
            draft.touch(mode=0o600)
            draft.write_bytes(secrets.token_bytes(BYTES))
            try:
                os.link(draft, path)  # whole or not at all, and only for the first
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_bytes()


def _day(now: datetime, zone: ZoneInfo) -> date:
    return (now.astimezone(zone) - timedelta(hours=TURNS_AT)).date()
