"""Votes under double clicks and crowds: one row for each voter, and scores that are the sum of the rows."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.discussion.inputs import EditInput, ReplyInput
from forum.discussion.models import Post, Thread
from forum.kit.db import db, transaction
from forum.kit.errors import Conflict
from forum.moderation import publishing
from forum.voting.inputs import VoteInput
from forum.voting.models import Vote
from forum.voting.service import cast_vote
from tests.conftest import Community
from tests.people import People
from tests.processes import together

PROCESSES, CLICKS = 5, 10


def click(post_id: int, voters: list[Viewer], choices: list[str], seed: int) -> int:
    """Vote ten times as somebody out of a few, the way impatient people do."""
    chance = random.Random(seed)
    for _ in range(CLICKS):
        with transaction():
            cast_vote(chance.choice(voters), post_id, VoteInput(choice=chance.choice(choices)))  # type: ignore[arg-type]  # the known ones
    return CLICKS


def test_fifty_double_clicks_count_once_for_each_voter(community: Community, people: People) -> None:
    people.category()
    ada = people.user("ada")
    _, post_id = people.thread(ada)
    voters = [people.user(f"voter{n}") for n in range(3)]
    clicks = together(community.config, click, [(post_id, voters, ["up"], n) for n in range(PROCESSES)])
    assert sum(clicks) == 50
    with community.app.app_context():
        rows = db.session.scalars(select(Vote.voter_id).order_by(Vote.voter_id)).all()
        assert rows == [voter.id for voter in voters]
        assert db.session.get_one(Post, post_id).score == 3
        assert db.session.get_one(User, ada.id).votes_received == 3


def test_a_crowd_that_changes_its_mind_leaves_a_score_that_is_the_sum(community: Community, people: People) -> None:
    people.category()
    ada = people.user("ada")
    thread_id, post_id = people.thread(ada)
    voters = [people.user(f"voter{n}") for n in range(4)]
    choices = ["up", "down", "clear"]
    together(community.config, click, [(post_id, voters, choices, n) for n in range(PROCESSES)])
    with community.app.app_context():
        votes = db.session.execute(select(Vote.voter_id, Vote.value)).all()
        assert len({voter for voter, _ in votes}) == len(votes)
        score = sum(value for _, value in votes)
        assert db.session.get_one(Post, post_id).score == score
        assert db.session.get_one(Thread, thread_id).score == score
        assert db.session.get_one(User, ada.id).votes_received == score


def write_and_vote(viewer: Viewer, others: list[int], own: int, thread_id: int, seed: int) -> int:
    """Vote, reply, comment and edit in one thread, in any order."""
    chance = random.Random(seed)
    for n in range(8):
        kind = chance.choice(["vote", "reply", "comment", "edit"])
        if kind == "vote":
            with transaction():
                cast_vote(viewer, chance.choice(others), VoteInput(choice="up"))
        elif kind == "edit":
            with transaction():
                version = db.session.get_one(Post, own).version
            edit(viewer, own, version, f"Edited {n} times by {viewer.username} by now.")
        else:
            parent = chance.choice([*others, own]) if kind == "comment" else None
            given = ReplyInput(thread_id=thread_id, body=f"Words number {n} of {viewer.username}.", parent_id=parent)
            prepared = publishing.prepare(viewer, given)
            with transaction():
                publishing.publish(prepared)
    return 8


def edit(viewer: Viewer, post_id: int, version: int, body: str) -> None:
    prepared = publishing.prepare(viewer, EditInput(post_id=post_id, version=version, body=body))
    with transaction():
        publishing.publish(prepared)


def test_people_who_write_and_vote_in_one_thread_never_block_each_other(community: Community, people: People) -> None:
    people.category()
    crowd = [people.user(f"person{n}") for n in range(4)]
    thread_id, opening = people.thread(crowd[0])
    own = [opening, *(people.reply(one, thread_id, f"The answer of {one.name}.") for one in crowd[1:])]
    given = [(one, [post for post in own if post != own[n]], own[n], thread_id, n) for n, one in enumerate(crowd)]
    began = time.monotonic()
    together(community.config, write_and_vote, given)
    assert time.monotonic() - began < 30
    with community.app.app_context():
        thread = db.session.get_one(Thread, thread_id)
        public = select(func.count()).where(Post.thread_id == thread_id, Post.visibility == "visible")
        assert thread.reply_count == db.session.scalar(public.where(Post.kind == "reply"))
        assert thread.comment_count == db.session.scalar(public.where(Post.kind == "comment"))
        for post in db.session.scalars(select(Post).where(Post.kind != "comment")):
            assert post.comment_count == db.session.scalar(public.where(Post.parent_id == post.id))
        seqs = db.session.scalars(select(Post.seq).where(Post.thread_id == thread_id).order_by(Post.seq)).all()
        assert list(seqs) == list(range(1, len(seqs) + 1))


def test_of_two_edits_at_the_same_moment_one_is_kept_and_one_is_told(community: Community, people: People) -> None:
    people.category()
    ada, mod = people.user("ada"), people.user("mod", role="moderator")
    _, post_id = people.thread(ada)
    with community.app.app_context():
        version = db.session.get_one(Post, post_id).version

    def change(viewer: Viewer) -> str:
        with community.app.app_context():
            given = EditInput(post_id=post_id, version=version, body=f"What {viewer.name} says about the valve.")
            prepared = publishing.prepare(viewer, given)
            time.sleep(0.2)
            try:
                with transaction():
                    return publishing.publish(prepared).post.body
            except Conflict as refusal:
                assert refusal.extra["yours"]["body"] == given.body
                return f"refused: {refusal.extra['current']['body']}"

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(change, [ada, mod]))
    kept = [words for words in told if not words.startswith("refused")]
    assert len(kept) == 1
    assert f"refused: {kept[0]}" in told, "the loser is shown the winner's text"
