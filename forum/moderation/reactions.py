"""What follows in moderation itself: judged reports enter the log of participation, withdrawn texts leave the queue."""

from __future__ import annotations

from forum.kit import outbox
from forum.kit.outbox import ActorRef, Recorded, Subject
from forum.moderation import cases, flags
from forum.moderation.events import FlagsDecided
from forum.moderation.service import VERDICTS


def record_judged_flags(event: Recorded) -> None:
    """Once a decision can no longer be taken back unseen, the reports it was made on count as judged."""
    case_id, of_round, outcome = event.props["case"], event.props["round"], event.props["outcome"]
    if not flags.reporters(case_id, of_round):
        return
    by = ActorRef(event.actor_key, "staff", is_mod=event.is_mod)
    about = Subject(thread=event.thread, post=event.post, category=event.category, lang=event.lang)
    outbox.record(FlagsDecided(by=by, about=about, at=event.at, source="web", outcome=VERDICTS[outcome]))


def leave_queue(event: Recorded) -> None:
    """What its author took back needs no decision any more."""
    if event.post is not None and event.props.get("reason") == "author":
        cases.close_withdrawn(event.post)
