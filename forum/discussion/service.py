"""Changing discussions: starting threads, replying, revising, deleting, accepting; moderation alone publishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, or_, select, update

from forum.accounts.models import User
from forum.accounts.viewer import Viewer, actor_key
from forum.discussion.categories import category_by_id
from forum.discussion.events import (
    AnswerAccepted,
    AnswerUnaccepted,
    PostEdited,
    PostRemoved,
    ReplyCreated,
    ThreadCreated,
    ThreadRemoved,
)
from forum.discussion.inputs import EditInput, ReplyInput, ThreadInput
from forum.discussion.models import Category, Post, Revision, Tag, Thread, ThreadTag
from forum.discussion.policy import may_accept, may_delete, may_edit, may_reply, may_start_thread
from forum.discussion.queries import visible_post, visible_thread
from forum.discussion.screening import Screening
from forum.kit import clock, outbox
from forum.kit.db import db
from forum.kit.errors import Conflict, Invalid, NotFound
from forum.kit.outbox import Subject
from forum.kit.text import slugify
from forum.kit.verdicts import require
from forum.kit.words import text


@dataclass(frozen=True, slots=True)
class Written:
    """A text as it is stored: its source, what was rendered from it, and how it was screened."""

    body: str
    html: str
    lang: str
    fingerprint: str
    pipeline_version: int
    screening: Screening


def start_thread(viewer: Viewer, given: ThreadInput, written: Written, category_id: int) -> Post:
    """Create the thread with its opening post; held when the screening says so. Returns the opening post."""
    category = category_by_id(viewer, category_id)
    require(may_start_thread(viewer, category))
    now, held = clock.now(), written.screening.action == "hold"
    thread = Thread(
        category_id=category.id,
        kind=given.kind,
        title=given.title,
        slug=slugify(given.title),
        lang=written.lang,
        author_id=viewer.id,
        author_name=viewer.name,
        visibility="held" if held else "visible",
        created_at=now,
        active_at=now,
        last_poster_id=viewer.id,
        last_poster_name=viewer.name,
        tag_names=list(given.tags),
        next_seq=2,
    )
    db.session.add(thread)
    db.session.flush()
    post = _add_post(viewer, written, Post(thread_id=thread.id, kind="opening", seq=1, created_at=now))
    thread.opening_post_id = post.id
    _add_revision(viewer, post, Revision(number=1, body=written.body, title=given.title, tag_names=list(given.tags)))
    if not held:
        _thread_appears(thread)
    outbox.record(
        ThreadCreated(
            by=viewer.actor,
            about=about(thread, post),
            source=viewer.source,
            kind=given.kind,
            pending=held or None,
        )
    )
    return post


def reply(viewer: Viewer, given: ReplyInput, written: Written) -> Post:
    """Add a reply, or a comment when the input names a parent; held when the screening says so."""
    thread = visible_thread(viewer, given.thread_id, lock=True)
    require(may_reply(viewer, thread, category_by_id(viewer, thread.category_id), locked=thread.locked_at is not None))
    parent, answered = _parent(viewer, thread, given.parent_id)
    now, held = clock.now(), written.screening.action == "hold"
    place = Post(thread_id=thread.id, kind="comment" if parent else "reply", seq=thread.next_seq, created_at=now)
    place.parent_id = parent.id if parent else None
    post = _add_post(viewer, written, place)
    thread.next_seq += 1
    _add_revision(viewer, post, Revision(number=1, body=written.body))
    if not held:
        post_appears(thread, post)
    outbox.record(
        ReplyCreated(
            by=viewer.actor,
            about=about(thread, post, target=actor_key(answered) if answered else None),
            source=viewer.source,
            comment=True if parent else None,
            pending=held or None,
        )
    )
    return post


def _parent(viewer: Viewer, thread: Thread, parent_id: int | None) -> tuple[Post | None, int | None]:
    """The post a comment hangs under and whose author it answers; a comment on a comment hangs beside it."""
    if parent_id is None:
        return None, thread.author_id
    parent = visible_post(viewer, parent_id)
    if parent.thread_id != thread.id:
        raise NotFound(text("There is no such post."))
    answered = parent.author_id
    if parent.kind == "comment":
        assert parent.parent_id is not None
        parent = visible_post(viewer, parent.parent_id)
    return parent, answered


def _add_post(viewer: Viewer, written: Written, post: Post) -> Post:
    """Fill a post that knows its place with its author and text, and store it."""
    post.author_id, post.author_name = viewer.id, viewer.name
    post.body, post.body_html, post.pipeline_version = written.body, written.html, written.pipeline_version
    post.fingerprint, post.lang = written.fingerprint, written.lang
    post.visibility = "held" if written.screening.action == "hold" else "visible"
    db.session.add(post)
    db.session.flush()
    return post


def _add_revision(viewer: Viewer, post: Post, revision: Revision) -> Revision:
    """Store a state of a post's text under its editor; it is the current one unless it says otherwise."""
    revision.post_id, revision.state = post.id, revision.state or "current"
    revision.editor_id, revision.editor_name, revision.created_at = viewer.id, viewer.name, clock.now()
    db.session.add(revision)
    db.session.flush()
    return revision


