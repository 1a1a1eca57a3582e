"""The page of notifications: whom it tells what, and that looking changes nothing."""

from __future__ import annotations

import pytest
from flask import Flask

from forum.accounts.viewer import Viewer
from forum.discussion.curation import move_thread
from forum.discussion.service import accept_answer
from forum.kit.db import transaction
from tests.people import People


@pytest.fixture
def ada(people: People) -> Viewer:
    people.category()
    return people.user("ada")


def test_a_visitor_has_to_sign_in_first(people: People) -> None:
    assert people.browser().get("/notifications").location == "/login?next=%2Fnotifications"
    assert people.browser().post("/notifications/read").status_code == 302


def test_an_empty_page_says_what_will_stand_here(people: People, ada: Viewer) -> None:
    page = people.browser(ada).get("/notifications")
    assert page.status_code == 200
    assert "Nothing yet" in page.text


def test_replies_comments_and_acceptance_are_told_in_words(app: Flask, people: People, ada: Viewer) -> None:
    bob = people.user("bob")
    thread_id, _ = people.thread(ada, title="Which valve is it?")
    reply_id = people.reply(bob, thread_id)
    people.reply(ada, thread_id, "Which left?", parent_id=reply_id)
    with app.app_context(), transaction():
        accept_answer(ada, thread_id, reply_id)
    people.drain()
    asker, helper = people.browser(ada).get("/notifications").text, people.browser(bob).get("/notifications").text
    assert "bob replied in “Which valve is it?”" in asker
    assert f'href="/p/{reply_id}"' in asker
    assert "ada commented in “Which valve is it?”" in helper
    assert "Your answer in “Which valve is it?” was accepted" in helper


def test_a_held_post_is_told_with_its_reason(people: People, ada: Viewer) -> None:
    eve = people.user("eve", trust=0)
    people.thread(eve, title="Is this on?")
    people.drain()
    page = people.browser(eve).get("/notifications").text
    assert "A moderator reads your text in “Is this on?”" in page
    assert "first post of every new member" in page


def test_looking_marks_nothing_as_read_and_the_button_does(people: People, ada: Viewer) -> None:
    thread_id, _ = people.thread(ada)
    people.reply(people.user("bob"), thread_id)
    people.drain()
    browser = people.browser(ada)
    assert browser.get("/notifications").text.count('class="count hot"') > 0
    assert browser.get("/notifications").text.count('class="count hot"') > 0
    assert browser.post("/notifications/read").location == "/notifications"
    page = browser.get("/notifications").text
    assert 'class="count hot"' not in page
    assert "/notifications/read" not in page


def test_a_title_is_told_only_while_its_thread_can_be_seen(app: Flask, people: People, ada: Viewer) -> None:
    people.category("Backstage", read_role="staff")
    boss = people.user("boss", "owner")
    thread_id, _ = people.thread(ada, title="The secret canary sings")
    people.reply(boss, thread_id)
    people.drain()
    assert "secret canary" in people.browser(ada).get("/notifications").text
    with app.app_context(), transaction():
        move_thread(boss, thread_id, "backstage")
    page = people.browser(ada).get("/notifications").text
    assert "secret canary" not in page
    assert "boss" not in page
    assert "a thread you cannot see any more" in page


def test_everybody_reads_their_own_alone(people: People, ada: Viewer) -> None:
    thread_id, _ = people.thread(ada, title="The secret canary sings")
    bob = people.user("bob")
    people.reply(bob, thread_id)
    people.drain()
    assert "secret canary" not in people.browser(bob).get("/notifications").text
