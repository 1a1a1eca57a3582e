"""Forgetting: what is kept of people for a while only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, delete, or_, update

from forum.accounts.models import User, UserSession
from forum.kit.db import db


def forget_networks(before: datetime) -> int:
    """Drop the keyed hashes of networks of accounts made before this moment; returns how many."""
    old = update(User).where(User.signup_network.is_not(None), User.created_at < before)
    return _touched(old.values(signup_network=None))


def forget_sessions(before: datetime) -> int:
    """Delete sessions that ended before this moment; returns how many."""
    ended = or_(UserSession.expires_at < before, UserSession.revoked_at < before)
    return _touched(delete(UserSession).where(ended))


def _touched(statement: Any) -> int:
    result = db.session.execute(statement)
    return int(result.rowcount) if isinstance(result, CursorResult) else 0
