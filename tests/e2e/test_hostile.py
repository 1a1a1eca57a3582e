"""Hostile text from public collections: taken or refused quickly, and never more than text on any page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.e2e.chromium import Watch
from tests.e2e.hostility import AUDIT, SHORT, Intake, Judge, Vector, collection, lists, names, reflections, spread
from tests.e2e.live import Live

pytestmark = pytest.mark.e2e
SOME = {"xss_html": 18, "xss_markdown": 18, "naughty_strings": 18, "pathological_markdown": 4}


@pytest.fixture(scope="module")
def vectors() -> list[Vector]:
    """Some of every class."""
    found = spread(**SOME)
    assert len(found) >= 60
    return found


@pytest.fixture(scope="module")
def intake(live: Live, vectors: list[Vector]) -> Intake:
    """A community that has taken, or refused, all of them in every way."""
    taken = Intake(live)
    taken.pages = [(None, f"/t/{thread}") for thread in taken.replies(vectors)]
    short = [vector for vector in vectors if len(vector.text) < 2000][::2]
    threads = [(taken.thread(vector), vector) for vector in short]
    for thread, vector in threads[::9]:
        assert thread is not None, vector.name
        post = taken.opening(thread)
        taken.edit(post, vector)
        taken.pages += [(None, f"/t/{thread}"), (None, f"/p/{post}/history"), (taken.writer, f"/p/{post}/edit")]
    taken.pages += names(taken, every=3)
    taken.pages += list(lists(taken, most=2))
    return taken


@pytest.fixture(scope="module")
def judge(live: Live) -> Iterator[Judge]:
    made = Judge(live)
    yield made
    made.close()


def test_every_text_is_taken_or_refused_and_none_takes_long(intake: Intake) -> None:
    assert intake.faults == []
    assert intake.stored > intake.refused


def test_no_text_is_more_than_text_on_any_page(intake: Intake, judge: Judge) -> None:
    for number, (who, path) in enumerate(intake.pages):
        # What the policy would stop must not be there to be stopped; with it, some pages in turn.
        judge.look(who, path, *(() if number % 4 == 0 else ("without",)))
    assert judge.found == []


def test_no_address_brings_a_text_into_a_page_as_more_than_text(intake: Intake, judge: Judge) -> None:
    for who, path in reflections(SHORT[2:4]):
        judge.look(who, path, "without")
    assert judge.found == []


@pytest.fixture(scope="module")
def context(live: Live) -> Iterator[BrowserContext]:
    """A profile that knows no policy."""
    made = live.context(bypass_csp=True)
    yield made
    made.close()


@pytest.fixture
def unsafe(context: BrowserContext) -> Iterator[Page]:
    """A page to put anything into."""
    page = context.new_page()
    yield page
    page.close()


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("<script>alert(1)</script>", "ran: alert"),
        ("<img src=x onerror=prompt(1)>", "ran: prompt"),
        ("<img src=x onerror=prompt(1)>", "attribute onerror"),
        ("<a href='javascript:alert(1)'>a</a>", "scheme javascript:"),
        ("<meta http-equiv=refresh content='0;url=http://evil.example/'>", "navigation: "),
        ("<link rel=stylesheet href=http://evil.example/a.css>", "request: stylesheet"),
        ("<iframe src=http://evil.example/></iframe>", "request: document"),
        ("<form action=http://evil.example/></form>", "foreign: "),
        ("<p style='position:fixed'>a", "attribute style"),
        ("</main><footer>", "the frame of the page is broken"),
        ("<div class=prose><video></video></div>", "not allowed in a post"),
    ],
)
def test_the_judge_sees_an_unsafe_page(unsafe: Page, live: Live, text: str, seen: str) -> None:
    page, watch = unsafe, Watch(unsafe, live.origin)
    frame = f"<!doctype html><body><main id=main>{text}</main><footer class=foot></footer>"
    page.route(f"{live.origin}/unsafe", lambda route: route.fulfill(body=frame, content_type="text/html"))
    page.goto("/unsafe")
    if seen.startswith("navigation"):
        page.wait_for_timeout(800)
    else:
        watch.seen += page.evaluate(AUDIT, [live.origin, ["p"]])
    found = watch.take()
    assert any(seen in one for one in found), found


def test_the_policy_alone_would_stop_a_script(live: Live) -> None:
    context = live.context()
    page = context.new_page()
    watch = Watch(page, live.origin)
    policy = live.people.browser().get("/").headers["Content-Security-Policy"]
    body = "<script>alert(1)</script><img src=x onerror=alert(2)><a href='javascript:alert(3)'>a</a>"
    answer = {
        "body": f"<!doctype html>{body}",
        "headers": {"Content-Type": "text/html", "Content-Security-Policy": policy},
    }
    page.route(f"{live.origin}/unsafe", lambda route: route.fulfill(**answer))
    page.goto("/unsafe")
    page.get_by_text("a", exact=True).click()
    page.wait_for_timeout(100)
    found = watch.take()
    context.close()
    assert [one for one in found if "ran: " in one] == []
    assert sum("Content Security Policy" in one for one in found) == 3, found


def test_the_collection_is_large() -> None:
    assert sum(len(found) for found in collection().values()) > 1600
