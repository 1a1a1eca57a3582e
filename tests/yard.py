"""A community with a secret word in every kind of text that not everybody may see, and people of every kind."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from forum.accounts import service as accounts
from forum.accounts.models import User
from forum.accounts.policy import grantable_scopes
from forum.accounts.viewer import Viewer
from forum.discussion import service
from forum.discussion.inputs import EditInput, ReplyInput, ThreadInput
from forum.discussion.models import Category, Post, Thread
from forum.kit.db import db, transaction
from forum.moderation import cases, flags, publishing
from forum.moderation import service as moderation
from forum.moderation.inputs import DecisionInput, FlagInput
from forum.moderation.models import Case
from tests.people import Browser, People
from tests.walking import Things

BOSS = Viewer(id=0, role="owner", username="boss", name="Boss")
WORD = "lantern"
LINKS = "https://a.example https://b.example https://c.example"
PLACES = ("title", "body", "tag", "reply", "comment")
# A secret is zq, the state of its text, its place, and q again: found in whatever surrounds it.
SECRET = re.compile(r"zq([a-z]+?)(title|body|tag|reply|comment|category)q")
STATES = {
    "held": "held", "hidden": "hidden", "removed": "removed", "blinded": "blinded_kr", "deleted": "author_deleted",
    "erased": "erased",
}  # fmt: skip
STAFF = ("moderator", "manager", "owner")
OUTSIDERS = ("anonymous", "member")
EVERYBODY = (*OUTSIDERS, "author", *STAFF)
# Who may read a text in a state (discussion.visibility); a pending edit is its author's and the staff's.
READERS = {
    "visible": EVERYBODY,
    **dict.fromkeys(("held", "hidden", "removed", "blinded", "pending"), ("author", *STAFF)),
    "deleted": STAFF,
    "closed": STAFF,
    "erased": (),
}
# What people say about a text: a report's note, a decision's words for the author, and those for colleagues.
NOTES = {"report": STAFF, "verdict": ("author", *STAFF), "memo": STAFF}
READERS |= NOTES


def secret(state: str, place: str) -> str:
    return f"zq{state}{place}q"


def found(text: str) -> set[tuple[str, str]]:
    """The secrets in a text, as state and place."""
    return set(SECRET.findall(text))


@dataclass
class Yard:
    """A community with people, public things, and what is planted later."""

    app: Flask
    people: People
    viewers: dict[str, Viewer] = field(default_factory=dict)
    browsers: dict[str, Browser] = field(default_factory=dict)
    keys: dict[str, dict[str, str]] = field(default_factory=dict)
    public: Things = field(default_factory=lambda: Things(word=WORD))
    planted: Things = field(default_factory=lambda: Things(word=WORD))
    post_ids: dict[str, list[int]] = field(default_factory=dict)

    def get(self, who: str, path: str) -> TestResponse:
        """Ask as somebody, with the key at the door of the API."""
        headers = self.keys.get(who, {}) if path.startswith("/api/") else {}
        return self.browsers[who].get(path, headers=headers)

    def everything(self) -> Things:
        """Public and planted things together."""
        public, planted = self.public, self.planted
        return replace(
            public,
            threads=[*public.threads, *planted.threads],
            posts=[*public.posts, *planted.posts],
            categories=[*public.categories, *planted.categories],
            category_ids=[*public.category_ids, *planted.category_ids],
            tags=[*public.tags, *planted.tags],
            cases=planted.cases,
            decisions=planted.decisions,
        )


def make_yard(app: Flask, people: People) -> Yard:
    """People of every kind, two public threads with a visible word in them."""
    people.settings(search_per_minute_guest=100000, search_per_minute_member=100000, threads_per_day=1000,
                    threads_first_day=1000, replies_first_day=1000, undo_seconds=0)  # fmt: skip
    here = Yard(app, people)
    slug = people.category("General")
    roles = {"member": "member", "author": "member", **{role: role for role in STAFF}}
    names = {"member": "mia", "author": "ada", "moderator": "mod", "manager": "max", "owner": "olga"}
    here.viewers = {who: people.user(names[who], role=role) for who, role in roles.items()}
    here.browsers = {who: people.browser(here.viewers.get(who)) for who in EVERYBODY}
    with app.app_context(), transaction():
        for who, viewer in here.viewers.items():
            key = accounts.create_api_key(viewer.id or 0, grantable_scopes(viewer))
            here.keys[who] = {"Authorization": f"Bearer {key}"}
    mia, ada = here.viewers["member"], here.viewers["author"]
    title, body, tag = (secret("visible", place) for place in PLACES[:3])
    own, opening = people.thread(ada, slug, title=f"A {WORD} {title}", body=f"The {WORD} {body}.", tags=[tag, "hub"])
    others, question = people.thread(mia, slug, title=f"Which {WORD} is best?", body=f"Any {WORD} will do for me.")
    reply = people.reply(ada, others, f"This {WORD} {secret('visible', 'reply')}.")
    comment = people.reply(ada, others, f"The {WORD} {secret('visible', 'comment')}.", parent_id=reply)
    people.reply(mia, own, f"My {WORD} is another one.")
    people.drain()
    here.public = replace(
        here.public, threads=[own, others], posts=[opening, question, reply, comment], categories=[slug],
        category_ids=[1], tags=[tag, "hub"], people=list(names.values()),
        people_ids=[viewer.id or 0 for viewer in here.viewers.values()],
    )  # fmt: skip
    return here


def plant(yard: Yard) -> None:
    """Write a text of every kind through the services, public at first where it can be, so that the index knows it."""
    for state in STATES:
        _plant_posts(yard, state)
    _plant_pending(yard)
    _plant_closed(yard)


def conceal(yard: Yard) -> None:
    """Bring each text into its state; the index still knows it until somebody drains."""
    _decide(yard, yard.post_ids["removed"][0])
    with yard.app.app_context(), transaction() as session:
        for name, state in STATES.items():
            for post_id in yard.post_ids[name]:
                post = session.get_one(Post, post_id)
                service.set_visibility(BOSS, session.get_one(Thread, post.thread_id), post, state, reason="test")
        yard.planted.cases = list(session.scalars(select(Case.id)))


def _decide(yard: Yard, post_id: int) -> None:
    """Let somebody report a post and the moderator remove it, each with words for some eyes only."""
    eve, moderator = yard.people.user("eve"), yard.viewers["moderator"]
    with yard.app.app_context():
        with transaction() as session:
            flags.flag(eve, post_id, FlagInput(reason="spam", note=f"{WORD} {secret('report', 'body')}"))
            case = session.scalars(select(Case).where(Case.target_id == post_id)).one()
            version, case_id = case.version, case.id
            judged = cases.judged_revision(session.get_one(Post, post_id))
        given = DecisionInput(
            outcome="remove", reason_code="spam", expected_version=version, idem_key="walked along",
            target_revision_id=judged.id if judged else None,
            note_author=f"{WORD} {secret('verdict', 'body')}", note_internal=f"{WORD} {secret('memo', 'body')}",
        )  # fmt: skip
        with transaction():
            yard.planted.decisions.append(moderation.decide(moderator, case_id, given, None).decision.id)


def _plant_posts(yard: Yard, state: str) -> None:
    """A thread of the author, and a reply and a comment of the author in somebody else's thread."""
    author = _author(yard, state)
    extra = LINKS if state == "held" else ""
    words = {place: f"{WORD} {secret(state, place)} {extra}" for place in PLACES}
    others = yard.public.threads[1]
    title, tag = f"{WORD} {secret(state, 'title')}", secret(state, "tag")
    thread, opening = _publish(
        yard, author, ThreadInput(category="general", title=title, body=words["body"], tags=[tag, "hub"])
    )
    _, reply = _publish(yard, author, ReplyInput(thread_id=others, body=words["reply"]))
    _, comment = _publish(
        yard, author, ReplyInput(thread_id=others, body=words["comment"], parent_id=yard.public.posts[2])
    )
    yard.post_ids[state] = [opening, reply, comment]
    yard.planted.threads.append(thread)
    yard.planted.posts += yard.post_ids[state]
    yard.planted.tags.append(tag)


