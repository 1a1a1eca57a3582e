"""`flask outbox`, `flask content` and `flask doctor`."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from forum.discussion.models import Post
from forum.kit import clock
from forum.kit.db import db, transaction
from forum.kit.drainer import Drainer
from forum.kit.outbox import EventRow, WorkRow
from forum.kit.text import PIPELINE_VERSION, render
from tests.cli.shell import document, refused, run
from tests.people import People


def test_every_command_explains_itself(app: Flask) -> None:
    groups = ("users", "backup", "outbox", "content", "search", "setup", "import")
    listed = run(app, "--help").stdout
    for group in (*groups, "worker", "doctor"):
        assert group in listed
    for group in groups:
        for name, command in app.cli.commands[group].commands.items():  # type: ignore[attr-defined]  # groups have them
            assert len(command.help) > 20, (group, name)


def test_draining_does_what_is_left(app: Flask, people: People) -> None:
    people.category()
    people.thread(people.user("ada"))
    with app.app_context():
        assert db.session.scalars(select(WorkRow)).first() is not None
    assert document(app, "outbox", "drain") == {"drained": True, "pending": 0}
    assert run(app, "outbox", "drain").stdout == "All done.\n"


def test_draining_collects_page_views_first(app: Flask, people: People) -> None:
    people.browser().get(
        "/", headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    )
    document(app, "outbox", "drain")
    with app.app_context():
        assert db.session.scalars(select(EventRow.actor_class).where(EventRow.type == "page_view")).all() == ["guest"]


def test_draining_that_does_not_come_to_an_end_says_so(app: Flask, people: People) -> None:
    people.category()
    people.thread(people.user("ada"))
    with app.app_context():
        Drainer().acquire()
    with app.app_context(), transaction() as session:
        session.execute(text("UPDATE worker_lease SET holder = 'elsewhere:1:1'"))
    told = document(app, "outbox", "drain", "--timeout", "0", status=1)
    assert told["drained"] is False
    assert told["pending"] > 0


def test_old_posts_are_rendered_again_and_only_those(app: Flask, people: People) -> None:
    people.category()
    _, post_id = people.thread(people.user("ada"), body="A **bold** valve.")
    with app.app_context(), transaction() as session:
        session.execute(update(Post).values(pipeline_version=PIPELINE_VERSION - 1, body_html="old"))
    assert document(app, "content", "rerender") == {"outdated": 1, "rendered": 1}
    with app.app_context():
        post = db.session.get_one(Post, post_id)
        assert (post.body_html, post.pipeline_version) == (render("A **bold** valve."), PIPELINE_VERSION)
        assert post.edited_at is None
    assert document(app, "content", "rerender") == {"outdated": 0, "rendered": 0}


def test_lines_are_rendered_as_posts_are(app: Flask) -> None:
    markdown = "**굵게** <script>alert(1)</script>"
    lines = "\n".join(json.dumps({"id": name, "markdown": markdown}) for name in ("a", 7, None))
    result = run(app, "content", "render", given=lines)
    assert result.exit_code == 0
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"id": name, "html": render(markdown)} for name in ("a", 7, None)
    ]


@pytest.mark.parametrize(
    "bad",
    [b"nonsense", b"[]", b'{"markdown": "x"}', b'{"id": 1, "markdown": 2}', b"\xff\xfe", b"[" * 100_000, b'{"id": 1}'],
)
def test_a_line_that_cannot_be_read_is_reported_and_left_out(app: Flask, bad: bytes) -> None:
    good = b'{"id": 1, "markdown": "x"}\n'
    result = run(app, "content", "render", given=good + bad + b"\n\n" + good)
    assert result.exit_code == 1
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == [1, 1]
    assert "line 2:" in result.stderr


def test_a_healthy_community_needs_nobody(app: Flask, people: People) -> None:
    people.user("boss", role="owner")
    told = document(app, "doctor")
    assert told["ok"] is True
    assert {check["name"] for check in told["checks"]} == {
        *("configuration", "database", "migrations", "owner", "search", "analysis", "jobs", "proxy"),
    }
    assert {check["state"] for check in told["checks"]} <= {"ok", "hint"}


def test_the_doctor_sees_what_was_given_up(app: Flask, people: People) -> None:
    people.category()
    people.thread(people.user("ada"))
    with app.app_context(), transaction() as session:
        session.execute(update(WorkRow).values(dead_at=clock.now(), error="the disk was full"))
    told = document(app, "doctor", status=1)
    jobs = next(check for check in told["checks"] if check["name"] == "jobs")
    assert (told["ok"], jobs["state"]) == (False, "problem")
    assert "the disk was full" in jobs["detail"]


def test_the_doctor_goes_on_where_nothing_is_migrated(fresh_app: Callable[..., Flask], tmp_path: object) -> None:
    app = fresh_app(database_url=f"sqlite:///{tmp_path}/empty.db")
    told = document(app, "doctor", status=1)
    states = {check["name"]: check["state"] for check in told["checks"]}
    assert states["database"] == "ok"
    assert states["migrations"] == "problem"
    assert "flask db upgrade" in run(app, "doctor").stdout
    assert "flask doctor" in refused(app, "users", "list")
