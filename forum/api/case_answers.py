"""What the API tells moderators: every field by name, like all its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from forum.api.answers import Author, PostKind
from forum.discussion.queries import plain_start
from forum.moderation.briefing import CaseView, Judged, Past, SignalView
from forum.moderation.claims import Holder, Lease
from forum.moderation.models import Decision
from forum.moderation.priority import Equation, band, is_pinned
from forum.moderation.queries import QueueItem

START = 200
Status = Literal["pending", "escalated", "awaiting_author", "decided", "closed"]


@dataclass(frozen=True, slots=True)
class FlagReceipt:
    """A report that was taken; its reference is what to ask by."""

    reference: str
    post_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class ClaimHolder:
    """Who looks at a case, and until when unless they go on."""

    name: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CaseItem:
    """A case in the queue; `band` goes from P0 to P3, `is_late` ones waited twice their time and come first."""

    id: int
    version: int
    kind: str
    priority: float
    band: str
    is_late: bool
    opened_at: datetime
    due_at: datetime | None
    post_id: int
    post_kind: PostKind
    visibility: str
    thread_title: str
    start: str
    author_name: str
    lang: str
    has_edit: bool
    reports: int
    holder: str | None


@dataclass(frozen=True, slots=True)
class CaseList:
    """Some cases and the cursor after them."""

    items: list[CaseItem]
    next: str | None


@dataclass(frozen=True, slots=True)
class CaseSignal:
    """A reason why a case is in the queue; `reporter` and `note` are those of a report."""

    source: str
    kind: str
    weight: float
    status: str
    created_at: datetime
    reporter: Author | None
    note: str


@dataclass(frozen=True, slots=True)
class CaseDecision:
    """What was decided about a case before; `reverts` is the decision that was taken back."""

    id: int
    round: int
    outcome: str
    reason_code: str | None
    note_author: str
    note_internal: str
    decided_at: datetime
    decided_by: str
    reverts: int | None


@dataclass(frozen=True, slots=True)
class Case:
    """A case with its text, why it is here, and what was decided.

    Send `version` back as `expected_version`, and `target_revision_id` as it is: they say what you have read.
    """

    id: int
    version: int
    round: int
    status: Status
    outcome: str | None
    kind: str
    priority: float
    band: str
    opened_at: datetime
    due_at: datetime | None
    thread_id: int
    thread_title: str
    post_id: int
    post_kind: PostKind
    visibility: str
    author: Author
    lang: str
    target_revision_id: int | None
    is_edit: bool
    body: str
    body_before: str | None
    signals: list[CaseSignal]
    decisions: list[CaseDecision]
    claim: ClaimHolder | None


@dataclass(frozen=True, slots=True)
class PriorityPart:
    """One addend of a priority."""

    part: str
    expression: str
    value: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """A priority with everything it is made of, at this moment."""

    case_id: int
    total: float
    band: str
    is_late: bool
    parts: list[PriorityPart]


@dataclass(frozen=True, slots=True)
class CaseLease:
    """A case that was taken; the token keeps it (`heartbeat`, every minute) and lets it go (`release`)."""

    case_id: int
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class DecisionMade:
    """A decision that was carried out; nobody is told of it before `undo_until`."""

    id: int
    case_id: int
    outcome: str
    reason_code: str | None
    visibility: str | None
    version: int
    decided_at: datetime
    undo_until: datetime


@dataclass(frozen=True, slots=True)
class DecisionTakenBack:
    """A decision that was taken back; `was_told` when a correction goes out, because somebody had heard of it."""

    id: int
    reverts: int
    case_id: int
    version: int
    visibility: str | None
    was_told: bool


def item(row: QueueItem) -> CaseItem:
    """A line of the queue."""
    kind: PostKind = row.post_kind  # type: ignore[assignment]  # the column holds nothing else
    return CaseItem(
        id=row.case_id,
        version=row.version,
        kind=row.kind,
        priority=round(row.rank, 2),
        band=band(row.rank),
        is_late=is_pinned(row.rank),
        opened_at=row.opened_at,
        due_at=row.due_at,
        post_id=row.post_id,
        post_kind=kind,
        visibility=row.visibility,
        thread_title=row.thread_title,
        start=plain_start(row.start_html, START),
        author_name=row.author_name,
        lang=row.lang,
        has_edit=bool(row.has_edit),
        reports=row.reports,
        holder=row.holder_name,
    )


def case(
    view: CaseView,
    what: Judged,
    equation: Equation,
    *,
    signals: Sequence[SignalView],
    past: Sequence[Past],
    holder: Holder | None,
) -> Case:
    """A case with everything about it."""
    kind: PostKind = view.post_kind  # type: ignore[assignment]  # the column holds nothing else
    status: Status = view.status  # type: ignore[assignment]  # as above
    return Case(
        id=view.case_id,
        version=view.version,
        round=view.round,
        status=status,
        outcome=view.outcome,
        kind=view.kind,
        priority=equation.total,
        band=equation.band,
        opened_at=view.opened_at,
        due_at=view.due_at,
        thread_id=view.thread_id,
        thread_title=view.thread_title,
        post_id=view.post_id,
        post_kind=kind,
        visibility=view.visibility,
        author=Author(view.author_username, view.author_name),
        lang=view.lang,
        target_revision_id=what.id,
        is_edit=what.is_edit,
        body=what.body,
        body_before=view.body if what.is_edit else None,
        signals=[_signal(one) for one in signals],
        decisions=[_past(one) for one in past],
        claim=None if holder is None else ClaimHolder(holder.name, holder.expires_at),
    )


def _signal(view: SignalView) -> CaseSignal:
    reporter = Author(view.actor_username, view.actor_name or "") if view.source == "user" else None
    note = str(view.detail.get("note", ""))
    return CaseSignal(view.source, view.kind, view.weight, view.status, view.created_at, reporter, note)


def _past(past: Past) -> CaseDecision:
    return CaseDecision(
        id=past.id,
        round=past.round,
        outcome=past.outcome,
        reason_code=past.reason_code,
        note_author=past.note_author,
        note_internal=past.note_internal,
        decided_at=past.decided_at,
        decided_by=past.mod_name,
        reverts=past.reverts_id,
    )


def explanation(case_id: int, equation: Equation) -> Explanation:
    """A priority with its parts."""
    parts = [PriorityPart(one.part, one.expression, one.value) for one in equation.addends]
    return Explanation(case_id, equation.total, equation.band, equation.is_late, parts)


def lease(given: Lease) -> CaseLease:
    """A claim that was given."""
    return CaseLease(given.case_id, given.token, given.expires_at)


def made(decision: Decision, version: int, window: timedelta) -> DecisionMade:
    """A decision as it was carried out."""
    return DecisionMade(
        id=decision.id,
        case_id=decision.case_id,
        outcome=decision.outcome,
        reason_code=decision.reason_code,
        visibility=decision.after,
        version=version,
        decided_at=decision.decided_at,
        undo_until=decision.decided_at + window,
    )
