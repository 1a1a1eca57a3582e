"""Page views: one line for each page that was shown, one event for each line, and nothing by which to find anybody."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import orjson
import pytest
from flask import Flask
from sqlalchemy import select

from forum.discussion.visits import Visit
from forum.jobs import pageviews
from forum.jobs.crawlers import RULES, is_crawler
from forum.kit import clock
from forum.kit.db import db
from forum.kit.outbox import EventRow, WorkRow
from forum.kit.salts import DailySalts
from forum.kit.spool import Spool, bundles
from tests import processes
from tests.people import Browser, People

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
YETI = "Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)"
LATER = timedelta(seconds=10)


def folder(app: Flask) -> Path:
    found: Path = app.extensions["madang"].data_dir
    return found


@pytest.fixture
def views(app: Flask) -> Callable[[], list[EventRow]]:
    """Collects the spool, and says what the log holds of page views."""

    def collected() -> list[EventRow]:
        with app.app_context():
            pageviews.ingest(folder(app), unfinished=True)
            query = select(EventRow).where(EventRow.type == "page_view").order_by(EventRow.event_id)
            found = list(db.session.scalars(query))
            db.session.remove()
            return found

    return collected


@pytest.fixture
def thread(people: People) -> int:
    people.category("Help")
    return people.thread(people.user("ada"), "help", title="밸브가 닫히지 않아요", body="어떻게 닫을 수 있나요?")[0]


def look(browser: Browser, path: str, agent: str = FIREFOX, **headers: str) -> Any:
    return browser.get(path, headers={"User-Agent": agent, **headers}, follow_redirects=True)


def test_a_visitors_page_view_says_what_and_not_who(
    app: Flask, people: People, thread: int, views: Callable[[], list[EventRow]]
) -> None:
    address = {"REMOTE_ADDR": "203.0.113.77"}
    headers = {
        "User-Agent": FIREFOX,
        "Referer": "https://search.naver.com/search?query=secret",
        "Accept-Language": "ko",
    }
    people.browser().get(f"/t/{thread}", headers=headers, environ_overrides=address, follow_redirects=True)
    kept = b"".join(path.read_bytes() for path in (folder(app) / "spool").iterdir())
    [view] = views()
    assert (view.actor_key, view.actor_class, view.is_mod, view.source) == (
        f"v{view.visitor_key_day}", "guest", False, "web",
    )  # fmt: skip
    assert (view.thread_id, view.lang, view.category_id is not None) == (thread, "ko", True)
    assert view.props == {"page": "threads.thread", "referrer": "search.naver.com"}
    assert view.rule_versions == {"crawlers": RULES}
    assert len(view.visitor_key_day or "") == 32
    for secret in (b"203.0.113", b"query=secret"):
        assert secret not in kept
    assert "Firefox" not in repr(vars(view))


def test_a_members_page_view_has_the_members_key_and_class_of_that_moment(
    people: People, thread: int, views: Callable[[], list[EventRow]]
) -> None:
    bob, olga, mia = people.user("bob"), people.user("olga", role="manager"), people.user("mia", role="moderator")
    look(people.browser(bob), f"/t/{thread}")
    look(people.browser(olga), "/")
    look(people.browser(mia), "/")
    seen = {(view.actor_key, view.actor_class, view.is_mod, view.visitor_key_day) for view in views()}
    # Moderators are volunteers, managers speak for the brand.
    assert seen == {
        (f"u{bob.id}", "member", False, None),
        (f"u{olga.id}", "staff", True, None),
        (f"u{mia.id}", "member", True, None),
    }


def test_one_visitor_has_one_key_and_another_browser_another(
    people: People, thread: int, views: Callable[[], list[EventRow]]
) -> None:
    for path, agent in (("/", FIREFOX), ("/tags", FIREFOX), ("/", CHROME)):
        look(people.browser(), path, agent)
    keys = [view.visitor_key_day for view in views()]
    assert len(keys) == 3
    assert len(set(keys)) == 2


def test_kept_pages_count_like_new_ones(people: People, thread: int, views: Callable[[], list[EventRow]]) -> None:
    for _ in range(3):
        look(people.browser(), "/")
    assert [view.props["page"] for view in views()] == ["threads.home"] * 3


@pytest.mark.parametrize("header", ["DNT", "Sec-GPC"])
def test_who_asks_not_to_be_followed_has_no_key(
    people: People, thread: int, views: Callable[[], list[EventRow]], header: str
) -> None:
    look(people.browser(), "/", **{header: "1"})
    [view] = views()
    assert (view.actor_key, view.actor_class, view.visitor_key_day) == ("guest", "guest", None)


def test_what_nobody_looks_at_is_no_page_view(people: People, thread: int, views: Callable[[], list[EventRow]]) -> None:
    browser = people.browser()
    look(browser, "/", **{"Sec-Purpose": "prefetch;prerender"})
    look(browser, "/", **{"Purpose": "prefetch"})
    look(browser, "/", **{"HX-Request": "true"})
    browser.client.head("/", headers={"User-Agent": FIREFOX})
    for path in ("/t/999999/x", "/c/nowhere", "/robots.txt", "/feeds/latest.atom", "/static/css/madang.css",
                 "/api/v1/threads", "/theme.css", "/livez"):  # fmt: skip
        look(browser, path)
    browser.client.get(f"/t/{thread}", headers={"User-Agent": FIREFOX})  # the redirect to the full address
    assert views() == []


def test_our_own_pages_and_strange_referrers_are_no_referrers(
    people: People, thread: int, views: Callable[[], list[EventRow]]
) -> None:
    for referrer in ("http://localhost/tags", "about:blank", "javascript:alert(1)", "https://", "", "android-app://x"):
        look(people.browser(), "/", Referer=referrer)
    assert {view.props.get("referrer") for view in views()} == {None}


def test_a_robot_is_counted_apart_and_without_a_key(
    people: People, thread: int, views: Callable[[], list[EventRow]]
) -> None:
    look(people.browser(), "/", YETI)
    [view] = views()
    assert (view.actor_key, view.actor_class, view.visitor_key_day) == ("bot", "bot", None)
    assert view.rule_versions == {"crawlers": RULES}


@pytest.mark.parametrize(
    ("agent", "robot"),
    [
        (FIREFOX, False),
        (CHROME, False),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 KAKAOTALK 10.4.5", False),
        ("Mozilla/5.0 (Linux; Android 13; CUBOT X70) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36", False),
        ("Mozilla/5.0 (Linux; Android 14) NAVER(inapp; search; 1000; 12.1.0)", False),
        (YETI, True),
        ("Mozilla/5.0 (compatible; Daum/4.1; +http://cs.daum.net/faq/15/4118.html)", True),
        ("Mozilla/5.0 (compatible; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/)", True),
        ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", True),
        ("Mozilla/5.0 AppleWebKit/537.36 (compatible; GPTBot/1.2; +https://openai.com/gptbot)", True),
        ("python-requests/2.31", True),
        ("curl/8.5.0", True),
        ("", True),
    ],
)  # fmt: skip
def test_robots_are_told_from_people(agent: str, robot: bool) -> None:
    assert is_crawler(agent) is robot


def test_page_views_have_no_consequences(
    app: Flask, people: People, thread: int, views: Callable[[], list[EventRow]]
) -> None:
    people.drain()
    look(people.browser(), "/")
    assert len(views()) == 1
    with app.app_context():
        assert db.session.scalars(select(WorkRow)).all() == []


def test_what_is_collected_twice_counts_once(
    app: Flask, people: People, thread: int, views: Callable[[], list[EventRow]]
) -> None:
    look(people.browser(), "/")
    first = [view.event_id for view in views()]
    assert [view.event_id for view in views()] == first
    assert len(first) == 1


def test_a_worker_killed_between_commit_and_deletion_counts_nothing_twice(
    app: Flask, people: People, thread: int, views: Callable[[], list[EventRow]], monkeypatch: pytest.MonkeyPatch
) -> None:
    look(people.browser(), "/")
    look(people.browser(), "/tags")
    with clock.shifted(LATER), monkeypatch.context() as dying:
        dying.setattr("forum.kit.spool.Bundle.discard", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        with app.app_context(), pytest.raises(KeyboardInterrupt):
            pageviews.ingest(folder(app))
    with app.app_context(), clock.shifted(LATER):
        assert pageviews.ingest(folder(app)) == 2
    assert list((folder(app) / "spool").iterdir()) == []
    assert len(views()) == 2


def _collect_slowly(data_dir: Path) -> None:
    """The worker's job in small transactions, so that there is always one to be killed in."""
    pageviews.BATCH = 20
    while True:
        with clock.shifted(LATER):
            pageviews.ingest(data_dir)


