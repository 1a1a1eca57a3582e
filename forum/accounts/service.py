"""Changing accounts: registering, signing in and out, profiles, roles and keys."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update

from forum.accounts import passwords
from forum.accounts.events import MemberRenamed, RoleChanged, SettingsChanged, SignedUp
from forum.accounts.inputs import RESERVED, KeyInput, PasswordInput, ProfileInput, RegisterInput, username_from
from forum.accounts.models import ROLES, STAFF_ROLES, ApiKey, OneTimeLink, User, UserSession
from forum.accounts.policy import grantable_scopes, may_administer, may_change_role
from forum.accounts.queries import api_keys, by_login, open_link, token_hash, user_by_id
from forum.accounts.site import DECLARED, check_together, site
from forum.accounts.viewer import Viewer, actor_key
from forum.kit import clock, outbox
from forum.kit.db import db, end_reading, outside_transaction
from forum.kit.errors import Invalid, NotAllowed, NotFound
from forum.kit.settings import bump_version, change
from forum.kit.text import render, skeleton
from forum.kit.verdicts import require
from forum.kit.words import text

SESSION_DAYS = 60
STAFF_SESSION_DAYS = 7
NETWORK_BITS = {4: 24, 6: 48}
KEYS_MAX = 20
SCOPES = ("read", "write", "moderate", "metrics:read", "metrics:people", "admin")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """Everything slow about a registration, done before the transaction opens."""

    given: RegisterInput
    password_hash: str
    network: str | None


def prepare_account(given: RegisterInput, secret: str, address: str | None) -> NewAccount:
    """Check the password and hash it; `address` is kept only as a keyed hash of its network."""
    weak = passwords.weakness(given.password, (given.display_name, given.email))
    if weak:
        raise Invalid(text("Choose another password."), fields={"password": weak})
    return NewAccount(given, passwords.hash_password(given.password), network_hash(secret, address))


def network_hash(secret: str, address: str | None) -> str | None:
    """HMAC of the /24 or /48 somebody signs up from: tells two sign-ups apart, not where they were."""
    if not address:
        return None
    parsed = ipaddress.ip_address(address)
    network = ipaddress.ip_network(f"{parsed}/{NETWORK_BITS[parsed.version]}", strict=False)
    return hmac.new(secret.encode(), str(network).encode(), hashlib.sha256).hexdigest()


def register(account: NewAccount, *, role: str = "member", verified: bool = False) -> User:
    """Create the account; the user name comes from the display name, with a number when it is taken."""
    given = account.given
    if role == "member" and not site()["registration_open"] and not verified:
        raise NotAllowed(text("This community does not take new members at present."))
    if db.session.scalar(select(User.id).where(User.email == given.email)):
        raise Invalid(
            text("There is an account with this address already."),
            fields={"email": text("This address is in use. Sign in instead, or use another.")},
        )
    user = User(
        **_free_name(given.display_name, is_staff=role != "member"),
        display_name=given.display_name,
        email=given.email,
        email_verified_at=clock.now() if verified else None,
        password_hash=account.password_hash,
        role=role,
        created_at=clock.now(),
        signup_network=account.network,
    )
    db.session.add(user)
    db.session.flush()
    outbox.record(SignedUp(by=Viewer.of(user).actor))
    return user


def _free_name(display_name: str, *, is_staff: bool) -> dict[str, str]:
    """A user name nobody has or could be taken for; refuses names that look like another's."""
    base = username_from(display_name)
    _refuse_reserved(base, is_staff=is_staff)
    number = 1
    while True:
        name = base if number == 1 else f"{base}-{number}"
        taken = db.session.execute(select(User.username).where(User.username_skeleton == skeleton(name))).first()
        if taken is None:
            return {"username": name, "username_skeleton": skeleton(name)}
        if number == 1 and taken.username != base:
            raise _looks_like_anothers()
        number += 1


def _refuse_reserved(base: str, *, is_staff: bool) -> None:
    if not is_staff and skeleton(base) in {skeleton(word) for word in RESERVED}:
        raise Invalid(text("Choose another name."), fields={"display_name": text("This name is kept for the team.")})


def _looks_like_anothers() -> Invalid:
    return Invalid(
        text("Choose another name."), fields={"display_name": text("This looks like another member's name.")}
    )


