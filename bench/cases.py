"""Fills the review queue of a seeded community with thousands of cases, in a thread that no visitor sees."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import func, insert, select

from bench.people import Member, sign_in
from forum.accounts import service as accounts
from forum.accounts.models import User
from forum.discussion.models import Post, Revision, Thread
from forum.kit import clock
from forum.kit.db import db, transaction
from forum.kit.text import PIPELINE_VERSION
from forum.moderation.models import Case, Signal
from forum.moderation.scoring import rescore_pending

CASES = 5000
TEXT = "<p>" + "The valve does not close any more, and it hisses all the time. " * 8 + "</p>"


def fill(app: Flask) -> Member:
    """Half of the cases are held, half reported, each with its age; returns a moderator who may look at them."""
    now = clock.now()
    with app.app_context():
        with transaction() as session:
            moderator = accounts.create_user("minseo", "minseo@example.com", "moderator", None)
            session.flush()
            mod_id = moderator.id
            thread = (session.scalar(select(func.max(Thread.id))) or 0) + 1
            first = (session.scalar(select(func.max(Post.id))) or 0) + 1
            about = {
                "kind": "question",
                "slug": "held",
                "author_id": 1,
                "author_name": "Rider Number 1",
                "tag_names": [],
            }
            place = {
                "id": thread,
                "category_id": 1,
                "title": "Much to look at",
                "visibility": "held",
                "opening_post_id": first,
            }
            session.execute(insert(Thread), [{**about, **place, "created_at": now, "active_at": now}])
            session.execute(insert(Post), [_post(thread, first + n, n) for n in range(CASES)])
            states = {"number": 1, "state": "current", "body": TEXT, "editor_name": "", "created_at": now}
            session.execute(insert(Revision), [{"post_id": first + n, **states} for n in range(CASES)])
            session.execute(insert(Case), [_case(first + n, n) for n in range(CASES)])
            cases = session.execute(select(Case.id, Case.kind_top).where(Case.status == "pending")).all()
            session.execute(insert(Signal), [_signal(case.id, case.kind_top) for case in cases])
            rescore_pending()
        if db.engine.dialect.name == "postgresql":
            with transaction() as session:
                for table in (User, Thread, Post, Revision, Case, Signal):
                    name = table.__tablename__
                    sequence = func.pg_get_serial_sequence(f'"{name}"', "id")
                    session.execute(select(func.setval(sequence, select(func.max(table.id)).scalar_subquery())))
        db.session.remove()
        db.engine.dispose()
    return sign_in(app, mod_id)


def _post(thread: int, post_id: int, n: int) -> dict[str, object]:
    return {
        "id": post_id, "thread_id": thread, "seq": n + 1, "kind": "reply" if n else "opening", "parent_id": None,
        "author_id": n % 90 + 1, "author_name": f"Rider Number {n % 90 + 1}", "body": TEXT, "body_html": TEXT,
        "pipeline_version": PIPELINE_VERSION, "fingerprint": f"queue{n:059x}", "lang": "en", "visibility": "held",
        "created_at": clock.now(),
    }  # fmt: skip


def _case(post_id: int, n: int) -> dict[str, object]:
    opened = clock.now() - timedelta(minutes=n)
    return {
        "target_type": "post", "target_id": post_id, "kind_top": "first_post" if n % 2 else "spam", "status": "pending",
        "opened_at": opened, "sla_due_at": opened + timedelta(hours=8 if n % 2 else 12), "author_id": n % 90 + 1,
        "round": 1, "version": 1, "priority": 0.0, "category_id": 1,
    }  # fmt: skip


def _signal(case_id: int, kind: str) -> dict[str, object]:
    is_report = kind == "spam"
    return {
        "case_id": case_id, "round": 1, "source": "user" if is_report else "rule", "actor_id": 91 if is_report else 0,
        "kind": kind, "weight": 1.5, "detail": {}, "status": "pending", "created_at": clock.now(),
    }  # fmt: skip
