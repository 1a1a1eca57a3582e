"""The moderation log: every row carries the hash of the one before, so that a change in the past shows."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, and_, select

from forum.accounts.models import User
from forum.discussion.models import Post
from forum.kit import clock, paging
from forum.kit.db import db, serialise
from forum.moderation.models import Case, ModEvent

GATE = 71001
GENESIS = "0" * 64
BATCH = 1000
CHECKED = "log_checked"
# What everybody may read; who reported what, and who looks at what, is nobody's business.
PUBLIC = ("case_opened", "case_closed", "auto_hidden", "decision", "decision_reverted", CHECKED)
_HASHED = ("at", "action", "actor_id", "case_id", "target_type", "target_id", "reason_code", "detail")
_COLUMNS = tuple(getattr(ModEvent, name) for name in ("id", "prev_hash", "hash", *_HASHED))


@dataclass(frozen=True, slots=True)
class Chain:
    """What a walk along the log found: how long it is, its last hash, and where it breaks if it does."""

    rows: int
    head: str
    first_broken: int | None

    @property
    def holds(self) -> bool:
        """Whether every row fits the one before."""
        return self.first_broken is None


@dataclass(frozen=True, slots=True)
class LogLine:
    """A row of the log as everybody may read it: what was done to what kind of thing and why; no names, no text."""

    id: int
    at: datetime
    action: str
    reason_code: str | None
    role: str | None
    post_kind: str | None
    outcome: str | None
    reasons: tuple[str, ...]
    self_review: bool
    hash: str
    detail_rows: int | None
    detail_holds: bool


def append(
    action: str, *, actor_id: int = 0, case: Case | None = None, reason_code: str | None = None, **detail: Any
) -> ModEvent:
    """Add a row to the log in the caller's transaction."""
    serialise(GATE)
    previous = db.session.scalar(select(ModEvent.hash).order_by(ModEvent.id.desc()).limit(1)) or GENESIS
    row = ModEvent(
        at=clock.now(),
        action=action,
        actor_id=actor_id,
        case_id=None if case is None else case.id,
        target_type=None if case is None else case.target_type,
        target_id=None if case is None else case.target_id,
        reason_code=reason_code,
        detail=detail,
        prev_hash=previous,
    )
    row.hash = digest(row)
    db.session.add(row)
    db.session.flush()
    return row


def digest(row: ModEvent | Row[Any]) -> str:
    """SHA-256 over the previous hash and everything the row says."""
    said = [row.prev_hash, row.at.astimezone(UTC).isoformat(), *(getattr(row, name) for name in _HASHED[1:])]
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def verify() -> Chain:
    """Walk the whole log from its first row; stops at the first one that does not fit."""
    previous, rows = GENESIS, 0
    query = select(*_COLUMNS).order_by(ModEvent.id).execution_options(yield_per=BATCH)
    for row in db.session.execute(query):
        if row.prev_hash != previous or row.hash != digest(row):
            return Chain(rows, previous, row.id)
        previous, rows = row.hash, rows + 1
    return Chain(rows, previous, None)


def first_broken() -> int | None:
    """The id of the first row whose hash does not fit, or None when the whole chain holds."""
    return verify().first_broken


def record_check(chain: Chain) -> ModEvent:
    """Write into the log that it was checked, and what was found; part of the caller's transaction."""
    return append(CHECKED, rows=chain.rows, head=chain.head, first_broken=chain.first_broken)


def last_check() -> LogLine | None:
    """The latest check of the log that was written down."""
    row = db.session.execute(_lines().where(ModEvent.action == CHECKED).limit(1)).first()
    return None if row is None else _line(row)


def public_lines(after: str | None = None, size: int = 50) -> paging.Page[LogLine]:
    """The log as everybody may read it, the newest first."""
    query = _lines().where(ModEvent.action.in_(PUBLIC)).limit(size + 1)
    if after:
        query = query.where(ModEvent.id < paging.decode(after, [int])[0])
    rows = [_line(row) for row in db.session.execute(query)]
    return paging.page(rows, size, lambda line: [line.id])


def _lines() -> Any:
    shown = (ModEvent.id, ModEvent.at, ModEvent.action, ModEvent.reason_code, ModEvent.detail, ModEvent.hash)
    return (
        select(*shown, User.role, Post.kind.label("post_kind"))
        .outerjoin(User, User.id == ModEvent.actor_id)
        .outerjoin(Post, and_(ModEvent.target_type == "post", Post.id == ModEvent.target_id))
        .order_by(ModEvent.id.desc())
    )


def _line(row: Row[Any]) -> LogLine:
    detail: dict[str, Any] = row.detail
    return LogLine(
        id=row.id,
        at=row.at,
        action=row.action,
        reason_code=row.reason_code,
        role=row.role,
        post_kind=row.post_kind,
        outcome=detail.get("outcome"),
        reasons=tuple(detail.get("reasons", ())),
        self_review=bool(detail.get("self_review")),
        hash=row.hash,
        detail_rows=detail.get("rows"),
        detail_holds=detail.get("first_broken") is None,
    )