def _refuse_borrowed(viewer: Viewer, display_name: str) -> None:
    """A new display name may be shared, as at sign-up, but not look like another's, nor be the team's."""
    base = username_from(display_name)
    _refuse_reserved(base, is_staff=viewer.is_staff)
    like = select(User.username, User.role).where(User.username_skeleton == skeleton(base), User.id != viewer.id)
    taken = db.session.execute(like).first()
    if taken is not None and (taken.username != base or taken.role in STAFF_ROLES):
        raise _looks_like_anothers()


def create_user(username: str, email: str, role: str, password: str | None) -> User:
    """Make a verified account from the command line, with the user name as given."""
    if role not in ROLES:
        raise Invalid(text("There is no such role."), fields={"role": text("Choose one of the listed values.")})
    name = username_from(username)
    if db.session.scalar(
        select(User.id).where((User.username_skeleton == skeleton(name)) | (User.email == email.lower()))
    ):
        raise Invalid(
            text("There is an account with this name or address already."),
            fields={"username": text("In use.")},
        )
    user = User(
        username=name,
        username_skeleton=skeleton(name),
        display_name=username,
        email=email.lower(),
        email_verified_at=clock.now(),
        password_hash=password,
        role=role,
        created_at=clock.now(),
    )
    db.session.add(user)
    db.session.flush()
    outbox.record(SignedUp(by=Viewer.of(user).actor, source="cli"))
    return user


def check_password(login: str, password: str) -> User:
    """The account when the password fits; the same refusal, equally slow, for a wrong name and a wrong password."""
    outside_transaction("hashing")
    user = by_login(login)
    stored = None if user is None else user.password_hash
    end_reading()
    if not passwords.verify_password(stored, password) or user is None:
        raise Invalid(
            text("That name and password do not match."),
            fields={
                "login": text("Check the address or user name."),
                "password": text("Check the password."),
            },
        )
    return user


def open_session(user_id: int, user_agent: str) -> str:
    """Sign somebody in: a new session row; returns its random token, which is kept nowhere else."""
    user = user_by_id(user_id)
    now = clock.now()
    days = SESSION_DAYS if user.role == "member" else STAFF_SESSION_DAYS
    token = secrets.token_urlsafe(32)
    db.session.add(
        UserSession(
            user_id=user_id,
            token_hash=token_hash(token),
            created_at=now,
            used_at=now,
            expires_at=now + timedelta(days=days),
            user_agent=user_agent[:200],
        )
    )
    user.seen_at = now
    return token


def close_session(user_id: int, session_id: int) -> None:
    """Sign one browser of this user out; a session of somebody else is left alone."""
    db.session.execute(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.user_id == user_id)
        .values(revoked_at=clock.now())
    )


def close_sessions(user_id: int, *, keep: int | None = None) -> None:
    """Sign all browsers of this user out, but for `keep`."""
    query = update(UserSession).where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
    if keep is not None:
        query = query.where(UserSession.id != keep)
    db.session.execute(query.values(revoked_at=clock.now()))


@dataclass(frozen=True, slots=True)
class PreparedProfile:
    """A profile with its text rendered before the transaction opens."""

    given: ProfileInput
    bio_html: str


def prepare_profile(given: ProfileInput) -> PreparedProfile:
    """Render the text about oneself."""
    return PreparedProfile(given, render(given.bio) if given.bio.strip() else "")


def update_profile(viewer: Viewer, prepared: PreparedProfile) -> User:
    """Store what somebody says about themselves; the user name stays."""
    assert viewer.id is not None
    user = user_by_id(viewer.id, lock=True)
    given = prepared.given
    if user.display_name != given.display_name:
        _refuse_borrowed(viewer, given.display_name)
        outbox.record(MemberRenamed(by=viewer.actor, source=viewer.source, member=user.id))
    user.display_name, user.bio, user.bio_html = given.display_name, given.bio, prepared.bio_html
    user.website, user.location = given.website, given.location
    user.locale, user.theme = given.locale or None, given.theme
    return user


def prepare_new_password(user: User, given: PasswordInput) -> str:
    """The hash of the new password, once the old one has been shown to fit."""
    if not passwords.verify_password(user.password_hash, given.current_password):
        raise Invalid(
            text("The password was not changed."),
            fields={"current_password": text("This is not your present password.")},
        )
    weak = passwords.weakness(given.new_password, (user.display_name, user.email or ""))
    if weak:
        raise Invalid(text("Choose another password."), fields={"new_password": weak})
    return passwords.hash_password(given.new_password)


