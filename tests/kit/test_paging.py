"""Keyset paging: cursors that survive the trip, damaged ones refused, and pages without gaps or repeats."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from forum.discussion.models import Tag
from forum.kit import paging
from forum.kit.db import db, transaction
from forum.kit.errors import Invalid

MOMENT = datetime(2026, 5, 4, 3, 2, 1, 654321, tzinfo=UTC)


@given(st.tuples(st.integers(-(2**63) + 1, 2**63 - 1), st.text(max_size=30), st.datetimes(timezones=st.just(UTC))))
def test_a_cursor_gives_back_the_key_it_was_made_of(key: tuple[int, str, datetime]) -> None:
    assert paging.decode(paging.encode(key), [int, str, datetime]) == list(key)


@given(st.text(max_size=500))
def test_a_damaged_cursor_is_refused_and_never_an_accident(cursor: str) -> None:
    with pytest.raises(Invalid) as refusal:
        paging.decode(cursor, [datetime, int])
    assert "after" in refusal.value.fields


@pytest.mark.parametrize(
    "key",
    [
        [1],
        [1, 2, 3],
        ["1", 2],
        [True, 2],
        [2**63, 2],
        [None, 2],
        [1.5, 2],
        [{"t": "yesterday"}, 2],
        [{"x": 1}, 2],
        {"t": "2026-01-01T00:00:00+00:00"},
    ],
)
def test_a_cursor_for_another_list_is_refused(key: object) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(key).encode()).decode()
    with pytest.raises(Invalid):
        paging.decode(cursor, [int, int])


def test_a_moment_without_a_zone_is_no_part_of_a_cursor() -> None:
    naive = base64.urlsafe_b64encode(b'[{"t":"2026-01-01T00:00:00"}]').decode()
    with pytest.raises(Invalid):
        paging.decode(naive, [datetime])


def test_a_page_knows_whether_there_are_more() -> None:
    assert paging.page([1, 2], 2, lambda n: [n]).next is None
    page = paging.page([1, 2, 3], 2, lambda n: [n])
    assert list(page.items) == [1, 2]
    assert page.next is not None
    assert paging.decode(page.next, [int]) == [2]
    assert paging.page([], 2, lambda n: [n]).next is None


@pytest.mark.parametrize("descending", [True, False])
def test_walking_all_pages_meets_every_row_once_in_order(app: Flask, descending: bool) -> None:
    with app.app_context():
        with transaction() as session:
            session.execute(
                insert(Tag), [{"name": f"tag{n}", "description": "", "thread_count": n % 4} for n in range(23)]
            )
        columns = [Tag.thread_count, Tag.id]
        order = [column.desc() if descending else column for column in columns]
        met, key = [], None
        while True:
            query = select(*columns).order_by(*order).limit(6)
            if key is not None:
                query = query.where(paging.after(columns, key, descending=descending))  # type: ignore[arg-type]  # mapped columns are column elements
            page = paging.page([tuple(row) for row in db.session.execute(query)], 5, lambda row: row)
            met += page.items
            if page.next is None:
                break
            key = paging.decode(page.next, [int, int])
    assert len(met) == 23
    assert met == sorted(set(met), reverse=descending)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6))
def test_moments_keep_their_microseconds_in_a_cursor(micros: int) -> None:
    moment = MOMENT + timedelta(microseconds=micros)
    assert paging.decode(paging.encode([moment]), [datetime]) == [moment]
