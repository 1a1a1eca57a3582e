"""Fixtures of the browser tests: one Chromium for a module, and a community it can reach."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.chromium import chromium, missing
from tests.e2e.live import Live, served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running Chromium; where there is none, tests are skipped, and fail where every test has to run.

    For a module, not for the session: while it runs, its event loop is the one of this thread, and no other test
    could start its own.
    """
    why = missing()
    if why and os.environ.get("CI") == "true":
        pytest.fail(why)
    if why:
        pytest.skip(why)
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def live(browser: Browser, tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Live]:
    """A community of this module's own, reachable by the browser."""
    with served(browser, tmp_path_factory.mktemp("live"), sqlite_template) as community:
        yield community
