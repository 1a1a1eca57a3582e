"""The moderation log: every row carries the hash of the one before, so that a change in the past shows."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC
from typing import Any

from sqlalchemy import select

from forum.kit import clock
from forum.kit.db import db, serialise
from forum.moderation.models import Case, ModEvent

GATE = 71001
GENESIS = "0" * 64


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


def digest(row: ModEvent) -> str:
    """SHA-256 over the previous hash and everything the row says."""
    said = [
        row.prev_hash,
        row.at.astimezone(UTC).isoformat(),
        row.action,
        row.actor_id,
        row.case_id,
        row.target_type,
        row.target_id,
        row.reason_code,
        row.detail,
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def first_broken() -> int | None:
    """The id of the first row whose hash does not fit, or None when the whole chain holds."""
    previous = GENESIS
    for row in db.session.scalars(select(ModEvent).order_by(ModEvent.id)):
        if row.prev_hash != previous or row.hash != digest(row):
            return row.id
        previous = row.hash
    return None
