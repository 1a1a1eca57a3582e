"""Counters of discussions: whatever states posts pass through, every stored count is what the rows say."""

from __future__ import annotations

import random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.discussion import curation, service
from forum.discussion.models import VISIBILITIES, Category, Post, Tag, Thread, ThreadTag
from forum.kit.db import db, transaction
from tests.people import People

BOSS = Viewer(id=0, role="owner", username="boss", name="Boss")


@pytest.fixture
def ada(people: People) -> Viewer:
    people.category()
    return people.user("ada")


@pytest.fixture
def bob(people: People) -> Viewer:
    return people.user("bob")


def truth(app: Flask) -> dict[str, Any]:
    """Every count as the rows say it is."""

    def many(query: Any) -> dict[Any, Any]:
        return {row[0]: row[1] for row in db.session.execute(query)}

    with app.app_context():
        seen = Post.visibility == "visible"
        openings = Post.kind == "opening"
        accepted = select(Post.author_id, func.count()).join(Thread, Thread.accepted_post_id == Post.id)
        anothers = Post.author_id.is_distinct_from(Thread.author_id)
        joined = select(Post.thread_id, func.min(Post.created_at)).join(Thread, Thread.id == Post.thread_id)
        return {
            "replies": many(select(Post.thread_id, func.count()).where(seen, Post.kind == "reply").group_by(Post.thread_id)),
            "comments": many(select(Post.thread_id, func.count()).where(seen, Post.kind == "comment").group_by(Post.thread_id)),
            "under": many(select(Post.parent_id, func.count()).where(seen, Post.kind == "comment").group_by(Post.parent_id)),
            "threads": many(select(Thread.category_id, func.count()).where(Thread.visibility == "visible").group_by(Thread.category_id)),
            "started": many(select(Post.author_id, func.count()).where(seen, openings).group_by(Post.author_id)),
            "replied": many(select(Post.author_id, func.count()).where(seen, Post.kind == "reply").group_by(Post.author_id)),
            "accepted": many(accepted.group_by(Post.author_id)),
            "first": many(joined.where(seen, ~openings, anothers).group_by(Post.thread_id)),
            "active": many(select(Post.thread_id, func.max(Post.created_at)).where(seen | openings).group_by(Post.thread_id)),
            "tagged": many(select(ThreadTag.tag_id, func.count()).group_by(ThreadTag.tag_id)),
            "states": many(select(Thread.id, Thread.visibility)),
        }  # fmt: skip


def check(app: Flask) -> None:
    """Every stored count is what the rows say."""
    true = truth(app)
    with app.app_context():
        for thread in db.session.scalars(select(Thread)):
            assert thread.reply_count == true["replies"].get(thread.id, 0)
            assert thread.comment_count == true["comments"].get(thread.id, 0)
            assert thread.first_reply_at == true["first"].get(thread.id)
            assert thread.active_at == true["active"][thread.id]
            assert thread.visibility == db.session.get_one(Post, thread.opening_post_id).visibility
            if thread.accepted_post_id is not None:
                assert db.session.get_one(Post, thread.accepted_post_id).visibility == "visible"
            carried = db.session.scalars(select(ThreadTag.tag_id).where(ThreadTag.thread_id == thread.id)).all()
            assert len(carried) == (len(thread.tag_names) if thread.visibility == "visible" else 0)
        for post in db.session.scalars(select(Post).where(Post.kind != "comment")):
            assert post.comment_count == true["under"].get(post.id, 0)
        for category in db.session.scalars(select(Category)):
            assert category.thread_count == true["threads"].get(category.id, 0)
        for tag in db.session.scalars(select(Tag)):
            assert tag.thread_count == true["tagged"].get(tag.id, 0)
        for user in db.session.scalars(select(User)):
            assert user.thread_count == true["started"].get(user.id, 0)
            assert user.reply_count == true["replied"].get(user.id, 0)
            assert user.accepted_count == true["accepted"].get(user.id, 0)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_states_posts_pass_through_all_counts_stay_true(
    app: Flask, people: People, ada: Viewer, bob: Viewer, seed: int
) -> None:
    chance = random.Random(seed)
    people.category("Repairs")
    threads = [
        people.thread(ada, tags=["valve", "oil"]),
        people.thread(bob, title="Another question altogether", body="With another text as well.", tags=["oil"]),
    ]
    posts = [opening for _, opening in threads]
    for n, (thread_id, opening) in enumerate(threads):
        for author in (ada, bob):
            reply = people.reply(author, thread_id, f"The answer of {author.name} to thread {n}.")
            posts += [reply, people.reply(bob, thread_id, f"A comment under post {reply}.", parent_id=reply)]
        posts.append(people.reply(ada, thread_id, f"A comment under thread {n}.", parent_id=opening))
    check(app)
    for _ in range(25):
        with app.app_context(), transaction() as session:
            post = session.get_one(Post, chance.choice(posts))
            thread = session.get_one(Thread, post.thread_id)
            if chance.random() < 0.2 and post.kind == "reply" and post.visibility == "visible":
                if thread.visibility == "visible":
                    service.accept_answer(BOSS, thread.id, post.id)
            elif chance.random() < 0.15 and thread.visibility != "erased":
                curation.move_thread(BOSS, thread.id, chance.choice(["general", "repairs"]))
            else:
                state = "visible" if chance.random() < 0.4 else chance.choice(VISIBILITIES)
                service.set_visibility(BOSS, thread, post, state, reason="test")
        check(app)
