"""The health pages of communities that change: opened to everybody, empty, with something that was hidden."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from sqlalchemy import update

from forum.discussion.models import Thread
from forum.kit.db import transaction
from tests.people import Browser, People
from tests.web.measured import ANSWERED, NOW, Measured, measured


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    """The same moment for every look."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def known(people: People) -> Measured:
    """A community with something to measure."""
    return measured(people)


def boss_of(people: People, known: Measured) -> Browser:
    return people.browser(known.boss)


def test_the_community_can_show_totals_to_everybody_but_never_the_rows(people: People, known: Measured) -> None:
    people.settings(health_public=True)
    visitor = people.browser()
    visitor.get("/")  # the first page after a change brings the new settings
    page = visitor.get("/health").text
    assert "62.5%" in page
    assert 'href="/mod"' not in page
    assert "csv" not in page
    figure = visitor.get("/health/threads").text
    assert "The rows behind this figure are for the team." in figure
    assert "What is wrong with lamp" not in figure
    assert visitor.get("/health/threads.csv").status_code == 404
    assert 'href="/health"' in visitor.get("/").text


def test_an_empty_forum_is_told_what_to_do(people: People) -> None:
    page = people.browser(people.user("boss", role="owner")).get("/health").text
    assert "Nothing to measure yet" in page
    assert 'href="/ask"' in page
    assert '<svg class="chart wide-only"' not in page


def test_a_hidden_thread_is_named_to_nobody_who_may_not_see_it(people: People, known: Measured) -> None:
    people.settings(health_public=True)
    waiting = known.threads[ANSWERED]
    with people.app.app_context(), transaction() as session:
        session.execute(update(Thread).where(Thread.id == waiting).values(visibility="hidden"))
    visitor = people.browser()
    visitor.get("/")
    assert f"What is wrong with lamp {ANSWERED:02}?" not in visitor.get("/health").text


def test_the_owner_decides_on_the_settings_page(people: People, known: Measured) -> None:
    browser = boss_of(people, known)
    assert "Show community health to everybody" in browser.get("/admin/settings").text
    assert browser.post("/admin/settings", {"group": "health", "health_public": "1"}).status_code == 303
    visitor: Browser = people.browser()
    visitor.get("/")
    assert visitor.get("/health").status_code == 200
