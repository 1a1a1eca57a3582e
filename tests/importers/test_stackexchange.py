"""Loading a Stack Exchange dump: every rule, on a small dump of our own about garden tools."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum import reactions
from forum.accounts.models import BadgeAward, User
from forum.cli.imports import import_group
from forum.discussion.events import ReplyCreated, ThreadCreated
from forum.discussion.models import Category, Post, Revision, Tag, Thread, ThreadLink, ThreadTag
from forum.importers.stackexchange.load import load
from forum.importers.stackexchange.report import Report
from forum.kit import outbox
from forum.kit.db import db, transaction
from forum.kit.errors import Invalid, NotFound
from forum.kit.outbox import EventRow, Reaction, Recorded, WorkRow
from forum.kit.settings import SiteVersion
from forum.notifications.models import Notification
from forum.voting.models import Vote
from tests.people import People

DUMP = Path(__file__).parent / "garden-tools"
ADDED = {
    "users": 11,
    "threads": 6,
    "replies": 4,
    "comments": 6,
    "votes_up": 7,
    "votes_down": 3,
    "votes_other": 0,
    "accepted": 2,
    "tags": 3,
    "revisions": 13,
    "links": 4,
    "badges": 3,
}
SKIPPED = {
    "threads": {"post of type 6": 1},
    "replies": {"question not in dump": 1},
    "comments": {"post not in dump": 1, "on a tag wiki": 1},
    "votes_up": {"post not in dump": 1, "on a tag wiki": 1},
    "votes_down": {"post not in dump": 1},
    "votes_other": {"favourite": 1, "deletion": 1, "approval of a suggested edit": 1, "vote of type 77": 1},
    "accepted": {"post not in dump": 1, "the question names another answer": 1},
    "tags": {"full tag wiki": 1},
    "revisions": {
        "announced elsewhere": 1,
        "closed, locked or deleted for a time only": 2,
        "community wiki": 1,
        "of a tag wiki": 2,
        "post not in dump": 1,
    },
    "links": {
        "link of type 9": 1,
        "post not in dump": 1,
        "the two threads are linked already": 1,
        "within one thread": 1,
    },
    "badges": {"user not in dump": 1},
}


@pytest.fixture
def loaded(app: Flask) -> Iterator[Report]:
    """The dump, loaded once; the application's context stays open for the test."""
    with app.app_context():
        yield load(DUMP)
        db.session.rollback()


def thread(source_id: str) -> Thread:
    return db.session.scalars(select(Thread).where(Thread.source_id == source_id)).one()


def post(source_id: str) -> Post:
    return db.session.scalars(select(Post).where(Post.source_id == source_id)).one()


def user(source_id: str) -> User:
    return db.session.scalars(select(User).where(User.source_id == source_id)).one()


def rows_of_everything() -> dict[str, list[Any]]:
    """All tables, without the moments of this run and without work."""
    found = {}
    for table in db.metadata.sorted_tables:
        if table.name in {"work", "site_version", "setting", "setting_change", "worker_lease", "alembic_version"}:
            continue
        columns = [column for column in table.c if column.name != "received_at"]
        found[table.name] = sorted(map(repr, db.session.execute(select(*columns))))
    db.session.rollback()
    return found


def test_everything_is_added_or_left_out_for_a_stated_reason(loaded: Report) -> None:
    told = loaded.as_json()
    assert {kind: told[kind]["added"] for kind in ADDED} == ADDED
    assert {kind: told[kind]["skipped"] for kind in ADDED if told[kind]["skipped"]} == SKIPPED
    assert all(told[kind]["existing"] == 0 for kind in ADDED)


def test_a_second_run_adds_nothing_and_changes_nothing(app: Flask, loaded: Report) -> None:
    before = rows_of_everything()
    version = db.session.scalar(select(SiteVersion.version))
    again = load(DUMP).as_json()
    assert all(again[kind]["added"] == 0 for kind in ADDED)
    assert {kind: again[kind]["existing"] for kind in ADDED} == ADDED
    assert {kind: again[kind]["skipped"] for kind in ADDED if again[kind]["skipped"]} == SKIPPED
    assert rows_of_everything() == before
    assert db.session.scalar(select(SiteVersion.version)) == version


