"""Discussions: starting, replying, revising, deleting, accepting, curating, and counts that stay true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.discussion import curation, queries, service
from forum.discussion.inputs import EditInput
from forum.discussion.models import Category, Post, Revision, Tag, Thread
from forum.kit.db import db, transaction
from forum.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from forum.kit.outbox import EventRow
from forum.moderation import publishing
from tests.people import People

BOSS = Viewer(id=0, role="owner", username="boss", name="Boss")


@pytest.fixture
def ada(people: People) -> Viewer:
    people.category()
    return people.user("ada")


@pytest.fixture
def bob(people: People) -> Viewer:
    return people.user("bob")


def do(app: Flask, change: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Carry out one change in a transaction of its own."""
    with app.app_context(), transaction():
        return change(*given, **named)


def get(app: Flask, model: Any, key: int) -> Any:
    with app.app_context():
        return db.session.get_one(model, key)


def edit(app: Flask, viewer: Viewer, post_id: int, body: str, version: int = 1, **more: Any) -> Any:
    with app.app_context():
        prepared = publishing.prepare(viewer, EditInput(post_id=post_id, version=version, body=body, **more))
        with transaction():
            return publishing.publish(prepared)


def events(app: Flask, kind: str) -> list[dict[str, Any]]:
    with app.app_context():
        return list(db.session.scalars(select(EventRow.props).where(EventRow.type == kind).order_by(EventRow.event_id)))


def test_a_thread_begins_with_its_opening_post_and_first_revision(app: Flask, people: People, ada: Viewer) -> None:
    thread_id, post_id = people.thread(ada, title="Which oil for the hub?", tags=["hub", "oil"])
    thread, post = get(app, Thread, thread_id), get(app, Post, post_id)
    assert (thread.opening_post_id, thread.slug, thread.visibility) == (post_id, "which-oil-for-the-hub", "visible")
    assert (post.seq, post.kind, post.author_id, post.author_name) == (1, "opening", ada.id, "ada")
    with app.app_context():
        revision = db.session.scalars(select(Revision)).one()
        assert (revision.number, revision.state, revision.title) == (1, "current", "Which oil for the hub?")
        assert revision.tag_names == ["hub", "oil"]
        assert db.session.scalars(select(Category.thread_count)).one() == 1
        assert get(app, User, ada.id or 0).thread_count == 1
    assert events(app, "thread_created") == [{"kind": "question"}]


def test_a_reply_lets_the_thread_rise_and_is_counted(app: Flask, people: People, ada: Viewer, bob: Viewer) -> None:
    older, _ = people.thread(ada)
    people.thread(ada, title="Another question altogether", body="With another text as well.")
    reply = get(app, Post, people.reply(bob, older))
    thread = get(app, Thread, older)
    assert (reply.seq, reply.kind, reply.parent_id) == (2, "reply", None)
    assert (thread.reply_count, thread.last_poster_name, thread.active_at) == (1, "bob", reply.created_at)
    assert thread.first_reply_at == reply.created_at
    assert get(app, User, bob.id or 0).reply_count == 1


def test_an_own_reply_is_no_first_reply(app: Flask, people: People, ada: Viewer) -> None:
    thread_id, _ = people.thread(ada)
    people.reply(ada, thread_id)
    assert get(app, Thread, thread_id).first_reply_at is None


def test_a_comment_hangs_under_its_post(app: Flask, people: People, ada: Viewer, bob: Viewer) -> None:
    thread_id, opening = people.thread(ada)
    reply = people.reply(bob, thread_id)
    comment = get(app, Post, people.reply(ada, thread_id, "Thank you, that worked.", parent_id=reply))
    assert (comment.kind, comment.parent_id) == ("comment", reply)
    assert (get(app, Post, reply).comment_count, get(app, Post, opening).comment_count) == (1, 0)
    thread = get(app, Thread, thread_id)
    assert (thread.reply_count, thread.comment_count) == (1, 1)


