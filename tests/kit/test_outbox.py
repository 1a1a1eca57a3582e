"""The outbox: an event and its work belong to the transaction of what happened, and imports reach history alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum import reactions
from forum.kit import clock, outbox
from forum.kit.db import db, transaction
from forum.kit.drainer import drain
from forum.kit.outbox import EventRow, Reaction, WorkRow
from forum.voting.events import VoteCast
from tests.kit.outbox_table import QUICK, SOMEBODY, effects, happen, historic, record, table


@pytest.fixture(autouse=True)
def wired(app: Flask) -> Iterator[None]:
    outbox.connect(table(QUICK, Reaction("test.historic", historic, history=True)))
    with app.app_context():
        yield
    outbox.connect(reactions.REACTIONS)


def rows(model: type[EventRow] | type[WorkRow]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_an_event_is_recorded_with_one_row_of_work_for_each_reaction() -> None:
    happen()
    assert (rows(EventRow), rows(WorkRow)) == (1, 2)


def test_what_is_rolled_back_has_not_happened_and_has_no_consequences() -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        record()
        raise ZeroDivisionError
    assert (rows(EventRow), rows(WorkRow)) == (0, 0)


def test_nothing_is_recorded_outside_of_a_transaction() -> None:
    with pytest.raises(RuntimeError, match="belongs into the transaction"):
        record()


def test_imported_events_reach_only_reactions_that_ask_for_history() -> None:
    event_id = str(happen(source="import")[0])
    assert drain(10)
    assert dict(effects()) == {("historic", event_id): 1}


def test_the_log_keeps_who_what_and_when_as_they_were() -> None:
    at = datetime(2026, 3, 1, 12, 30, 0, 5, tzinfo=UTC)
    with transaction():
        outbox.record(VoteCast(by=SOMEBODY, value=1, before=-1, at=at))
    row = db.session.scalars(select(EventRow)).one()
    assert (row.type, row.actor_key, row.actor_class, row.is_mod) == ("vote", "u1", "member", False)
    assert row.occurred_at == at
    assert row.received_at > at
    assert row.props == {"value": 1, "before": -1}


def test_event_ids_sort_by_their_moment() -> None:
    moments = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(20)]
    ids = [outbox.uuid7(moment) for moment in moments]
    assert ids == sorted(ids)
    assert {i.version for i in ids} == {7}


def test_consequences_can_be_held_back_and_dropped_meanwhile() -> None:
    with transaction():
        event_id = outbox.record(VoteCast(by=SOMEBODY, value=1), after=timedelta(seconds=30))
    assert drain(5, wait_for_delayed=False)
    assert not effects()
    with transaction():
        assert outbox.cancel(event_id) == 2
    with clock.shifted(timedelta(minutes=1)):
        assert drain(5)
    assert not effects()


def test_what_was_held_back_follows_when_its_time_has_come() -> None:
    with transaction():
        outbox.record(VoteCast(by=SOMEBODY, value=1), after=timedelta(seconds=30))
    with clock.shifted(timedelta(seconds=31)):
        assert drain(5)
    assert len(effects()) == 2


def test_every_event_of_the_forum_has_its_line_in_the_table() -> None:
    names = [reaction.name for found in reactions.REACTIONS.values() for reaction in found]
    for name in names:
        outbox.connect(reactions.REACTIONS)
        assert outbox.reaction_named(name) is not None
