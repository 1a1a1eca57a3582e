"""Threads by API: what is told, in which form, and what is refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from flask import Flask

from forum.accounts.viewer import Viewer
from tests.api.program import Program, fields, problem
from tests.people import People

POST = {
    *("id", "thread_id", "kind", "parent_id", "author", "body", "body_html", "score", "my_vote", "created_at"),
    *("edited_at", "version", "visibility", "lang", "comment_count", "comments"),
}
ITEM = {
    *("id", "title", "slug", "kind", "category", "tags", "author", "lang", "created_at", "active_at", "reply_count"),
    *("score", "solved", "accepted_post_id", "locked", "url"),
}
THREAD = ITEM | {"visibility", "opening_post"}
NEW: dict[str, Any] = {
    "category": "general",
    "title": "How do I reset the valve?",
    "body": "It does **not** close any more.",
    "tags": ["valve"],
    "kind": "question",
}


@pytest.fixture
def ada(people: People) -> Viewer:
    people.category()
    return people.user("ada")


@pytest.fixture
def program(app: Flask, ada: Viewer) -> Program:
    return Program(app, ada)


def test_a_new_thread_is_told_whole(program: Program) -> None:
    made = program.post("/threads", NEW)
    told = made.get_json()
    assert (made.status_code, told.keys()) == (201, THREAD)
    assert told["opening_post"].keys() == POST
    assert told["opening_post"]["body"] == NEW["body"]
    assert "<strong>not</strong>" in told["opening_post"]["body_html"]
    assert told["author"] == {"username": "ada", "name": "ada"}
    assert (told["category"], told["tags"], told["kind"]) == ("general", ["valve"], "question")
    assert told["url"] == f"http://localhost/t/{told['id']}/{told['slug']}"
    assert told["created_at"].endswith("Z")
    assert datetime.fromisoformat(told["created_at"]).tzinfo is not None
    assert made.headers["Location"] == f"/api/v1/threads/{told['id']}"


def test_a_thread_that_is_held_is_taken_but_not_public(app: Flask, people: People) -> None:
    people.category()
    made = Program(app, people.user("new", trust=0)).post("/threads", NEW)
    told = made.get_json()
    assert (made.status_code, told["visibility"]) == (202, "held")
    assert Program(app).get(f"/threads/{told['id']}").status_code == 404
    assert Program(app).get("/threads").get_json()["items"] == []


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"title": "Hi"}, "title"),
        ({"title": 12}, "title"),
        ({"body": None}, "body"),
        ({"tags": "valve"}, "tags"),
        ({"tags": ["a b c", 1]}, "tags"),
        ({"kind": "poll"}, "kind"),
        ({"colour": "red"}, "colour"),
        ({"viewer": {"id": 1}}, "viewer"),
    ],
)
def test_what_does_not_fit_is_named(program: Program, change: dict[str, Any], wrong: str) -> None:
    assert wrong in fields(problem(program.post("/threads", NEW | change), 422))
    assert program.get("/threads").get_json()["items"] == []


def test_an_unknown_category_is_not_found(program: Program) -> None:
    problem(program.post("/threads", NEW | {"category": "nowhere"}), 404)


def test_a_thread_is_read_with_its_posts_and_comments(app: Flask, people: People, ada: Viewer) -> None:
    bob = people.user("bob")
    thread_id, opening = people.thread(ada)
    answer = people.reply(bob, thread_id)
    comment = people.reply(ada, thread_id, "Which way is left?", parent_id=answer)
    told = Program(app).get(f"/threads/{thread_id}").get_json()
    assert told.keys() == THREAD | {"posts"}
    assert [post["id"] for post in told["posts"]["items"]] == [opening, answer]
    assert told["posts"]["items"][1].keys() == POST
    assert [post["id"] for post in told["posts"]["items"][1]["comments"]] == [comment]
    assert told["posts"]["items"][1]["comments"][0]["parent_id"] == answer
    assert told["posts"]["items"][1]["body"] == "Turn it twice to the left."
    assert told["opening_post"]["id"] == opening
    assert told["posts"]["next"] is None


def test_a_long_thread_is_read_page_by_page(app: Flask, people: People, ada: Viewer) -> None:
    thread_id, opening = people.thread(ada)
    made = [people.reply(ada, thread_id, f"Answer number {n} to this.") for n in range(25)]
    program = Program(app)
    first = program.get(f"/threads/{thread_id}?order=oldest").get_json()
    rest = program.get(f"/threads/{thread_id}?order=oldest&after={first['posts']['next']}").get_json()
    seen = [post["id"] for page in (first, rest) for post in page["posts"]["items"]]
    assert seen == [opening, *made]
    assert rest["opening_post"]["id"] == opening
    assert rest["posts"]["next"] is None


def test_a_list_is_read_page_by_page_each_thread_once(app: Flask, people: People, ada: Viewer) -> None:
    people.settings(threads_per_day=100)
    for n in range(41):
        people.thread(ada, title=f"Question number {n}", body=f"This is the text of question {n}.")
    program, seen, after = Program(app), [], ""
    while after is not None:
        page = program.get(f"/threads?after={after}").get_json()
        assert page.keys() == {"items", "next"}
        seen += [item["id"] for item in page["items"]]
        after = page["next"]
    assert len(seen) == len(set(seen)) == 41
    assert set(page["items"][0]) == ITEM


def test_a_list_is_narrowed_by_category_tag_and_kind(app: Flask, people: People, ada: Viewer) -> None:
    people.category("Ideas")
    wanted, _ = people.thread(ada, "ideas", title="Wheels in other colours", kind="idea", tags=["wheel"])
    people.thread(ada, title="Another question of mine", body="Something else entirely.")
    program = Program(app)
    for narrowed in ("category=ideas", "tag=wheel", "kind=idea"):
        assert [item["id"] for item in program.get(f"/threads?{narrowed}").get_json()["items"]] == [wanted]
    assert len(program.get("/threads?sort=unanswered").get_json()["items"]) == 1


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("/threads?after=garbage", "after"),
        ("/threads?after=W3sidCI6IjAwMDEtMDEtMDFUMDA6MDA6MDArMTQ6MDAifSwxXQ", "after"),
        ("/threads?sort=random", "sort"),
        ("/threads?sort=", "sort"),
        ("/threads?sort=top&sort=latest", "sort"),
        ("/threads?kind=poll", "kind"),
        ("/threads?tag=%00", "tag"),
        ("/search?q=valve&after=W10", "after"),
        ("/search?q=valve&sort=best", "sort"),
    ],
)
def test_an_address_that_cannot_be_read_says_where(program: Program, path: str, wrong: str) -> None:
    assert fields(problem(program.get(path), 422)) == {wrong}


def test_a_category_that_is_not_for_everybody_is_not_there(app: Flask, people: People) -> None:
    people.category("Team", read_role="staff")
    boss = people.user("boss", role="owner")
    thread_id, post_id = people.thread(boss, "team")
    for asker in (Program(app), Program(app, people.user("eve"))):
        problem(asker.get(f"/threads/{thread_id}"), 404)
        problem(asker.get(f"/posts/{post_id}"), 404)
        problem(asker.get("/threads?category=team"), 404)
        assert asker.get("/categories").get_json()["items"] == []
        assert asker.get("/threads").get_json()["items"] == []
    assert Program(app, boss).get(f"/threads/{thread_id}").status_code == 200


def test_categories_say_where_one_may_post(app: Flask, people: People) -> None:
    people.category("General")
    people.category("News", post_role="managers")
    told = Program(app, people.user("ada")).get("/categories").get_json()["items"]
    assert told[0].keys() == {"id", "slug", "name", "description", "thread_count", "may_post", "url"}
    assert [(c["slug"], c["may_post"]) for c in told] == [("general", True), ("news", False)]
    assert not any(c["may_post"] for c in Program(app).get("/categories").get_json()["items"])


def test_the_asker_accepts_an_answer_and_takes_it_back(app: Flask, people: People, ada: Viewer) -> None:
    thread_id, _ = people.thread(ada)
    answer = people.reply(people.user("bob"), thread_id)
    program = Program(app, ada)
    told = program.put(f"/threads/{thread_id}/accepted", {"post_id": answer}).get_json()
    assert (told["solved"], told["accepted_post_id"]) == (True, answer)
    assert program.delete(f"/threads/{thread_id}/accepted").status_code == 204
    assert not program.get(f"/threads/{thread_id}").get_json()["solved"]


def test_nobody_else_accepts_an_answer(app: Flask, people: People, ada: Viewer) -> None:
    thread_id, _ = people.thread(ada)
    answer = people.reply(ada, thread_id)
    eve = Program(app, people.user("eve"))
    problem(eve.put(f"/threads/{thread_id}/accepted", {"post_id": answer}), 403)
    problem(Program(app, ada).put(f"/threads/{thread_id}/accepted", {"post_id": "1"}), 422)
    problem(Program(app, ada).put(f"/threads/{thread_id}/accepted", {"post_id": 2**63}), 422)
    problem(Program(app, ada).put(f"/threads/{thread_id}/accepted", {"post_id": True}), 422)


def test_searching_answers_like_the_page(app: Flask, people: People, ada: Viewer) -> None:
    thread_id, post_id = people.thread(ada, body="The <b>valve</b> does not close any more.")
    people.drain()
    told = Program(app).get("/search?q=valve").get_json()
    assert told.keys() == {"items", "total", "next", "did_you_mean", "hint"}
    assert told["items"][0].keys() == {
        *("thread_id", "post_id", "title", "title_html", "snippet_html", "kind", "post_kind", "category", "author"),
        *("created_at", "score", "reply_count", "solved", "more_in_thread", "url"),
    }
    assert (told["total"], told["items"][0]["thread_id"], told["items"][0]["post_id"]) == (1, thread_id, post_id)
    assert "<mark>valve</mark>" in told["items"][0]["snippet_html"]
    assert "<b>" not in told["items"][0]["snippet_html"]
    assert Program(app).get("/search?q=").get_json()["hint"] == "empty"


def test_searching_can_put_the_newest_first(app: Flask, people: People, ada: Viewer) -> None:
    old, _ = people.thread(ada, title="The valve, the valve, the valve", body="valve valve valve valve")
    new, _ = people.thread(ada, title="Something about water", body="There is a valve somewhere in this long text.")
    people.drain()
    program = Program(app)
    newest = program.get("/search?q=valve&sort=newest").get_json()["items"]
    assert [hit["thread_id"] for hit in newest] == [new, old]
    assert program.get("/search?q=valve").get_json()["items"][0]["thread_id"] == old


def test_guests_cannot_search_without_end(app: Flask, people: People) -> None:
    people.settings(search_per_minute_guest=2)
    answers = [Program(app).get("/search?q=valve") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) >= 1
    problem(answers[2], 429)
