"""Seeing: a secret word in a post of every state, looked for by everybody through every reader there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.discussion import lists, queries, service
from forum.discussion.inputs import EditInput
from forum.discussion.models import VISIBILITIES, Post, Thread
from forum.kit.db import db, transaction
from forum.kit.errors import Refused
from forum.moderation import publishing
from forum.notifications.queries import notifications
from forum.search.queries import find
from forum.voting.models import Vote
from tests.people import People

BOSS = Viewer(id=0, role="owner", username="boss", name="Boss")
OPENING, REPLY, COMMENT = "zqopening", "zqreply", "zqcomment"
SECRETS = (OPENING, REPLY, COMMENT)
VIEWERS = ("anonymous", "member", "author", "moderator", "owner")


def may_read(who: str, state: str) -> bool:
    """Who may read a text in a state, as the design's table says it."""
    if state == "visible":
        return True
    if who in {"moderator", "owner"}:
        return state != "erased"
    return who == "author" and state not in {"author_deleted", "erased"}


@dataclass(frozen=True)
class Scene:
    """A thread of the author, and a thread of somebody else with a reply and a comment of the author."""

    people: People
    viewers: dict[str, Viewer]
    own: int
    opening: int
    others: int
    reply: int
    comment: int

    @property
    def secret_posts(self) -> tuple[int, int, int]:
        """The posts with the secret words, in the order of the words."""
        return self.opening, self.reply, self.comment


@pytest.fixture
def scene(app: Flask, people: People) -> Iterator[Scene]:
    people.category()
    people.settings(search_per_minute_guest=1000, search_per_minute_member=1000)
    viewers = {
        "anonymous": Viewer(),
        "member": people.user("mia"),
        "author": people.user("ada"),
        "moderator": people.user("mod", role="moderator"),
        "owner": people.user("olga", role="owner"),
    }
    author, member = viewers["author"], viewers["member"]
    own, opening = people.thread(author, title=f"The question {OPENING}", body=f"Words with {OPENING}.", tags=["hub"])
    answer = people.reply(member, own, "An answer that will be accepted.")
    others, _ = people.thread(member, title="Another question altogether", body="With another text as well.")
    reply = people.reply(author, others, f"An answer with {REPLY}.")
    people.reply(member, others, "Thank you for this.", parent_id=reply)
    comment = people.reply(author, others, f"A comment with {COMMENT}.", parent_id=reply)
    with app.app_context(), transaction():
        service.accept_answer(author, own, answer)
    people.drain()
    with app.app_context():
        yield Scene(people, viewers, own, opening, others, reply, comment)


def put(scene: Scene, state: str) -> None:
    """Bring all three posts into the state; the index still knows the texts until somebody drains."""
    with transaction() as session:
        for post_id in scene.secret_posts:
            post = session.get_one(Post, post_id)
            service.set_visibility(BOSS, session.get_one(Thread, post.thread_id), post, state, reason="test")


def whole_page(viewer: Viewer, thread_id: int, order: queries.Order) -> str:
    thread = queries.thread_view(viewer, thread_id)
    shown = queries.posts_page(viewer, thread, votes=Vote, order=order)
    return repr((thread, shown))


def readers(scene: Scene, viewer: Viewer) -> dict[str, Callable[[], object]]:
    """Every way a text or a title leaves the database."""
    author_id = scene.viewers["author"].id or 0
    found: dict[str, Callable[[], object]] = {
        "thread": lambda: whole_page(viewer, scene.own, "helpful"),
        "other thread": lambda: whole_page(viewer, scene.others, "oldest"),
        "rail": lambda: lists.rail(viewer, waiting=10),
        "tags": lambda: queries.tags(viewer),
        "best of author": lambda: lists.authored(viewer, author_id, best=True).items,
        "newest of author": lambda: lists.authored(viewer, author_id).items,
    }
    for sort in ("latest", "top", "unanswered", "solved"):
        found[f"list {sort}"] = lambda sort=sort: lists.threads(viewer, lists.ThreadQuery(sort=sort)).items  # type: ignore[misc]  # bound at once
    found["list of tag"] = lambda: lists.threads(viewer, lists.ThreadQuery(tag="hub")).items
    found["list of author"] = lambda: lists.threads(viewer, lists.ThreadQuery(author_id=author_id)).items
    for word, post_id in zip(SECRETS, scene.secret_posts, strict=True):
        found[f"post {word}"] = lambda post_id=post_id: queries.post_view(viewer, post_id)  # type: ignore[misc]  # as above
        found[f"place {word}"] = lambda post_id=post_id: queries.place_of(viewer, post_id)  # type: ignore[misc]  # as above
        found[f"source {word}"] = lambda post_id=post_id: source(viewer, post_id)  # type: ignore[misc]  # as above
        found[f"revisions {word}"] = lambda post_id=post_id: queries.revisions(viewer, post_id)  # type: ignore[misc]  # as above
        found[f"search {word}"] = lambda word=word: without_query(find(viewer, word))  # type: ignore[misc]  # as above
    if viewer.is_member:
        found["notifications"] = lambda: notifications(viewer).items
    return found


