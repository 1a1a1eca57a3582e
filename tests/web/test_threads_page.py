"""A thread's page: its address, its posts, what is offered to whom, and what it costs."""

from __future__ import annotations

import pytest

from forum.accounts.viewer import Viewer
from forum.discussion import service
from forum.discussion.models import Post
from forum.discussion.queries import visible_thread
from forum.kit.db import db, transaction
from tests.people import People


@pytest.fixture
def bob(people: People) -> Viewer:
    """The asker."""
    people.category()
    return people.user()


@pytest.fixture
def ann(people: People) -> Viewer:
    """Somebody who answers."""
    return people.user("ann")


def hide(people: People, post_id: int, visibility: str) -> None:
    """Give a post a state as moderation would."""
    with people.app.app_context(), transaction():
        post = db.session.get_one(Post, post_id)
        mod = Viewer(id=None, role="moderator", kind="system")
        service.set_visibility(mod, visible_thread(mod, post.thread_id), post, visibility, reason="test")


def test_any_other_name_in_the_address_leads_to_the_present_one(people: People, bob: Viewer) -> None:
    thread, _ = people.thread(bob)
    visitor = people.browser()
    right = f"/t/{thread}/how-do-i-reset-the-valve"
    assert visitor.get(right).status_code == 200
    for wrong in (f"/t/{thread}", f"/t/{thread}/something-else?sort=oldest"):
        answer = visitor.get(wrong)
        assert answer.status_code == 301
        assert answer.location == right + ("?sort=oldest" if "?" in wrong else "")


@pytest.mark.parametrize(
    "path", ["/t/1/x", "/t/99999999999999999999/x", "/p/1", "/p/99999999999999999999", "/p/1/history"]
)
def test_what_does_not_exist_is_not_found(people: People, bob: Viewer, path: str) -> None:
    assert people.browser().get(path).status_code == 404


def test_the_accepted_answer_stands_first_and_marked(people: People, bob: Viewer, ann: Viewer) -> None:
    thread, _ = people.thread(bob)
    people.reply(ann, thread, "This was not it, I believe.")
    answer = people.reply(ann, thread, "Turn it twice to the right.")
    with people.app.app_context(), transaction():
        service.accept_answer(bob, thread, answer)
    page = people.browser().get(f"/t/{thread}", follow_redirects=True).text
    assert "Accepted answer" in page
    assert "Solved" in page
    assert page.index("twice to the right") < page.index("not it, I believe")
    oldest = people.browser().get(f"/t/{thread}?sort=oldest", follow_redirects=True).text
    assert oldest.index("twice to the right") > oldest.index("not it, I believe")


def test_posts_say_their_language(people: People, bob: Viewer, ann: Viewer) -> None:
    thread, _ = people.thread(bob)
    people.reply(ann, thread, "왼쪽으로 두 번 돌려 보세요. 그러면 됩니다.")
    page = people.browser().get(f"/t/{thread}", follow_redirects=True).text
    assert '<div class="prose" lang="ko">' in page
    assert '<div class="prose" lang="en">' in page


def test_a_visitor_is_led_to_sign_in_and_a_member_gets_forms(people: People, bob: Viewer, ann: Viewer) -> None:
    thread, opening = people.thread(bob)
    visitor = people.browser().get(f"/t/{thread}", follow_redirects=True).text
    assert "<form" in visitor  # searching
    assert 'method="post"' not in visitor
    assert f"/login?next=%2Fp%2F{opening}" in visitor
    member = people.browser(ann).get(f"/t/{thread}", follow_redirects=True).text
    assert f'action="/t/{thread}/reply"' in member
    assert f'action="/p/{opening}/vote"' in member
    assert f"/p/{opening}/edit" not in member
    assert f"/p/{opening}/edit" in people.browser(bob).get(f"/t/{thread}", follow_redirects=True).text