def set_password(user_id: int, password_hash: str, *, keep_session: int | None) -> None:
    """Store the new hash and sign every other browser out."""
    user_by_id(user_id, lock=True).password_hash = password_hash
    close_sessions(user_id, keep=keep_session)


def change_role(viewer: Viewer, user_id: int, new_role: str) -> User:
    """Give somebody another role; all their browsers sign in again."""
    user = user_by_id(user_id, lock=True)
    require(may_change_role(viewer, user, new_role))
    if user.role == new_role:
        return user
    old, user.role = user.role, new_role
    bump_version()  # pages that are kept show the role beside the name
    close_sessions(user.id)
    outbox.record(
        RoleChanged(
            by=viewer.actor,
            source=viewer.source,
            member=actor_key(user.id),
            old_role=old,
            new_role=new_role,
            new_class="staff" if new_role in {"manager", "owner"} else "member",
        )
    )
    return user


def create_api_key(user_id: int, scopes: Sequence[str], name: str = "") -> str:
    """A new key for the API; returned once, stored as a hash."""
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise Invalid(
            text("There is no such scope."),
            fields={"scope": text("Choose from: {scopes}", scopes=", ".join(SCOPES))},
        )
    key = "mdg_" + secrets.token_urlsafe(32)
    db.session.add(
        ApiKey(
            user_id=user_id,
            name=name[:60],
            key_hash=token_hash(key),
            hint=key[:8],
            scopes=sorted(set(scopes)),
            created_at=clock.now(),
        )
    )
    return key


def issue_api_key(viewer: Viewer, given: KeyInput) -> str:
    """A new key for whoever asks, with scopes their role can use; returned once, stored as a hash."""
    assert viewer.id is not None
    allowed = grantable_scopes(viewer)
    if any(scope not in allowed for scope in given.scopes):
        raise Invalid(text("There is no such scope."), fields={"scopes": text("Choose one of the listed values.")})
    if len(api_keys(viewer.id)) >= KEYS_MAX:
        raise Invalid(
            text("You have {n} keys already. Revoke one first.", n=KEYS_MAX),
            fields={"name": text("At most {n} of these.", n=KEYS_MAX)},
        )
    return create_api_key(viewer.id, given.scopes, given.name)


def revoke_api_key(user_id: int, key_id: int) -> None:
    """Stop one of this member's keys from working."""
    db.session.execute(
        update(ApiKey).where(ApiKey.id == key_id, ApiKey.user_id == user_id).values(revoked_at=clock.now())
    )


def create_link(purpose: str, user_id: int | None, valid: timedelta) -> str:
    """A one-time link's token; older unused links of the same purpose and person stop working."""
    now = clock.now()
    older = update(OneTimeLink).where(OneTimeLink.purpose == purpose, OneTimeLink.used_at.is_(None))
    older = older.where(OneTimeLink.user_id.is_(None) if user_id is None else OneTimeLink.user_id == user_id)
    db.session.execute(older.values(used_at=now))
    token = secrets.token_urlsafe(32)
    db.session.add(
        OneTimeLink(
            purpose=purpose,
            token_hash=token_hash(token),
            user_id=user_id,
            created_at=now,
            expires_at=now + valid,
        )
    )
    return token


def use_link(token: str, purpose: str) -> OneTimeLink:
    """Use a one-time link up; raises NotFound when it is used, over, or somebody else was faster."""
    link = open_link(token, purpose)
    used = update(OneTimeLink).where(OneTimeLink.id == link.id, OneTimeLink.used_at.is_(None))
    found = db.session.execute(used.values(used_at=clock.now()).returning(OneTimeLink.id)).first()
    if found is None:
        raise NotFound(text("This link has been used or is too old."))
    return link


def change_settings(viewer: Viewer, values: dict[str, object], *, pin: bool = False) -> list[str]:
    """Store settings of the community with their audit; returns the keys that changed.

    `pin` also stores values that hold already because the operator configured them.
    """
    require(may_administer(viewer))
    standing = site()
    fields = check_together({**standing, **values})
    if fields:
        raise Invalid(text("A setting was not saved."), fields=fields)
    changed = change(DECLARED, values, by=viewer.actor.key, standing=standing, pin=pin)
    if changed:
        outbox.record(SettingsChanged(by=viewer.actor, source=viewer.source, keys=changed))
    return changed