def source(viewer: Viewer, post_id: int) -> str:
    post, thread = queries.post_source(viewer, post_id)
    return f"{post.body} {thread.title}"


def without_query(results: Any) -> object:
    return results.total, results.items


def told(reader: Callable[[], object]) -> str:
    """What a reader says, or nothing when it refuses."""
    try:
        return repr(reader())
    except Refused:
        return ""
    finally:
        db.session.rollback()


def assert_nothing_leaks(scene: Scene, state: str) -> None:
    for who, viewer in scene.viewers.items():
        for name, reader in readers(scene, viewer).items():
            said = told(reader)
            for word in SECRETS:
                assert may_read(who, state) or word not in said, f"{who} learns {word} of a {state} post from {name}"


@pytest.mark.parametrize("state", VISIBILITIES)
def test_no_reader_tells_anybody_what_they_may_not_see(scene: Scene, state: str) -> None:
    put(scene, state)
    assert_nothing_leaks(scene, state)
    scene.people.drain()
    assert_nothing_leaks(scene, state)


@pytest.mark.parametrize("state", VISIBILITIES)
def test_who_may_see_a_text_finds_it(scene: Scene, state: str) -> None:
    put(scene, state)
    for who, viewer in scene.viewers.items():
        said = {name: told(reader) for name, reader in readers(scene, viewer).items()}
        wanted = {f"{kind} {word}": word for kind in ("post", "source", "revisions") for word in SECRETS}
        wanted |= {"thread": OPENING, "other thread": REPLY}
        for name, word in wanted.items():
            # A comment of a reply nobody may read hangs under a tombstone, which lists show and this page too.
            assert (word in said[name]) is may_read(who, state), f"{name} for {who}, {state}"
        if state == "visible":
            for name in ("list latest", "list of tag", "best of author", f"search {OPENING}", f"search {COMMENT}"):
                assert "zq" in said[name], name


def test_a_pending_edit_is_for_its_author_and_staff(app: Flask, scene: Scene) -> None:
    with transaction() as session:
        session.get_one(User, scene.viewers["author"].id).trust = 0
    author = scene.people.viewer(scene.viewers["author"].id or 0)
    body = "The zqpending text: https://a.example https://b.example https://c.example"
    given = EditInput(post_id=scene.opening, version=1, body=body, title="A title with zqpending", tags=["zqpending"])
    prepared = publishing.prepare(author, given)
    with transaction():
        assert publishing.publish(prepared).is_held
    scene.people.drain()
    for who, viewer in scene.viewers.items():
        leaks = [name for name, reader in readers(scene, viewer).items() if "zqpending" in told(reader)]
        expected = [] if who in {"anonymous", "member"} else [f"revisions {OPENING}"]
        assert leaks == expected, who


@pytest.mark.parametrize(("read_role", "let_in"), [("members", VIEWERS[1:]), ("staff", VIEWERS[3:])])
def test_a_category_is_closed_for_all_readers_at_once(
    app: Flask, scene: Scene, read_role: str, let_in: tuple[str, ...]
) -> None:
    scene.people.category("Inner circle", read_role=read_role)
    secret = "zqinner"
    staff = scene.viewers["moderator"]
    thread_id, opening = scene.people.thread(
        staff, "inner-circle", title=f"The plan {secret}", body=f"Words with {secret}.", tags=[secret]
    )
    scene.people.drain()
    for who, viewer in scene.viewers.items():
        ways: dict[str, Callable[[], object]] = {
            **readers(scene, viewer),
            "thread": lambda viewer=viewer: whole_page(viewer, thread_id, "helpful"),  # type: ignore[misc]  # bound at once
            "post": lambda viewer=viewer: queries.post_view(viewer, opening),  # type: ignore[misc]  # as above
            "revisions": lambda viewer=viewer: queries.revisions(viewer, opening),  # type: ignore[misc]  # as above
            "search": lambda viewer=viewer: without_query(find(viewer, secret)),  # type: ignore[misc]  # as above
            "staff's profile": lambda viewer=viewer: lists.authored(viewer, staff.id or 0).items,  # type: ignore[misc]  # as above
        }
        told_by = {name for name, reader in ways.items() if secret in told(reader)}
        if who in let_in:
            assert {"thread", "post", "revisions", "search", "list latest", "tags", "staff's profile"} <= told_by, who
        else:
            assert not told_by, who
