"""Claims and decisions of many at one moment: one gets it, everybody else learns who."""

from __future__ import annotations

from collections import Counter

import pytest
from flask import Flask

from forum.accounts.viewer import Viewer
from forum.kit.db import db, transaction
from forum.kit.errors import Claimed, Conflict, NotAllowed
from forum.moderation import claims, service
from forum.moderation.inputs import DecisionInput
from forum.moderation.models import Claim, Decision
from tests.conftest import Community
from tests.moderation.desk import Desk
from tests.people import People
from tests.processes import together

CROWD = 16


@pytest.fixture
def case(desk: Desk, people: People, author: Viewer, ben: Viewer) -> int:
    post = people.thread(author)[1]
    desk.report(ben, post)
    return desk.case(post).id


def take(viewer: Viewer, case_id: int, *, take_over: bool = False) -> claims.Lease:
    with transaction():
        return claims.claim(viewer, case_id, take_over=take_over)


def test_c2_a_lease_that_ran_out_is_taken_by_the_next(
    app: Flask, desk: Desk, case: int, minseo: Viewer, jiwoo: Viewer
) -> None:
    with app.app_context():
        take(minseo, case)
        with pytest.raises(Claimed) as refusal:
            take(jiwoo, case)
        assert refusal.value.extra["holder"] == "minseo"
        with desk.later(301):
            assert take(jiwoo, case).case_id == case
            found = claims.holder(case)
            assert found is not None
            assert found.name == "jiwoo"


def test_c3_a_heartbeat_after_it_went_to_somebody_else_is_refused(
    app: Flask, desk: Desk, people: People, case: int, minseo: Viewer
) -> None:
    maria = people.user("maria", role="manager")
    with app.app_context():
        lease = take(minseo, case)
        with transaction():
            claims.heartbeat(minseo, case, lease.token)
        with pytest.raises(NotAllowed):
            take(minseo, case, take_over=True)
        take(maria, case, take_over=True)
        with pytest.raises(Conflict) as refusal, transaction():
            claims.heartbeat(minseo, case, lease.token)
        assert refusal.value.extra["problem"] == "claim_lost"


def test_a_decision_ends_the_claim_and_a_decided_case_is_not_claimed(
    app: Flask, desk: Desk, case: int, minseo: Viewer, jiwoo: Viewer
) -> None:
    with app.app_context():
        take(minseo, case)
    desk.decide(jiwoo, case, "ignore")
    assert desk.count(Claim) == 0
    with app.app_context(), pytest.raises(Conflict):
        take(minseo, case)


def claim_once(viewer: Viewer, case_id: int) -> str:
    """Try to take a case; says who has it."""
    try:
        take(viewer, case_id)
    except Claimed as refusal:
        return f"refused: {refusal.extra['holder']}"
    return viewer.name


def decide_once(viewer: Viewer, case_id: int, given: DecisionInput) -> str:
    """Try to decide a case; says who decided."""
    try:
        with transaction():
            service.decide(viewer, case_id, given, None)
    except Conflict as refusal:
        db.session.rollback()
        return f"refused: {refusal.extra['decided_by']}"
    return viewer.name


def crowd(people: People) -> list[Viewer]:
    return [people.user(f"mod{n}", role="moderator") for n in range(CROWD)]


def one_won(said: list[str]) -> None:
    """One did it, and everybody else was told the name of that one."""
    winners = [name for name in said if not name.startswith("refused")]
    assert len(winners) == 1
    assert Counter(said) == {winners[0]: 1, f"refused: {winners[0]}": CROWD - 1}


def test_c1_of_sixteen_processes_that_claim_one_case_one_gets_it(
    community: Community, people: People, case: int
) -> None:
    one_won(together(community.config, claim_once, [(mod, case) for mod in crowd(people)]))


def test_c4_of_sixteen_processes_that_decide_one_case_one_does(
    community: Community, people: People, desk: Desk, case: int
) -> None:
    outcomes = ("approve", "remove", "ignore")
    arguments = []
    for n, mod in enumerate(crowd(people)):
        outcome = outcomes[n % 3]
        reason = "spam" if outcome == "remove" else ""
        given = {"outcome": outcome, "reason_code": reason, "idem_key": f"the key of number {n}", **desk.seen(case)}
        arguments.append((mod, case, DecisionInput(**given)))
    one_won(together(community.config, decide_once, arguments))
    assert desk.count(Decision) == 1
