"""Reports: who may, how often, what they weigh, and when several of them hide a text."""

from __future__ import annotations

import pytest
from flask import Flask

from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.discussion.models import Post
from forum.kit import clock
from forum.kit.db import db, transaction
from forum.kit.errors import Conflict, NotAllowed, NotFound, NotSignedIn, TooSoon
from forum.kit.outbox import EventRow, uuid7
from forum.moderation import briefing, scoring
from forum.moderation.models import Sanction
from forum.moderation.queries import queue
from tests.moderation.desk import Desk
from tests.people import People

DAY = 86400


@pytest.fixture
def post(people: People, desk: Desk, author: Viewer) -> int:
    return people.thread(author)[1]


def test_a_report_opens_a_case_with_its_equation(
    app: Flask, desk: Desk, post: int, ben: Viewer, minseo: Viewer
) -> None:
    receipt = desk.report(ben, post, "abuse", "It insults everybody.")
    case = desk.case(post)
    assert receipt.reference == f"R-{desk.signals(case.id)[0].id}"
    assert (case.kind_top, case.status, case.round) == ("abuse", "pending", 1)
    with app.app_context():
        found = scoring.explain(case.id)
        assert found is not None
        assert [part.part for part in found.addends][:2] == ["kind", "reporters"]
        assert case.priority == pytest.approx(35 + 4 * 0.9163, abs=0.05)
        assert [item.case_id for item in queue(minseo, "reported").items] == [case.id]
        assert not queue(minseo, "held").items
    assert desk.events("flag") == [{"reason": "abuse"}]
    desk.settle()
    assert desk.told(author := desk.people.viewer(desk.post(post).author_id or 0)) == [], author.username


def test_more_reports_join_the_case_and_the_most_urgent_kind_leads(desk: Desk, people: People, post: int) -> None:
    for name, kind in (("one", "off_topic"), ("two", "personal_data"), ("three", "spam")):
        desk.report(people.user(name), post, kind)
    case = desk.case(post)
    assert (case.kind_top, case.round) == ("personal_data", 1)
    assert len(desk.signals(case.id)) == 3
    due = (case.sla_due_at or case.opened_at) - case.opened_at
    assert due.total_seconds() == 3600


def test_one_person_says_one_thing_once(desk: Desk, post: int, ben: Viewer) -> None:
    first = desk.report(ben, post)
    with pytest.raises(Conflict) as refusal:
        desk.report(ben, post)
    assert refusal.value.extra["reference"] == first.reference
    desk.report(ben, post, "abuse")
    assert len(desk.signals(desk.case(post).id)) == 2


def test_nobody_reports_an_own_post_or_one_that_is_not_public(
    desk: Desk, people: People, post: int, author: Viewer, ben: Viewer, minseo: Viewer
) -> None:
    with pytest.raises(NotAllowed, match="your own post"):
        desk.report(author, post)
    held = people.thread(people.user("nora", trust=0), title="My very first question here")[1]
    with pytest.raises(NotFound):
        desk.report(ben, held)
    with pytest.raises(NotAllowed, match="Only a public post"):
        desk.report(minseo, held)
    with pytest.raises((NotSignedIn, NotAllowed)):
        desk.report(Viewer(), post)


def test_ten_reports_a_day_are_enough(desk: Desk, people: People, author: Viewer, ben: Viewer) -> None:
    people.settings(flags_per_day=2)
    posts = [people.thread(author, title=f"Question number {n} of mine")[1] for n in range(3)]
    for one in posts[:2]:
        desk.report(ben, one)
    with pytest.raises(TooSoon):
        desk.report(ben, posts[2])
    with desk.later(DAY + 1):
        desk.report(ben, posts[2])


def test_a_trust_level_and_a_sanction_keep_people_from_reporting(
    app: Flask, desk: Desk, people: People, post: int, ben: Viewer
) -> None:
    people.settings(flag_trust_min=2)
    with pytest.raises(NotAllowed, match="taken part"):
        desk.report(ben, post)
    desk.report(people.user("tess", trust=2), post)
    people.settings(flag_trust_min=0)
    with app.app_context(), transaction() as session:
        session.add(Sanction(user_id=ben.id, kind="silence", reason="Flooding", starts_at=clock.now()))
    with pytest.raises(NotAllowed, match="Flooding"):
        desk.report(ben, post)


def test_c12_what_was_just_judged_is_not_reported_again_unless_it_was_edited(
    desk: Desk, people: People, post: int, author: Viewer, ben: Viewer, minseo: Viewer
) -> None:
    desk.report(ben, post)
    desk.decide(minseo, desk.case(post).id, "approve")
    other = people.user("olga")
    with pytest.raises(Conflict) as refusal:
        desk.report(other, post)
    assert refusal.value.extra["problem"] == "just_decided"
    desk.report(people.user("pia"), post, "abuse")
    assert desk.case(post).round == 2, "another kind opens it at once"
    desk.decide(minseo, desk.case(post).id, "ignore")
    desk.edit(author, post, "Now it sells watches, at a very good price.")
    desk.report(other, post)
    assert (desk.case(post).round, desk.case(post).status) == (3, "pending")


def test_after_a_day_the_same_may_be_reported_again(
    desk: Desk, people: People, post: int, ben: Viewer, minseo: Viewer
) -> None:
    desk.report(ben, post)
    desk.decide(minseo, desk.case(post).id, "ignore")
    with desk.later(DAY + 1):
        desk.report(ben, post)
        assert desk.case(post).round == 2


