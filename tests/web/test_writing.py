"""Writing through pages: ask, reply, edit, delete, history."""

from __future__ import annotations

import pytest

from forum.accounts.viewer import Viewer
from forum.discussion.models import Post
from forum.kit.db import db
from tests.people import People

QUESTION = {
    "title": "How do I reset the valve?",
    "body": "The valve does not close any more.",
    "category": "general",
    "kind": "question",
}


@pytest.fixture
def bob(people: People) -> Viewer:
    """A member in a community with one category."""
    people.category()
    return people.user()


def body_of(people: People, post_id: int) -> str:
    """The text of a post as it is stored."""
    with people.app.app_context():
        return db.session.get_one(Post, post_id).body


def test_a_visitor_who_wants_to_ask_is_asked_to_sign_in_first(people: People, bob: Viewer) -> None:
    answer = people.browser().get("/ask?title=Valve")
    assert answer.status_code == 302
    assert answer.location == "/login?next=%2Fask%3Ftitle%3DValve"


def test_the_words_of_a_search_come_along(people: People, bob: Viewer) -> None:
    page = people.browser(bob).get("/ask?q=valve+leaks&category=general").text
    assert 'value="valve leaks"' in page
    assert 'value="general" checked' in page


def test_a_member_asks_and_lands_on_the_thread(people: People, bob: Viewer) -> None:
    browser = people.browser(bob)
    answer = browser.post("/ask", {**QUESTION, "tags": "Valves, leaks"})
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert "The valve does not close any more." in page
    assert "/tag/valves" in page


def test_a_thread_that_misses_something_is_shown_again_with_all_that_was_typed(people: People, bob: Viewer) -> None:
    answer = people.browser(bob).post("/ask", {**QUESTION, "title": "Hm", "tags": "valves"})
    assert answer.status_code == 422
    assert "The valve does not close any more." in answer.text
    assert 'value="Hm"' in answer.text
    assert 'value="valves"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert 'role="alert"' in answer.text


def test_a_thread_without_a_category_is_refused(people: People, bob: Viewer) -> None:
    people.category("Second")
    answer = people.browser(bob).post("/ask", {key: value for key, value in QUESTION.items() if key != "category"})
    assert answer.status_code == 422
    assert 'id="category-err"' in answer.text


def test_an_unknown_kind_is_refused(people: People, bob: Viewer) -> None:
    assert people.browser(bob).post("/ask", {**QUESTION, "kind": "advert"}).status_code == 422


def test_a_form_without_a_token_changes_nothing(people: People, bob: Viewer) -> None:
    assert people.browser(bob).client.post("/ask", data=QUESTION).status_code in {400, 403}
    assert "How do I reset" not in people.browser().get("/").text


def test_a_newcomer_lands_on_the_held_thread_and_reads_why(people: People, bob: Viewer) -> None:
    browser = people.browser(people.user("newcomer", trust=0))
    answer = browser.post("/ask", QUESTION)
    assert answer.status_code == 303
    assert "This thread waits for review" in browser.get(answer.location).text


def test_the_same_text_twice_is_refused_and_leads_to_the_first(people: People, bob: Viewer) -> None:
    browser = people.browser(bob)
    browser.post("/ask", QUESTION)
    again = browser.post("/ask", QUESTION)
    assert again.status_code == 409
    assert "See your post" in again.text
    assert "The valve does not close any more." in again.text


def test_writing_too_fast_keeps_the_text_and_says_when(people: People, bob: Viewer) -> None:
    people.settings(post_seconds=60)
    browser = people.browser(bob)
    browser.post("/ask", QUESTION)
    again = browser.post(
        "/ask", {**QUESTION, "title": "Another question I have", "body": "It is about something else."}
    )
    assert again.status_code == 429
    assert int(again.headers["Retry-After"]) > 0
    assert "It is about something else." in again.text


def test_a_reply_leads_to_itself(people: People, bob: Viewer) -> None:
    thread, _ = people.thread(bob)
    browser = people.browser(people.user("ann"))
    answer = browser.post(f"/t/{thread}/reply", {"body": "Turn it twice to the left."})
    assert answer.status_code == 303
    assert "Turn it twice to the left." in browser.get(answer.location, follow_redirects=True).text


def test_a_comment_stands_under_its_post(people: People, bob: Viewer) -> None:
    thread, opening = people.thread(bob)
    browser = people.browser(people.user("ann"))
    answer = browser.post(f"/t/{thread}/reply", {"body": "Which model is it?", "parent_id": str(opening)})
    assert browser.get(answer.location).location.endswith(f"open={opening}#p{opening + 1}")


