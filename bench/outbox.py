"""Measures the outbox: events a second recorded, and carried out through one reaction that writes a row."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["FORUM_QUIET"] = "1"

from flask_migrate import upgrade
from sqlalchemy import func, insert, select

from config import Config
from forum import create_app
from forum.kit import clock, outbox
from forum.kit.db import db, transaction
from forum.kit.drainer import drain
from forum.kit.outbox import ActorRef, Reaction, Recorded, Subject
from forum.kit.settings import SettingChange
from forum.voting.events import VoteCast

TARGET = 1000


def note(event: Recorded) -> None:
    """The effect: one row."""
    row = {"key": "bench", "old": None, "new": str(event.id), "changed_by": "bench", "changed_at": clock.now()}
    db.session.execute(insert(SettingChange), [row])


def main() -> int:
    """Record, drain, print; returns 1 when fewer than a thousand a second of CPU time came through."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5000)
    events = parser.parse_args().events
    with tempfile.TemporaryDirectory(prefix="madang-bench-") as folder:
        os.environ["FORUM_DATA_DIR"] = folder
        app = create_app(Config.from_env())
        with app.app_context():
            upgrade()
            outbox.connect({VoteCast: [Reaction("bench.note", note)]})
            _record(10)
            drain(30)
            recorded, drained, seconds = _rate(_record, events), *_drained(events)
    print(f"recorded  {recorded:8.0f} events a second of CPU")
    print(f"drained   {drained:8.0f} events a second of CPU, {events / seconds:.0f} by the clock on the wall")
    print(f"target    {TARGET:8d} {'ok' if drained >= TARGET else 'MISSED'}")
    return 0 if drained >= TARGET else 1


def _record(number: int) -> None:
    """In transactions of ten, as requests would at their busiest."""
    for _ in range(0, number, 10):
        with transaction():
            for _ in range(10):
                outbox.record(VoteCast(by=ActorRef("u1", "member"), about=Subject(thread=1, post=2), value=1))


def _rate(work: object, number: int) -> float:
    began = time.process_time()
    work(number)  # type: ignore[operator]  # a function of one number
    return number / (time.process_time() - began)


def _drained(number: int) -> tuple[float, float]:
    wall, cpu = time.monotonic(), time.process_time()
    if not drain(600):
        raise SystemExit("the outbox was not empty after ten minutes")
    done = db.session.scalar(select(func.count()).select_from(SettingChange)) or 0
    if done != number + 10:
        raise SystemExit(f"{done} effects of {number + 10} events")
    return number / (time.process_time() - cpu), time.monotonic() - wall


if __name__ == "__main__":
    sys.exit(main())