def test_a_dry_run_tells_the_same_and_writes_nothing(app: Flask) -> None:
    with app.app_context():
        before = rows_of_everything()
        dry = load(DUMP, dry_run=True).as_json()
        assert rows_of_everything() == before
        wet = load(DUMP).as_json()
    linked = dry["links"]["skipped"].pop("the two threads are linked already", 0)
    expected = wet["links"]["skipped"].pop("the two threads are linked already")
    assert dry["links"]["added"] - (expected - linked) == wet["links"]["added"]
    assert {k: dry[k] for k in ADDED if k != "links"} == {k: wet[k] for k in ADDED if k != "links"}
    assert dry["fidelity"]["html_converted"] == wet["fidelity"]["html_converted"]


def test_people_get_names_of_their_own_and_no_way_in(loaded: Report) -> None:
    names = dict(db.session.execute(select(User.source_id, User.username)).all())
    assert names["1"] == "ada-lovelace"
    assert names["3"] == "ada-lovelace-2"
    assert names["10"] == "ada-lovelace-4"
    assert names["4"] == "admin-2"
    assert names["2"] == "김보라"
    assert names["6"].endswith("-3"), "a name in look-alike letters counts as the same"
    assert len(user("5").display_name) == 60
    assert db.session.scalar(select(func.count()).where(User.email.is_not(None) | User.password_hash.is_not(None))) == 0
    assert {row.role for row in db.session.scalars(select(User))} == {"member"}


def test_profiles_are_carried_over_and_made_safe(loaded: Report) -> None:
    ada, mallory = user("1"), user("7")
    assert ada.bio == "I **mend** rakes.  \nSee [my shop](https://rakes.example/)."
    assert "<strong>mend</strong>" in ada.bio_html
    assert (ada.website, ada.location) == ("https://rakes.example/ada", "London, UK")
    assert (mallory.website, mallory.bio) == ("", "Hi")
    assert user("-1").kind == "bot"
    assert ada.created_at == datetime(2020, 1, 2, 8, tzinfo=UTC)


def test_a_question_becomes_a_thread_with_its_opening_post(loaded: Report) -> None:
    found, opening = thread("1"), post("1")
    assert (found.kind, found.title, found.slug) == ("question", "Which rake & why?", "which-rake-why")
    assert found.tag_names == ["rakes", "spades"]
    assert found.opening_post_id == opening.id
    assert opening.body == "## Question\n\nWhich **rake** is [What is a rake?](https://rakes.example/q/7)"
    assert (found.lang, thread("2").lang) == ("en", "ko")
    assert len(thread("7").title) == 255
    category = db.session.scalars(select(Category)).one()
    assert (category.slug, category.name, category.thread_count) == ("garden-tools", "Garden Tools", 5)


def test_derived_values_are_those_of_the_rows(loaded: Report) -> None:
    found = thread("1")
    assert (found.reply_count, found.comment_count, found.score, found.next_seq) == (2, 3, 2, 7)
    assert found.first_reply_at == datetime(2020, 2, 3, 10, tzinfo=UTC)
    assert (found.active_at, found.last_poster_name) == (datetime(2020, 4, 5, 12, tzinfo=UTC), "user77")
    assert (post("1").score, post("1").comment_count, post("3").score) == (2, 1, 2)
    ada, bora = user("1"), user("2")
    assert (ada.thread_count, ada.reply_count, ada.accepted_count, ada.votes_received) == (1, 1, 1, 2)
    assert (bora.thread_count, bora.reply_count, bora.accepted_count, bora.votes_received) == (1, 2, 1, 4)
    counts = dict(db.session.execute(select(Tag.name, Tag.thread_count)).all())
    assert counts == {"rakes": 2, "spades": 3, "hoses": 1, "wheelbarrows": 1}


def test_an_answer_that_stands_before_its_question_is_found(loaded: Report) -> None:
    assert post("11").thread_id == thread("12").id


def test_comments_hang_under_their_posts(loaded: Report) -> None:
    assert post("c1").parent_id == post("1").id
    assert (post("c2").parent_id, post("c2").kind) == (post("3").id, "comment")
    assert post("c6").body == "\\# 1 is not a heading"


def test_people_whose_accounts_are_gone_keep_their_names(loaded: Report) -> None:
    assert (post("4").author_id, post("4").author_name) == (None, "user77")
    assert (post("c8").author_id, post("c8").author_name) == (None, "Anonymous")


def test_a_post_without_markdown_is_made_from_its_html(loaded: Report) -> None:
    opening = post("9")
    assert opening.body == "Use `dig()`:\n\n- first\n- second\n\n```\nif x < 1:\n    dig()\n```"
    only = db.session.scalars(select(Revision).where(Revision.post_id == opening.id)).one()
    assert (only.state, only.number, only.body, only.title) == ("current", 1, opening.body, thread("9").title)