def test_a_worker_killed_again_and_again_loses_nothing_and_counts_nothing_twice(app: Flask, tmp_path: Path) -> None:
    ids, spool = set(), Spool(tmp_path / "spool")
    for _ in range(100):
        for _ in range(10):
            visit = Visit(
                uuid4(), clock.now(), "guest", "guest", False, None, None, "en", "threads.home", None, FIREFOX
            )
            spool.append(orjson.dumps(visit))
            ids.add(visit.id)
        spool.close()  # the next line begins another file
    kills = 0
    for _ in range(20):
        worker = processes.start(app.extensions["madang"], _collect_slowly, tmp_path)
        files = len(list((tmp_path / "spool").iterdir()))
        while files and len(list((tmp_path / "spool").iterdir())) > max(0, files - 12):
            time.sleep(0.002)
        worker.kill()
        worker.join()
        kills += 1
        if not files:
            break
    with app.app_context():
        written = list(db.session.scalars(select(EventRow.event_id).where(EventRow.type == "page_view")))
    assert kills > 5
    assert (len(written), set(written)) == (1000, ids)


def test_a_file_is_thrown_away_only_when_its_time_is_over(app: Flask, people: People, thread: int) -> None:
    look(people.browser(), "/")
    with app.app_context():
        assert pageviews.ingest(folder(app)) == 0
        with clock.shifted(LATER):
            assert pageviews.ingest(folder(app)) == 1
            assert pageviews.ingest(folder(app)) == 0
    assert list((folder(app) / "spool").iterdir()) == []