def test_four_ordinary_members_hide_a_text_and_its_author_hears_that_it_is_for_now(
    desk: Desk, people: People, post: int, author: Viewer, minseo: Viewer
) -> None:
    for n in range(3):
        desk.report(people.user(f"member{n}"), post)
    assert desk.post(post).visibility == "visible"
    desk.report(people.user("member3"), post)
    assert desk.post(post).visibility == "hidden"
    people.drain()
    assert desk.told(author) == ["hidden"]
    page = people.browser(author).get(f"/p/{post}/decision").text
    assert "hidden for now" in page
    assert people.browser().get(f"/p/{post}").status_code == 404
    desk.decide(minseo, desk.case(post).id, "approve")
    assert desk.post(post).visibility == "visible"
    desk.settle()
    assert desk.told(author) == ["hidden", "restored"]


def test_s2_one_reporter_never_hides_a_text_however_heavy(desk: Desk, people: People, post: int) -> None:
    boss = people.user("boss", role="owner", trust=4)
    for kind in ("spam", "abuse", "off_topic"):
        desk.report(boss, post, kind)
    assert desk.post(post).visibility == "visible"


def test_accounts_from_one_network_count_once(app: Flask, desk: Desk, people: People, post: int) -> None:
    crowd = [people.user(f"sock{n}", trust=4) for n in range(5)]
    with app.app_context(), transaction() as session:
        for one in crowd:
            session.get_one(User, one.id).signup_network = "the same house"
    for one in crowd:
        desk.report(one, post)
    assert desk.post(post).visibility == "visible"
    desk.report(people.user("neighbour", trust=4), post)
    assert desk.post(post).visibility == "hidden"


def test_the_team_and_what_is_not_for_flags_to_judge_are_never_hidden(
    desk: Desk, people: People, post: int, minseo: Viewer
) -> None:
    of_team = people.thread(minseo, title="News from the team of the forum")[1]
    for n in range(5):
        one = people.user(f"member{n}", trust=3)
        desk.report(one, of_team)
        desk.report(one, post, "other")
    assert desk.post(of_team).visibility == desk.post(post).visibility == "visible"


def test_s4_a_restored_text_is_not_hidden_again_by_the_first_report(
    desk: Desk, people: People, post: int, minseo: Viewer
) -> None:
    for n in range(4):
        desk.report(people.user(f"member{n}"), post)
    desk.decide(minseo, desk.case(post).id, "approve")
    desk.report(people.user("late", trust=4), post, "abuse")
    assert (desk.post(post).visibility, desk.case(post).round) == ("visible", 2)


def test_who_was_right_before_weighs_more_and_who_was_wrong_less(
    desk: Desk, people: People, author: Viewer, ben: Viewer, minseo: Viewer
) -> None:
    wrong = people.user("wendy")
    for n in range(6):
        post = people.thread(author, title=f"Question number {n} of mine")[1]
        desk.report(ben, post)
        desk.decide(minseo, desk.case(post).id, "remove")
        good = people.thread(author, title=f"Good question number {n}")[1]
        desk.report(wrong, good)
        desk.decide(minseo, desk.case(good).id, "approve")
    last = people.thread(author, title="The last question of mine")[1]
    desk.report(ben, last)
    desk.report(wrong, last)
    heavy, light = desk.signals(desk.case(last).id)
    assert heavy.weight > 1.5 > light.weight
    assert (heavy.detail["agreed"], light.detail["agreed"]) == (6, 0)


def test_what_its_author_takes_back_leaves_the_queue(
    app: Flask, desk: Desk, people: People, post: int, author: Viewer, ben: Viewer, minseo: Viewer
) -> None:
    desk.report(ben, post)
    people.browser(author).post(f"/p/{post}/delete")
    people.drain()
    assert (desk.case(post).status, desk.case(post).outcome) == ("closed", "withdrawn")
    with app.app_context():
        assert not queue(minseo).items


def test_views_of_a_day_raise_a_public_case_alone(app: Flask, desk: Desk, post: int, ben: Viewer) -> None:
    with app.app_context(), transaction() as session:
        thread_id = session.get_one(Post, post).thread_id
        now = clock.now()
        for n in range(90):
            session.add(
                EventRow(
                    event_id=uuid7(now), occurred_at=now, received_at=now, type="page_view", actor_key=f"g{n}",
                    actor_class="guest", is_mod=False, thread_id=thread_id, source="web", props={}, schema_version=1,
                )
            )  # fmt: skip
    desk.report(ben, post)
    with app.app_context():
        found = scoring.explain(desk.case(post).id)
    assert found is not None
    views = next(part for part in found.addends if part.part == "views")
    assert views.value == pytest.approx(2 * 3.3219, abs=0.01)


def test_the_desk_of_a_case_knows_its_author_and_what_stands_around(
    app: Flask, desk: Desk, people: People, author: Viewer, ben: Viewer, minseo: Viewer
) -> None:
    thread_id, _ = people.thread(ben)
    replies = [people.reply(ben, thread_id, f"The answer with the number {n}.") for n in range(5)]
    bad = people.reply(author, thread_id, "Buy my watches, all of you.")
    desk.report(ben, bad)
    with app.app_context():
        view = briefing.case_view(minseo, desk.case(bad).id)
        near = [post.id for post in briefing.around(minseo, view)]
        card = briefing.author_card(author.id)
    assert near[1:] == [*replies[-3:], bad]
    assert card is not None
    assert (card.posts, card.removed, card.sanctions) == (1, 0, 0)
    with app.app_context(), pytest.raises(NotFound):
        briefing.case_view(ben, view.case_id)
    with app.app_context():
        db.session.rollback()
