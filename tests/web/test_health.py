"""The health pages: who may look, that every figure can be followed to its rows, and what an empty forum is told."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pytest
import time_machine

from forum.accounts.viewer import Viewer
from tests.api.program import Program
from tests.conftest import Community, shared_community
from tests.people import Browser, People
from tests.web.measured import ANSWERED, ASKED, NOW, THREADS, Measured, measured

PERIOD = "from=2026-05-23&to=2026-06-20"


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    """The same moment for every look."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.pg)])
def community(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    """One community for all tests here: they only look."""
    yield from shared_community(request, tmp_path_factory.mktemp("shared"))


@pytest.fixture(scope="module")
def known(community: Community) -> Measured:
    """A community with something to measure."""
    return measured(People(community.app))


def text_of(page: str) -> str:
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def boss_of(people: People, known: Measured) -> Browser:
    return people.browser(known.boss)


def test_staff_see_work_first_and_then_the_figures(people: People, known: Measured) -> None:
    answer = boss_of(people, known).get("/health")
    assert answer.status_code == 200
    said = text_of(answer.text)
    assert said.index("Unanswered now") < said.index("Figures") < said.index("How long people wait")
    assert "62.5%" in said  # 15 of 24 within a day
    assert f"{THREADS - ANSWERED} questions without a reply for a day" in said
    assert "Oldest wait 10 d" in said
    assert 'href="/unanswered"' in answer.text


@pytest.mark.parametrize("path", ["/health", "/health/threads", "/health/threads.csv", "/health.csv"])
def test_for_members_and_visitors_there_is_no_such_page(people: People, known: Measured, path: str) -> None:
    assert people.browser().get(path).status_code == 404
    assert people.browser(known.asker).get(path).status_code == 404
    assert boss_of(people, known).get(path).status_code == 200


def test_only_staff_find_the_way_there(people: People, known: Measured) -> None:
    assert 'href="/health"' in boss_of(people, known).get("/").text
    assert 'href="/health"' not in people.browser(known.asker).get("/").text


@pytest.mark.parametrize(
    ("metric", "counted", "shown"),
    [
        ("threads", THREADS, str(THREADS)),
        ("replies", ANSWERED, str(ANSWERED)),
        ("first_response_rate_24h", THREADS, "62.5%"),
    ],
)
def test_page_api_and_rows_say_the_same(people: People, known: Measured, metric: str, counted: int, shown: str) -> None:
    browser, program = boss_of(people, known), Program(people.app, known.boss, "read", "metrics:read")
    page = text_of(browser.get(f"/health/{metric}").text)
    assert f"{shown} " in page
    assert f"{counted} rows are counted in." in page
    told = program.get(f"/metrics/{metric}/evidence?{PERIOD}&size=200").get_json()
    assert told["counted"] == counted == sum(row["counted"] for row in told["items"])
    value = told["figure"]["value"]
    assert (f"{value * 100:.1f}%" if "%" in shown else f"{value:.0f}") == shown
    rows = list(csv.DictReader(io.StringIO(browser.get(f"/health/{metric}.csv").data.decode("utf-8-sig"))))
    assert sum(row["counted"] == "true" for row in rows) == counted


def test_a_fraction_is_written_out(people: People, known: Measured) -> None:
    page = boss_of(people, known).get("/health/first_response_rate_24h").text
    assert re.search(rf"<b>{ANSWERED}</b><b>{THREADS}</b>", page)


def test_rows_come_in_pages_and_each_once(people: People, known: Measured) -> None:
    people.settings(threads_per_day=100)
    browser = boss_of(people, known)
    path, seen = "/health/posts", []
    while path:
        page = browser.get(path).text
        table = page.split('class="dt evidence"')[1].split("</table>")[0]
        seen += re.findall(r"<tr><th scope=\"row\">.*?</tr>", table, re.DOTALL)
        found = re.search(r'href="(/health/posts\?[^"]*after=[^"]*)" rel="next"', page)
        path = found[1].replace("&amp;", "&") if found else ""
    assert len(seen) == THREADS + ANSWERED


def test_a_figure_with_too_few_cases_says_so_instead_of_a_number(people: People, known: Measured) -> None:
    page = text_of(boss_of(people, known).get("/health/returning_contributor_rate").text)
    assert "–" in page
    assert "too few to show" in page or "nothing to count" in page


def test_an_unknown_figure_is_not_found(people: People, known: Measured) -> None:
    assert boss_of(people, known).get("/health/happiness").status_code == 404


@pytest.mark.parametrize("end", ["yesterday", "2026-02-30", "2026-13-01", "9999-12-31", "26-01-01"])
def test_an_end_that_is_no_day_is_refused(people: People, known: Measured, end: str) -> None:
    assert boss_of(people, known).get(f"/health?end={end}").status_code == 422


def test_the_period_stands_in_the_address_and_in_every_link(people: People, known: Measured) -> None:
    page = boss_of(people, known).get("/health?days=90&end=2026-06-12").text
    assert "90 days to 12 Jun 2026" in page
    assert 'href="/health/threads?days=90&amp;end=2026-06-12"' in page
    assert 'rel="next"' in page  # there is something later


def test_days_after_yesterday_are_not_over_and_not_shown(people: People, known: Measured) -> None:
    assert "28 days to 19 Jun 2026" in boss_of(people, known).get("/health?end=2026-12-31").text


def test_a_forum_that_fell_silent_shows_the_days_in_which_it_spoke(people: People, known: Measured) -> None:
    with time_machine.travel(NOW.replace(year=2028), tick=False):
        page = text_of(boss_of(people, known).get("/health").text)
    assert "Nobody has written here since 10 Jun 2026." in page
    assert "62.5%" in page


def test_charts_have_words_and_a_table_each(people: People, known: Measured) -> None:
    page = boss_of(people, known).get("/health").text
    charts = re.findall(r'<svg class="chart (?:wide|small)-only"[^>]*>', page)
    assert charts
    assert all('role="img"' in chart and 'aria-label="' in chart for chart in charts)
    assert page.count('<details class="data">') >= 2
    assert "style=" not in page


def test_the_pages_are_complete_in_korean(people: People, known: Measured) -> None:
    browser = boss_of(people, known)
    for path in ("/health", "/health/time_to_first_response"):
        main = browser.get(f"{path}?lang=ko").text.split("<main", 1)[1].split("</main>")[0]
        shown = re.sub(r"^[^>]*>|<code.*?</code>|What is wrong with lamp \d+\?", "", main)
        words = set(re.findall(r"[A-Za-z]{4,}", text_of(shown))) - {"Asia", "Seoul"}
        assert words == set(), words


@pytest.mark.parametrize("path", ["/health", "/health/first_response_rate_24h"])
def test_a_page_costs_few_statements(people: People, known: Measured, path: str) -> None:
    browser = boss_of(people, known)
    _, first = browser.statements(path)
    answer, again = browser.statements(path)
    assert answer.status_code == 200
    assert len(again) <= (2 if path == "/health" else 6), again
    assert len(first) <= 12, first  # once for each version of the roll-ups


def test_figures_of_another_day_are_not_kept_for_this_one(people: People, known: Measured) -> None:
    browser = boss_of(people, known)
    before = browser.get("/health").text
    with time_machine.travel(ASKED.replace(month=8), tick=False):
        assert browser.get("/health").text != before


def test_a_moderator_is_staff(people: People, known: Measured) -> None:
    moderator: Viewer = people.user("mo", role="moderator")
    assert people.browser(moderator).get("/health/threads.csv").status_code == 200
