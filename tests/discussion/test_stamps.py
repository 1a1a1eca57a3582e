"""The version of a thread moves with everything its page shows, so that a page kept by it is never an old one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from forum.accounts.service import change_role
from forum.accounts.viewer import Viewer
from forum.discussion import curation, service
from forum.discussion.inputs import CategoryInput, EditInput
from forum.discussion.models import Post, Thread
from forum.discussion.rerendering import Rendered, store
from forum.kit.db import db, transaction
from forum.moderation import publishing
from forum.voting.inputs import VoteInput
from forum.voting.service import cast_vote
from tests.people import People


class Scene:
    """A thread with a reply and a comment, and a visitor who has seen its page and the lists."""

    def __init__(self, app: Flask, people: People) -> None:
        self.app, self.people = app, people
        people.category("Help")
        people.category("Other")
        self.ada, self.bob, self.mod = people.user("ada"), people.user("bob"), people.user("mia", role="moderator")
        self.owner = people.user("olga", role="owner")
        self.thread, self.opening = people.thread(self.ada, "help", tags=["valve"])
        self.reply = people.reply(self.bob, self.thread)
        self.comment = people.reply(self.ada, self.thread, "Thank you, it works now.", parent_id=self.reply)
        self.visitor = people.browser()

    def page(self) -> str:
        """The thread's page for a visitor, wherever it is now."""
        return self.visitor.get(f"/t/{self.thread}", follow_redirects=True).text

    def edit(self, post_id: int, **changes: object) -> None:
        with self.app.app_context():
            post = db.session.get_one(Post, post_id)
            given = EditInput(post_id=post_id, version=post.version, body="A wholly new text of it.", **changes)  # type: ignore[arg-type]  # the fields of an edit
            prepared = publishing.prepare(self.viewer_of(post_id), given)
            with transaction():
                publishing.publish(prepared)

    def viewer_of(self, post_id: int) -> Viewer:
        return {self.opening: self.ada, self.reply: self.bob, self.comment: self.ada}[post_id]

    def write(self, change: Callable[[], object]) -> None:
        with self.app.app_context(), transaction():
            change()


CHANGES: dict[str, Callable[[Scene], object]] = {
    "a reply": lambda s: s.people.reply(s.ada, s.thread, "And another thing to say."),
    "a comment": lambda s: s.people.reply(s.bob, s.thread, "You are welcome, any time.", parent_id=s.reply),
    "a vote": lambda s: s.write(lambda: cast_vote(s.bob, s.opening, VoteInput(choice="up"))),
    "a vote on a reply": lambda s: s.write(lambda: cast_vote(s.ada, s.reply, VoteInput(choice="down"))),
    "an edit": lambda s: s.edit(s.reply),
    "an edited title": lambda s: s.edit(s.opening, title="A better title for it", tags=["pump"]),
    "an accepted answer": lambda s: s.write(lambda: service.accept_answer(s.ada, s.thread, s.reply)),
    "a deleted comment": lambda s: s.write(lambda: service.delete_post(s.ada, s.comment)),
    "a lock": lambda s: s.write(lambda: curation.set_locked(s.mod, s.thread, locked=True)),
    "a pin": lambda s: s.write(lambda: curation.set_pinned(s.mod, s.thread, pinned=True, site_wide=True)),
    "a move": lambda s: s.write(lambda: curation.move_thread(s.mod, s.thread, "other")),
    "a removed reply": lambda s: s.write(lambda: remove(s, s.reply)),
    "a new role": lambda s: s.write(lambda: change_role(s.owner, s.bob.id or 0, "moderator")),
    "a text rendered again": lambda s: s.write(lambda: store([Rendered(s.reply, 1, "<p>Rendered anew.</p>")])),
    "a renamed category": lambda s: s.write(lambda: curation.update_category(s.owner, 1, CategoryInput(name="Advice"))),
}


def remove(scene: Scene, post_id: int) -> None:
    post = db.session.get_one(Post, post_id)
    service.set_visibility(scene.mod, db.session.get_one(Thread, scene.thread), post, "removed", reason="spam")


@pytest.mark.parametrize("name", CHANGES)
def test_a_visitors_page_shows_the_change_at_once(app: Flask, people: People, name: str) -> None:
    scene = Scene(app, people)
    before = scene.page()
    assert scene.page() == before, "an unchanged thread looks the same"
    CHANGES[name](scene)
    assert scene.page() != before


@pytest.mark.parametrize(
    "name", ["a reply", "a vote", "an edited title", "an accepted answer", "a lock", "a pin", "a move"]
)
def test_a_visitors_list_shows_the_change_at_once(app: Flask, people: People, name: str) -> None:
    scene = Scene(app, people)
    before = scene.visitor.get("/").text
    CHANGES[name](scene)
    assert scene.visitor.get("/").text != before


def test_what_a_visitor_gets_kept_is_never_a_members_page(app: Flask, people: People) -> None:
    scene = Scene(app, people)
    scene.page()
    member = people.browser(scene.ada).get(f"/t/{scene.thread}", follow_redirects=True).text
    assert "csrf_token" in member
    assert "csrf_token" not in scene.page()
