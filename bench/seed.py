"""Fills a scratch data folder with a community: threads of twenty posts, one of them with comments, and its index."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from config import Config
from forum import create_app
from forum.accounts import service as accounts
from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.discussion import curation
from forum.discussion.inputs import CategoryInput
from forum.discussion.models import Category, Post, Tag, Thread, ThreadTag
from forum.kit.db import db, transaction
from forum.kit.text import PIPELINE_VERSION, render, skeleton
from forum.search import service as search

USERS, POSTS, COMMENTS = 100, 20, 24
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
BOSS = Viewer(id=0, role="owner", username="boss", name="Boss")
WORDS = [
    "valve",
    "hub",
    "chain",
    "rim",
    "spoke",
    "brake",
    "lever",
    "cable",
    "saddle",
    "frame",
    "fork",
    "wheel",
    "tyre",
    "pedal",
    "crank",
    "gear",
    "derailleur",
    "grease",
    "oil",
    "torque",
    "wrench",
    "noise",
    "creak",
    "loose",
    "tight",
    "worn",
    "replace",
    "adjust",
    "clean",
    "measure",
    "turn",
    "left",
    "right",
    "after",
    "before",
    "rain",
    "ride",
]
# One word of its own in the title of each thread.
RARE = "model"
NO_LIMITS: dict[str, object] = {
    "is_set_up": True,
    "post_seconds": 0,
    "post_seconds_new": 0,
    "search_per_minute_guest": 100_000,
    "search_per_minute_member": 100_000,
}


@dataclass(frozen=True, slots=True)
class Seeded:
    """What the measurements need to know about the community."""

    app: Flask
    threads: list[str]
    thread_ids: list[int]
    commented: str
    usernames: list[str]
    member_ids: list[int]


def seed(config: Config, threads: int) -> Seeded:
    """Make the database, its people and threads, and the index; the same every time."""
    app, chance = create_app(config), random.Random(1)
    with app.app_context():
        upgrade()
        with transaction():
            accounts.change_settings(BOSS, NO_LIMITS)
            for name in ("General", "Repairs", "Riding", "Market"):
                curation.create_category(BOSS, CategoryInput(name=name, description=f"All about {name.lower()}."))
        texts = [(body := _text(chance), render(body)) for _ in range(60)]
        with transaction() as session:
            _people(session)
            _threads(session, chance, threads, texts)
            _count(session)
        search.rebuild()
        ids = list(db.session.scalars(select(Thread.id).order_by(Thread.id)))
        slugs = dict(db.session.execute(select(Thread.id, Thread.slug)).all())  # type: ignore[arg-type]  # rows are pairs
        names = list(db.session.scalars(select(User.username).order_by(User.id)))
        db.session.remove()
        db.engine.dispose()
    paths = [f"/t/{i}/{slugs[i]}" for i in ids]
    return Seeded(app, paths[1:], ids[1:], paths[0], names, list(range(1, USERS + 1)))


def _people(session: Session) -> None:
    session.execute(
        insert(User),
        [
            {
                "id": n, "username": f"rider{n}", "username_skeleton": skeleton(f"rider{n}"), "role": "member",
                "display_name": f"Rider Number {n}", "email": f"rider{n}@example.com", "trust": 2, "created_at": FIRST,
            }
            for n in range(1, USERS + 1)
        ],
    )  # fmt: skip


def _threads(session: Session, chance: random.Random, threads: int, texts: list[tuple[str, str]]) -> None:
    """All rows in a few statements; the first thread carries comments under its first posts."""
    tags = [{"id": n, "name": word, "description": ""} for n, word in enumerate(WORDS[:20], 1)]
    numbers, rows = count(1), {"threads": [], "posts": [], "tags": []}  # type: ignore[var-annotated]  # lists of rows
    for n in range(1, threads + 1):
        at = FIRST + timedelta(hours=n)
        opening = next(numbers)
        chosen = chance.sample(tags, 2)
        rows["threads"].append(_thread(chance, n, at, opening, [tag["name"] for tag in chosen]))
        rows["tags"] += [{"tag_id": tag["id"], "thread_id": n} for tag in chosen]
        ids = [opening, *(next(numbers) for _ in range(POSTS - 1))]
        for seq, post_id in enumerate(ids, 1):
            kind = "opening" if seq == 1 else "reply"
            rows["posts"].append(
                _post(chance, texts, id=post_id, thread_id=n, seq=seq, kind=kind, parent_id=None, at=at)
            )
        for seq in range(POSTS + 1, POSTS + 1 + (COMMENTS if n == 1 else 0)):
            place = {"id": next(numbers), "thread_id": n, "seq": seq, "kind": "comment", "parent_id": ids[seq % 8]}
            rows["posts"].append(_post(chance, texts, at=at, **place))
    session.execute(insert(Tag), tags)
    for model, name in ((Thread, "threads"), (Post, "posts"), (ThreadTag, "tags")):
        session.execute(insert(model), rows[name])


def _text(chance: random.Random) -> str:
    """Three paragraphs of about 180 characters."""
    return "\n\n".join(" ".join(chance.choices(WORDS, k=32)).capitalize() + "." for _ in range(3))


def _thread(chance: random.Random, n: int, at: datetime, opening: int, tags: list[Any]) -> dict[str, Any]:
    title = " ".join(chance.choices(WORDS, k=6)).capitalize()
    author = chance.randint(1, USERS)
    return {
        "id": n, "category_id": n % 4 + 1, "kind": ("question", "question", "discussion", "idea")[n % 4],
        "title": f"{title} {RARE}{n}?", "slug": f"{title.lower().replace(' ', '-')}-{n}", "lang": "en", "author_id": author,
        "author_name": f"Rider Number {author}", "visibility": "visible", "created_at": at, "opening_post_id": opening,
        "active_at": at + timedelta(minutes=POSTS), "last_poster_id": 1, "last_poster_name": "Rider Number 1",
        "first_reply_at": at + timedelta(minutes=1), "next_seq": POSTS + COMMENTS + 1, "tag_names": tags,
        "reply_count": POSTS - 1, "comment_count": COMMENTS if n == 1 else 0,
        "accepted_post_id": opening + 3 if n % 3 == 0 else None, "score": chance.randint(0, 40),
    }  # fmt: skip


def _post(chance: random.Random, texts: list[Any], *, at: datetime, **place: Any) -> dict[str, Any]:
    author, (body, html) = chance.randint(1, USERS), chance.choice(texts)
    return {
        **place, "author_id": author, "author_name": f"Rider Number {author}", "body": body, "body_html": html,
        "pipeline_version": PIPELINE_VERSION, "fingerprint": f"{place['id']:064x}", "lang": "en",
        "visibility": "visible", "score": chance.randint(0, 30), "created_at": at + timedelta(minutes=place["seq"]),
    }  # fmt: skip


def _count(session: Session) -> None:
    """Counters as the services would have left them."""
    comments = (
        select(func.count()).select_from(child := Post.__table__.alias()).where(child.c.parent_id == Post.id)
    ).scalar_subquery()
    session.execute(update(Post).where(Post.kind != "comment").values(comment_count=comments))
    for model, key in ((Category, Thread.category_id), (User, Thread.author_id)):
        threads = select(func.count()).where(key == model.id).correlate(model).scalar_subquery()
        session.execute(update(model).values(thread_count=threads))
    carried = select(func.count()).where(ThreadTag.tag_id == Tag.id).correlate(Tag).scalar_subquery()
    session.execute(update(Tag).values(thread_count=carried))
    if session.get_bind().dialect.name == "postgresql":
        for model in (User, Tag, Thread, Post):
            last = select(func.max(model.id)).scalar_subquery()
            session.execute(select(func.setval(f'"{model.__tablename__}_id_seq"', last)))
