"""The index follows what happens: to threads, to categories and to the names of their authors."""

from __future__ import annotations

import pytest
from flask import Flask

from forum.accounts.viewer import ANONYMOUS, Viewer
from forum.discussion import curation
from forum.discussion.categories import categories
from forum.discussion.inputs import CategoryInput
from forum.kit.db import db, transaction
from forum.search.queries import find
from tests.people import People


@pytest.fixture
def thread(people: People) -> int:
    """A question by somebody called bob."""
    people.category()
    return people.thread(people.user())[0]


def found(app: Flask, typed: str) -> list[int]:
    with app.app_context():
        ids = [hit.thread_id for hit in find(ANONYMOUS, typed).items]
        db.session.rollback()
        return ids


def the_category(slug: str) -> int:
    return next(category.id for category in categories().values() if category.slug == slug)


def test_a_category_is_found_by_its_new_name(app: Flask, people: People, thread: int) -> None:
    people.drain()
    assert found(app, "valve category:general") == [thread]
    boss = Viewer(id=0, role="owner", username="boss", name="Boss")
    with app.app_context(), transaction():
        curation.update_category(boss, the_category("general"), CategoryInput(name="Workshop"))
    people.drain()
    assert found(app, "valve category:workshop") == [thread]


def test_a_category_that_opens_brings_its_threads(app: Flask, people: People) -> None:
    boss = people.user("boss", role="owner")
    people.category("Team", read_role="staff")
    thread, _ = people.thread(boss, "team")
    people.drain()
    assert found(app, "valve") == []
    with app.app_context(), transaction():
        curation.update_category(boss, the_category("team"), CategoryInput(name="Team", read_role="everyone"))
    people.drain()
    assert found(app, "valve") == [thread]


def test_a_state_is_found_at_once(app: Flask, people: People, thread: int) -> None:
    answer = people.reply(people.user("ada"), thread)
    people.drain()
    assert found(app, "valve is:unsolved is:open is:question in:first") == [thread]
    assert found(app, "valve is:solved") == []
    assert people.browser(people.viewer(1)).post(f"/t/{thread}/accept", {"post_id": str(answer)}).status_code == 303
    people.drain()
    assert found(app, "valve is:solved") == [thread]


def test_mine_are_those_of_whoever_asks(app: Flask, people: People, thread: int) -> None:
    people.drain()
    with app.app_context():
        assert [hit.thread_id for hit in find(people.viewer(1), "is:mine").items] == [thread]
        assert find(ANONYMOUS, "valve is:mine").total == 0
        db.session.rollback()
