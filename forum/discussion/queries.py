"""Reading discussions: columns into small frozen records, each query with its guard of seeing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import and_, func, or_, select

from forum.accounts.viewer import Viewer
from forum.discussion.categories import unreadable_ids
from forum.discussion.models import Post, Revision, Tag, Thread, ThreadTag
from forum.discussion.statements import (
    comments_statement,
    first_page_statement,
    next_page_statement,
    posts_statement,
    thread_statement,
)
from forum.discussion.visibility import (
    post_is_placed,
    post_is_visible,
    sight_of,
    thread_is_visible,
)
from forum.kit import paging
from forum.kit.db import db, fetch
from forum.kit.errors import NotFound
from forum.kit.settings import confirm
from forum.kit.text import text_of_html
from forum.kit.words import text

PAGE = 20
COMMENTS = 5
ALL_COMMENTS = 200
Order = Literal["helpful", "oldest"]


@dataclass(frozen=True, slots=True)
class ThreadView:
    """A thread as its own page needs it."""

    id: int
    category_id: int
    kind: str
    title: str
    slug: str
    lang: str
    author_id: int | None
    author_name: str
    visibility: str
    created_at: datetime
    active_at: datetime
    first_reply_at: datetime | None
    opening_post_id: int | None
    reply_count: int
    comment_count: int
    score: int
    accepted_post_id: int | None
    accepted_at: datetime | None
    official_post_id: int | None
    pinned_at: datetime | None
    pinned_site_wide: bool
    locked_at: datetime | None
    locked_reason: str | None
    duplicate_of_id: int | None
    tag_names: list[str]
    version: int
    author_username: str | None

    @property
    def is_locked(self) -> bool:
        """Whether it takes no more replies."""
        return self.locked_at is not None

    @property
    def is_solved(self) -> bool:
        """Whether the asker accepted an answer."""
        return self.accepted_post_id is not None


@dataclass(frozen=True, slots=True)
class PostView:
    """A post as a page shows it; the text is empty when the viewer may only know its place."""

    id: int
    thread_id: int
    seq: int
    kind: str
    parent_id: int | None
    author_id: int | None
    author_name: str
    lang: str
    visibility: str
    score: int
    comment_count: int
    created_at: datetime
    edited_at: datetime | None
    version: int
    author_username: str | None
    author_role: str | None
    author_trust: int | None
    body_html: str
    is_readable: bool
    my_vote: int
    comments: tuple[PostView, ...] = field(default=())

    @property
    def is_tombstone(self) -> bool:
        """Whether only the place is shown."""
        return not self.is_readable


@dataclass(frozen=True, slots=True)
class RevisionView:
    """One state of a post's text."""

    id: int
    number: int
    state: str
    title: str | None
    body: str
    editor_name: str
    comment: str
    created_at: datetime


_THREAD = tuple(name for name in ThreadView.__dataclass_fields__ if name != "author_username")
_POST = tuple(PostView.__dataclass_fields__)[:14]


def thread_view(viewer: Viewer, thread_id: int) -> ThreadView:
    """A thread; raises NotFound for a missing one and for one this viewer may not see."""
    bound = {"thread": thread_id, "me": viewer.id}
    row = fetch(thread_statement(sight_of(viewer), _THREAD), bound).first()
    confirm(None if row is None else row[-1])
    if row is None:
        raise NotFound(text("There is no such thread."))
    return ThreadView(*list(row)[:-1])


def _post(row: Sequence[Any]) -> PostView:
    return PostView(*[*row[:18], bool(row[18]), row[19]])


