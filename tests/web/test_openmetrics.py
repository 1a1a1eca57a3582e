"""`/metrics`: who may scrape, and that a scraper understands every line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import time_machine
from flask import Flask
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from werkzeug.test import TestResponse

from config import Config
from forum.metrics import queries
from forum.web.exposition import Family, Sample, histogram, written
from tests.people import People
from tests.web.measured import ANSWERED, NOW, THREADS, Measured, measured

TOKEN = "a-token-for-the-scraper"


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    """The same moment for every scrape."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def known(people: People) -> Measured:
    """A community with something to measure."""
    return measured(people)


@pytest.fixture
def token(app: Flask) -> Iterator[str]:
    """The operator gave other machines a token."""
    config: Config = app.extensions["madang"]
    app.extensions["madang"] = replace(config, metrics_token=TOKEN)
    yield TOKEN
    app.extensions["madang"] = config


def scrape(app: Flask, peer: str = "127.0.0.1", **headers: str) -> TestResponse:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client(use_cookies=False).get("/metrics", environ_base={"REMOTE_ADDR": peer}, headers=given)


def families(answer: TestResponse) -> dict[str, dict[tuple[str, ...], float]]:
    """Every sample by name and label values, as a scraper reads them."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_may_scrape(app: Flask, peer: str) -> None:
    answer = scrape(app, peer)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.text.endswith("# EOF\n")


@pytest.mark.parametrize("peer", ["10.0.0.7", "192.168.1.2", "2001:db8::1", "", "unix:"])
def test_for_other_machines_there_is_nothing(app: Flask, peer: str) -> None:
    assert scrape(app, peer).status_code == 404


@pytest.mark.parametrize("header", ["X_Forwarded_For", "X_Real_Ip", "Forwarded", "X_Forwarded_Host", "Via"])
def test_a_proxy_on_this_machine_opens_nothing(app: Flask, header: str) -> None:
    assert scrape(app, **{header: "127.0.0.1"}).status_code == 404


def test_behind_a_trusted_proxy_the_address_it_names_opens_nothing(fresh_app: Callable[..., Flask]) -> None:
    app = fresh_app(trusted_proxies=1)
    assert scrape(app, "10.0.0.7", X_Forwarded_For="127.0.0.1").status_code == 404
    assert scrape(app, "127.0.0.1").status_code == 200


def test_the_token_opens_from_anywhere_and_another_does_not(app: Flask, token: str) -> None:
    assert scrape(app, "10.0.0.7", Authorization=f"Bearer {token}").status_code == 200
    assert scrape(app, "10.0.0.7", Authorization=f"Bearer {token}x").status_code == 404
    assert scrape(app, "10.0.0.7", Authorization=f"Basic {token}").status_code == 404
    assert scrape(app, "10.0.0.7").status_code == 404


def test_without_a_token_set_none_opens(app: Flask) -> None:
    assert scrape(app, "10.0.0.7", Authorization="Bearer ").status_code == 404
    assert scrape(app, "10.0.0.7", Authorization="Bearer None").status_code == 404


def test_a_scraper_reads_the_figures_of_the_community(app: Flask, known: Measured) -> None:
    found = families(scrape(app))
    assert found["forum_first_response_rate_24h_ratio"] == {("28d",): ANSWERED / THREADS}
    assert found["forum_active_members"][("28d",)] >= 2
    assert found["forum_unanswered_threads"] == {(): THREADS - ANSWERED}
    assert found["forum_oldest_unanswered_timestamp_seconds"][()] < NOW.timestamp()
    assert found["forum_server_outbox_rows"].keys() == {("waiting",), ("given_up",)}


def test_what_cannot_be_shown_is_left_out_and_said_to_be(app: Flask, known: Measured) -> None:
    found = families(scrape(app))
    available = found["forum_metric_available"]
    assert set(available.values()) == {0, 1}
    assert available[("returning_contributor_rate",)] == 0
    assert "forum_returning_contributor_rate_ratio" not in found
    with app.app_context():
        known_ids = {metric.id for metric in queries.catalogue()}
    assert {metric for (metric,) in available} == known_ids


def test_names_end_with_their_unit_and_ratios_lie_between_0_and_1(app: Flask, known: Measured) -> None:
    for family in text_string_to_metric_families(scrape(app).text):
        assert family.name.startswith("forum_")
        assert family.documentation
        assert not family.unit or family.name.endswith(family.unit)
        for sample in family.samples:
            assert not set(sample.labels) & {"member", "thread", "user"}
            assert not family.name.endswith("_ratio") or sample.value >= 0


def test_an_empty_community_can_be_scraped(app: Flask) -> None:
    found = families(scrape(app))
    assert found["forum_unanswered_threads"] == {(): 0}
    assert "forum_oldest_unanswered_timestamp_seconds" not in found


def test_scraping_again_reads_no_figures_again(app: Flask, people: People, known: Measured) -> None:
    browser = people.browser()
    browser.client = app.test_client(use_cookies=False)
    browser.get("/metrics")
    _, seen = browser.statements("/metrics")
    assert len(seen) <= 5, seen


def test_what_a_label_or_sentence_holds_is_escaped() -> None:
    text = written([Family("forum_x", "gauge", 'Says "hi"\nand \\ more.', [Sample(1.5, {"a": 'b"\\\nc'})])])
    (family,) = text_string_to_metric_families(text)
    assert family.samples[0].labels == {"a": 'b"\\\nc'}
    assert family.samples[0].value == 1.5


def test_a_histogram_adds_up() -> None:
    text = written(
        [Family("forum_w_seconds", "histogram", "Waits.", histogram([(60, 2), (3600, 3)], 4, 99.5), "seconds")]
    )
    (family,) = text_string_to_metric_families(text)
    assert [sample.value for sample in family.samples] == [2, 5, 9, 99.5, 9]


def test_a_family_without_samples_is_left_out() -> None:
    assert written([Family("forum_x", "gauge", "Nothing.", [])]) == "# EOF\n"
