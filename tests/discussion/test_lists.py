"""Lists of threads: the statements behind them are kept and never mix people up, and the few pinned threads cost little."""

from __future__ import annotations

from flask import Flask

from forum.accounts.viewer import ANONYMOUS, Viewer
from forum.discussion import curation, lists, queries
from forum.discussion.visibility import sight_of
from forum.kit.db import db, transaction
from forum.voting.inputs import VoteInput
from forum.voting.models import Vote
from forum.voting.service import cast_vote
from tests.people import People

BOSS = Viewer(id=0, role="owner", username="boss", name="Boss")


def test_pinned_threads_are_found_by_their_own_index(app: Flask, people: People) -> None:
    if not str(app.config["SQLALCHEMY_DATABASE_URI"]).startswith("sqlite"):
        return  # the other database chooses by its statistics
    people.category()
    people.thread(people.user("ada"))
    with app.app_context():
        for narrowed, bound in ((frozenset(), {}), (frozenset({"category_id"}), {"category_id": 1})):
            shape = lists.Shape(sight_of(ANONYMOUS), "latest", narrowed, False, 21)
            query = lists.pinned_statement(shape).params(**bound)
            sql = str(query.compile(db.engine, compile_kwargs={"literal_binds": True}))
            plan = [row[3] for row in db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
            of_threads = [step for step in plan if "thread" in step]
            assert "ix_thread_pinned" in of_threads[0]
            assert not any("SCAN thread" in step for step in plan)


def test_pinned_threads_come_first_where_they_are_pinned(app: Flask, people: People) -> None:
    people.category()
    people.category("Repairs")
    ada = people.user("ada")
    here, _ = people.thread(ada)
    there, _ = people.thread(ada, "repairs", title="Another question altogether", body="With another text.")
    newest, _ = people.thread(ada, title="The newest question of all", body="With a third text as well.")
    with app.app_context():
        with transaction():
            curation.set_pinned(BOSS, here, pinned=True)
            curation.set_pinned(BOSS, there, pinned=True, site_wide=True)
        home = [(row.id, row.is_pinned_here) for row in lists.threads(ANONYMOUS, lists.ThreadQuery()).items]
        assert home == [(there, True), (newest, False), (here, False)]
        general = queries.thread_view(ANONYMOUS, here).category_id
        rows = lists.threads(ANONYMOUS, lists.ThreadQuery(category_id=general)).items
        assert [(row.id, row.is_pinned_here) for row in rows] == [(here, True), (newest, False)]


def test_a_statement_that_is_kept_shows_each_member_their_own_vote(app: Flask, people: People) -> None:
    people.category()
    ada, bob, carol = (people.user(name) for name in ("ada", "bob", "carol"))
    thread_id, opening = people.thread(ada)
    with app.app_context():
        for viewer, choice in ((bob, "up"), (carol, "down")):
            with transaction():
                cast_vote(viewer, opening, VoteInput(choice=choice))  # type: ignore[arg-type]  # known ones
        seen = []
        for viewer in (bob, carol, ada, ANONYMOUS, bob):
            thread = queries.thread_view(viewer, thread_id)
            seen.append(queries.posts_page(viewer, thread, votes=Vote).items[0].my_vote)
    assert seen == [1, -1, 0, 0, 1]
