"""Posts in the API: reading, editing, deleting and voting."""

from __future__ import annotations

from flask import Response

from forum.accounts.viewer import Viewer
from forum.api import answers
from forum.api.description import operation
from forum.api.door import answer, api, given, nothing
from forum.discussion import queries, service
from forum.discussion.inputs import EditInput
from forum.http.viewer import member, viewer
from forum.kit.db import transaction
from forum.moderation import publishing
from forum.voting.inputs import VoteInput
from forum.voting.models import Vote
from forum.voting.service import cast_vote

POST = "<int(max=9223372036854775807):post_id>"


def _post(who: Viewer, post_id: int) -> answers.Post:
    return answers.posts(who, [queries.post_view(who, post_id, votes=Vote)])[0]


@api.get(f"/posts/{POST}")
@operation("posts", "read", {200: answers.Post})
def read_post(post_id: int) -> Response:
    """A post with its Markdown and its HTML, without its comments.

    The comments are part of the thread; ask for it with `open`.
    """
    return answer(_post(viewer(), post_id))


@api.patch(f"/posts/{POST}")
@operation("posts", "write", {200: answers.Post, 202: answers.Post}, body=EditInput, in_path=("post_id",))
def edit_post(post_id: int) -> Response:
    """Change a post's text; `version` is the one you started from.

    When somebody else changed it meanwhile, the answer is 409 with their text as `current` and yours as `yours`.
    `title` and `tags` are for opening posts.
    """
    who = member()
    prepared = publishing.prepare(who, given(EditInput, post_id=post_id))
    with transaction():
        status = 202 if publishing.publish(prepared).is_held else 200
    return answer(_post(who, post_id), status)


@api.delete(f"/posts/{POST}")
@operation("posts", "write", {204: None})
def delete_post(post_id: int) -> Response:
    """Take back a post of yours; a question that was answered stays."""
    who = member()
    with transaction():
        service.delete_post(who, post_id)
    return nothing()


@api.put(f"/posts/{POST}/vote")
@operation("posts", "write", {200: answers.VoteCount}, body=VoteInput)
def vote(post_id: int) -> Response:
    """Vote for or against a post, or take the vote back; the same vote again changes nothing."""
    who = member()
    wanted = given(VoteInput)
    with transaction():
        score = cast_vote(who, post_id, wanted).score
    return answer(answers.VoteCount(post_id, score, wanted.value))
