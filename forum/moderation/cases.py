"""Cases: one for each target, opened by what intake holds and by what people report, with every reason kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select

from forum.accounts.viewer import Viewer
from forum.discussion.models import Post, Revision, Thread
from forum.discussion.screening import Reason
from forum.kit import clock, outbox
from forum.kit.db import db
from forum.kit.outbox import Subject
from forum.moderation import log
from forum.moderation.events import PostHeld
from forum.moderation.models import Case, Signal
from forum.moderation.scoring import rescore

# Nobody has to decide about a text that its author took back.
GONE = ("author_deleted", "erased")
Opened = Literal["opened", "reopened", "joined"]


def of_post(post_id: int, *, lock: bool = False) -> Case | None:
    """The case about a post, if there ever was one."""
    query = select(Case).where(Case.target_type == "post", Case.target_id == post_id)
    return db.session.scalar(query.with_for_update() if lock else query)


def open_for(post: Post, thread: Thread, kind: str) -> tuple[Case, Opened]:
    """The pending case of a post: a new one, the decided one in a new round, or the one that waits already."""
    now = clock.now()
    case = of_post(post.id, lock=True)
    if case is None:
        case = Case(
            target_type="post", target_id=post.id, opened_at=now, kind_top=kind, status="pending", round=1, version=1
        )
        db.session.add(case)
        how: Opened = "opened"
    elif case.status in {"decided", "closed"}:
        case.round, case.status, case.outcome, case.version = case.round + 1, "pending", None, case.version + 1
        case.opened_at, case.first_action_at, case.closed_at, case.kind_top = now, None, None, kind
        how = "reopened"
    else:
        how = "joined"
    case.category_id, case.author_id = thread.category_id, post.author_id
    db.session.flush()
    return case, how


def hold(viewer: Viewer, post: Post, thread: Thread, reasons: Sequence[Reason], revision_id: int | None = None) -> Case:
    """Open (or reopen) the case of a held text with every reason as a signal; its author is told."""
    case, _ = open_for(post, thread, reasons[0].code)
    for reason in reasons:
        detail = {**reason.detail, **({"revision": revision_id} if revision_id else {})}
        add_signal(case, Voice("rule", reason.code, detail))
    rescore(case, post)
    codes = [reason.code for reason in reasons]
    log.append("case_opened", case=case, reason_code=codes[0], reasons=codes)
    about = Subject(thread=thread.id, post=post.id, category=thread.category_id, lang=post.lang)
    outbox.record(PostHeld(by=viewer.actor, about=about, source=viewer.source, case=case.id, reasons=codes))
    return case


@dataclass(frozen=True, slots=True)
class Voice:
    """One reason to look: who says it (0 is the system), what, and how much it weighs."""

    source: Literal["user", "rule"]
    kind: str
    detail: Mapping[str, Any]
    actor_id: int = 0
    weight: float = 1.0


def add_signal(case: Case, voice: Voice) -> Signal | None:
    """Keep one more reason to look, once for each source, person and kind in a round; None when it is known."""
    same = (Signal.source == voice.source, Signal.actor_id == voice.actor_id, Signal.kind == voice.kind)
    query = select(Signal.id).where(Signal.case_id == case.id, Signal.round == case.round, *same)
    if db.session.scalar(query) is not None:
        return None
    signal = Signal(
        case_id=case.id,
        round=case.round,
        source=voice.source,
        actor_id=voice.actor_id,
        kind=voice.kind,
        weight=voice.weight,
        detail=dict(voice.detail),
        created_at=clock.now(),
    )
    db.session.add(signal)
    db.session.flush()
    return signal


def judged_revision(post: Post) -> Revision | None:
    """The text a decision is about: the edit that waits, else the present one; None where no history was kept."""
    if (waiting := waiting_edit(post)) is not None:
        return waiting
    return db.session.scalar(
        select(Revision)
        .where(Revision.post_id == post.id, Revision.state == "current")
        .order_by(Revision.number.desc())
        .limit(1)
    )


def pending_edit(post_id: int) -> Revision | None:
    """The last edit of a post that waits for a decision."""
    query = select(Revision).where(Revision.post_id == post_id, Revision.state == "pending")
    return db.session.scalar(query.order_by(Revision.number.desc()).limit(1))


def waiting_edit(post: Post) -> Revision | None:
    """The edit of a post whose text from before people can read, or could until reports hid it."""
    return pending_edit(post.id) if post.visibility in {"visible", "hidden"} else None


def close_withdrawn(post_id: int) -> None:
    """Take the case of a text that its author took back off the queue; nobody has to decide about it any more."""
    case = of_post(post_id, lock=True)
    visibility = db.session.scalar(select(Post.visibility).where(Post.id == post_id))
    if case is None or case.status != "pending" or visibility not in GONE:
        return
    case.status, case.outcome, case.version, case.closed_at = "closed", "withdrawn", case.version + 1, clock.now()
    log.append("case_closed", case=case, reason_code="withdrawn")