def about(thread: Thread, post: Post | None = None, target: str | None = None) -> Subject:
    """What an event is about, as it is at this moment."""
    return Subject(
        thread=thread.id,
        post=None if post is None else post.id,
        category=thread.category_id,
        lang=thread.lang if post is None else post.lang,
        target=target,
    )


def _thread_appears(thread: Thread) -> None:
    """Count a thread that became public."""
    _count_thread(thread, +1)
    set_tags(thread, thread.tag_names)


def _count_thread(thread: Thread, step: int) -> None:
    db.session.execute(
        update(Category).where(Category.id == thread.category_id).values(thread_count=Category.thread_count + step)
    )
    if thread.author_id is not None:
        db.session.execute(
            update(User).where(User.id == thread.author_id).values(thread_count=User.thread_count + step)
        )


def set_tags(thread: Thread, names: Sequence[str]) -> None:
    """Let a thread carry exactly these tags, making new ones; a tag counts public threads alone."""
    before = set(db.session.scalars(select(ThreadTag.tag_id).where(ThreadTag.thread_id == thread.id)))
    ids = [_tag_id(name) for name in names] if thread.visibility == "visible" else []
    gone, new = before - set(ids), [i for i in ids if i not in before]
    db.session.execute(delete(ThreadTag).where(ThreadTag.thread_id == thread.id, ThreadTag.tag_id.in_(gone)))
    if new:
        db.session.execute(insert(ThreadTag), [{"thread_id": thread.id, "tag_id": tag_id} for tag_id in new])
    for tag_ids, step in ((gone, -1), (set(new), +1)):
        db.session.execute(update(Tag).where(Tag.id.in_(tag_ids)).values(thread_count=Tag.thread_count + step))
    thread.tag_names = list(names)


def _tag_id(name: str) -> int:
    tag = db.session.scalar(select(Tag).where(Tag.name == name))
    if tag is None:
        tag = Tag(name=name)
        db.session.add(tag)
        db.session.flush()
    return tag.id


def post_appears(thread: Thread, post: Post) -> None:
    """Count a reply or comment that became public and let the thread rise."""
    recount(thread, post)
    if post.author_id is not None and post.kind == "reply":
        db.session.execute(update(User).where(User.id == post.author_id).values(reply_count=User.reply_count + 1))
    if post.created_at >= thread.active_at:
        thread.active_at, thread.last_poster_id, thread.last_poster_name = (
            post.created_at,
            post.author_id,
            post.author_name,
        )
    is_anothers = post.author_id != thread.author_id
    if is_anothers and (thread.first_reply_at is None or post.created_at < thread.first_reply_at):
        thread.first_reply_at = post.created_at


def recount(thread: Thread, post: Post) -> None:
    """Count replies and comments again in SQL, so that a wrong number heals itself."""
    db.session.flush()
    public = (Post.thread_id == thread.id, Post.visibility == "visible")
    thread.reply_count = db.session.scalar(select(func.count()).where(*public, Post.kind == "reply")) or 0
    if post.kind == "comment":
        thread.comment_count = db.session.scalar(select(func.count()).where(*public, Post.kind == "comment")) or 0
        siblings = (
            select(func.count()).where(Post.parent_id == post.parent_id, Post.visibility == "visible").correlate(None)
        )
        db.session.execute(
            update(Post).where(Post.id == post.parent_id).values(comment_count=siblings.scalar_subquery())
        )


def revise(viewer: Viewer, given: EditInput, written: Written) -> tuple[Post, Revision]:
    """Store a new text; a held edit waits as a pending revision while the old text stays public.

    Raises Conflict with both texts when somebody else changed the post meanwhile.
    """
    post = visible_post(viewer, given.post_id, lock=True)
    thread = visible_thread(viewer, post.thread_id, lock=True)
    require(may_edit(viewer, post, locked=thread.locked_at is not None))
    if post.version != given.version:
        raise stale(post, given.body)
    last = db.session.scalar(select(func.max(Revision.number)).where(Revision.post_id == post.id)) or 0
    revision = Revision(number=last + 1, body=written.body, comment=given.comment)
    if post.kind == "opening":
        revision.title, revision.tag_names = given.title, given.tags
    pending = written.screening.action == "hold" and post.visibility == "visible"
    revision.state = "pending" if pending else "current"
    _add_revision(viewer, post, revision)
    if not pending:
        apply_revision(thread, post, revision, written)
    outbox.record(PostEdited(by=viewer.actor, about=about(thread, post), source=viewer.source, pending=pending or None))
    return post, revision


def stale(post: Post, yours: str) -> Conflict:
    """The refusal of an edit that started from an older text; both texts are in it, so nothing is lost."""
    return Conflict(
        text("Somebody changed this post while you were writing. Both texts are below."),
        extra={"current": {"version": post.version, "body": post.body}, "yours": {"body": yours}},
    )


