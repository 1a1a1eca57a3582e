"""Accounts: joining, names that cannot be mistaken, roles, and secrets that are kept as hashes alone."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from forum.accounts import queries, service
from forum.accounts.inputs import KeyInput, PasswordInput, RegisterInput
from forum.accounts.models import ROLES, ApiKey, OneTimeLink, User, UserSession
from forum.accounts.policy import may_administer, may_change_role
from forum.accounts.viewer import RANK, Viewer
from forum.kit import clock
from forum.kit.db import db, transaction
from forum.kit.errors import Invalid, NotAllowed, NotFound
from forum.kit.outbox import EventRow
from tests.people import People

GOOD = "a sentence nobody guesses"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing has tests of its own; here it only has to be recognised."""
    monkeypatch.setattr("forum.accounts.passwords.hash_password", lambda password: f"hash of {password}")
    monkeypatch.setattr(
        "forum.accounts.passwords.verify_password", lambda stored, password: stored == f"hash of {password}"
    )


def register(app: Flask, name: str = "Ada Lovelace", email: str | None = None, **more: Any) -> User:
    given = RegisterInput(
        display_name=name, email=email or f"{abs(hash(name))}@example.com", password=more.pop("password", GOOD)
    )
    with app.app_context():
        account = service.prepare_account(given, "site key", more.pop("address", "192.0.2.7"))
        with transaction():
            return service.register(account, **more)


def do(app: Flask, change: Any, *given: Any, **named: Any) -> Any:
    with app.app_context(), transaction():
        return change(*given, **named)


def test_a_new_member_begins_at_the_bottom(app: Flask) -> None:
    user = register(app, email="Ada@Example.COM")
    assert (user.username, user.display_name, user.email) == ("ada-lovelace", "Ada Lovelace", "ada@example.com")
    assert (user.role, user.trust, user.email_verified_at) == ("member", 0, None)
    assert user.password_hash == f"hash of {GOOD}"
    with app.app_context():
        event = db.session.scalars(select(EventRow)).one()
    assert (event.type, event.actor_key) == ("signup", f"u{user.id}")


def test_where_somebody_signed_up_is_kept_as_a_hash_of_the_network(app: Flask) -> None:
    ada, bob = register(app, address="192.0.2.7"), register(app, "Bob", address="192.0.2.200")
    carol, dora = register(app, "Carol", address="192.0.3.7"), register(app, "Dora", address=None)
    assert ada.signup_network == bob.signup_network != carol.signup_network
    assert "192" not in (ada.signup_network or "")
    assert dora.signup_network is None
    first, second, third = (service.network_hash("k", f"2001:db8:{part}::1") for part in ("1", "1:2", "2"))
    assert first == second != third


def test_a_weak_password_is_refused_before_anything_is_stored(app: Flask) -> None:
    with pytest.raises(Invalid) as refusal:
        register(app, password="password123")
    assert list(refusal.value.fields) == ["password"]


def test_an_address_has_one_account(app: Flask) -> None:
    register(app, email="ada@example.com")
    with pytest.raises(Invalid) as refusal:
        register(app, "Another", email="ADA@example.com")
    assert list(refusal.value.fields) == ["email"]


def test_a_closed_community_takes_nobody(app: Flask, people: People) -> None:
    people.settings(registration_open=False)
    with pytest.raises(NotAllowed):
        register(app)
    assert register(app, verified=True).username == "ada-lovelace"


def test_the_second_of_a_name_gets_a_number(app: Flask) -> None:
    names = [register(app, name, email=f"{n}@example.com").username for n, name in enumerate(["Bob", "Bob", "bob"])]
    assert names == ["bob", "bob-2", "bob-3"]


def test_a_korean_name_is_a_name(app: Flask) -> None:
    assert register(app, "김유진").username == "김유진"


@pytest.mark.parametrize("name", ["аlice", "a1ice", "ALICE\u200b", "ａｌｉｃｅ", "álice"])
def test_a_name_that_looks_like_anothers_is_refused_or_numbered(app: Flask, name: str) -> None:
    register(app, "alice")
    try:
        username = register(app, name, email="other@example.com").username
    except Invalid as refusal:
        assert list(refusal.fields) == ["display_name"]
    else:
        assert username == "alice-2", "the very same name in another spelling"


