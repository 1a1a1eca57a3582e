"""What the API tells: every field of every answer by name, so that nothing gets out by being added to a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from flask import current_app

from config import Config
from forum.accounts.viewer import Viewer
from forum.discussion.categories import CategoryView, categories
from forum.discussion.lists import ThreadRow
from forum.discussion.queries import PostView, ThreadView, bodies
from forum.http import paths
from forum.search.queries import Hit

ThreadKind = Literal["question", "discussion", "idea"]
PostKind = Literal["opening", "reply", "comment"]


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote something; without a user name when the account is gone or never was here."""

    username: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Post:
    """An opening post, a reply or a comment; `body` is its Markdown, `body_html` what pages show.

    Both are empty where only the place of a deleted post is known. `my_vote` is 1, 0 or -1.
    """

    id: int
    thread_id: int
    kind: PostKind
    parent_id: int | None
    author: Author
    body: str
    body_html: str
    score: int
    my_vote: int
    created_at: datetime
    edited_at: datetime | None
    version: int
    visibility: str
    lang: str
    comment_count: int
    comments: list[Post]


@dataclass(frozen=True, slots=True)
class PostList:
    """Some posts and the cursor after them."""

    items: list[Post]
    next: str | None


@dataclass(frozen=True, slots=True)
class ThreadItem:
    """A thread in a list."""

    id: int
    title: str
    slug: str
    kind: ThreadKind
    category: str
    tags: list[str]
    author: Author
    lang: str
    created_at: datetime
    active_at: datetime
    reply_count: int
    score: int
    solved: bool
    accepted_post_id: int | None
    locked: bool
    url: str


@dataclass(frozen=True, slots=True)
class ThreadList:
    """Some threads and the cursor after them."""

    items: list[ThreadItem]
    next: str | None


@dataclass(frozen=True, slots=True)
class Thread(ThreadItem):
    """A thread with its opening post."""

    visibility: str
    opening_post: Post | None


@dataclass(frozen=True, slots=True)
class ThreadWithPosts(Thread):
    """A thread with a page of its posts, the opening post first, each with its first comments."""

    posts: PostList


@dataclass(frozen=True, slots=True)
class Category:
    """A place for threads; `may_post` is about who asks."""

    id: int
    slug: str
    name: str
    description: str
    thread_count: int
    may_post: bool
    url: str


@dataclass(frozen=True, slots=True)
class CategoryList:
    """All categories; `next` is always null."""

    items: list[Category]
    next: None


@dataclass(frozen=True, slots=True)
class VoteCount:
    """The id of a post, its score, and the vote of who asks."""

    post: int
    score: int
    my_vote: int


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A thread with the post of it that fits best; in both HTML fields there is no markup but `<mark>`."""

    thread_id: int
    post_id: int
    title: str
    title_html: str
    snippet_html: str
    kind: ThreadKind
    post_kind: PostKind
    category: str
    author: Author
    created_at: datetime
    score: int
    reply_count: int
    solved: bool
    more_in_thread: int
    url: str


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What was found; `total` counts threads, `hint` says why a question finds nothing."""

    items: list[SearchHit]
    total: int
    next: str | None
    did_you_mean: str | None
    hint: str | None


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """A field that is wrong, and how to mend it."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request was not carried out (RFC 9457); some kinds add fields of their own."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = field(default_factory=list)


def _absolute(path: str) -> str:
    config: Config = current_app.extensions["madang"]
    return config.public_url + path


def category(view: CategoryView, viewer: Viewer, counts: Mapping[int, int]) -> Category:
    """A category as who asks may see it."""
    return Category(
        id=view.id,
        slug=view.slug,
        name=view.name,
        description=view.description,
        thread_count=counts.get(view.id, 0),
        may_post=view.takes_posts_of(viewer),
        url=_absolute(paths.category(view.slug)),
    )


def thread_item(row: ThreadRow) -> ThreadItem:
    """A line of a list."""
    return ThreadItem(**_thread_fields(row))


def _thread_fields(thread: ThreadRow | ThreadView) -> dict[str, Any]:
    return {
        "id": thread.id,
        "title": thread.title,
        "slug": thread.slug,
        "kind": thread.kind,
        "category": categories()[thread.category_id].slug,
        "tags": list(thread.tag_names),
        "author": Author(thread.author_username, thread.author_name),
        "lang": thread.lang,
        "created_at": thread.created_at,
        "active_at": thread.active_at,
        "reply_count": thread.reply_count,
        "score": thread.score,
        "solved": thread.is_solved,
        "accepted_post_id": thread.accepted_post_id,
        "locked": thread.locked_at is not None,
        "url": _absolute(paths.thread(thread.id, thread.slug)),
    }


def thread(view: ThreadView, opening: Post | None) -> Thread:
    """A thread with its opening post."""
    return Thread(**_thread_fields(view), visibility=view.visibility, opening_post=opening)


def thread_with_posts(view: ThreadView, opening: Post | None, shown: PostList) -> ThreadWithPosts:
    """A thread with a page of its posts."""
    own: dict[str, Any] = {
        "visibility": view.visibility,
        "opening_post": opening,
        "posts": shown,
    }
    return ThreadWithPosts(**_thread_fields(view), **own)


def posts(viewer: Viewer, views: Sequence[PostView]) -> list[Post]:
    """Posts with their comments, sources included; one statement, however many they are."""
    ids = [post.id for view in views for post in (view, *view.comments) if post.is_readable]
    sources = bodies(viewer, ids)
    return [_post(view, sources) for view in views]


def _post(view: PostView, sources: Mapping[int, str]) -> Post:
    # Of a deleted post only the place is told, not whose it was.
    author = Author(view.author_username, view.author_name) if view.is_readable else Author(None, "")
    kind: Any = view.kind
    return Post(
        id=view.id,
        thread_id=view.thread_id,
        kind=kind,
        parent_id=view.parent_id,
        author=author,
        body=sources.get(view.id, ""),
        body_html=view.body_html,
        score=view.score,
        my_vote=view.my_vote,
        created_at=view.created_at,
        edited_at=view.edited_at,
        version=view.version,
        visibility=view.visibility,
        lang=view.lang,
        comment_count=view.comment_count,
        comments=[_post(comment, sources) for comment in view.comments],
    )


def search_hit(hit: Hit) -> SearchHit:
    """A line of what was found."""
    kind: Any = hit.kind
    post_kind: Any = hit.post_kind
    return SearchHit(
        thread_id=hit.thread_id,
        post_id=hit.post_id,
        title=hit.title,
        title_html=hit.title_html,
        snippet_html=hit.snippet_html,
        kind=kind,
        post_kind=post_kind,
        category=categories()[hit.category_id].slug,
        author=Author(hit.author_username, hit.author_name),
        created_at=hit.created_at,
        score=hit.score,
        reply_count=hit.reply_count,
        solved=hit.is_solved,
        more_in_thread=hit.more_in_thread,
        url=_absolute(paths.post(hit.post_id)),
    )
