"""Fixtures of moderation's tests: a desk, and the people around it."""

from __future__ import annotations

import pytest
from flask import Flask

from forum.accounts.viewer import Viewer
from tests.moderation.desk import Desk
from tests.people import People


@pytest.fixture
def desk(app: Flask, people: People) -> Desk:
    people.category()
    return Desk(app, people)


@pytest.fixture
def author(people: People) -> Viewer:
    return people.user("vera")


@pytest.fixture
def ben(people: People) -> Viewer:
    return people.user("ben")


@pytest.fixture
def minseo(people: People) -> Viewer:
    return people.user("minseo", role="moderator")


@pytest.fixture
def jiwoo(people: People) -> Viewer:
    return people.user("jiwoo", role="moderator")
