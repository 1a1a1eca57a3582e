"""Passwords: hashed slowly, two at a time, refused when weak, and as slow for nobody as for somebody."""

from __future__ import annotations

import threading
import time

import pytest
from argon2 import PasswordHasher

from forum.accounts import passwords
from forum.accounts.passwords import QUEUE, hash_password, needs_rehash, verify_password, weakness
from forum.kit.errors import Unavailable


def test_a_hash_is_argon2id_of_the_smallest_class_that_is_safe() -> None:
    hashed = hash_password("a sentence nobody guesses")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert "sentence" not in hashed
    assert not needs_rehash(hashed)
    assert needs_rehash(PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("x"))


def test_only_the_password_itself_fits() -> None:
    hashed = hash_password("a sentence nobody guesses")
    assert verify_password(hashed, "a sentence nobody guesses")
    assert not verify_password(hashed, "A sentence nobody guesses")
    assert not verify_password(hashed, "")
    assert not verify_password("no hash at all", "a sentence nobody guesses")
    assert not verify_password(None, "nobody has this password")


def test_one_password_has_another_hash_each_time() -> None:
    assert hash_password("a sentence nobody guesses") != hash_password("a sentence nobody guesses")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "at least 8"),
        ("x" * 129, "at most 128"),
        ("password123", "Too many people"),
        ("PassWord123", "Too many people"),
        ("ababababab", "Too many people"),
        ("Ada Lovelace", "your name or address"),
        ("ADA@example.com", "your name or address"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(password: str, why: str) -> None:
    found = weakness(password, ("Ada Lovelace", "ada@example.com"))
    assert found is not None
    assert why in str(found)


@pytest.mark.parametrize("password", ["correct horse", "비밀번호는길다네", "x1y2z3w4", "p" * 64 + "q2"])
def test_a_password_that_is_long_enough_and_rare_will_do(password: str) -> None:
    assert weakness(password, ("Ada Lovelace", "ada@example.com")) is None


class Slow:
    """A hasher that notes how many are at work at once."""

    def __init__(self) -> None:
        self.lock, self.now, self.most = threading.Lock(), 0, 0

    def hash(self, password: str) -> str:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.1)
        with self.lock:
            self.now -= 1
        return password


def test_at_most_two_are_hashed_at_once_and_a_long_queue_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, refused, done = Slow(), [], []
    monkeypatch.setattr(passwords, "_hasher", slow)

    def sign_up(n: int) -> None:
        try:
            done.append(hash_password(str(n)))
        except Unavailable as refusal:
            refused.append(refusal.status)

    crowd = [threading.Thread(target=sign_up, args=(n,)) for n in range(2 + QUEUE + 5)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(20)
    assert slow.most == 2
    assert (len(done), refused) == (2 + QUEUE, [503] * 5)
    assert hash_password("later") == "later", "the queue is open again"


def test_real_hashes_by_many_threads_all_fit() -> None:
    hashes: dict[str, str] = {}
    crowd = [
        threading.Thread(target=lambda word=word: hashes.update({word: hash_password(word)}))
        for word in ("one two", "three four", "five six", "seven eight")
    ]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(20)
    assert len(hashes) == 4
    assert all(verify_password(hashed, word) for word, hashed in hashes.items())
