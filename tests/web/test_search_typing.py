"""What search does while somebody types, what narrows a result, and how it explains itself."""

from __future__ import annotations

import pytest

from forum.accounts.viewer import Viewer
from tests.people import People


@pytest.fixture
def bob(people: People) -> Viewer:
    """Somebody with two threads everybody may read, and one that only staff may."""
    people.category()
    people.category("Team", read_role="staff")
    viewer = people.user()
    people.thread(viewer, title="The kettle whistles at night", body="Nobody is at home when it does.", tags=["kettle"])
    people.thread(viewer, title="환불은 언제 되나요?", body="지난주에 산 주전자를 환불하고 싶어요.", kind="discussion")
    people.thread(people.user("boss", role="owner"), "team", title="Kettle recall is secret", body="Tell nobody of it.")
    people.drain()
    return viewer


@pytest.mark.parametrize("typed", ["ket", "kettle whi", "Kettle"])
def test_titles_that_go_on_like_this_are_proposed(people: People, bob: Viewer, typed: str) -> None:
    page = people.browser().get("/search/suggest", query_string={"q": typed}).text
    assert "at night" in page
    assert "secret" not in page


@pytest.mark.parametrize("typed", ["환부", "환불", "화", "환불은 언"])
def test_a_syllable_in_the_making_is_understood(people: People, bob: Viewer, typed: str) -> None:
    page = people.browser().get("/search/suggest", query_string={"q": typed}).text
    assert ("되나요" in page) is (len(typed) > 1)


def test_tags_and_members_are_proposed_and_programs_get_json(people: People, bob: Viewer) -> None:
    answer = people.browser().get("/search/suggest?q=ke", headers={"Accept": "application/json"}).json
    assert answer["tags"] == ["kettle"]
    assert people.browser().get("/search/suggest?q=@bo", headers={"Accept": "application/json"}).json["members"] == [
        ["bob", "bob"],
        ["boss", "boss"],
    ]


def test_proposals_show_what_was_written_not_what_it_would_do(people: People, bob: Viewer) -> None:
    people.thread(bob, title="Kettlebell <img src=x> in the kitchen")
    people.drain()
    assert "<img" not in people.browser().get("/search/suggest?q=kettleb").text


def test_threads_that_may_answer_are_shown_before_asking(people: People, bob: Viewer) -> None:
    page = people.browser(bob).get("/ask", query_string={"title": "My kettle whistles loudly"}).text
    assert "These may already answer it" in page
    assert "The kettle whistles at night" in page
    assert "The kettle whistles" in people.browser(bob).get("/search/similar?title=night+kettle").text
    assert "secret" not in people.browser(bob).get("/search/similar?title=secret+kettle+recall").text


def test_a_result_can_be_narrowed_and_sorted_by_form(people: People, bob: Viewer) -> None:
    visitor = people.browser()
    assert "언제 되나요" in visitor.get("/search?q=환불&state=discussion&since=7d&sort=newest").text
    assert "Nothing found" in visitor.get("/search?q=환불&state=question").text
    assert "whistles" in visitor.get("/search?tag=kettle").text
    assert "Nothing found" in visitor.get("/search?q=kettle&year=2001").text


def test_a_slip_of_the_keys_is_understood(people: People, bob: Viewer) -> None:
    visitor = people.browser()
    assert '<a href="/search?q=kettle" rel="nofollow">' in visitor.get("/search?q=ketle").text
    assert "<strong>환불</strong>" in visitor.get("/search?q=ghksqnf").text


def test_what_a_reader_may_not_see_is_never_proposed(people: People, bob: Viewer) -> None:
    assert "Did you mean" not in people.browser().get("/search?q=secert").text
    boss = people.browser(people.viewer(2))
    assert "secret" in boss.get("/search?q=secert").text


def test_help_explains_every_operator_in_both_languages(people: People, bob: Viewer) -> None:
    english, korean = people.browser().get("/search/help").text, people.browser().get("/search/help?lang=ko").text
    for operator in ("title:", "author:", "category:", "tag:", "is:", "after:", "before:", "sort:", "글쓴이:"):
        assert operator in english
        assert operator in korean


def test_an_edited_category_and_a_renamed_author_are_found_by_their_new_names(people: People, bob: Viewer) -> None:
    assert "whistles" in people.browser().get("/search?q=category:general+kettle").text
    assert "1 thread" in people.browser().get("/search?q=@bob+kettle").text