def test_revisions_are_whole_and_the_last_is_in_force(loaded: Report) -> None:
    query = select(Revision).where(Revision.post_id == post("1").id).order_by(Revision.number)
    first, second, third = db.session.scalars(query)
    assert (first.state, first.title, first.tag_names, first.body) == ("old", "Which rake?", ["rakes"], "Which rake?")
    assert (second.editor_name, second.comment, second.title) == ("Ada Lovelace", "added a link", "Which rake?")
    assert (third.state, third.title, third.tag_names) == ("current", "Which rake & why?", ["rakes", "spades"])
    assert third.body == post("1").body
    assert post("1").edited_at == third.created_at
    rolled_back = db.session.scalars(
        select(Revision).where(Revision.post_id == post("3").id, Revision.number == 3)
    ).one()
    assert (rolled_back.body, rolled_back.editor_name) == ("The wide one.", "Community")


def test_closing_and_deleting_hold_only_while_in_force(loaded: Report) -> None:
    closed, reopened, deleted = thread("7"), thread("12"), thread("14")
    assert (closed.locked_at, closed.locked_reason) == (datetime(2020, 2, 8, 9, tzinfo=UTC), "duplicate")
    assert closed.duplicate_of_id == thread("1").id
    assert reopened.locked_at is None
    assert (deleted.visibility, post("14").visibility) == ("removed", "removed")
    assert db.session.scalar(select(func.count()).where(ThreadTag.thread_id == deleted.id)) == 0
    assert thread("9").duplicate_of_id is None, "a link alone does not close"


def test_links_lead_from_thread_to_thread(loaded: Report) -> None:
    rows = db.session.execute(select(ThreadLink.from_thread_id, ThreadLink.to_thread_id, ThreadLink.kind))
    ids = {number: thread(number).id for number in ("1", "2", "7", "9")}
    assert {tuple(row) for row in rows} == {
        (ids["2"], ids["1"], "related"),
        (ids["7"], ids["1"], "duplicate"),
        (ids["1"], ids["2"], "related"),
        (ids["9"], ids["1"], "duplicate"),
    }


def test_votes_have_no_voter_and_never_come_before_their_post(loaded: Report) -> None:
    assert db.session.scalar(select(func.count()).where(Vote.voter_id.is_not(None))) == 0
    early = (
        select(func.count()).select_from(Vote).join(Post, Post.id == Vote.post_id).where(Vote.cast_at < Post.created_at)
    )
    assert db.session.scalar(early) == 0


def test_accepted_answers_are_marked_with_or_without_a_vote(loaded: Report) -> None:
    assert thread("1").accepted_post_id == post("3").id
    assert thread("1").accepted_at == post("3").created_at, "the day alone was known, and it began before the answer"
    assert thread("9").accepted_post_id == post("10").id
    assert loaded.counts["accepted_on_an_unknown_day"] == 1


def test_an_asker_who_chose_again_keeps_the_new_choice(loaded: Report) -> None:
    from_then_on = post("4").id
    with transaction() as session:
        session.get_one(Thread, thread("1").id).accepted_post_id = from_then_on
    again = load(DUMP)
    assert again["accepted"].added == 0
    assert thread("1").accepted_post_id == from_then_on


def test_tags_are_explained_and_badges_graded(loaded: Report) -> None:
    assert db.session.scalar(select(Tag.description).where(Tag.name == "rakes")) == "Tools with teeth."
    awards = db.session.execute(select(BadgeAward.name, BadgeAward.grade).order_by(BadgeAward.id)).all()
    assert [tuple(row) for row in awards] == [("Teacher", "gold"), ("Student", "silver"), ("Editor", "bronze")]


