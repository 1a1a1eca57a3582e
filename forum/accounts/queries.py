"""Reading accounts: who signs in, who is behind a session or key, profiles and member lists."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, String, bindparam, func, or_, select

from forum.accounts.models import STAFF_ROLES, ApiKey, BadgeAward, OneTimeLink, User, UserSession
from forum.accounts.viewer import Viewer
from forum.kit import clock, paging
from forum.kit.db import UTCDateTime, db, fetch
from forum.kit.errors import NotFound
from forum.kit.settings import confirm, settle, version_now
from forum.kit.words import text


def token_hash(token: str) -> str:
    """What is stored of a random token: enough to find it, useless to who reads the table."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What every page of a signed-in person needs, from one statement."""

    viewer: Viewer
    session_id: int
    session_used_at: datetime
    unread: int
    locale: str | None
    theme: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A member's public page."""

    id: int
    username: str
    display_name: str
    role: str
    kind: str
    trust: int
    bio_html: str
    website: str
    location: str
    created_at: datetime
    thread_count: int
    reply_count: int
    accepted_count: int
    votes_received: int


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A line in the list of members."""

    id: int
    username: str
    display_name: str
    email: str | None
    role: str
    trust: int
    created_at: datetime
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class BadgeRow:
    """A badge with how often somebody holds it and when they got it last."""

    name: str
    grade: str
    times: int
    last_at: datetime


@lru_cache(maxsize=1)
def _signed_in_statement() -> Select[Any]:
    """Who a session belongs to; binds `token` (its hash) and `now`. Every page of a member begins with it."""
    session = (UserSession.id.label("session_id"), UserSession.used_at, version_now().label("site_version"))
    look = (User.role, User.trust, User.unread_count, User.locale, User.theme)
    query: Any = select(User.id, User.username, User.display_name, *look, *session)
    found: Select[Any] = query.join(UserSession, UserSession.user_id == User.id).where(
        UserSession.token_hash == bindparam("token", type_=String),
        UserSession.revoked_at.is_(None),
        UserSession.expires_at > bindparam("now", type_=UTCDateTime),
        User.erased_at.is_(None),
    )
    return found


def signed_in(token: str) -> SignedIn | None:
    """The person behind a session token, with the site's version; None when the session is over."""
    row = fetch(_signed_in_statement(), {"token": token_hash(token), "now": clock.now()}).first()
    if row is None:
        return None
    settle(row.site_version or 0)
    viewer = Viewer(id=row.id, username=row.username, name=row.display_name, role=row.role, trust=row.trust)
    return SignedIn(viewer, row.session_id, row.used_at, row.unread_count, row.locale, row.theme)


def key_holder(key: str) -> Viewer | None:
    """The viewer behind an API key, narrowed to its scopes; None when the key is unknown, over or revoked."""
    row = db.session.execute(
        select(User, ApiKey.scopes)
        .join(ApiKey, ApiKey.user_id == User.id)
        .where(
            ApiKey.key_hash == token_hash(key),
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > clock.now()),
            User.erased_at.is_(None),
        )
    ).first()
    if row is None:
        return None
    user: User = row[0]
    return replace(Viewer.of(user), scopes=frozenset(str(scope) for scope in row[1]))


def by_login(login: str) -> User | None:
    """The account behind a mail address or user name, in any case."""
    name = login.strip().casefold()
    column = User.email if "@" in name else User.username
    return db.session.scalar(select(User).where(column == name, User.erased_at.is_(None)))


def user_by_id(user_id: int, *, lock: bool = False) -> User:
    """The account; raises NotFound."""
    user = db.session.get(User, user_id, with_for_update=lock)
    if user is None:
        raise NotFound(text("There is no such member."))
    return user


def profile(username: str) -> Profile:
    """A member's public page; raises NotFound."""
    columns = [getattr(User, name) for name in Profile.__dataclass_fields__]
    row = db.session.execute(
        select(*columns, version_now().label("site_version")).where(
            User.username == username.casefold(), User.erased_at.is_(None)
        )
    ).first()
    confirm(None if row is None else row.site_version)
    if row is None:
        raise NotFound(text("There is no such member."))
    return Profile(*row[:-1])


def badges(user_id: int, limit: int = 12) -> Sequence[BadgeRow]:
    """The badges somebody holds, the latest first, each kind once."""
    rows = db.session.execute(
        select(BadgeAward.name, BadgeAward.grade, func.count(), func.max(BadgeAward.awarded_at))
        .where(BadgeAward.user_id == user_id)
        .group_by(BadgeAward.name, BadgeAward.grade)
        .order_by(func.max(BadgeAward.awarded_at).desc())
        .limit(limit)
    )
    return [BadgeRow(*row) for row in rows]


def members(search: str = "", after: str | None = None, size: int = 50) -> paging.Page[MemberRow]:
    """Members for the admin page, the newest first, found by the beginning of name or address."""
    columns = [getattr(User, name) for name in MemberRow.__dataclass_fields__]
    query = select(*columns).where(User.erased_at.is_(None)).order_by(User.id.desc()).limit(size + 1)
    if search:
        start = search.casefold().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(or_(User.username.like(start, escape="\\"), User.email.like(start, escape="\\")))
    if after:
        query = query.where(User.id < paging.decode(after, [int])[0])
    rows = [MemberRow(*row) for row in db.session.execute(query)]
    return paging.page(rows, size, lambda row: [row.id])


def member_row(user_id: int) -> MemberRow:
    """One line of the list of members; raises NotFound."""
    columns = [getattr(User, name) for name in MemberRow.__dataclass_fields__]
    row = db.session.execute(select(*columns).where(User.id == user_id, User.erased_at.is_(None))).first()
    if row is None:
        raise NotFound(text("There is no such member."))
    return MemberRow(*row)


def names_of(keys: Collection[str]) -> dict[str, str]:
    """The display names behind keys of the participation log, as far as they are people's."""
    ids = [int(key[1:]) for key in keys if key[:1] == "u" and key[1:].isdecimal()]
    rows = db.session.execute(select(User.id, User.display_name).where(User.id.in_(ids)))
    return {f"u{row.id}": row.display_name for row in rows}


def staff() -> Sequence[MemberRow]:
    """Everybody with a role above member."""
    columns = [getattr(User, name) for name in MemberRow.__dataclass_fields__]
    return [
        MemberRow(*row)
        for row in db.session.execute(select(*columns).where(User.role.in_(STAFF_ROLES)).order_by(User.id))
    ]


def sessions(user_id: int) -> Sequence[UserSession]:
    """The browsers somebody is signed in with, the latest first."""
    return db.session.scalars(
        select(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > clock.now(),
        )
        .order_by(UserSession.used_at.desc())
    ).all()


def api_keys(user_id: int) -> Sequence[ApiKey]:
    """The keys of a member that still work, the newest first."""
    return db.session.scalars(
        select(ApiKey).where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None)).order_by(ApiKey.id.desc())
    ).all()


def open_link(token: str, purpose: str) -> OneTimeLink:
    """The unused link behind a token; raises NotFound when it is used, over or meant for something else."""
    link = db.session.scalar(
        select(OneTimeLink).where(
            OneTimeLink.token_hash == token_hash(token),
            OneTimeLink.purpose == purpose,
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > clock.now(),
        )
    )
    if link is None:
        raise NotFound(text("This link has been used or is too old."))
    return link


def has_owner() -> bool:
    """Whether somebody owns this community yet."""
    return db.session.scalar(select(User.id).where(User.role == "owner").limit(1)) is not None
