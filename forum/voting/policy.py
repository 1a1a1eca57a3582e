"""Who may vote on what; said once, for pages, API and buttons."""

from __future__ import annotations

from forum.accounts.viewer import Viewer
from forum.discussion.policy import Facts
from forum.kit.verdicts import YES, Verdict, no
from forum.kit.words import text


def may_vote(viewer: Viewer, post: Facts, *, locked: bool) -> Verdict:
    """Members may, on what others wrote, while it is public and the thread open."""
    if not viewer.is_member:
        return no(text("Sign in to vote."))
    if post.author_id == viewer.id:
        return no(text("You cannot vote on your own post."))
    if post.visibility != "visible":
        return no(text("This post is not public at present."))
    if locked:
        return no(text("This thread is closed. Its votes are final."))
    return YES
