"""Claims: who looks at a case right now, as a lease that ends by itself, so that a closed laptop blocks nobody."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.kit import clock
from forum.kit.db import db
from forum.kit.errors import Claimed, Conflict, NotFound
from forum.kit.verdicts import require
from forum.kit.words import text
from forum.moderation import log
from forum.moderation.models import Case, Claim
from forum.moderation.policy import may_moderate, may_take_over

LEASE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim that was given: its token renews and releases it."""

    case_id: int
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Holder:
    """Who looks at a case, and until when unless they go on."""

    mod_id: int
    name: str
    expires_at: datetime


def claim(viewer: Viewer, case_id: int, *, take_over: bool = False) -> Lease:
    """Take a case for five minutes; raises Claimed with the holder's name while somebody else has it.

    One statement decides, so of any number at one moment one gets it. `take_over` is for managers, and is logged.
    """
    require(may_moderate(viewer))
    assert viewer.id is not None
    case = _pending(case_id)
    now = clock.now()
    lease = Lease(case_id, secrets.token_urlsafe(24), now + LEASE)
    values = {"case_id": case_id, "mod_id": viewer.id, "token": lease.token, "expires_at": lease.expires_at}
    if take_over:
        require(may_take_over(viewer))
        before = holder(case_id)
        db.session.execute(delete(Claim).where(Claim.case_id == case_id))
        if before is not None and before.mod_id != viewer.id:
            log.append("claim_taken_over", actor_id=viewer.id, case=case, from_id=before.mod_id)
    insert = sqlite.insert if db.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    free = or_(Claim.expires_at < now, Claim.mod_id == viewer.id)
    taking = insert(Claim).values(values)
    taking = taking.on_conflict_do_update(index_elements=["case_id"], set_=values, where=free)
    if db.session.execute(taking.returning(Claim.mod_id)).first() is None:
        raise _claimed(case_id)
    return lease


def _pending(case_id: int) -> Case:
    case = db.session.get(Case, case_id)
    if case is None:
        raise NotFound(text("There is no such case."))
    if case.status != "pending":
        raise Conflict(text("This case is decided already."), extra={"problem": "decided", "version": case.version})
    return case


def _claimed(case_id: int) -> Claimed:
    found = holder(case_id)
    if found is None:  # it ended between the two statements
        return Claimed(text("Somebody else has just looked at this case. Try again."), extra={})
    left = max(int((found.expires_at - clock.now()).total_seconds()), 0)
    return Claimed(
        text("{name} is looking at this case.", name=found.name), extra={"holder": found.name, "seconds_left": left}
    )


def holder(case_id: int) -> Holder | None:
    """Who has a case at this moment."""
    query = (
        select(Claim.mod_id, User.display_name, Claim.expires_at)
        .join(User, User.id == Claim.mod_id)
        .where(Claim.case_id == case_id, Claim.expires_at >= clock.now())
    )
    row = db.session.execute(query).first()
    return None if row is None else Holder(*row)


def heartbeat(viewer: Viewer, case_id: int, token: str) -> Lease:
    """Keep a case for five more minutes; raises Conflict when it went to somebody else, or was decided."""
    require(may_moderate(viewer))
    until = clock.now() + LEASE
    mine = (Claim.case_id == case_id, Claim.mod_id == viewer.id, Claim.token == token)
    kept = db.session.execute(update(Claim).where(*mine).values(expires_at=until).returning(Claim.case_id)).first()
    if kept is None:
        raise Conflict(text("This case is not yours any more."), extra={"problem": "claim_lost"})
    return Lease(case_id, token, until)


def release(viewer: Viewer, case_id: int, token: str | None = None) -> None:
    """Let a case go; one that is not held by this moderator (with this token) stays as it is."""
    require(may_moderate(viewer))
    mine = [Claim.case_id == case_id, Claim.mod_id == viewer.id]
    if token is not None:
        mine.append(Claim.token == token)
    db.session.execute(delete(Claim).where(*mine))


def drop(case_id: int) -> None:
    """End whatever claim there is on a case that was decided."""
    db.session.execute(delete(Claim).where(Claim.case_id == case_id))
