"""Passwords: Argon2id, at most two hashes at once per process, and what makes a password too weak."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from forum.kit.db import outside_transaction
from forum.kit.errors import Unavailable
from forum.kit.words import Text, text

MIN_LENGTH = 8
MAX_LENGTH = 128
DISTINCT_MIN = 3
QUEUE = 8
# The smallest class that OWASP's password storage cheat sheet accepts: 109 ms here, the library's default 509 ms.
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_running = threading.BoundedSemaphore(2)
_waiting = threading.BoundedSemaphore(2 + QUEUE)
# Verified for unknown names, so that their answer takes as long as that for known ones.
_nobody = _hasher.hash("nobody has this password")
# The heads of every published list of leaked passwords; the long tail is the length rule's business.
COMMON = frozenset(
    [
        "password",
        "passw0rd",
        "password1",
        "password123",
        "12345678",
        "123456789",
        "1234567890",
        "11111111",
        "qwerty123",
        "qwertyuiop",
        "iloveyou",
        "sunshine",
        "princess",
        "football",
        "baseball",
        "superman",
        "trustno1",
        "letmein1",
        "welcome1",
        "admin123",
        "abc12345",
        "abcd1234",
        "1q2w3e4r",
        "1qaz2wsx",
        "qwer1234",
        "asdf1234",
        "zxcv1234",
        "00000000",
        "88888888",
        "dragon12",
        "monkey12",
        "asdfasdf",
        "qweqweqwe",
        "aaaaaaaa",
    ]
)


@contextmanager
def _turn() -> Iterator[None]:
    """Two at once, a short queue, then a refusal: 19 MB and 0.1 s each would else stop the whole process."""
    if not _waiting.acquire(blocking=False):
        raise Unavailable(text("Too many people are signing in just now. Try again in a few seconds."))
    try:
        with _running:
            yield
    finally:
        _waiting.release()


def hash_password(password: str) -> str:
    """The Argon2id hash to store."""
    outside_transaction("hashing")
    with _turn():
        return _hasher.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password fits; takes equally long when there is no stored hash."""
    outside_transaction("hashing")
    with _turn():
        try:
            return _hasher.verify(stored or _nobody, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def needs_rehash(stored: str) -> bool:
    """Whether the hash was made with older parameters."""
    return _hasher.check_needs_rehash(stored)


def weakness(password: str, personal: tuple[str, ...] = ()) -> Text | None:
    """Why this password will not do, or None; `personal` are names and addresses it must not equal."""
    if len(password) < MIN_LENGTH:
        return text("Use at least {n} characters.", n=MIN_LENGTH)
    if len(password) > MAX_LENGTH:
        return text("Use at most {n} characters.", n=MAX_LENGTH)
    plain = password.casefold()
    if plain in COMMON or len(set(plain)) < DISTINCT_MIN:
        return text("Too many people use this password. Choose another.")
    if plain in {word.casefold() for word in personal if word}:
        return text("The password must not be your name or address.")
    return None