def test_torn_and_foreign_lines_are_passed_over(
    app: Flask, people: People, thread: int, views: Callable[[], list[EventRow]]
) -> None:
    look(people.browser(), "/")
    [path] = (folder(app) / "spool").iterdir()
    with path.open("ab") as file:
        file.write(b'{"id": "no id"}\n[1, 2]\n\xff\xfe\n{"id": "0190')
    assert len(views()) == 1


def test_a_page_is_shown_though_the_disk_takes_no_line(
    people: People, thread: int, views: Callable[[], list[EventRow]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("forum.kit.spool.os.write", full)
    assert look(people.browser(), "/").status_code == 200
    monkeypatch.undo()
    assert views() == []


def test_noting_a_page_view_asks_the_database_nothing(people: People, thread: int) -> None:
    browser = people.browser()
    browser.get("/")
    with clock.shifted(timedelta(days=2)):  # the moment when a salt is made, too
        _, statements = browser.statements("/")
    assert len(statements) <= 2


def test_noting_a_page_view_takes_a_few_microseconds(tmp_path: Path) -> None:
    spool, now = Spool(tmp_path / "spool"), clock.now()
    visit = Visit(uuid4(), now, "guest", "guest", False, "0" * 32, 7, "en", "threads.thread", None, FIREFOX)
    took = []
    for _ in range(300):
        began = time.perf_counter()
        spool.append(orjson.dumps(visit))
        took.append(time.perf_counter() - began)
    assert statistics.median(took) < 30e-6
    spool.close()
    assert sum(len(bundle.lines) for bundle in bundles(tmp_path / "spool", unfinished=True)) == 300


def test_a_salt_turns_at_four_in_the_morning_of_the_community(tmp_path: Path) -> None:
    salts = DailySalts(tmp_path / "salts", lambda: ZoneInfo("Asia/Seoul"))
    before = datetime(2026, 3, 1, 18, 59, 59, tzinfo=UTC)  # 3:59:59 in Seoul
    with clock.frozen(before):
        old = salts.current()
    with clock.frozen(before - timedelta(hours=23)):
        assert salts.current() == old
    with clock.frozen(before + timedelta(seconds=1)):
        new = salts.current()
    assert (len(old), old != new) == (32, True)
    assert {path.name for path in (tmp_path / "salts").iterdir()} == {"2026-03-01", "2026-03-02"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "salts").iterdir())


def test_all_processes_share_a_salt_and_none_outlives_two_days(tmp_path: Path) -> None:
    zone = ZoneInfo("UTC")
    at = datetime(2026, 3, 1, 4, tzinfo=UTC)
    with clock.frozen(at):
        assert DailySalts(tmp_path, lambda: zone).current() == DailySalts(tmp_path, lambda: zone).current()
    salts = DailySalts(tmp_path, lambda: zone)
    with clock.frozen(at + timedelta(hours=47)):
        assert salts.destroy_old() == 0
    with clock.frozen(at + timedelta(hours=48)):
        assert salts.destroy_old() == 1
    assert list(tmp_path.iterdir()) == []


def test_the_collecting_thread_survives_an_accident(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading  # noqa: PLC0415 - for this alone

    monkeypatch.setattr("forum.jobs.pageviews.EVERY_SECONDS", 0.01)
    stopping, calls = threading.Event(), list[int]()

    def job() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("an accident")
        if len(calls) == 3:
            stopping.set()

    pageviews.keep_ingesting(job, stopping).join(5)
    assert len(calls) == 3
