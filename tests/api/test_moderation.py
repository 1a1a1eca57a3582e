"""Moderation by API: reports, the queue, claims, decisions with their conflicts, and taking them back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from forum.accounts.viewer import Viewer
from tests.api.program import Program, fields, problem
from tests.moderation.desk import Desk
from tests.people import People


class Moderator(Program):
    """A program with the key of a moderator."""

    def __init__(self, app: Flask, viewer: Viewer) -> None:
        super().__init__(app, viewer, "read", "write", "moderate")

    def decide(self, case: dict[str, Any], outcome: str, key: str = "", **more: Any) -> TestResponse:
        """Decide about a case as it was read."""
        body = {
            "outcome": outcome,
            "expected_version": case["version"],
            "target_revision_id": case["target_revision_id"],
            **({"reason_code": "spam"} if outcome == "remove" else {}),
            **more,
        }
        headers = {"Idempotency-Key": key or str(uuid4())}
        return self.ask("POST", f"/mod/cases/{case['id']}/decisions", body, headers=headers)


@pytest.fixture
def desk(app: Flask, people: People) -> Desk:
    people.category()
    return Desk(app, people)


@pytest.fixture
def author(people: People) -> Viewer:
    return people.user("vera")


@pytest.fixture
def post(people: People, desk: Desk, author: Viewer) -> int:
    return people.thread(author)[1]


@pytest.fixture
def mod(app: Flask, people: People) -> Moderator:
    return Moderator(app, people.user("minseo", role="moderator"))


@pytest.fixture
def other(app: Flask, people: People) -> Moderator:
    return Moderator(app, people.user("jiwoo", role="moderator"))


def first_case(mod: Moderator) -> dict[str, Any]:
    """The case on top, whole."""
    told = mod.get("/mod/cases").get_json()["items"][0]
    found: dict[str, Any] = mod.get(f"/mod/cases/{told['id']}").get_json()
    return found


def test_a_report_is_taken_with_a_receipt(app: Flask, people: People, post: int, author: Viewer) -> None:
    ben = Program(app, people.user("ben"))
    made = ben.post(f"/posts/{post}/flags", {"reason": "abuse", "note": "Rude."})
    assert made.status_code == 201
    assert made.get_json()["reference"].startswith("R-")
    assert problem(ben.post(f"/posts/{post}/flags", {"reason": "abuse"}), 409)["reference"]
    assert fields(problem(ben.post(f"/posts/{post}/flags", {"reason": "ugly"}), 422)) == {"reason"}
    problem(ben.post("/posts/999/flags", {"reason": "spam"}), 404)
    problem(Program(app, author).post(f"/posts/{post}/flags", {"reason": "spam"}), 403)
    problem(Program(app).post(f"/posts/{post}/flags", {"reason": "spam"}), 401)


def test_only_moderators_with_the_scope_find_the_queue(app: Flask, people: People, mod: Moderator) -> None:
    problem(Program(app).get("/mod/cases"), 401)
    problem(Program(app, people.user("ben"), "read", "write").get("/mod/cases"), 404)
    problem(Program(app, people.user("mara", role="moderator"), "read", "write").get("/mod/cases"), 404)
    assert mod.get("/mod/cases").get_json() == {"items": [], "next": None}


def test_a_case_tells_why_it_is_there_and_what_its_priority_is_made_of(
    desk: Desk, people: People, post: int, mod: Moderator
) -> None:
    desk.report(people.user("ben"), post, "personal_data", "A phone number.")
    item = mod.get("/mod/cases?tab=reported").get_json()["items"][0]
    assert (item["kind"], item["band"], item["reports"], item["post_id"]) == ("personal_data", "P1", 1, post)
    assert mod.get("/mod/cases?tab=held").get_json()["items"] == []
    problem(mod.get("/mod/cases?tab=none"), 422)
    case = mod.get(f"/mod/cases/{item['id']}").get_json()
    assert case["signals"][0]["note"] == "A phone number."
    assert case["signals"][0]["reporter"]["username"] == "ben"
    told = mod.get(f"/mod/cases/{item['id']}/explain").get_json()
    assert told["total"] == pytest.approx(sum(part["value"] for part in told["parts"]), abs=0.006)
    assert [part["part"] for part in told["parts"]] == ["kind", "reporters", "age"]
    problem(mod.get("/mod/cases/999"), 404)


def test_c4_two_decide_and_the_second_reads_who_won(
    desk: Desk, people: People, post: int, mod: Moderator, other: Moderator
) -> None:
    desk.report(people.user("ben"), post)
    case = first_case(mod)
    made = mod.decide(case, "remove", note_author="We are no market.")
    assert (made.status_code, made.get_json()["visibility"]) == (200, "removed")
    told = problem(other.decide(case, "approve"), 409)
    assert (told["problem"], told["decided_by"], told["outcome"]) == ("stale_version", "minseo", "remove")
    assert told["case"]["version"] == case["version"] + 1
    assert desk.post(post).visibility == "removed"


def test_c5_an_edit_meanwhile_has_to_be_read(
    desk: Desk, people: People, post: int, author: Viewer, mod: Moderator
) -> None:
    desk.report(people.user("ben"), post)
    case = first_case(mod)
    desk.edit(author, post, "Now it says something quite different.")
    told = problem(mod.decide(case, "remove"), 409)
    assert told["problem"] == "revision_changed"
    again = first_case(mod)
    assert told["target_revision_id"] == again["target_revision_id"]
    assert "quite different" in told["text"]["now"]
    assert "+Now it says something quite different." in told["diff"]
    assert mod.decide(again, "remove").status_code == 200


def test_c6_the_same_key_twice_is_one_decision(
    desk: Desk, people: People, post: int, author: Viewer, mod: Moderator
) -> None:
    desk.report(people.user("ben"), post)
    case, key = first_case(mod), str(uuid4())
    first = mod.decide(case, "remove", key)
    again = mod.decide(case, "remove", key)
    assert first.get_json() == again.get_json()
    assert "Idempotent-Replay" not in first.headers
    assert again.headers["Idempotent-Replay"] == "true"
    assert problem(mod.decide(case, "approve", key), 422)["problem"] == "idem_key_reused"
    desk.settle()
    assert desk.told(author) == ["removed"]


def test_a_removal_needs_its_reason_and_a_decision_its_key(
    desk: Desk, people: People, post: int, mod: Moderator
) -> None:
    desk.report(people.user("ben"), post)
    case = first_case(mod)
    told = problem(mod.decide(case, "remove", reason_code=""), 422)
    assert (told["problem"], fields(told)) == ("reason_required", {"reason_code"})
    body = {"outcome": "approve", "expected_version": 1, "target_revision_id": case["target_revision_id"]}
    assert fields(problem(mod.post(f"/mod/cases/{case['id']}/decisions", body), 422)) == {"Idempotency-Key"}
    assert desk.post(post).visibility == "visible"


def test_c10_nobody_decides_about_an_own_post(app: Flask, desk: Desk, people: People) -> None:
    mara = people.user("mara", role="moderator")
    own = Moderator(app, mara)
    desk.report(people.user("ben"), people.thread(mara)[1])
    problem(own.decide(first_case(own), "approve"), 403)


def test_a_case_is_claimed_kept_and_let_go(
    desk: Desk, people: People, post: int, mod: Moderator, other: Moderator
) -> None:
    desk.report(people.user("ben"), post)
    at = f"/mod/cases/{first_case(mod)['id']}"
    lease = mod.ask("POST", f"{at}/claim").get_json()
    told = problem(other.ask("POST", f"{at}/claim"), 423)
    assert (told["holder"], 0 < told["seconds_left"] <= 300) == ("minseo", True)
    assert other.get("/mod/cases").get_json()["items"][0]["holder"] == "minseo"
    assert mod.post(f"{at}/heartbeat", {"token": lease["token"]}).status_code == 200
    problem(other.post(f"{at}/heartbeat", {"token": lease["token"]}), 409)
    assert mod.post(f"{at}/release", {"token": lease["token"]}).status_code == 204
    assert other.ask("POST", f"{at}/claim").status_code == 200
    problem(mod.ask("POST", f"{at}/takeover"), 403)
    problem(mod.ask("POST", "/mod/cases/999/claim"), 404)


def test_a_decision_is_taken_back(desk: Desk, people: People, post: int, mod: Moderator, other: Moderator) -> None:
    desk.report(people.user("ben"), post)
    made = mod.decide(first_case(mod), "remove").get_json()
    assert made["undo_until"] > made["decided_at"]
    problem(other.ask("POST", f"/mod/decisions/{made['id']}/undo"), 403)
    back = mod.ask("POST", f"/mod/decisions/{made['id']}/undo").get_json()
    assert (back["visibility"], back["was_told"], back["reverts"]) == ("visible", False, made["id"])
    case = first_case(mod)
    assert [one["outcome"] for one in case["decisions"]] == ["revert", "remove"]
    problem(mod.ask("POST", "/mod/decisions/999/undo"), 404)