def test_a_comment_on_a_comment_lands_beside_it(app: Flask, people: People, ada: Viewer, bob: Viewer) -> None:
    thread_id, _ = people.thread(ada)
    reply = people.reply(bob, thread_id)
    first = people.reply(ada, thread_id, "Thank you, that worked.", parent_id=reply)
    second = get(app, Post, people.reply(bob, thread_id, "Glad to hear that.", parent_id=first))
    assert (second.kind, second.parent_id) == ("comment", reply)
    assert get(app, Post, reply).comment_count == 2
    with app.app_context():
        target = db.session.scalars(
            select(EventRow.parent_author_key).where(EventRow.post_id == second.id, EventRow.type == "reply_created")
        ).one()
        assert target == f"u{ada.id}", "it answers the person whose comment it was"


def test_a_comment_on_a_post_of_another_thread_finds_nothing(people: People, ada: Viewer, bob: Viewer) -> None:
    thread_id, _ = people.thread(ada)
    _, elsewhere = people.thread(ada, title="Another question altogether", body="With another text as well.")
    with pytest.raises(NotFound):
        people.reply(bob, thread_id, parent_id=elsewhere)


def test_a_new_text_becomes_the_current_one_and_the_old_one_is_kept(app: Flask, people: People, ada: Viewer) -> None:
    thread_id, post_id = people.thread(ada)
    edit(
        app, ada, post_id, "The valve *closes* now.", title="How did I reset the valve?", tags=["valve"], comment="done"
    )
    post, thread = get(app, Post, post_id), get(app, Thread, thread_id)
    assert (post.version, post.body) == (2, "The valve *closes* now.")
    assert "<em>closes</em>" in post.body_html
    assert (thread.title, thread.slug, thread.tag_names) == (
        "How did I reset the valve?", "how-did-i-reset-the-valve", ["valve"],
    )  # fmt: skip
    with app.app_context():
        states = [(r.number, r.state, r.comment) for r in queries.revisions(ada, post_id)]
    assert states == [(2, "current", "done"), (1, "old", "")]


def test_an_edit_of_a_text_that_moved_on_shows_both(app: Flask, people: People, ada: Viewer) -> None:
    _, post_id = people.thread(ada)
    edit(app, ada, post_id, "The second text of all.")
    with pytest.raises(Conflict) as refusal:
        edit(app, ada, post_id, "My own second text.", version=1)
    assert refusal.value.extra["current"] == {"version": 2, "body": "The second text of all."}
    assert refusal.value.extra["yours"] == {"body": "My own second text."}
    assert get(app, Post, post_id).body == "The second text of all."


def test_a_held_edit_leaves_the_old_text_public(app: Flask, people: People, ada: Viewer) -> None:
    thread_id, post_id = people.thread(ada, tags=["valve"])
    nobody_yet = people.viewer(ada.id or 0)
    with app.app_context(), transaction() as session:
        session.get_one(User, ada.id).trust = 0
    many_links = "See https://a.example https://b.example https://c.example for it."
    published = edit(app, people.viewer(nobody_yet.id or 0), post_id, many_links, title="Another title now", tags=["x"])
    assert published.is_held
    post, thread = get(app, Post, post_id), get(app, Thread, thread_id)
    assert (post.version, post.body, post.visibility) == (1, "The valve does not close any more.", "visible")
    assert (thread.title, thread.tag_names) == ("How do I reset the valve?", ["valve"])
    assert events(app, "post_edited") == [{"pending": True}]
    with app.app_context():
        seen_by = {
            name: [r.state for r in queries.revisions(viewer, post_id)]
            for name, viewer in (("author", ada), ("visitor", Viewer()), ("staff", BOSS))
        }
    assert seen_by == {"author": ["pending", "current"], "staff": ["pending", "current"], "visitor": ["current"]}


def test_nobody_edits_what_others_wrote_but_staff_may(app: Flask, people: People, ada: Viewer, bob: Viewer) -> None:
    _, post_id = people.thread(ada)
    with pytest.raises(NotAllowed):
        edit(app, bob, post_id, "A text of somebody else.")
    edit(app, people.user("mod", role="moderator"), post_id, "A text mended by staff.")
    assert get(app, Post, post_id).body == "A text mended by staff."


