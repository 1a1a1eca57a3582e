"""The drainer: each consequence once, whatever fails, whoever else is at work, and wherever it is killed."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from forum import reactions
from forum.kit import clock, drainer, outbox
from forum.kit.db import db, transaction
from forum.kit.drainer import BACK_OFF, HOLD, LEASE, MAX_TRIES, Drainer, drain, holder_name, is_gone, pending
from forum.kit.outbox import Reaction, Recorded, WorkRow
from tests.conftest import Community
from tests.kit.outbox_table import (
    QUICK,
    SLOW,
    broken,
    busy,
    count_effects,
    effects,
    happen,
    picky,
    record,
    table,
    take_the_lease_and_die,
    work_until_killed,
)
from tests.processes import start

KILLS = 10


@pytest.fixture(autouse=True)
def wired(app: Flask) -> Iterator[None]:
    outbox.connect(table(QUICK))
    with app.app_context():
        yield
    outbox.connect(reactions.REACTIONS)


@pytest.fixture
def elsewhere() -> Drainer:
    """A drainer of another machine, of which nobody here knows whether it lives."""
    other = Drainer()
    other.holder = "elsewhere:1:1"
    return other


def work() -> WorkRow:
    db.session.rollback()
    return db.session.scalars(select(WorkRow)).one()


def test_each_event_has_its_effect_once_and_leaves_no_work() -> None:
    ids = happen(450)
    assert drain(20)
    assert effects() == {("quick", str(event_id)): 1 for event_id in ids}
    assert pending() == 0


def test_a_failing_reaction_does_not_stop_its_neighbours() -> None:
    outbox.connect(table(Reaction("test.broken", broken), QUICK))
    ids = happen(3)
    assert drain(20, wait_for_delayed=False)
    assert effects() == {("quick", str(event_id)): 1 for event_id in ids}, "what a failed reaction wrote is gone"
    assert pending() == 3


def test_one_bad_event_does_not_stop_the_good_ones_of_its_batch() -> None:
    outbox.connect(table(Reaction("test.picky", picky)))
    good, bad = happen(3), happen(1, value=-1)
    assert drain(20, wait_for_delayed=False)
    assert effects() == {("picky", str(event_id)): 1 for event_id in good}
    assert work().event_id == bad[0]
    assert "not for me" in (work().error or "")


def test_failures_wait_from_ten_seconds_to_six_hours_and_then_for_a_person() -> None:
    outbox.connect(table(Reaction("test.broken", broken)))
    happen()
    waits, now = [], clock.now()
    for _ in range(MAX_TRIES):
        with clock.frozen(now):
            here = Drainer()
            assert here.acquire()
            assert here.step() == 1
            assert here.step() == 0, "it waits"
        waits.append(int((work().not_before - now).total_seconds()))
        now = work().not_before
    assert waits == [*BACK_OFF, BACK_OFF[-1]]
    assert (waits[0], waits[-1]) == (10, 6 * 3600)
    assert work().dead_at is not None
    assert pending() == 0
    with clock.shifted(timedelta(days=30)):
        assert Drainer().step() == 0


def test_work_for_a_reaction_the_code_has_lost_waits_with_its_reason() -> None:
    happen()
    outbox.connect(table())
    assert not drain(0.2)
    assert "no such reaction" in (work().error or "")


def test_a_batch_reaction_takes_all_at_once_and_all_again_when_it_fails() -> None:
    taken: list[int] = []

    def all_at_once(events: Sequence[Recorded]) -> None:
        taken.append(len(events))
        if len(taken) == 1:
            raise OSError("the index is on a full disk")

    outbox.connect(table(Reaction("test.batch", batch=all_at_once)))
    happen(5)
    assert not drain(0.2)
    with clock.shifted(timedelta(seconds=11)):
        assert drain(5)
    assert taken == [5, 5]


def test_one_drainer_works_and_a_second_waits(elsewhere: Drainer) -> None:
    here = Drainer()
    happen()
    assert here.acquire()
    assert not elsewhere.acquire()
    assert elsewhere.step() == 0, "without the lease nothing is claimed"
    assert here.acquire(), "the holder goes on"
    assert here.step() == 1


def test_a_lease_that_ran_out_is_taken_and_its_claims_with_it(elsewhere: Drainer) -> None:
    happen()
    here = Drainer()
    assert here.acquire()
    here._claim(10)
    with clock.shifted(HOLD + timedelta(seconds=1)):
        assert elsewhere.acquire()
        assert elsewhere.step() == 1, "the first one's claim was set free"
        assert not here.acquire()
        elsewhere.release()
        assert here.acquire()
    assert set(effects().values()) == {1}


def test_a_drainer_that_stood_still_repeats_nothing_when_it_wakes(elsewhere: Drainer) -> None:
    ids = happen(3)
    here = Drainer()
    assert here.acquire()
    claimed = here._claim(10)
    with clock.shifted(LEASE + timedelta(seconds=1)):
        assert elsewhere.acquire()
        assert elsewhere.step() == 3
    here._carry_out(claimed)
    assert effects() == {("quick", str(event_id)): 1 for event_id in ids}


def test_a_release_lets_the_next_one_in_at_once(elsewhere: Drainer) -> None:
    here = Drainer()
    assert here.acquire()
    here.release()
    assert elsewhere.acquire()


def test_a_living_process_is_not_gone_and_an_unknown_one_counts_as_alive() -> None:
    host, pid, born = holder_name().split(":")
    assert not is_gone(holder_name())
    assert is_gone(f"{host}:{pid}:1{born}"), "another process had this number before"
    assert not is_gone("elsewhere:1:1")


def test_a_holder_that_died_is_followed_at_once(community: Community) -> None:
    process = start(community.config, take_the_lease_and_die)
    process.join(30)
    assert process.exitcode == 0
    began = time.monotonic()
    assert Drainer().acquire(), "fifteen seconds are left on the lease of the dead"
    assert time.monotonic() - began < 2


def test_draining_says_when_its_time_was_not_enough() -> None:
    with transaction() as session:
        record()
        session.execute(update(WorkRow).values(not_before=clock.now() + timedelta(hours=1)))
    assert not drain(0.2)
    assert drain(0.2, wait_for_delayed=False)


def test_draining_ends_although_work_makes_more_work() -> None:
    outbox.connect(table(Reaction("test.busy", busy)))
    happen()
    began = time.monotonic()
    assert not drain(0.3)
    assert time.monotonic() - began < 5


def test_draining_waits_for_the_drainer_that_holds_the_lease(elsewhere: Drainer) -> None:
    happen()
    assert elsewhere.acquire()
    assert not drain(0.2)
    assert not effects()


def test_work_begins_within_half_a_second(app: Flask) -> None:
    over = threading.Event()

    def run() -> None:
        with app.app_context():
            Drainer().run(over.is_set)

    worker = threading.Thread(target=run)
    worker.start()
    try:
        waits = []
        for _ in range(3):
            time.sleep(0.1)
            event_id = happen()[0]
            began = time.monotonic()
            assert outbox.wait_for(lambda key=("quick", str(event_id)): key in effects(), 10, pause=0.02)  # type: ignore[misc]  # bound at once
            waits.append(time.monotonic() - began)
        assert min(waits) < 0.5
        assert drainer.IDLE_SECONDS < 0.5
    finally:
        over.set()
        worker.join()


def test_kill_nine_at_any_moment_loses_nothing_and_doubles_nothing(community: Community) -> None:
    outbox.connect(table(QUICK, SLOW))
    chance, ids, left = random.Random(20), [], 0
    for _ in range(KILLS):
        before, process = count_effects(), start(community.config, work_until_killed)
        ids += happen(6)
        outbox.wait_for(lambda before=before: count_effects() > before, 20, pause=0.01)  # type: ignore[misc]  # bound at once
        until = time.monotonic() + chance.uniform(0, 0.1)
        while time.monotonic() < until:
            ids += happen(chance.randint(1, 4))
            time.sleep(0.01)
        process.kill()
        process.join(30)
        assert process.exitcode == -9
        left += pending() > 0
    assert left > 0, "not one of them was killed at work"
    assert drain(60)
    wanted = {(mark, str(event_id)): 1 for mark in ("quick", "slow") for event_id in ids}
    assert effects() == wanted
    assert pending() == 0