def test_an_empty_reply_is_shown_again(people: People, bob: Viewer) -> None:
    thread, _ = people.thread(bob)
    answer = people.browser(bob).post(f"/t/{thread}/reply", {"body": " x "})
    assert answer.status_code == 422
    assert 'id="body-err"' in answer.text
    assert "How do I reset the valve?" in answer.text


def test_a_reply_to_nothing_is_not_found(people: People, bob: Viewer) -> None:
    assert people.browser(bob).post("/t/4711/reply", {"body": "Is anybody there?"}).status_code == 404


def test_the_author_edits_title_text_and_tags(people: People, bob: Viewer) -> None:
    thread, post = people.thread(bob)
    browser = people.browser(bob)
    form = browser.get(f"/p/{post}/edit").text
    assert "The valve does not close any more." in form
    given = {
        "title": "How do I close the valve?",
        "body": "It does not close, whatever I do.",
        "tags": "valves",
        "version": "1",
    }
    answer = browser.post(f"/p/{post}/edit", given)
    assert answer.status_code == 303
    page = browser.get(answer.location, follow_redirects=True).text
    assert "How do I close the valve?" in page
    assert "whatever I do" in page
    assert "edited" in page
    assert browser.get(f"/t/{thread}/how-do-i-reset-the-valve").status_code == 301


def test_nobody_edits_what_another_wrote(people: People, bob: Viewer) -> None:
    _, post = people.thread(bob)
    browser = people.browser(people.user("ann"))
    assert browser.get(f"/p/{post}/edit").status_code == 403
    given = {"title": "Mine now, all of it", "body": "This is what I make of it.", "version": "1"}
    assert browser.post(f"/p/{post}/edit", given).status_code == 403
    assert body_of(people, post) == "The valve does not close any more."


def test_an_edit_that_comes_too_late_shows_both_texts(people: People, bob: Viewer) -> None:
    thread, _ = people.thread(bob)
    post = people.reply(bob, thread, "The first text of mine.")
    browser = people.browser(bob)
    browser.post(f"/p/{post}/edit", {"body": "The text of the other window.", "version": "1"})
    late = browser.post(f"/p/{post}/edit", {"body": "The text of this window.", "version": "1"})
    assert late.status_code == 409
    assert "The text of the other window." in late.text
    assert "The text of this window." in late.text
    assert 'name="version" value="2"' in late.text
    assert browser.post(f"/p/{post}/edit", {"body": "Both put together here.", "version": "2"}).status_code == 303
    assert body_of(people, post) == "Both put together here."


def test_an_edit_that_is_too_short_is_shown_again(people: People, bob: Viewer) -> None:
    thread, _ = people.thread(bob)
    post = people.reply(bob, thread, "The first text of mine.")
    assert people.browser(bob).post(f"/p/{post}/edit", {"body": "No", "version": "1"}).status_code == 422


def test_an_own_reply_is_deleted_after_a_question(people: People, bob: Viewer) -> None:
    thread, _ = people.thread(bob)
    post = people.reply(bob, thread, "I should not have said that.")
    browser = people.browser(bob)
    assert "I should not have said that." in browser.get(f"/p/{post}/delete").text
    assert browser.post(f"/p/{post}/delete").status_code == 303
    page = browser.get(f"/t/{thread}", follow_redirects=True).text
    assert "I should not have said that." not in page
    assert "Your post is deleted." in page


def test_a_question_with_replies_cannot_be_deleted(people: People, bob: Viewer) -> None:
    thread, opening = people.thread(bob)
    people.reply(people.user("ann"), thread)
    browser = people.browser(bob)
    assert browser.get(f"/p/{opening}/delete").status_code == 403
    assert browser.post(f"/p/{opening}/delete").status_code == 403


def test_the_history_shows_what_changed(people: People, bob: Viewer) -> None:
    thread, _ = people.thread(bob)
    post = people.reply(bob, thread, "First line\n\nSecond line")
    people.browser(bob).post(
        f"/p/{post}/edit", {"body": "First line\n\nAnother line", "version": "1", "comment": "clearer"}
    )
    page = people.browser().get(f"/p/{post}/history").text
    assert "<del>Second line</del>" in page
    assert "<ins>Another line</ins>" in page
    assert "clearer" in page
    assert "Version 2" in page
