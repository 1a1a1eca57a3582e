"""Posts by API: replies, comments, edits, deletions and votes."""

from __future__ import annotations

import pytest
from flask import Flask

from forum.accounts.viewer import Viewer
from tests.api.program import Program, fields, problem
from tests.people import People


@pytest.fixture
def ada(people: People) -> Viewer:
    people.category()
    return people.user("ada")


@pytest.fixture
def thread(people: People, ada: Viewer) -> tuple[int, int]:
    return people.thread(ada)


def test_a_reply_and_a_comment_are_made(app: Flask, people: People, thread: tuple[int, int]) -> None:
    bob = Program(app, people.user("bob"))
    made = bob.post(f"/threads/{thread[0]}/replies", {"body": "Turn it to the left."})
    told = made.get_json()
    assert (made.status_code, told["kind"], told["parent_id"]) == (201, "reply", None)
    assert made.headers["Location"] == f"/api/v1/posts/{told['id']}"
    comment = bob.post(f"/threads/{thread[0]}/replies", {"body": "Twice, that is.", "parent_id": told["id"]}).get_json()
    assert (comment["kind"], comment["parent_id"]) == ("comment", told["id"])
    assert bob.get(f"/posts/{comment['id']}").get_json()["body"] == "Twice, that is."


def test_a_reply_of_a_newcomer_is_held(app: Flask, people: People, thread: tuple[int, int]) -> None:
    made = Program(app, people.user("new", trust=0)).post(f"/threads/{thread[0]}/replies", {"body": "Hello everybody."})
    assert (made.status_code, made.get_json()["visibility"]) == (202, "held")
    problem(Program(app).get(f"/posts/{made.get_json()['id']}"), 404)


def test_a_reply_says_where_it_goes_by_its_address_alone(
    app: Flask, people: People, ada: Viewer, thread: tuple[int, int]
) -> None:
    body = {"body": "Turn it to the left.", "thread_id": thread[0] + 1}
    assert fields(problem(Program(app, ada).post(f"/threads/{thread[0]}/replies", body), 422)) == {"thread_id"}
    problem(Program(app, ada).post("/threads/999/replies", {"body": "Turn it to the left."}), 404)


def test_the_same_text_twice_is_refused(app: Flask, ada: Viewer, thread: tuple[int, int]) -> None:
    program, body = Program(app, ada), {"body": "Turn it to the left."}
    first = program.post(f"/threads/{thread[0]}/replies", body).get_json()
    assert problem(program.post(f"/threads/{thread[0]}/replies", body), 409)["post_id"] == first["id"]


def test_an_author_edits_a_post_with_title_and_tags(app: Flask, ada: Viewer, thread: tuple[int, int]) -> None:
    program = Program(app, ada)
    change = {"body": "It is *stuck*.", "version": 1, "title": "The valve is stuck", "tags": ["Valve"]}
    told = program.patch(f"/posts/{thread[1]}", change).get_json()
    assert (told["body"], told["version"]) == ("It is *stuck*.", 2)
    assert told["edited_at"] is not None
    after = program.get(f"/threads/{thread[0]}").get_json()
    assert (after["title"], after["tags"]) == ("The valve is stuck", ["valve"])


def test_a_stale_edit_gets_both_texts(app: Flask, ada: Viewer, thread: tuple[int, int]) -> None:
    program = Program(app, ada)
    program.patch(f"/posts/{thread[1]}", {"body": "The text of the first one.", "version": 1})
    refused = problem(program.patch(f"/posts/{thread[1]}", {"body": "The text of the second.", "version": 1}), 409)
    assert refused["current"] == {"version": 2, "body": "The text of the first one."}
    assert refused["yours"]["body"] == "The text of the second."


def test_somebody_else_does_not_edit_or_delete(app: Flask, people: People, thread: tuple[int, int]) -> None:
    eve = Program(app, people.user("eve"))
    problem(eve.patch(f"/posts/{thread[1]}", {"body": "All mine now, really.", "version": 1}), 403)
    problem(eve.delete(f"/posts/{thread[1]}"), 403)


def test_an_edit_needs_a_version_that_is_a_number(app: Flask, ada: Viewer, thread: tuple[int, int]) -> None:
    program = Program(app, ada)
    for version in ("1", 1.0, True, None, -1, 2**63):
        body = {"body": "It does not close.", "version": version}
        assert fields(problem(program.patch(f"/posts/{thread[1]}", body), 422)) == {"version"}


def test_a_deleted_post_is_gone_and_a_second_deletion_finds_nothing(app: Flask, people: People, ada: Viewer) -> None:
    thread_id, _ = people.thread(ada)
    bob = people.user("bob")
    post_id = people.reply(bob, thread_id)
    program = Program(app, bob)
    assert program.delete(f"/posts/{post_id}").status_code == 204
    problem(program.delete(f"/posts/{post_id}"), 404)
    problem(Program(app).get(f"/posts/{post_id}"), 404)


def test_the_place_of_a_deleted_post_tells_nothing_of_it(app: Flask, people: People, ada: Viewer) -> None:
    thread_id, _ = people.thread(ada)
    bob = people.user("bob")
    post_id = people.reply(bob, thread_id, "My telephone number is 12345.")
    people.reply(ada, thread_id, "Thank you for that.", parent_id=post_id)
    Program(app, bob).delete(f"/posts/{post_id}")
    answer = Program(app).get(f"/threads/{thread_id}")
    place = answer.get_json()["posts"]["items"][1]
    assert (place["visibility"], place["body"], place["body_html"]) == ("author_deleted", "", "")
    assert place["author"] == {"username": None, "name": ""}
    assert "12345" not in answer.text


def test_votes_count_and_are_taken_back(app: Flask, people: People, thread: tuple[int, int]) -> None:
    bob = Program(app, people.user("bob"))
    path = f"/posts/{thread[1]}"
    assert bob.put(f"{path}/vote", {"choice": "up"}).get_json() == {"post": thread[1], "score": 1, "my_vote": 1}
    assert bob.get(path).get_json()["my_vote"] == 1
    assert Program(app).get(path).get_json()["my_vote"] == 0
    assert bob.put(f"{path}/vote", {"choice": "clear"}).get_json()["score"] == 0


def test_a_vote_on_an_own_post_and_an_unknown_choice_are_refused(
    app: Flask, people: People, ada: Viewer, thread: tuple[int, int]
) -> None:
    problem(Program(app, ada).put(f"/posts/{thread[1]}/vote", {"choice": "up"}), 403)
    bob = Program(app, people.user("bob"))
    assert fields(problem(bob.put(f"/posts/{thread[1]}/vote", {"choice": "twice"}), 422)) == {"choice"}
    problem(bob.put("/posts/999/vote", {"choice": "up"}), 404)
