"""Roll-ups say what the log says: made anew, brought up to date step by step, in any order of arrival."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from forum.accounts import service as accounts
from forum.accounts.viewer import Viewer
from forum.kit import clock
from forum.kit.db import db, transaction
from forum.kit.outbox import EventRow
from forum.metrics import queries, rollups, store
from forum.metrics import refresh as refreshing
from forum.metrics.models import MetricDay
from forum.metrics.refresh import refresh
from tests.metrics.logs import START, Community, row, write


def _later(town: Community) -> datetime:
    """Some time passes: a minute, an hour, two days, two months."""
    town.now += timedelta(minutes=town.random.choice((1, 50, 3000, 90_000)))
    return town.now


def test_following_step_by_step_gives_the_same_rows_as_making_everything_anew(app: Flask) -> None:
    town = Community(1)
    with app.app_context():
        for step in (60, 1, 15, 40, 3):
            write(town.some(step))
            with clock.frozen(_later(town)):
                assert refresh()
                assert not refresh()
                followed = rollups.checksum()
                assert rollups.verify() == []
                rollups.rebuild()
                assert rollups.checksum() == followed


def test_time_alone_ripens_figures(app: Flask) -> None:
    town = Community(7)
    with app.app_context():
        write(town.some(80))
        for days in (0, 1, 8, 31):
            with clock.frozen(town.now + timedelta(days=days, hours=days)):
                refresh()
                followed = rollups.checksum()
                rollups.rebuild()
                assert rollups.checksum() == followed


def test_the_order_in_which_the_log_was_written_changes_nothing(app: Flask) -> None:
    events = Community(11).some(150)
    sums = []
    with app.app_context(), clock.frozen(events[-1]["received_at"] + timedelta(days=40)):
        write(events)
        rollups.rebuild()
        sums.append(rollups.checksum())
        rollups.rebuild()
        sums.append(rollups.checksum())
        random.Random(3).shuffle(events)
        with transaction():
            db.session.query(EventRow).delete()
        write(events)
        rollups.rebuild()
        sums.append(rollups.checksum())
    assert len(set(sums)) == 1


def test_a_refresh_that_is_cut_off_leaves_everything_as_it_was(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    town, real = Community(4), store.replace_rows

    def torn(session: Any, model: Any, condition: Any, rows: Any) -> None:
        real(session, model, condition, rows)
        if model is MetricDay:
            raise RuntimeError("the power is gone")

    with app.app_context():
        write(town.some(60))
        with clock.frozen(town.now):
            refresh()
        before, version = rollups.checksum(), queries.version()
        write(town.some(10))
        with clock.frozen(town.now):
            monkeypatch.setattr(refreshing.store, "replace_rows", torn)
            with pytest.raises(RuntimeError):
                refresh()
            db.session.rollback()
            assert (rollups.checksum(), queries.version()) == (before, version)
            monkeypatch.setattr(refreshing.store, "replace_rows", real)
            assert refresh()
            assert rollups.verify() == []


def test_what_was_committed_late_is_not_missed(app: Flask) -> None:
    """Its moment of arrival lies before what was read already."""
    with app.app_context(), clock.frozen(START + timedelta(hours=3)):
        write([row(1, "thread_created", START, thread=1, post=1, kind="question")])
        write([row(2, "reply_created", START + timedelta(minutes=9), "u2", thread=1, post=2)])
        refresh()
        write([row(3, "reply_created", START + timedelta(minutes=8), "u3", thread=1, post=3)])
        assert refresh()
        assert queries.figure("replies", START.date(), START.date() + timedelta(days=1)).value == 2
        assert not refresh()


def test_another_time_zone_makes_all_days_anew(app: Flask) -> None:
    with app.app_context():
        write([row(1, "thread_created", START + timedelta(hours=20), thread=1, post=1, kind="question")])
        day = START.date()
        with clock.frozen(START + timedelta(days=2)):
            refresh()
            assert queries.figure("threads", day, day + timedelta(days=1)).value == 1
            with transaction():
                accounts.change_settings(Viewer(id=0, role="owner", username="boss"), {"timezone": "Asia/Seoul"})
            refresh()
            assert queries.figure("threads", day, day + timedelta(days=1)).value == 0
            assert queries.figure("threads", day + timedelta(days=1), day + timedelta(days=2)).value == 1


def test_a_closed_day_keeps_what_was_reported(app: Flask) -> None:
    """Two replies when the day closed 72 hours after its end; one more arrived later, then one turned out to be spam."""
    day, noon = START.date(), START + timedelta(hours=12)
    with app.app_context():
        write([row(1, "thread_created", noon, thread=1, post=1, kind="question")])
        write([row(n, "reply_created", noon, f"u{n}", thread=1, post=n) for n in (2, 3)])
        steps = []
        for days, event in (
            (3.9, None),
            (4.1, None),
            (5, {**row(4, "reply_created", noon, "u4", thread=1, post=4), "received_at": START + timedelta(days=5)}),
            (6, row(5, "post_removed", START + timedelta(days=6), "u9", "staff", thread=1, post=2, reason="spam")),
        ):
            write([event] if event else [])
            with clock.frozen(START + timedelta(days=days)):
                refresh()
                figure = queries.figure("replies", day, day + timedelta(days=1))
                assert rollups.verify() == []
            steps.append((figure.value, *[figure.parts.get(name) for name in ("as_reported", "revision", "cause")]))
        tidy = [one for one in queries.export_rows(day, day + timedelta(days=1), ["replies"]) if one["grain"] == "day"]
    assert steps == [(2, None, None, None), (2, 2, 1, None), (3, 2, 2, "late_event"), (2, 2, 3, "spam_removal")]
    assert [(one["basis"], one["value"], one["revision"]) for one in tidy] == [
        ("restated", 2, 3),
        ("as_reported", 2, 1),
    ]


def test_what_was_imported_was_never_reported(app: Flask) -> None:
    """Days that had closed before the log began have no figure that anybody could have read."""
    old = {
        **row(1, "thread_created", START, thread=1, post=1, kind="question"),
        "received_at": START + timedelta(days=900),
    }
    with app.app_context(), clock.frozen(START + timedelta(days=901)):
        write([old])
        refresh()
        found = queries.figure("threads", START.date(), START.date() + timedelta(days=1))
    assert (found.value, found.parts) == (1, {})


def test_a_damaged_row_is_found(app: Flask) -> None:
    town = Community(9)
    with app.app_context(), clock.frozen(START + timedelta(days=200)):
        write(town.some(40))
        refresh()
        with transaction() as session:
            damaged = session.query(MetricDay).filter_by(metric_id="posts", grain="day").order_by(MetricDay.day).first()
            assert damaged is not None
            damaged.numerator, day = 99, damaged.day
        assert rollups.verify() == [f"posts {day} day"]