def test_only_moderators_get_the_moderators_tools(people: People, bob: Viewer, ann: Viewer) -> None:
    thread, _ = people.thread(bob)
    tool = f'action="/t/{thread}/lock"'
    assert tool not in people.browser(bob).get(f"/t/{thread}", follow_redirects=True).text
    mod = people.user("mod", role="moderator")
    assert tool in people.browser(mod).get(f"/t/{thread}", follow_redirects=True).text


def test_a_held_thread_is_for_its_author_and_moderators_alone(people: People, bob: Viewer) -> None:
    new = people.user("newcomer", trust=0)
    thread, post = people.thread(new)
    assert people.browser().get(f"/t/{thread}").status_code == 404
    assert people.browser(bob).get(f"/p/{post}").status_code == 404
    own = people.browser(new).get(f"/p/{post}", follow_redirects=True).text
    assert "This thread waits for review" in own
    assert f'action="/t/{thread}/reply"' not in own


def test_a_removed_post_leaves_a_tombstone_above_its_comments(people: People, bob: Viewer, ann: Viewer) -> None:
    thread, _ = people.thread(bob)
    reply = people.reply(ann, thread, "Words that have to go away.")
    people.reply(bob, thread, "I do not agree with that.", parent_id=reply)
    hide(people, reply, "removed")
    page = people.browser().get(f"/t/{thread}", follow_redirects=True).text
    assert "A moderator removed this post." in page
    assert "Words that have to go away" not in page
    assert "I do not agree with that." in page
    own = people.browser(ann).get(f"/t/{thread}", follow_redirects=True).text
    assert "Words that have to go away" in own
    assert "A moderator took this down" in own


def test_five_comments_are_shown_and_the_rest_on_demand(people: People, bob: Viewer, ann: Viewer) -> None:
    thread, opening = people.thread(bob)
    comments = [people.reply(ann, thread, f"Remark number {n} on this.", parent_id=opening) for n in range(8)]
    visitor = people.browser()
    page = visitor.get(f"/t/{thread}", follow_redirects=True).text
    assert "Remark number 4" in page
    assert "Remark number 5" not in page
    assert "Show 3 more comments" in page
    there = visitor.get(f"/p/{comments[7]}")
    assert there.location.endswith(f"open={opening}#p{comments[7]}")
    assert f'id="p{comments[7]}"' in visitor.get(there.location).text


def test_the_address_of_a_post_leads_to_the_page_it_stands_on(people: People, bob: Viewer, ann: Viewer) -> None:
    thread, opening = people.thread(bob)
    replies = [people.reply(ann, thread, f"Answer number {n} of many.") for n in range(26)]
    visitor = people.browser()
    for post in (opening, replies[0], replies[19], replies[20], replies[25]):
        there = visitor.get(f"/p/{post}")
        assert there.status_code == 302
        assert there.location.endswith(f"#p{post}")
        assert f'id="p{post}"' in visitor.get(there.location).text
    with people.app.app_context(), transaction():
        service.accept_answer(bob, thread, replies[25])
    assert "after=" not in visitor.get(f"/p/{replies[25]}").location


def test_the_title_and_text_of_a_thread_cannot_break_out_of_the_page(people: People, bob: Viewer) -> None:
    thread, _ = people.thread(bob, title='A <b>bold</b> "title" & more', body="<script>alert(1)</script> and words")
    page = people.browser().get(f"/t/{thread}", follow_redirects=True).text
    assert "<b>bold" not in page
    assert "<script>alert" not in page


def test_a_thread_takes_as_many_statements_for_many_posts_as_for_one(people: People, bob: Viewer, ann: Viewer) -> None:
    thread, opening = people.thread(bob)
    path, made = f"/t/{thread}/how-do-i-reset-the-valve", 1
    for count in (1, 20, 50):
        for number in range(made, count):
            parent = opening if number % 3 == 0 else None
            people.reply(ann, thread, f"Something new, number {number}.", parent_id=parent)
        made = count
        for browser, most in ((people.browser(), 3), (people.browser(bob), 5)):
            browser.get(path)
            answer, statements = browser.statements(path)
            assert answer.status_code == 200
            assert len(statements) <= most, (count, statements)
