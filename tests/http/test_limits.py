"""Limits: exact across processes, kept apart by key, forgiving after the window, strict when the storage is gone."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from forum.http.limits import SqliteStorage, hit
from forum.kit.errors import TooSoon


def _knock(path: str, times: int, results: multiprocessing.Queue[int]) -> None:
    storage = SqliteStorage(f"sqlite:///{path}")
    results.put(sum(storage.incr("door", 60) <= 100 for _ in range(times)))


def test_several_processes_together_get_exactly_the_limit(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[int] = context.Queue()
    doors = [context.Process(target=_knock, args=(str(tmp_path / "limits.db"), 60, results)) for _ in range(3)]
    for door in doors:
        door.start()
    allowed = sum(results.get(timeout=90) for _ in doors)
    for door in doors:
        door.join()
    assert allowed == 100


def knock(app: Flask, per: str, who: str) -> None:
    """One request's try: within one request the same limit counts once, however often a page is made again."""
    with app.app_context():
        hit("door", per, who)


def test_one_more_than_the_limit_is_too_soon_and_says_when(fresh_app: Callable[..., Flask]) -> None:
    app = fresh_app()
    for _ in range(3):
        knock(app, "3/minute", "ada")
    with pytest.raises(TooSoon) as caught:
        knock(app, "3/minute", "ada")
    assert 0 < caught.value.retry_after <= 61
    knock(app, "3/minute", "bob")


def test_a_page_that_is_made_again_counts_once(fresh_app: Callable[..., Flask]) -> None:
    app = fresh_app()
    with app.app_context():
        for _ in range(3):
            hit("door", "1/minute", "ada")


def test_a_window_that_ended_begins_again(tmp_path: Path) -> None:
    storage = SqliteStorage(f"sqlite:///{tmp_path / 'limits.db'}")
    assert [storage.incr("door", 1) for _ in range(2)] == [1, 2]
    time.sleep(1.05)
    assert storage.incr("door", 1) == 1


def test_without_its_storage_a_process_counts_half_by_itself(fresh_app: Callable[..., Flask]) -> None:
    app = fresh_app()
    app.extensions["limits"].storage._path = Path("/nowhere/limits.db")
    for _ in range(2):
        knock(app, "4/minute", "ada")
    with pytest.raises(TooSoon):
        knock(app, "4/minute", "ada")
