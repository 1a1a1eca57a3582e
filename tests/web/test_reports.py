"""Reporting as pages, and what authors and reporters read afterwards."""

from __future__ import annotations

import pytest
from flask import Flask

from forum.accounts.viewer import Viewer
from tests.moderation.desk import Desk
from tests.people import People


@pytest.fixture
def desk(app: Flask, people: People) -> Desk:
    people.category()
    return Desk(app, people)


@pytest.fixture
def vera(people: People, desk: Desk) -> Viewer:
    return people.user("vera")


@pytest.fixture
def thread(people: People, vera: Viewer) -> tuple[int, int]:
    return people.thread(vera, title="Which valve is it?")


def test_others_can_report_a_post_and_its_author_cannot(people: People, thread: tuple[int, int], vera: Viewer) -> None:
    page = f"/t/{thread[0]}/which-valve-is-it"
    link = f'href="/p/{thread[1]}/flag"'
    assert link in people.browser(people.user("ben")).get(page).text
    assert link not in people.browser(vera).get(page).text
    assert link not in people.browser().get(page).text
    assert people.browser(vera).get(f"/p/{thread[1]}/flag").status_code == 403


def test_a_visitor_signs_in_first(people: People, thread: tuple[int, int]) -> None:
    answer = people.browser().get(f"/p/{thread[1]}/flag")
    assert answer.location == f"/login?next=%2Fp%2F{thread[1]}%2Fflag"


def test_a_report_is_taken_with_thanks_and_a_reference(people: People, desk: Desk, thread: tuple[int, int]) -> None:
    ben = people.browser(people.user("ben"))
    assert "What is wrong with it?" in ben.get(f"/p/{thread[1]}/flag").text
    answer = ben.post(f"/p/{thread[1]}/flag", {"reason": "off_topic", "note": "It is about tyres."})
    assert answer.location == f"/p/{thread[1]}"
    assert "Your reference is R-1." in ben.get(answer.location, follow_redirects=True).text
    assert desk.signals(desk.case(thread[1]).id)[0].detail["note"] == "It is about tyres."


def test_a_report_without_a_reason_keeps_what_was_typed(people: People, thread: tuple[int, int]) -> None:
    ben = people.browser(people.user("ben"))
    answer = ben.post(f"/p/{thread[1]}/flag", {"note": "It is about tyres."})
    assert answer.status_code == 422
    assert "It is about tyres." in answer.text
    assert 'id="reason-err"' in answer.text


def test_the_same_report_again_is_answered_with_its_reference(people: People, thread: tuple[int, int]) -> None:
    ben = people.browser(people.user("ben"))
    ben.post(f"/p/{thread[1]}/flag", {"reason": "spam"})
    answer = ben.post(f"/p/{thread[1]}/flag", {"reason": "spam"})
    assert answer.status_code == 409
    assert "You have reported this already." in answer.text


def test_a_reporter_hears_how_it_ended_in_neutral_words(
    people: People, desk: Desk, thread: tuple[int, int], vera: Viewer
) -> None:
    ben, mod = people.user("ben"), people.user("minseo", "moderator")
    desk.report(ben, thread[1])
    desk.decide(mod, desk.case(thread[1]).id, "approve")
    desk.settle()
    told = people.browser(ben).get("/notifications").text
    assert "A moderator looked at what you reported in “Which valve is it?”" in told
    assert "It stays" in told
    assert "minseo" not in told
    assert "Nothing yet" in people.browser(vera).get("/notifications").text


def test_the_page_of_a_decision_is_its_authors_alone(
    people: People, desk: Desk, thread: tuple[int, int], vera: Viewer
) -> None:
    ben = people.user("ben")
    path = f"/p/{thread[1]}/decision"
    assert people.browser(vera).get(path).status_code == 404
    desk.report(ben, thread[1])
    assert people.browser(vera).get(path).status_code == 404, "it would say that somebody reported it"
    desk.decide(people.user("minseo", "moderator"), desk.case(thread[1]).id, "remove")
    with desk.later(31):
        page = people.browser(vera).get(path)
        assert page.status_code == 200
        assert "1 member reported it." in page.text
        assert people.browser(ben).get(path).status_code == 404
        assert people.browser().get(path).status_code == 302


def test_the_authors_banner_leads_to_what_it_means(people: People, desk: Desk, thread: tuple[int, int]) -> None:
    nora = people.user("nora", trust=0)
    reply = people.reply(nora, thread[0], "My first answer to anybody.")
    page = f"/t/{thread[0]}/which-valve-is-it"
    link = f'href="/p/{reply}/decision"'
    assert link in people.browser(nora).get(page).text
    assert link not in people.browser(people.user("minseo", "moderator")).get(page).text
    told = people.browser(nora).get(f"/p/{reply}/decision").text
    assert "Your text waits for a moderator" in told
    assert f'href="/p/{reply}/edit"' in told
