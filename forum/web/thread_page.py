"""What a thread's page shows: each post with what this viewer may do with it, asked of the policies once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Response, request

from forum.accounts.site import site
from forum.accounts.viewer import Viewer
from forum.discussion.categories import CategoryView, category_by_id, readable_categories
from forum.discussion.policy import may_accept, may_curate, may_delete, may_edit, may_reply
from forum.discussion.queries import COMMENTS, Order, PostView, ThreadView, plain_start, posts_page
from forum.http import paths
from forum.http.locale import current, dated, today
from forum.http.pages import kept_page
from forum.http.viewer import viewer
from forum.kit.verdicts import Verdict, no
from forum.kit.words import text
from forum.moderation.policy import may_flag
from forum.voting.models import Vote
from forum.voting.policy import may_vote
from forum.web.routing import number

SUMMARY = 160
VISITOR = no(text("Sign in first."))


@dataclass(frozen=True, slots=True)
class Card:
    """A post on the page with the verdicts its buttons need."""

    post: PostView
    vote: Verdict
    edit: Verdict
    delete: Verdict
    accept: Verdict
    flag: Verdict
    is_accepted: bool
    is_official: bool
    is_asker: bool
    comments: Sequence[Card]
    key: Hashable | None = None

    @property
    def more_comments(self) -> int:
        """How many comments the page leaves out."""
        shown = sum(card.post.visibility == "visible" for card in self.comments)
        return max(0, self.post.comment_count - shown) if len(self.comments) == COMMENTS else 0


def show(thread: ThreadView) -> Response:
    """The page of a thread in the order and from the place the address asks for."""
    who = viewer()
    order: Order = "oldest" if request.args.get("sort") == "oldest" else "helpful"
    after = request.args.get("after") or None
    opened = number(request.args.get("open", ""))
    # Whatever a visitor sees of a thread moves its version, the site's, or the calendar.
    kept = (thread.id, thread.version, order, after, opened, today(thread.active_at))
    return kept_page("threads/thread.html", kept, lambda: _values(who, thread, order, after, opened))


def _values(who: Viewer, thread: ThreadView, order: Order, after: str | None, opened: int) -> dict[str, Any]:
    found = posts_page(who, thread, votes=Vote, order=order, after=after, open_post=opened)
    cards = [_card(who, thread, post) for post in found.items]
    if not who.is_member:
        about = _surroundings(thread, order)
        cards = [replace(card, key=_look(about, card.post, thread.accepted_at)) for card in cards]
    category = category_by_id(who, thread.category_id)
    here = paths.thread(thread.id, thread.slug)
    sort = "oldest" if order == "oldest" else None
    return dict(
        thread=thread,
        category=category,
        lead=[card for card in cards if _leads(card, order)],
        replies=[card for card in cards if not _leads(card, order)],
        order=order,
        here_thread=here,
        next_href=paths.with_query(here, sort=sort, after=found.next) if found.next else "",
        first_href=paths.with_query(here, sort=sort) if after else "",
        may_reply=may_reply(who, thread, category, locked=thread.is_locked),
        may_curate=may_curate(who),
        description=_description(cards),
        targets=_targets(who, category),
    )


def _surroundings(thread: ThreadView, order: Order) -> tuple[Hashable, ...]:
    """What the looks of all posts of a thread hang on together."""
    about = (thread.id, thread.slug, thread.kind, thread.author_id, thread.accepted_post_id, thread.accepted_at)
    return (about, thread.official_post_id, thread.is_locked, order, current())


def _look(about: tuple[Hashable, ...], post: PostView, accepted_at: datetime | None) -> Hashable:
    """Everything a visitor's sight of a post hangs on: two equal ones are the same HTML."""
    moments = (accepted_at, post.created_at, *(comment.created_at for comment in post.comments))
    return (post, about, dated(str(about[-1]), *moments))


def _leads(card: Card, order: Order) -> bool:
    """Whether a post stands above the replies: the first one always, the chosen ones while the helpful come first."""
    return card.post.kind == "opening" or (order == "helpful" and (card.is_accepted or card.is_official))


def _card(who: Viewer, thread: ThreadView, post: PostView) -> Card:
    locked = thread.is_locked
    known = who.is_member
    return Card(
        post=post,
        vote=may_vote(who, post, locked=locked) if known else VISITOR,
        edit=may_edit(who, post, locked=locked) if known else VISITOR,
        delete=may_delete(who, post, reply_count=thread.reply_count) if known else VISITOR,
        accept=may_accept(who, thread, post) if known else VISITOR,
        flag=may_flag(who, post, trust_min=site()["flag_trust_min"]) if known else VISITOR,
        is_accepted=post.id == thread.accepted_post_id,
        is_official=post.id == thread.official_post_id,
        is_asker=post.author_id is not None and post.author_id == thread.author_id,
        comments=[_card(who, thread, comment) for comment in post.comments],
    )


def _description(cards: Sequence[Card]) -> str:
    """The beginning of the question, for search engines and previews."""
    first = cards[0].post if cards else None
    return plain_start(first.body_html[: SUMMARY * 8], SUMMARY) if first and first.kind == "opening" else ""


def _targets(who: Viewer, present: CategoryView) -> list[CategoryView]:
    """Where a moderator may move the thread."""
    return [c for c in readable_categories(who) if c.id != present.id and not c.is_archived] if who.is_staff else []