def test_a_deleted_reply_with_comments_leaves_its_place(app: Flask, people: People, ada: Viewer, bob: Viewer) -> None:
    thread_id, _ = people.thread(ada)
    reply = people.reply(bob, thread_id)
    bare = people.reply(bob, thread_id, "A second answer without comments.")
    comment = people.reply(ada, thread_id, "Thank you, that worked.", parent_id=reply)
    for post_id in (reply, bare):
        do(app, service.delete_post, bob, post_id)
    with app.app_context():
        thread = queries.thread_view(ada, thread_id)
        shown = queries.posts_page(ada, thread, votes=None).items
    assert [(post.id, post.is_tombstone) for post in shown[1:]] == [(reply, True)]
    assert shown[1].body_html == ""
    assert [c.id for c in shown[1].comments] == [comment]
    assert get(app, Thread, thread_id).reply_count == 0
    assert get(app, User, bob.id or 0).reply_count == 0
    assert events(app, "post_removed") == [{"reason": "author"}] * 2


def test_a_question_that_was_answered_cannot_be_deleted(app: Flask, people: People, ada: Viewer, bob: Viewer) -> None:
    thread_id, opening = people.thread(ada)
    reply = people.reply(bob, thread_id)
    with pytest.raises(NotAllowed, match="People have replied"):
        do(app, service.delete_post, ada, opening)
    with pytest.raises(NotAllowed, match="Only the author"):
        do(app, service.delete_post, ada, reply)
    do(app, service.delete_post, bob, reply)
    do(app, service.delete_post, ada, opening)
    assert get(app, Thread, thread_id).visibility == "author_deleted"
    with app.app_context(), pytest.raises(NotFound):
        queries.thread_view(bob, thread_id)


def test_the_asker_accepts_an_answer_and_changes_the_choice(
    app: Flask, people: People, ada: Viewer, bob: Viewer
) -> None:
    thread_id, _ = people.thread(ada)
    first, carol = people.reply(bob, thread_id), people.user("carol")
    second = people.reply(carol, thread_id, "No, to the right.")
    do(app, service.accept_answer, ada, thread_id, first)
    do(app, service.accept_answer, ada, thread_id, first)
    assert get(app, User, bob.id or 0).accepted_count == 1
    do(app, service.accept_answer, ada, thread_id, second)
    assert get(app, Thread, thread_id).accepted_post_id == second
    counts = [get(app, User, viewer.id or 0).accepted_count for viewer in (bob, carol)]
    assert counts == [0, 1]
    do(app, service.unaccept_answer, ada, thread_id)
    do(app, service.unaccept_answer, ada, thread_id)
    assert get(app, Thread, thread_id).accepted_post_id is None
    assert get(app, User, carol.id or 0).accepted_count == 0
    assert (len(events(app, "answer_accepted")), len(events(app, "answer_unaccepted"))) == (2, 2)


def test_only_a_visible_reply_to_an_own_question_can_be_accepted(
    app: Flask, people: People, ada: Viewer, bob: Viewer
) -> None:
    thread_id, opening = people.thread(ada)
    reply = people.reply(bob, thread_id)
    elsewhere, _ = people.thread(ada, title="Just to talk about valves", body="They are nice.", kind="discussion")
    chat = people.reply(bob, elsewhere, "They are indeed.")
    with pytest.raises(NotAllowed, match="person who asked"):
        do(app, service.accept_answer, bob, thread_id, reply)
    with pytest.raises(NotAllowed, match="visible reply"):
        do(app, service.accept_answer, ada, thread_id, opening)
    with pytest.raises(NotAllowed, match="Only questions"):
        do(app, service.accept_answer, ada, elsewhere, chat)
    with pytest.raises(Invalid):
        do(app, service.accept_answer, ada, thread_id, chat)