def posts_page(
    viewer: Viewer,
    thread: ThreadView,
    *,
    votes: type[Any] | None,
    order: Order = "helpful",
    after: str | None = None,
    open_post: int = 0,
) -> paging.Page[PostView]:
    """The opening, official and accepted posts (first page), then replies in order, each with its first comments.

    `votes` is the table of votes, handed down by the door because discussion does not know voting; `open_post` is
    the post whose comments are shown beyond the first five. Two statements whatever the number of posts.
    """
    lead = [i for i in (thread.opening_post_id, thread.official_post_id, thread.accepted_post_id) if i is not None]
    lead = list(dict.fromkeys(lead[:1] if order == "oldest" else lead))
    bound = {"thread": thread.id, "me": viewer.id, **{f"lead{n}": i for n, i in enumerate([*lead, 0, 0, 0][:3])}}
    wanted = (sight_of(viewer), _POST, votes, order, PAGE + 1)
    if after:
        bound |= _key(order, after)
        rows = [_post(row) for row in fetch(next_page_statement(*wanted), bound)]
        head: list[PostView] = []
    else:
        found = [_post(row) for row in fetch(first_page_statement(*wanted), bound)]
        head = sorted((p for p in found if p.id in lead), key=lambda p: lead.index(p.id))
        rows = _sorted([p for p in found if p.id not in lead], order)
    page = paging.page(rows, PAGE, lambda p: [p.score, p.seq] if order == "helpful" else [p.seq])
    return paging.Page(_with_comments(viewer, [*head, *page.items], votes, open_post), page.next)


def _key(order: Order, after: str) -> dict[str, int]:
    if order == "oldest":
        return {"seq": paging.decode(after, [int])[0]}
    score, seq = paging.decode(after, [int, int])
    return {"score": score, "seq": seq}


def _sorted(posts: list[PostView], order: Order) -> list[PostView]:
    """A UNION promises no order, so the page's few rows are put in theirs again."""
    return sorted(posts, key=(lambda p: (0, p.seq)) if order == "oldest" else (lambda p: (-p.score, p.seq)))


def _with_comments(
    viewer: Viewer, posts: Sequence[PostView], votes: type[Any] | None, open_post: int
) -> list[PostView]:
    parents = [post.id for post in posts if post.comment_count]
    if not parents:
        return list(posts)
    statement = comments_statement(sight_of(viewer), _POST, votes, COMMENTS, ALL_COMMENTS)
    by_parent: dict[int, list[PostView]] = {}
    for row in fetch(statement, {"parents": parents, "open_post": open_post, "me": viewer.id}):
        comment = _post(row)
        assert comment.parent_id is not None
        by_parent.setdefault(comment.parent_id, []).append(comment)
    return [replace(post, comments=tuple(by_parent.get(post.id, ()))) for post in posts]


def post_view(viewer: Viewer, post_id: int, *, votes: type[Any] | None = None) -> PostView:
    """One post the viewer may read; hidden and missing look the same."""
    query = posts_statement(sight_of(viewer), _POST, votes).join(Thread, Thread.id == Post.thread_id)
    query = query.where(Post.id == post_id, post_is_visible(viewer), thread_is_visible(viewer))
    row = db.session.execute(query, {"me": viewer.id}).first()
    if row is None:
        raise NotFound(text("There is no such post."))
    return _post(row)


def bodies(viewer: Viewer, post_ids: Sequence[int]) -> dict[int, str]:
    """The Markdown of those of these posts that the viewer may read; the caller has found the threads visible."""
    if not post_ids:
        return {}
    rows = db.session.execute(select(Post.id, Post.body).where(Post.id.in_(post_ids), post_is_visible(viewer)))
    return {row.id: row.body for row in rows}


def visible_post(viewer: Viewer, post_id: int, *, lock: bool = False) -> Post:
    """The row of one post the viewer may read, for changing it; hidden and missing look the same."""
    if lock:
        # Everybody locks a thread before its posts, so that no two writers wait for each other for ever.
        of_post = select(Thread.id).join(Post, Post.thread_id == Thread.id).where(Post.id == post_id)
        db.session.execute(of_post.with_for_update(of=Thread))
    query = (
        select(Post)
        .join(Thread, Thread.id == Post.thread_id)
        .where(Post.id == post_id, post_is_visible(viewer), thread_is_visible(viewer))
    )
    post = db.session.scalar(query.with_for_update(of=Post) if lock else query)
    if post is None:
        raise NotFound(text("There is no such post."))
    return post


def visible_thread(viewer: Viewer, thread_id: int, *, lock: bool = False) -> Thread:
    """The row of one thread the viewer may open, for changing it."""
    query = select(Thread).where(Thread.id == thread_id, thread_is_visible(viewer))
    thread = db.session.scalar(query.with_for_update(of=Thread) if lock else query)
    if thread is None:
        raise NotFound(text("There is no such thread."))
    return thread