def test_events_tell_the_past_as_it_was(loaded: Report) -> None:
    counts = dict(db.session.execute(select(EventRow.type, func.count()).group_by(EventRow.type)).all())
    assert counts == {
        "signup": 11,
        "thread_created": 6,
        "reply_created": 10,
        "vote": 10,
        "answer_accepted": 2,
        "thread_closed": 1,
        "thread_removed": 1,
    }
    assert set(db.session.scalars(select(EventRow.source).distinct())) == {"import"}
    comment = db.session.scalars(select(EventRow).where(EventRow.post_id == post("c2").id)).one()
    assert (comment.actor_key, comment.actor_class) == (f"u{user('1').id}", "member")
    assert comment.parent_author_key == f"u{user('2').id}"
    assert comment.props == {"comment": True}
    assert comment.occurred_at == datetime(2020, 4, 2, 12, tzinfo=UTC)
    vote = db.session.scalars(select(EventRow).where(EventRow.type == "vote")).first()
    assert vote is not None
    assert (vote.actor_key, vote.actor_class) == ("anon", "guest")
    merged = db.session.scalars(
        select(EventRow).where(EventRow.thread_id == thread("12").id, EventRow.type == "thread_created")
    )
    assert merged.one().actor_class == "bot"
    gone = db.session.scalars(
        select(EventRow).where(EventRow.post_id == post("4").id, EventRow.type == "reply_created")
    ).one()
    assert gone.actor_key == "anon:user77"


def test_imported_history_reaches_only_reactions_to_history(app: Flask) -> None:
    acted: list[Recorded] = []
    remembered: list[Recorded] = []
    present = Reaction("tests.present", acted.append)
    past = Reaction("tests.past", remembered.append, history=True)
    outbox.connect({ReplyCreated: [present, past], ThreadCreated: [present]})
    try:
        with app.app_context():
            report = load(DUMP)
            assert report.is_drained
            assert db.session.scalar(select(func.count()).select_from(WorkRow)) == 0
    finally:
        outbox.connect(reactions.REACTIONS)
    assert acted == []
    assert len(remembered) == 10


def test_nobody_is_told_of_imported_posts(loaded: Report) -> None:
    assert db.session.scalar(select(func.count()).select_from(Notification)) == 0


def test_an_imported_thread_can_be_read_and_goes_on(app: Flask, people: People) -> None:
    with app.app_context():
        load(DUMP)
        found = thread("1")
        thread_id, next_seq = found.id, found.next_seq
        db.session.rollback()
    reply = people.reply(people.user("bob"), thread_id)
    with app.app_context():
        assert db.session.get_one(Post, reply).seq == next_seq
        assert db.session.get_one(Thread, thread_id).reply_count == 3
        load(DUMP)
        assert db.session.get_one(Thread, thread_id).reply_count == 3
        assert db.session.get_one(Thread, thread_id).last_poster_name == "bob"


def test_everything_can_go_into_a_category_that_exists(app: Flask, people: People) -> None:
    slug = people.category("Attic")
    with app.app_context():
        load(DUMP, category=slug)
        assert db.session.scalars(select(Category.slug)).all() == [slug]
        with pytest.raises(NotFound):
            load(DUMP, category="cellar")


def test_a_folder_that_is_no_dump_is_refused(app: Flask, tmp_path: Path) -> None:
    with app.app_context(), pytest.raises(Invalid, match=r"Users\.xml, Posts\.xml"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("<badges><row Id='1' UserId='1' Name='A' Date='2020-01-01T00:00:00' Class='1' />", "is damaged"),
        ("<!DOCTYPE badges [<!ENTITY a 'b'>]><badges />", "document type"),
    ],
)
def test_a_damaged_file_is_named_and_the_next_run_goes_on(app: Flask, tmp_path: Path, content: str, why: str) -> None:
    folder = tmp_path / "garden-tools"
    shutil.copytree(DUMP, folder)
    (folder / "Badges.xml").write_text(content, encoding="utf-8")
    with app.app_context():
        with pytest.raises(Invalid, match=why):
            load(folder)
        shutil.copyfile(DUMP / "Badges.xml", folder / "Badges.xml")
        report = load(folder)
        assert report["badges"].added + report["badges"].existing == ADDED["badges"]
        assert thread("1").reply_count == 2


def test_the_command_prints_one_document_for_programs(app: Flask) -> None:
    result = app.test_cli_runner().invoke(import_group, ["stackexchange", str(DUMP), "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["users"] == {"added": 11, "existing": 0, "skipped": {}}
    assert told["seconds"] > 0


def test_the_command_prints_a_table_for_people(app: Flask) -> None:
    result = app.test_cli_runner().invoke(import_group, ["stackexchange", str(DUMP), "--dry-run"])
    assert result.exit_code == 0, result.output
    assert "What would be added" in result.stdout
    assert "html shown as text: 1 <span>" in result.stdout


def test_the_command_says_in_one_line_what_is_wrong(app: Flask, tmp_path: Path) -> None:
    result = app.test_cli_runner().invoke(import_group, ["stackexchange", str(tmp_path), "--json"])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: This folder is not a Stack Exchange dump")
