"""From forms and JSON to one strict model, with words for every field that does not fit."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from forum.accounts.inputs import RegisterInput
from forum.discussion.inputs import CategoryInput, EditInput, ReplyInput, ThreadInput
from forum.http.forms import from_form, from_json
from forum.kit.errors import Invalid

THREAD = {"category": "general", "title": "A title", "body": "A body of text"}


def test_a_form_becomes_the_same_model_as_json() -> None:
    form = from_form(ThreadInput, MultiDict({**THREAD, "tags": "Brakes, wheel set", "kind": "idea"}))
    assert form == from_json(ThreadInput, {**THREAD, "tags": ["brakes", "wheel-set"], "kind": "idea"})


def test_numbers_and_boxes_of_a_form_are_typed() -> None:
    given = from_form(CategoryInput, MultiDict({"name": "News", "hue": "120", "archived": "on"}))
    assert (given.hue, given.archived) == (120, True)
    assert from_form(CategoryInput, MultiDict({"name": "News"})).archived is False


def test_what_the_address_says_is_not_taken_from_the_form() -> None:
    given = from_form(ReplyInput, MultiDict({"body": "Text", "thread_id": "99"}), thread_id=1)
    assert given.thread_id == 1


def test_an_empty_number_is_as_good_as_none() -> None:
    assert from_form(ReplyInput, MultiDict({"body": "Text", "parent_id": ""}), thread_id=1).parent_id is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": 5}, "title"),
        ({"tags": "brakes"}, "tags"),
        ({"tags": ["a b!c"]}, "tags"),
        ({"kind": "poll"}, "kind"),
        ({"is_admin": True}, "is_admin"),
        ({"body": None}, "body"),
        ({"body": "x" * 32001}, "body"),
    ],
)
def test_a_wrong_value_names_its_field(change: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        from_json(ThreadInput, {**THREAD, **change})
    assert list(caught.value.fields) == [field]


@pytest.mark.parametrize("value", ["1", 1.0, True, None, [1]])
def test_json_is_not_coerced(value: object) -> None:
    with pytest.raises(Invalid):
        from_json(EditInput, {"body": "Text", "version": value}, post_id=1)


@pytest.mark.parametrize("body", [None, [], "text", 5, [{"a": 1}]])
def test_a_body_that_is_no_object_is_refused(body: object) -> None:
    with pytest.raises(Invalid):
        from_json(ThreadInput, body)


def test_a_missing_field_and_a_bad_address_get_their_own_words() -> None:
    with pytest.raises(Invalid) as caught:
        from_form(RegisterInput, MultiDict({"display_name": "Ada", "email": "ada(at)example"}))
    said = {name: str(words) for name, words in caught.value.fields.items()}
    assert said == {"email": "This does not look like a mail address.", "password": "This is needed."}