def post_source(viewer: Viewer, post_id: int) -> tuple[Post, Thread]:
    """A post with its thread, Markdown included, for the edit page."""
    post = visible_post(viewer, post_id)
    return post, visible_thread(viewer, post.thread_id)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a post is shown: its thread, the cursor of its page, and the post whose comments have to be open."""

    thread_id: int
    slug: str
    after: str | None
    open_post: int | None


def place_of(viewer: Viewer, post_id: int) -> Place:
    """The place of a post in its thread when the most helpful replies come first; for `/p/<id>`."""
    chosen = (Thread.accepted_post_id, Thread.official_post_id)
    query = (
        select(Post.id, Post.thread_id, Post.kind, Post.parent_id, Thread.slug, *chosen)
        .join(Thread, Thread.id == Post.thread_id)
        .where(Post.id == post_id, post_is_placed(viewer), thread_is_visible(viewer))
    )
    found = db.session.execute(query).first()
    if found is None:
        raise NotFound(text("There is no such post."))
    is_comment = found.kind == "comment"
    shown = found.parent_id if is_comment else found.id
    lead = [i for i in (found.accepted_post_id, found.official_post_id) if i is not None]
    after = None if found.kind == "opening" or shown in lead else _page_of(viewer, found.thread_id, shown, lead)
    return Place(found.thread_id, found.slug, after, shown if is_comment else None)


def _page_of(viewer: Viewer, thread_id: int, post_id: int, lead: Sequence[int]) -> str | None:
    """The cursor of a page that begins with this reply; None when the first page holds it anyway."""
    own = db.session.execute(select(Post.score, Post.seq, Post.kind).where(Post.id == post_id)).one()
    if own.kind == "opening":
        return None
    before = or_(Post.score > own.score, and_(Post.score == own.score, Post.seq < own.seq))
    count = db.session.scalar(
        select(func.count()).where(
            Post.thread_id == thread_id, Post.kind == "reply", Post.id.not_in(lead), post_is_placed(viewer), before
        )
    )
    return paging.encode([own.score, own.seq - 1]) if (count or 0) >= PAGE else None


def revisions(viewer: Viewer, post_id: int) -> Sequence[RevisionView]:
    """The states of a post's text, the newest first; pending and rejected ones for the author and staff alone."""
    post = visible_post(viewer, post_id)
    query = select(*[getattr(Revision, name) for name in RevisionView.__dataclass_fields__]).where(
        Revision.post_id == post.id
    )
    if not (viewer.is_staff or post.author_id == viewer.id):
        query = query.where(Revision.state.in_(("current", "old")))
    return [RevisionView(*row) for row in db.session.execute(query.order_by(Revision.number.desc()))]


def tags(viewer: Viewer, search: str = "", limit: int = 200) -> Sequence[tuple[str, int, str]]:
    """The tags with the number of threads that carry them, the most used first; none of hidden categories alone."""
    count: Any = Tag.thread_count
    if hidden := unreadable_ids(viewer):
        # Few threads stand in closed categories: taking these away is cheaper than counting the others.
        carried = select(func.count()).select_from(ThreadTag).join(Thread, Thread.id == ThreadTag.thread_id)
        kept_away = carried.where(ThreadTag.tag_id == Tag.id, Thread.category_id.in_(sorted(hidden)))
        count = Tag.thread_count - kept_away.scalar_subquery()
    query = select(Tag.name, count, Tag.description).where(count > 0)
    if search:
        query = query.where(Tag.name.like(search.casefold().replace("%", "").replace("_", "") + "%"))
    return [
        (name, count, about)
        for name, count, about in db.session.execute(query.order_by(count.desc(), Tag.name).limit(limit))
    ]


def plain_start(body_html: str, limit: int = 240) -> str:
    """The beginning of a rendered text without markup; cheap enough for every row of a list."""
    plain = text_of_html(body_html)
    return plain if len(plain) <= limit else plain[: limit - 1].rstrip() + "…"
