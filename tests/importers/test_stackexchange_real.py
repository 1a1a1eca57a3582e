"""A complete dump of a real community, where it is at hand: the numbers it must give, and the time it may take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum.discussion.models import Post, Thread
from forum.importers.stackexchange.load import load
from forum.kit import outbox
from forum.kit.db import db

DUMP = Path(__file__).resolve().parents[3] / "shared" / "data" / "stackexchange" / "bicycles-meta"


@pytest.mark.slow
@pytest.mark.skipif(not DUMP.is_dir(), reason="the real dump is not at ../shared/data/stackexchange/bicycles-meta")
def test_a_real_community_is_carried_over_whole(
    fresh_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = fresh_app()
    # What follows from it is tested on the small dump; here it would only take time.
    monkeypatch.setattr(outbox, "_table", {})
    with app.app_context():
        told = load(DUMP).as_json()
        added = {kind: value["added"] for kind, value in told.items() if kind not in {"seconds", "fidelity"}}
        assert added == {
            "users": 2551,
            "threads": 453,
            "replies": 971,
            "comments": 2448,
            "votes_up": 5066,
            "votes_down": 235,
            "votes_other": 0,
            "accepted": 157,
            "tags": 94,
            "revisions": 2715,
            "links": 182,
            "badges": 6585,
        }
        assert told["votes_up"]["skipped"] == {"post not in dump": 70}
        assert told["votes_down"]["skipped"] == {"post not in dump": 46}
        assert told["accepted"]["skipped"] == {"post not in dump": 1}
        assert told["links"]["skipped"] == {"post not in dump": 7}
        assert told["fidelity"]["consequences_done"] is True
        assert db.session.scalar(select(func.sum(Post.score)).where(Post.kind != "comment")) == 5066 - 235
        assert db.session.scalar(select(func.count()).where(Thread.accepted_post_id.is_not(None))) == 157
        assert db.session.scalar(select(func.sum(Thread.reply_count + Thread.comment_count))) == 971 + 2448
        again = load(DUMP).as_json()
        assert all(again[kind]["added"] == 0 for kind in added)
        assert {kind: again[kind]["existing"] for kind in added} == added
