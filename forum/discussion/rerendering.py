"""Rendering stored posts again after the text pipeline changed: found and stored in chunks, rendered in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from forum.discussion.models import Post
from forum.kit.db import db, end_reading
from forum.kit.settings import bump_version
from forum.kit.text import PIPELINE_VERSION, render

CHUNK = 200


@dataclass(frozen=True, slots=True)
class Rendered:
    """A post's new HTML, made from its text in this version."""

    post_id: int
    version: int
    html: str


def outdated(after: int = 0, size: int = CHUNK) -> Sequence[tuple[int, int, str]]:
    """Id, version and Markdown of the next posts whose HTML another pipeline made."""
    rows = db.session.execute(
        select(Post.id, Post.version, Post.body)
        .where(Post.id > after, Post.pipeline_version != PIPELINE_VERSION)
        .order_by(Post.id)
        .limit(size)
    ).all()
    end_reading()
    return [(row.id, row.version, row.body) for row in rows]


def rendered_again(posts: Sequence[tuple[int, int, str]]) -> Sequence[Rendered]:
    """The HTML of these posts by the present pipeline. Never inside a writing transaction."""
    return [Rendered(post_id, version, render(body)) for post_id, version, body in posts]


def store(made: Sequence[Rendered]) -> int:
    """Put the new HTML in place, in the caller's transaction; a post that was edited meanwhile has its own already."""
    stored = 0
    for one in made:
        unchanged = update(Post).where(Post.id == one.post_id, Post.version == one.version)
        done = db.session.execute(
            unchanged.values(body_html=one.html, pipeline_version=PIPELINE_VERSION).returning(Post.id)
        )
        stored += len(done.all())
    if stored:
        bump_version()  # visitors' pages are kept by versions, and a text rendered again is no new version of it
    return stored
