"""Casting votes: load, decide, change, announce."""

from __future__ import annotations

from sqlalchemy import func, select, update

from forum.accounts.models import User
from forum.accounts.viewer import Viewer, actor_key
from forum.discussion.models import Post, Thread
from forum.discussion.queries import visible_post
from forum.discussion.service import about
from forum.kit import clock, outbox
from forum.kit.db import db
from forum.kit.verdicts import require
from forum.voting.events import VoteCast
from forum.voting.inputs import VoteInput
from forum.voting.models import Vote
from forum.voting.policy import may_vote


def cast_vote(viewer: Viewer, post_id: int, given: VoteInput) -> Post:
    """Set the viewer's vote on a post; casting the same vote again changes nothing."""
    post = visible_post(viewer, post_id, lock=True)
    thread = db.session.get_one(Thread, post.thread_id)
    require(may_vote(viewer, post, locked=thread.locked_at is not None))

    vote = db.session.scalar(select(Vote).where(Vote.post_id == post.id, Vote.voter_id == viewer.id))
    before = 0 if vote is None else vote.value
    if before == given.value:
        return post
    if given.value == 0:
        db.session.delete(vote)
    elif vote is None:
        db.session.add(Vote(post_id=post.id, voter_id=viewer.id, value=given.value, cast_at=clock.now()))
    else:
        vote.value, vote.cast_at = given.value, clock.now()
    db.session.flush()

    # Counted again from the votes, not incremented: a wrong score heals itself.
    post.score = db.session.scalar(select(func.coalesce(func.sum(Vote.value), 0)).where(Vote.post_id == post.id)) or 0
    if post.kind == "opening":
        db.session.execute(update(Thread).where(Thread.id == thread.id).values(score=post.score))
    if post.author_id is not None:
        gained = User.votes_received + (given.value - before)
        db.session.execute(update(User).where(User.id == post.author_id).values(votes_received=gained))
    target = actor_key(post.author_id) if post.author_id else None
    outbox.record(
        VoteCast(
            by=viewer.actor,
            about=about(thread, post, target=target),
            source=viewer.source,
            value=given.value,
            before=before,
        )
    )
    return post