def _author(yard: Yard, state: str) -> Viewer:
    """The author, of whom a text with links is held when they are new."""
    trust = 0 if state in {"held", "pending"} else 1
    author = yard.viewers["author"]
    with yard.app.app_context(), transaction() as session:
        session.execute(update(User).where(User.id == author.id).values(trust=trust))
    return replace(author, trust=trust)


def _publish(yard: Yard, author: Viewer, given: ThreadInput | ReplyInput | EditInput) -> tuple[int, int]:
    with yard.app.app_context():
        prepared = publishing.prepare(author, given)
        with transaction():
            published = publishing.publish(prepared)
            assert published.is_held is (author.trust == 0)
            return published.thread.id, published.post.id


def _plant_pending(yard: Yard) -> None:
    """An edit that waits for review: text, title and tags."""
    words = {place: f"{WORD} {secret('pending', place)}" for place in PLACES}
    post = yard.public.posts[0]
    given = EditInput(
        post_id=post, version=1, title=words["title"], body=f"{words['body']} {LINKS}", tags=[secret("pending", "tag")]
    )
    _publish(yard, _author(yard, "pending"), given)
    _author(yard, "")


def _plant_closed(yard: Yard) -> None:
    """A category for the staff alone, with a thread of the moderator's that also carries a public tag."""
    name = secret("closed", "category")
    slug = yard.people.category(f"Inner {name}", description=f"About {name}", read_role="staff")
    staff = yard.viewers["moderator"]
    given: dict[str, Any] = {place: f"{WORD} {secret('closed', place)}" for place in ("title", "body")}
    thread, opening = yard.people.thread(staff, slug, tags=[secret("closed", "tag"), "hub"], **given)
    reply = yard.people.reply(staff, thread, f"{WORD} {secret('closed', 'reply')}")
    comment = yard.people.reply(staff, thread, f"{WORD} {secret('closed', 'comment')}", parent_id=reply)
    yard.planted.threads.append(thread)
    yard.planted.posts += [opening, reply, comment]
    yard.planted.tags.append(secret("closed", "tag"))
    yard.planted.categories.append(slug)
    with yard.app.app_context():
        yard.planted.category_ids += db.session.scalars(select(Category.id).where(Category.slug == slug))
        db.session.remove()
