"""The search page: results, hints, the way on, limits, and what it does without its index."""

from __future__ import annotations

import pytest

from forum.accounts.viewer import Viewer
from forum.search import retrieval
from forum.search.documents import IndexBroken
from tests.people import People


@pytest.fixture
def bob(people: People) -> Viewer:
    """Somebody whose question can be found."""
    people.category()
    viewer = people.user()
    people.thread(viewer, title="The kettle whistles at night", body="It <b>whistles</b> when nobody is at home.")
    people.drain()
    return viewer


def test_results_mark_the_words_and_stay_out_of_search_engines(people: People, bob: Viewer) -> None:
    answer = people.browser().get("/search?q=kettle")
    assert "<mark>kettle</mark> whistles at night" in answer.text
    assert "1 thread, best match first" in answer.text
    assert answer.headers["X-Robots-Tag"] == "noindex"


def test_snippets_show_what_was_written_not_what_it_would_do(people: People, bob: Viewer) -> None:
    assert "<b>" not in people.browser().get("/search?q=nobody+home").text.split("</head>")[1]


def test_nothing_found_leads_to_asking_with_the_same_words(people: People, bob: Viewer) -> None:
    page = people.browser().get("/search?q=samovar").text
    assert "Nothing found for “samovar”" in page
    assert 'href="/ask?title=samovar"' in page


def test_without_words_there_is_help_instead_of_results(people: People, bob: Viewer) -> None:
    page = people.browser().get("/search").text
    assert "Search like an expert" in page
    assert "Nothing found" not in page


def test_a_query_of_signs_is_answered_with_a_hint(people: People, bob: Viewer) -> None:
    page = people.browser().get("/search?q=%3F%21").text
    assert "There is no word in it to look for." in page


def test_a_damaged_page_link_is_refused(people: People, bob: Viewer) -> None:
    assert people.browser().get("/search?q=kettle&after=nonsense").status_code == 422


def test_too_many_searches_in_a_minute_have_to_wait(people: People, bob: Viewer) -> None:
    people.settings(search_per_minute_guest=2)
    visitor = people.browser()
    visitor.get("/")  # the first page after a change brings the new settings
    assert [visitor.get("/search?q=kettle").status_code for _ in range(3)] == [200, 200, 429]
    assert visitor.get("/search").status_code == 200
    assert people.browser(bob).get("/search?q=kettle").status_code == 200


def test_without_its_index_search_says_so_and_goes_on(
    people: People, bob: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise IndexBroken("gone")

    monkeypatch.setattr(retrieval, "index", broken)
    page = people.browser().get("/search?q=kettle").text
    assert "Search is being repaired" in page
    assert "whistles at night" in page
