"""The order of the queue: the numbers of the specification, and that nothing waits for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from forum.accounts.viewer import Viewer
from forum.kit.db import transaction
from forum.moderation import kinds, scoring
from forum.moderation.priority import (
    Facts,
    Reporter,
    band,
    decayed,
    equation,
    hide_rule,
    is_pinned,
    lower_bound,
    reporter_weight,
)
from forum.moderation.queries import queue
from tests.moderation.desk import Desk
from tests.people import People

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("agreed", "total", "part"),
    [(5, 5, 0.60), (10, 10, 1.15), (50, 50, 1.79), (8, 10, 0.16), (5, 10, -0.92), (0, 10, -2.0)],
)
def test_being_right_counts_as_far_as_there_is_evidence(agreed: int, total: int, part: float) -> None:
    assert 4 * (lower_bound(agreed, total) - 0.5) == pytest.approx(part, abs=0.01)


def test_a_report_weighs_standing_and_history_between_nothing_and_four() -> None:
    assert reporter_weight(1, is_staff=False, agreed=4, total=4) == 1.5, "four are no evidence"
    assert reporter_weight(1, is_staff=False, agreed=10, total=10) == pytest.approx(2.65, abs=0.01)
    assert reporter_weight(4, is_staff=True, agreed=50, total=50) == 4
    assert reporter_weight(0, is_staff=False, agreed=0, total=10) == 0


def test_old_reports_count_half_after_half_a_year() -> None:
    judged = [("agreed", NOON - timedelta(days=180)), ("disagreed", NOON)]
    assert decayed(judged, NOON) == (pytest.approx(0.5), pytest.approx(1.5))


def test_the_equation_of_the_specification() -> None:
    facts = Facts("abuse", 4.60, 212, True, 1, NOON - timedelta(hours=1.2), 8)
    found = equation(facts, NOON)
    assert [part.value for part in found.addends] == pytest.approx([35.0, 6.89, 8.945, 3.0], abs=0.005)
    assert (found.total, found.band) == (53.84, "P1")
    assert found.addends[2].expression == "min(10, 2 × log₂(1 + 212 / 10))"


def test_s3_a_priority_never_falls_with_age_and_what_is_long_overdue_comes_first() -> None:
    def rank(hours: float, kind: str = "off_topic") -> float:
        return equation(
            Facts(kind, 1.5, 0, True, 0, NOON - timedelta(hours=hours), kinds.kind_of(kind).hours), NOON
        ).rank

    ranks = [rank(hours) for hours in range(200)]
    assert ranks == sorted(ranks)
    assert not is_pinned(rank(96))
    assert rank(97) > rank(0.9, "self_harm")
    assert is_pinned(rank(97))


def test_bands_and_long_standing_members() -> None:
    assert [band(value) for value in (80, 79.99, 50, 25, 24.99)] == ["P0", "P1", "P1", "P2", "P3"]
    facts = Facts("spam", 0, 500, False, 3, NOON, 12)
    assert equation(facts, NOON).total == 10.0, "views of what nobody sees do not count"


def test_the_rule_that_hides_wants_weight_people_and_independence() -> None:
    def crowd(*weights: float, network: str | None = None) -> list[Reporter]:
        return [Reporter(weight, NOON, network) for weight in weights]

    ordinary = {"author_trust": 0, "author_is_staff": False}
    assert not hide_rule(crowd(4.0), **ordinary).hides
    assert hide_rule(crowd(3.0, 2.0), **ordinary).hides
    assert not hide_rule(crowd(2.5, 2.4), **ordinary).hides
    assert not hide_rule(crowd(3.0, 3.0), author_trust=2, author_is_staff=False).hides
    assert hide_rule(crowd(2.0, 2.0, 2.0), author_trust=2, author_is_staff=False).hides
    assert not hide_rule(crowd(4.0, 4.0), author_trust=0, author_is_staff=True).hides
    assert not hide_rule(crowd(4.0, 4.0, network="one"), **ordinary).hides
    late = Reporter(4.0, NOON + timedelta(hours=25), "one")
    assert hide_rule([*crowd(4.0, network="one"), late], **ordinary).hides


def test_no_case_older_than_twice_its_time_is_far_down_after_a_week(
    app: Flask, desk: Desk, people: People, author: Viewer, ben: Viewer, minseo: Viewer
) -> None:
    people.settings(flags_per_day=1000)
    posts = [people.thread(author, title=f"Question with the number {n}")[1] for n in range(6)]
    for post in posts[:3]:
        desk.report(ben, post, "off_topic")
    with desk.later(100 * 3600):
        for post in posts[3:]:
            desk.report(ben, post, "self_harm")
        with app.app_context():
            with transaction():
                assert scoring.rescore_pending() >= 3
            order = [item.post_id for item in queue(minseo).items]
            first = queue(minseo).items[0]
    assert order[:3] == posts[:3]
    assert is_pinned(first.rank)
