"""What doors get: figures that equal their rows, and both equal what the forum's own tables say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import event as sa_event
from sqlalchemy import func, select

from forum.accounts.viewer import ANONYMOUS
from forum.discussion.models import Post, Thread
from forum.kit import clock
from forum.kit.db import db
from forum.kit.errors import Invalid, NotFound
from forum.metrics import queries
from forum.metrics.catalogue import live
from forum.metrics.records import Figure
from forum.metrics.refresh import refresh
from forum.metrics.specs import SPECS
from forum.voting.models import Vote
from tests.metrics.logs import Community, write
from tests.metrics.town import Town, build
from tests.people import People

START, END = date(2026, 6, 1), date(2026, 6, 29)
JUNE = (START, END)
MEMBERS = ("ada", "bob", "cy")


@pytest.fixture
def town(people: People, app: Flask) -> Iterator[Town]:
    """The town, seen three weeks later with figures that are up to date."""
    found = build(people)
    with app.app_context(), clock.frozen(found.end):
        refresh()
        yield found


def counted(figure: Figure) -> tuple[int | None, int | None]:
    return figure.numerator, figure.denominator


def test_counts_are_what_the_forums_tables_say(town: Town) -> None:
    """SQL over threads, posts and votes, which knows nothing of the log."""
    members = [town.ada.id, town.bob.id, town.cy.id]
    public = (Post.visibility == "visible", Thread.visibility == "visible", Post.author_id.in_(members))
    posts = select(func.count()).select_from(Post).join(Thread, Thread.id == Post.thread_id).where(*public)
    people = select(func.count(Post.author_id.distinct())).join(Thread, Thread.id == Post.thread_id).where(*public)
    votes = (
        select(func.count())
        .select_from(Vote)
        .join(Post, Post.id == Vote.post_id)
        .where(Vote.voter_id != Post.author_id)
    )
    solved = select(func.count()).where(Thread.accepted_post_id.is_not(None), Thread.visibility == "visible")
    wanted = {
        "threads": db.session.scalar(posts.where(Post.kind == "opening")),
        "replies": db.session.scalar(posts.where(Post.kind != "opening")),
        "posts": db.session.scalar(posts),
        "contributors": db.session.scalar(people),
        "votes_per_post": db.session.scalar(votes),
        "solved_rate": db.session.scalar(solved),
        "signups": len(MEMBERS),
        "new_contributors": len(MEMBERS),
    }
    assert {name: queries.figure(name, *JUNE).numerator for name in wanted} == wanted
    assert (wanted["threads"], wanted["replies"]) == (5, 3)


def test_waits_are_what_happened(town: Town) -> None:
    found = queries.figure("time_to_first_response", *JUNE)
    # 2.4 h, 36 h and 14.4 h; one closed after two days, one open ever since: S = 4/5, 3/5, 2/5.
    assert (found.n, found.value, found.parts, found.status) == (5, None, {"censored": 2}, "insufficient_n")
    steps = queries.survival(*JUNE)
    assert [(round(step.seconds / 3600, 1), round(step.share, 2)) for step in steps] == [
        (2.4, 0.8),
        (14.4, 0.6),
        (36.0, 0.4),
    ]
    assert counted(queries.figure("first_response_rate_24h", *JUNE)) == (2, 5)
    assert counted(queries.figure("first_response_peer_share", *JUNE)) == (2, 3)
    assert queries.figure("unanswered_backlog", *JUNE).value == 1


def test_what_has_to_be_done_now(town: Town) -> None:
    found = queries.today(ANONYMOUS)
    assert (found.unanswered, found.pending_cases, found.overdue_cases) == (1, 0, 0)
    assert found.oldest is not None
    assert (found.oldest.thread_id, found.oldest.title) == (town.threads[3], "Question number 3")


@pytest.mark.parametrize("metric_id", [one.id for one in live()])
def test_a_figure_is_its_evidence_counted(town: Town, metric_id: str) -> None:
    for period in (JUNE, (date(2026, 6, 3), date(2026, 6, 4)), (date(2026, 6, 2), date(2026, 6, 12))):
        figure, seen, after = queries.figure(metric_id, *period), [], None
        while True:
            found = queries.evidence(town.boss, metric_id, *period, after, 2)
            seen += found.rows
            after = found.next
            if after is None:
                break
        # The book is about closed days, not about the rows behind a figure.
        told = {
            name: value
            for name, value in figure.parts.items()
            if name not in {"as_reported", "revision", "restated", "cause"}
        }
        assert (found.figure.value, found.figure.n, found.figure.parts) == (figure.value, figure.n, told)
        inside = [row for row in seen if row.counted]
        assert len(inside) == found.counted
        assert len(seen) - len(inside) == sum(found.excluded.values())
        assert len({row.key for row in seen}) == len(seen)
        if queries.metric(metric_id).type in {"simple", "cumulative", "backlog", "ratio", "rate", "rate1000"}:
            assert sum(row.numerator for row in inside) == figure.numerator
        if figure.denominator is not None and queries.metric(metric_id).type in {"ratio", "rate", "rate1000"}:
            assert sum(row.denominator for row in inside) == figure.denominator


def test_contributors_are_new_reactivated_or_continuing_on_every_day(app: Flask) -> None:
    events = Community(5)
    with app.app_context(), clock.frozen(events.now + timedelta(days=400)):
        write(events.some(200))
        refresh()
        view = queries.overview()
        assert view.first_day is not None and view.last_day is not None
        kinds = ("new_contributors", "reactivated_contributors", "continuing_contributors")
        for grain in ("day", "28d"):
            whole = queries.series("contributors", view.first_day, view.last_day, grain)
            parts = [queries.series(name, view.first_day, view.last_day, grain) for name in kinds]
            assert [one.figure.value for one in whole] == [
                sum(int(one.figure.value or 0) for one in day) for day in zip(*parts, strict=True)
            ]
        assert max(int(one.figure.value or 0) for one in whole) > 3


def test_what_roll_ups_hold_is_what_derived_rows_give(town: Town) -> None:
    """The figure of 28 days is read from a row; the same period of another length is made from threads and people."""
    view, longer = queries.overview(END), queries.overview(END, days=29)
    assert view.tiles.keys() == longer.tiles.keys() == {one.id for one in queries.catalogue()}
    for metric_id in ("threads", "replies", "solved_rate", "first_response_rate_24h"):
        assert counted(view.tiles[metric_id].now) == counted(longer.tiles[metric_id].now)
        assert len(view.tiles[metric_id].trend) == 13
        assert view.tiles[metric_id].trend[-1].figure == view.tiles[metric_id].now
    assert view.tiles["threads"].before.value == 0
    assert (view.first_day, view.last_day, view.version) == (START, town.end.date(), 1)


def test_the_overview_takes_few_statements(town: Town) -> None:
    seen: list[str] = []
    sa_event.listen(db.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    queries.overview(END, viewer=town.boss)
    assert len([one for one in seen if one.startswith("SELECT")]) <= 4
    seen.clear()
    assert refresh() is False
    assert len([one for one in seen if one.startswith("SELECT")]) <= 2


def test_series_have_a_point_for_each_period(town: Town) -> None:
    days = queries.series("threads", START, date(2026, 6, 8))
    assert [point.figure.value for point in days] == [1, 1, 1, 1, 1, 0, 0]
    assert [point.figure.value for point in queries.series("threads", START, END, "week")] == [5, 0, 0, 0]
    assert [point.figure.value for point in queries.series("threads", START, END, "month")] == [5]
    assert [point.figure.value for point in queries.series("threads", date(2026, 6, 28), END, "28d")] == [5]
    split = queries.series("threads", START, date(2026, 6, 8), "week", by="lang")
    assert [(point.figure.parts["dim"], point.figure.n) for point in split] == [("en", 5)]


def test_small_cells_of_a_breakdown_are_hidden(town: Town) -> None:
    split = queries.series("replies", START, date(2026, 6, 8), "week", by="category")
    assert [(point.figure.status, point.figure.value, point.figure.n) for point in split] == [("hidden_small", None, 3)]
    split = queries.series("answered_rate", START, date(2026, 6, 8), "week", by="category")
    assert {point.figure.status for point in split} == {"insufficient_n"}
    split = queries.series("threads", START, date(2026, 6, 3), "week", by="category")
    assert split[0].figure.value == 5


@pytest.mark.parametrize(("changes", "field"), [({"grain": "hour"}, "grain"), ({"by": "shoe_size"}, "by")])
def test_what_cannot_be_asked_is_named(town: Town, changes: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        queries.series("threads", *JUNE, **changes)  # type: ignore[arg-type]  # what is wrong here is the point
    assert list(refusal.value.fields) == [field]
    with pytest.raises(NotFound):
        queries.series("happiness", *JUNE)


def test_what_somebody_may_not_see_stays_in_the_list_without_its_text(town: Town) -> None:
    rows = {row.thread_id: row for row in queries.evidence(town.boss, "threads", *JUNE).rows}
    masked = {row.thread_id: row for row in queries.evidence(ANONYMOUS, "threads", *JUNE).rows}
    assert rows.keys() == masked.keys() == set(town.threads)
    gone = town.threads[5]
    assert (rows[gone].reason, rows[gone].title) == ("removed_spam", "Question number 5")
    assert (masked[gone].reason, masked[gone].title, masked[gone].is_masked) == ("removed_spam", "", True)
    assert masked[town.threads[0]].title == "Question number 0"


def test_weeks_and_years_add_up(town: Town) -> None:
    flow = queries.contributor_flow(3, date(2026, 6, 22))
    assert [(week.monday, week.new, week.continuing, week.lost) for week in flow] == [
        (START, 3, 0, 0), (date(2026, 6, 8), 0, 0, 0), (date(2026, 6, 15), 0, 0, 0),
    ]  # fmt: skip
    assert [(year.year, year.threads, year.replies, year.contributors) for year in queries.years()] == [(2026, 5, 3, 3)]


def test_the_export_has_a_row_for_every_figure_and_day(town: Town) -> None:
    rows = list(queries.export_rows(date(2000, 1, 1), date(2100, 1, 1)))
    days = (town.end.date() - START).days + 1
    restated = [row for row in rows if row["basis"] == "restated"]
    assert len(restated) == days * sum(len(SPECS[one.id].grains) for one in live())
    assert all(tuple(row) == queries.EXPORT_COLUMNS for row in rows)
    new = [row["value"] for row in restated if (row["metric_id"], row["grain"]) == ("threads", "day")]
    assert new[:7] == [1, 1, 1, 1, 1, 0, 0]
    assert all(row["status"] != "ok" for row in rows if row["value"] is None)
    assert list(queries.export_rows(date(2027, 1, 1), date(2028, 1, 1))) == []


def test_an_empty_forum_has_no_figures_yet(app: Flask) -> None:
    with app.app_context():
        assert queries.version() == 0
        view = queries.overview()
        assert (view.as_of, view.first_day, view.today.unanswered) == (None, None, 0)
        assert {tile.now.status for tile in view.tiles.values()} >= {"ok", "no_data"}
        assert queries.years() == [] and list(queries.export_rows(*JUNE)) == []
        refresh()
        assert queries.survival(*JUNE) == []
        assert queries.overview().version == 1