@pytest.mark.parametrize("name", ["Admin", "ADMIN", "аdmin", "Adm1n", "Moderator", "madang", "system"])
def test_names_of_the_team_are_kept_for_it(app: Flask, name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        register(app, name)
    assert list(refusal.value.fields) == ["display_name"]


def test_two_who_join_with_one_name_at_one_moment_become_two(app: Flask) -> None:
    gate, names = threading.Barrier(2), []

    def join(n: int) -> None:
        with app.app_context():
            given = RegisterInput(display_name="Bob", email=f"bob{n}@example.com", password=GOOD)
            account = service.prepare_account(given, "site key", None)
            gate.wait(20)
            for _ in range(2):
                try:
                    with transaction():
                        user = service.register(account)
                        time.sleep(0.05)
                    names.append(user.username)
                    return
                except IntegrityError:  # asked to try again, as the page asks people
                    continue

    crowd = [threading.Thread(target=join, args=(n,)) for n in range(2)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(30)
    assert sorted(names) == ["bob", "bob-2"]


def test_one_refusal_for_a_wrong_name_and_a_wrong_password(app: Flask) -> None:
    register(app, email="ada@example.com")
    with app.app_context():
        for login in ("ada@example.com", " ADA@example.com", "Ada-Lovelace"):
            assert service.check_password(login, GOOD).username == "ada-lovelace"
        refusals = []
        for login, password in (("ada@example.com", "wrong"), ("nobody@example.com", GOOD), ("", GOOD)):
            with pytest.raises(Invalid) as refusal:
                service.check_password(login, password)
            refusals.append((str(refusal.value), sorted(refusal.value.fields)))
    assert len(set(map(str, refusals))) == 1


def actor(role: str, user_id: int = 1) -> Viewer:
    return Viewer(id=user_id, role=role, username="x", name="X")


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("old", ROLES)
@pytest.mark.parametrize("new", ROLES)
def test_roles_are_given_by_the_table(who: str, old: str, new: str) -> None:
    member = User(id=2, role=old)
    is_owner, is_manager = who == "owner", who == "manager"
    allowed = is_owner or (is_manager and max(RANK[old], RANK[new]) < RANK["manager"])
    assert bool(may_change_role(actor(who), member, new)) is allowed
    assert not may_change_role(actor(who, user_id=2), member, new), "nobody changes an own role"


def test_visitors_members_and_moderators_administer_nothing() -> None:
    allowed = [role for role in ROLES if may_administer(actor(role))]
    assert allowed == ["manager", "owner"]
    assert not may_administer(Viewer())
    assert not may_change_role(Viewer(), User(id=2, role="member"), "moderator")


def test_a_new_role_signs_everywhere_out_and_is_recorded(app: Flask, people: People) -> None:
    boss, ada = people.user("boss", role="owner"), people.user("ada")
    token = do(app, service.open_session, ada.id, "phone")
    do(app, service.change_role, boss, ada.id, "moderator")
    with app.app_context():
        assert queries.signed_in(token) is None
        assert db.session.get_one(User, ada.id).role == "moderator"
        props = db.session.scalars(select(EventRow.props).where(EventRow.type == "role_changed")).one()
    assert props == {"member": f"u{ada.id}", "old_role": "member", "new_role": "moderator", "new_class": "member"}
    with pytest.raises(NotAllowed):
        do(app, service.change_role, ada, boss.id, "member")


def test_a_session_is_kept_as_a_hash_and_opens_one_account(app: Flask, people: People) -> None:
    ada = people.user("ada")
    token = do(app, service.open_session, ada.id, "A browser" * 100)
    with app.app_context():
        row = db.session.scalars(select(UserSession)).one()
        assert token not in (row.token_hash, row.user_agent)
        assert row.token_hash == queries.token_hash(token)
        assert len(row.user_agent) == 200
        found = queries.signed_in(token)
        assert found is not None
        assert (found.viewer.id, found.viewer.username) == (ada.id, "ada")
        assert queries.signed_in(row.token_hash) is None, "the stored hash opens nothing"
        assert queries.signed_in("") is None


def test_a_session_ends_by_its_date_by_revoking_and_with_the_account(app: Flask, people: People) -> None:
    ada, bob = people.user("ada"), people.user("bob")
    tokens = [do(app, service.open_session, ada.id, "phone") for _ in range(3)]

    def works() -> list[bool]:
        with app.app_context():
            return [queries.signed_in(token) is not None for token in tokens]

    with app.app_context():
        ids = [session.id for session in queries.sessions(ada.id or 0)]
    do(app, service.close_session, bob.id, ids[0])
    assert works() == [True] * 3, "somebody else's session is left alone"
    with app.app_context():
        known = queries.signed_in(tokens[1])
    assert known is not None
    do(app, service.close_sessions, ada.id, keep=known.session_id)
    assert works() == [False, True, False]
    with clock.shifted(timedelta(days=61)):
        assert works() == [False] * 3
    with app.app_context(), transaction() as session:
        session.get_one(User, ada.id).erased_at = clock.now()
    assert works() == [False] * 3


def test_staff_sessions_are_shorter(app: Flask, people: People) -> None:
    tokens = [do(app, service.open_session, people.user(name, role=role).id, "x") for name, role in (("ada", "member"), ("mo", "moderator"))]  # fmt: skip
    with app.app_context(), clock.shifted(timedelta(days=8)):
        assert [queries.signed_in(token) is not None for token in tokens] == [True, False]


def test_a_new_password_needs_the_old_one_and_signs_others_out(app: Flask, people: People) -> None:
    user = register(app)
    token = do(app, service.open_session, user.id, "phone")
    with app.app_context():
        with pytest.raises(Invalid) as refusal:
            service.prepare_new_password(user, PasswordInput(current_password="wrong", new_password=GOOD + "!"))
        assert list(refusal.value.fields) == ["current_password"]
        with pytest.raises(Invalid) as refusal:
            service.prepare_new_password(user, PasswordInput(current_password=GOOD, new_password="12345678"))
        assert list(refusal.value.fields) == ["new_password"]
        hashed = service.prepare_new_password(user, PasswordInput(current_password=GOOD, new_password=GOOD + "!"))
    do(app, service.set_password, user.id, hashed, keep_session=None)
    with app.app_context():
        assert queries.signed_in(token) is None
        assert service.check_password("ada-lovelace", GOOD + "!").id == user.id


def test_a_key_is_shown_once_kept_as_a_hash_and_narrowed_to_its_scopes(app: Flask, people: People) -> None:
    ada = people.user("ada")
    key = do(app, service.create_api_key, ada.id, ["read"], "my script")
    with app.app_context():
        row = db.session.scalars(select(ApiKey)).one()
        assert key not in (row.key_hash, row.name)
        assert key.startswith(row.hint)
        assert len(row.hint) <= 8
        holder = queries.key_holder(key)
        assert holder is not None
        assert (holder.id, holder.may("read"), holder.may("write"), holder.source) == (ada.id, True, False, "api")
        assert queries.key_holder(row.key_hash) is None
        assert queries.key_holder(key[:-1]) is None


def test_a_key_that_is_revoked_or_over_opens_nothing(app: Flask, people: People) -> None:
    ada, bob = people.user("ada"), people.user("bob")
    keys = [do(app, service.create_api_key, ada.id, ["read"]) for _ in range(2)]
    with app.app_context():
        newest, oldest = (row.id for row in queries.api_keys(ada.id or 0))
    do(app, service.revoke_api_key, bob.id, oldest)
    with app.app_context(), transaction() as session:
        session.get_one(ApiKey, newest).expires_at = clock.now() + timedelta(hours=1)
    with app.app_context():
        assert all(queries.key_holder(key) for key in keys), "nobody revokes somebody else's key"
    do(app, service.revoke_api_key, ada.id, oldest)
    with app.app_context(), clock.shifted(timedelta(hours=2)):
        assert not any(queries.key_holder(key) for key in keys)


@pytest.mark.parametrize(
    ("role", "scopes", "allowed"),
    [
        ("member", ["read", "write"], True),
        ("member", ["moderate"], False),
        ("moderator", ["moderate", "metrics:read"], True),
        ("moderator", ["admin"], False),
        ("manager", ["admin", "metrics:people"], True),
        ("owner", ["everything"], False),
    ],
)
def test_a_key_has_no_scope_its_holder_could_not_use(
    app: Flask, people: People, role: str, scopes: list[str], allowed: bool
) -> None:
    holder = people.user("ada", role=role)
    given = KeyInput(name="script", scopes=scopes)
    if allowed:
        assert do(app, service.issue_api_key, holder, given).startswith("mdg_")
    else:
        with pytest.raises(Invalid):
            do(app, service.issue_api_key, holder, given)


def test_a_link_works_once_for_its_purpose_and_for_a_while(app: Flask, people: People) -> None:
    ada = people.user("ada")
    token = do(app, service.create_link, "reset", ada.id, timedelta(hours=1))
    with app.app_context():
        assert db.session.scalars(select(OneTimeLink.token_hash)).one() != token
        with pytest.raises(NotFound):
            queries.open_link(token, "owner")
        with clock.shifted(timedelta(hours=2)), pytest.raises(NotFound):
            queries.open_link(token, "reset")
        assert queries.open_link(token, "reset").user_id == ada.id
    do(app, service.use_link, token, "reset")
    with pytest.raises(NotFound):
        do(app, service.use_link, token, "reset")


def test_a_newer_link_replaces_the_older_one(app: Flask, people: People) -> None:
    ada, bob = people.user("ada"), people.user("bob")
    first, others = (do(app, service.create_link, "reset", viewer.id, timedelta(hours=1)) for viewer in (ada, bob))
    second = do(app, service.create_link, "reset", ada.id, timedelta(hours=1))
    with app.app_context():
        with pytest.raises(NotFound):
            queries.open_link(first, "reset")
        assert queries.open_link(second, "reset")
        assert queries.open_link(others, "reset"), "everybody has links of their own"


def test_a_link_used_twice_at_one_moment_is_used_once(app: Flask, people: People) -> None:
    token = do(app, service.create_link, "owner", None, timedelta(hours=1))
    gate, outcomes = threading.Barrier(2), []

    def use() -> None:
        with app.app_context():
            gate.wait(20)
            try:
                with transaction():
                    service.use_link(token, "owner")
                    time.sleep(0.05)
                outcomes.append("used")
            except NotFound:
                outcomes.append("refused")

    crowd = [threading.Thread(target=use) for _ in range(2)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(30)
    assert sorted(outcomes) == ["refused", "used"]
