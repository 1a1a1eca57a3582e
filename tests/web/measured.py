"""A small community with a past, so that there is something to measure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import time_machine

from forum.accounts.viewer import Viewer
from forum.metrics.refresh import refresh
from tests.people import People

NOW = datetime(2026, 6, 20, 9, 30, tzinfo=UTC)
ASKED = NOW - timedelta(days=10)
THREADS, ANSWERED = 24, 15


@dataclass(frozen=True)
class Measured:
    """Who is there, and the ids of the threads, the answered ones first."""

    asker: Viewer
    helper: Viewer
    boss: Viewer
    threads: list[int]


def measured(people: People) -> Measured:
    """24 questions ten days ago, 15 of them answered after two hours; roll-ups are up to date."""
    people.settings(threads_per_day=100, threads_first_day=100, replies_first_day=100)
    people.category()
    with time_machine.travel(ASKED, tick=False):
        asker, helper, boss = people.user("asker"), people.user("helper"), people.user("boss", role="owner")
        threads = [
            people.thread(asker, title=f"What is wrong with lamp {n:02}?", body=f"It went dark, number {n}.")[0]
            for n in range(THREADS)
        ]
    with time_machine.travel(ASKED + timedelta(hours=2), tick=False):
        for number, thread_id in enumerate(threads[:ANSWERED]):
            people.reply(helper, thread_id, f"Screw it in again, as I did with number {number}.")
    with time_machine.travel(NOW, tick=False), people.app.app_context():
        refresh()
    return Measured(asker, helper, boss, threads)
