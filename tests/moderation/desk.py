"""A moderator's desk for tests: reporting, deciding and taking back, as the doors do it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from forum.accounts.viewer import Viewer
from forum.discussion.inputs import EditInput
from forum.discussion.models import Post
from forum.kit import clock
from forum.kit.db import db, transaction
from forum.kit.outbox import EventRow
from forum.moderation import publishing, service, undoing
from forum.moderation.cases import judged_revision
from forum.moderation.flags import Receipt, flag
from forum.moderation.inputs import DecisionInput, FlagInput
from forum.moderation.models import Case, Decision, Signal
from forum.moderation.undoing import Reverted
from forum.notifications.models import Notification
from tests.people import People


class Desk:
    """What happens in moderation, by hand."""

    def __init__(self, app: Flask, people: People) -> None:
        self.app, self.people = app, people

    def report(self, viewer: Viewer, post_id: int, reason: str = "spam", note: str = "") -> Receipt:
        """Somebody reports a post."""
        with self.app.app_context(), transaction():
            return flag(viewer, post_id, FlagInput(reason=reason, note=note))  # type: ignore[arg-type]  # one of the kinds

    def seen(self, case_id: int) -> dict[str, Any]:
        """A case as a moderator has it before them."""
        with self.app.app_context():
            case = db.session.get_one(Case, case_id)
            revision = judged_revision(db.session.get_one(Post, case.target_id))
            return {"expected_version": case.version, "target_revision_id": revision.id if revision else None}

    def decide(self, viewer: Viewer, case_id: int, outcome: str, **given: Any) -> Decision:
        """A moderator decides, about the case as it is unless the test says how it was seen."""
        values = {
            **self.seen(case_id),
            "outcome": outcome,
            "reason_code": "spam" if outcome == "remove" else "",
            "idem_key": f"{outcome}-{viewer.username}-{case_id}-{clock.now().timestamp()}",
            **given,
        }
        with self.app.app_context():
            pending = service.prepare_pending(viewer, case_id)
            with transaction():
                return service.decide(viewer, case_id, DecisionInput(**values), pending).decision

    def undo(self, viewer: Viewer, decision_id: int) -> Reverted:
        """A moderator takes a decision back."""
        with self.app.app_context():
            before = undoing.prepare_undo(viewer, decision_id)
            with transaction():
                return undoing.undo(viewer, decision_id, before)

    def edit(self, viewer: Viewer, post_id: int, body: str, **more: Any) -> bool:
        """Somebody edits a post; says whether the edit waits."""
        with self.app.app_context():
            version = db.session.get_one(Post, post_id).version
            prepared = publishing.prepare(viewer, EditInput(post_id=post_id, version=version, body=body, **more))
            with transaction():
                return publishing.publish(prepared).is_held

    def case(self, post_id: int) -> Case:
        """The case about a post."""
        with self.app.app_context():
            return db.session.scalars(select(Case).where(Case.target_id == post_id)).one()

    def post(self, post_id: int) -> Post:
        """A post as it is stored."""
        with self.app.app_context():
            return db.session.get_one(Post, post_id)

    def signals(self, case_id: int) -> list[Signal]:
        """All signals of a case, the oldest first."""
        with self.app.app_context():
            return list(db.session.scalars(select(Signal).where(Signal.case_id == case_id).order_by(Signal.id)))

    def told(self, viewer: Viewer) -> list[str]:
        """The kinds of what somebody was told, the oldest first."""
        with self.app.app_context():
            query = select(Notification.kind).where(Notification.user_id == viewer.id).order_by(Notification.id)
            return list(db.session.scalars(query))

    def events(self, kind: str) -> list[dict[str, Any]]:
        """What the log of participation knows of a kind of fact."""
        with self.app.app_context():
            query = select(EventRow.props).where(EventRow.type == kind).order_by(EventRow.event_id)
            return list(db.session.scalars(query))

    def count(self, model: Any) -> int:
        """The number of rows of a table."""
        with self.app.app_context():
            return db.session.scalar(select(func.count()).select_from(model)) or 0

    @contextmanager
    def later(self, seconds: float) -> Iterator[None]:
        """Some time has passed inside the block."""
        with clock.shifted(timedelta(seconds=seconds)):
            yield

    def settle(self) -> None:
        """Let everything that follows happen, what is held back included."""
        with self.later(31):
            self.people.drain()