def test_moderators_pin_and_members_do_not(app: Flask, people: People, ada: Viewer) -> None:
    thread_id, _ = people.thread(ada)
    with pytest.raises(NotAllowed):
        do(app, curation.set_pinned, ada, thread_id, pinned=True)
    do(app, curation.set_pinned, BOSS, thread_id, pinned=True, site_wide=True)
    do(app, curation.set_pinned, BOSS, thread_id, pinned=True, site_wide=True)
    assert get(app, Thread, thread_id).pinned_site_wide
    do(app, curation.set_pinned, BOSS, thread_id, pinned=False)
    thread = get(app, Thread, thread_id)
    assert (thread.pinned_at, thread.pinned_site_wide) == (None, False)
    assert events(app, "thread_pinned") == [{"pinned": True}, {"pinned": False}]


def test_a_closed_thread_takes_no_replies_and_no_edits(app: Flask, people: People, ada: Viewer, bob: Viewer) -> None:
    thread_id, opening = people.thread(ada)
    do(app, curation.set_locked, BOSS, thread_id, locked=True)
    with pytest.raises(NotAllowed, match="closed"):
        people.reply(bob, thread_id)
    with pytest.raises(NotAllowed, match="closed"):
        edit(app, ada, opening, "A text that comes too late.")
    people.reply(people.user("mod", role="moderator"), thread_id, "Closed because it was solved.")
    do(app, curation.set_locked, BOSS, thread_id, locked=False)
    people.reply(bob, thread_id)
    assert get(app, Thread, thread_id).reply_count == 2
    assert (len(events(app, "thread_closed")), len(events(app, "thread_reopened"))) == (1, 1)


def test_a_moved_thread_is_counted_where_it_is(app: Flask, people: People, ada: Viewer) -> None:
    people.category("Repairs")
    thread_id, _ = people.thread(ada)
    with pytest.raises(NotAllowed):
        do(app, curation.move_thread, ada, thread_id, "repairs")
    do(app, curation.move_thread, BOSS, thread_id, "repairs")
    do(app, curation.move_thread, BOSS, thread_id, "repairs")
    with app.app_context():
        counts = {
            row.slug: row.thread_count for row in db.session.execute(select(Category.slug, Category.thread_count))
        }
    assert counts == {"general": 0, "repairs": 1}


def test_tags_count_public_threads_alone(app: Flask, people: People, ada: Viewer) -> None:
    _, first = people.thread(ada, tags=["valve", "oil"])
    people.thread(ada, title="Another question altogether", body="With another text as well.", tags=["oil"])
    edit(app, ada, first, "A text about the valve alone.", tags=["valve", "hub"])

    def counts() -> dict[str, int]:
        with app.app_context():
            return {tag.name: tag.thread_count for tag in db.session.scalars(select(Tag))}

    assert counts() == {"valve": 1, "oil": 1, "hub": 1}
    do(app, service.delete_post, ada, first)
    assert counts() == {"valve": 0, "oil": 1, "hub": 0}


def test_two_threads_with_one_new_tag_share_it(app: Flask, people: People, ada: Viewer) -> None:
    people.thread(ada, tags=["fresh"])
    people.thread(ada, title="Another question altogether", body="With another text as well.", tags=["fresh"])
    with app.app_context():
        assert db.session.scalars(select(Tag.thread_count)).all() == [2]


def test_nobody_writes_where_only_the_team_does(people: People, ada: Viewer, bob: Viewer) -> None:
    people.category("News", post_role="moderators")
    with pytest.raises(NotAllowed, match="Only the team"):
        people.thread(ada, "news")
    thread_id, _ = people.thread(people.user("mod", role="moderator"), "news")
    with pytest.raises(NotAllowed, match="Only the team"):
        people.reply(bob, thread_id)


def test_a_category_somebody_may_not_see_is_not_found(people: People, ada: Viewer) -> None:
    people.category("Back office", read_role="staff")
    with pytest.raises(NotFound):
        people.thread(ada, "back-office")