def apply_revision(thread: Thread, post: Post, revision: Revision, written: Written) -> None:
    """Make a revision the current text of its post."""
    db.session.execute(
        update(Revision)
        .where(Revision.post_id == post.id, Revision.state == "current", Revision.id != revision.id)
        .values(state="old")
    )
    revision.state = "current"
    post.body, post.body_html, post.pipeline_version = written.body, written.html, written.pipeline_version
    post.fingerprint, post.lang = written.fingerprint, written.lang
    post.edited_at, post.version = clock.now(), post.version + 1
    if revision.title is not None:
        thread.title, thread.slug = revision.title, slugify(revision.title)
    if revision.tag_names is not None:
        set_tags(thread, revision.tag_names)


def delete_post(viewer: Viewer, post_id: int) -> Post:
    """Take back an own post; what hangs under it stays behind a tombstone."""
    post = visible_post(viewer, post_id, lock=True)
    thread = visible_thread(viewer, post.thread_id, lock=True)
    require(may_delete(viewer, post, reply_count=thread.reply_count))
    set_visibility(viewer, thread, post, "author_deleted", reason="author")
    return post


def set_visibility(viewer: Viewer, thread: Thread, post: Post, state: str, *, reason: str) -> None:
    """Move a post between states and count again what depends on it; callers have asked the policy."""
    before, post.visibility = post.visibility, state
    if before == state:
        return
    was_public, is_public = before == "visible", state == "visible"
    if post.kind == "opening":
        thread.visibility = state
        if was_public != is_public:
            _count_thread(thread, +1 if is_public else -1)
            set_tags(thread, thread.tag_names)
    elif is_public:
        post_appears(thread, post)
    elif was_public:
        _disappears(thread, post)
    if was_public and not is_public:
        event = ThreadRemoved if post.kind == "opening" else PostRemoved
        outbox.record(event(by=viewer.actor, about=about(thread, post), source=viewer.source, reason=reason))


def _disappears(thread: Thread, post: Post) -> None:
    recount(thread, post)
    if post.author_id is not None and post.kind == "reply":
        db.session.execute(update(User).where(User.id == post.author_id).values(reply_count=User.reply_count - 1))
    if thread.accepted_post_id == post.id:
        _set_accepted(thread, None)
    last = db.session.execute(
        select(Post.created_at, Post.author_id, Post.author_name)
        .where(Post.thread_id == thread.id, or_(Post.visibility == "visible", Post.kind == "opening"))
        .order_by(Post.created_at.desc(), Post.seq.desc())
        .limit(1)
    ).first()
    if last is not None:
        thread.active_at, thread.last_poster_id, thread.last_poster_name = last
    thread.first_reply_at = db.session.scalar(
        select(func.min(Post.created_at)).where(
            Post.thread_id == thread.id,
            Post.visibility == "visible",
            Post.kind != "opening",
            Post.author_id.is_distinct_from(thread.author_id),
        )
    )


def accept_answer(viewer: Viewer, thread_id: int, post_id: int) -> Thread:
    """Mark the reply that solved it, instead of any other; accepting it again changes nothing."""
    thread = visible_thread(viewer, thread_id, lock=True)
    post = visible_post(viewer, post_id)
    if post.thread_id != thread.id:
        raise Invalid(
            text("That reply stands in another thread."),
            fields={"post_id": text("Choose a reply of this thread.")},
        )
    require(may_accept(viewer, thread, post))
    if thread.accepted_post_id == post.id:
        return thread
    if thread.accepted_post_id is not None:
        unaccept_answer(viewer, thread_id)
    _set_accepted(thread, post)
    target = actor_key(post.author_id) if post.author_id else None
    outbox.record(AnswerAccepted(by=viewer.actor, about=about(thread, post, target=target), source=viewer.source))
    return thread


def unaccept_answer(viewer: Viewer, thread_id: int) -> Thread:
    """Take the choice back; without one nothing changes."""
    thread = visible_thread(viewer, thread_id, lock=True)
    if thread.accepted_post_id is None:
        return thread
    post = db.session.get_one(Post, thread.accepted_post_id)
    require(may_accept(viewer, thread, post))
    _set_accepted(thread, None)
    outbox.record(AnswerUnaccepted(by=viewer.actor, about=about(thread, post), source=viewer.source))
    return thread


def _set_accepted(thread: Thread, post: Post | None) -> None:
    before = thread.accepted_post_id
    thread.accepted_post_id, thread.accepted_at = (post.id, clock.now()) if post else (None, None)
    for post_id, step in ((before, -1), (post.id if post else None, +1)):
        if post_id is not None:
            author = select(Post.author_id).where(Post.id == post_id).scalar_subquery()
            db.session.execute(update(User).where(User.id == author).values(accepted_count=User.accepted_count + step))
