"""`flask mod …`: the log is checked, and a change in the past is found."""

from __future__ import annotations

import json

from flask import Flask
from sqlalchemy import update

from forum.jobs import schedules
from forum.kit.db import transaction
from forum.moderation.models import ModEvent
from tests.cli.shell import run
from tests.moderation.desk import Desk
from tests.people import People


def decided(app: Flask, people: People) -> Desk:
    people.category()
    desk, mod = Desk(app, people), people.user("minseo", role="moderator")
    post = people.thread(people.user("vera"))[1]
    desk.report(people.user("ben"), post)
    desk.decide(mod, desk.case(post).id, "remove")
    return desk


def test_a_whole_log_verifies_and_the_result_can_be_published(app: Flask, people: People) -> None:
    decided(app, people)
    told = json.loads(run(app, "mod", "verify-log", "--record", "--json").stdout)
    assert (told["ok"], told["rows"], told["first_broken"]) == (True, 2, None)
    assert len(told["head"]) == 64
    assert "all 2 rows fit together" in people.browser().get("/mod/log").text


def test_a_change_in_the_past_is_found_and_everybody_reads_it(app: Flask, people: People) -> None:
    decided(app, people)
    with app.app_context(), transaction() as session:
        session.execute(update(ModEvent).where(ModEvent.id == 2).values(reason_code="off_topic"))
    found = run(app, "mod", "verify-log", "--json")
    assert found.exit_code == 1
    assert json.loads(found.stdout)["first_broken"] == 2
    with app.app_context():
        schedules.check_log()
    assert "The chain is broken" in people.browser().get("/mod/log").text.replace("the chain", "The chain")


def test_the_queue_is_sorted_anew(app: Flask, people: People) -> None:
    desk = decided(app, people)
    desk.report(people.user("olga"), people.thread(people.user("vic"), title="Another question of mine")[1])
    with desk.later(3600):
        assert json.loads(run(app, "mod", "sort", "--json").stdout) == {"moved": 1}
