"""A member's page and the settings: what others see, what can be changed, and by whom."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from forum.accounts.models import ApiKey, User, UserSession
from forum.accounts.queries import key_holder
from forum.accounts.viewer import Viewer
from forum.discussion.service import accept_answer
from forum.kit.db import db, transaction
from tests.people import Browser, People

PASSWORD = "a long pass phrase"
PROFILE = {"display_name": "Ada L.", "bio": "I bake **bread**.", "website": "https://example.com", "location": "Busan"}
LOOK = {"locale": "ko", "theme": "dark"}


@pytest.fixture
def ada(people: People) -> Viewer:
    people.category()
    return people.user("ada", password=PASSWORD)


def test_a_page_shows_the_best_answers_then_replies_and_questions(app: Flask, people: People, ada: Viewer) -> None:
    bob = people.user("bob")
    thread_id, _ = people.thread(bob, title="Which valve is it?")
    reply_id = people.reply(ada, thread_id, "The one on the left.")
    people.thread(ada, title="Where is the left one?")
    with app.app_context(), transaction():
        accept_answer(bob, thread_id, reply_id)
    visitor = people.browser()
    best = visitor.get("/u/ada").text
    assert "Which valve is it?" in best
    assert "The one on the left." in best
    assert "Accepted" in best
    assert f'href="/p/{reply_id}"' in best
    assert "Where is the left one?" not in best
    assert "Where is the left one?" in visitor.get("/u/ada?tab=questions").text
    assert "Which valve is it?" in visitor.get("/u/ada?tab=replies").text


def test_a_page_takes_few_statements_and_no_session_for_visitors(people: People, ada: Viewer) -> None:
    thread_id, _ = people.thread(people.user("bob"))
    people.browser().get("/u/ada")
    few = people.browser().statements("/u/ada")[1]
    for number in range(6):
        people.reply(ada, thread_id, f"Reply number {number} of them.")
    response, many = people.browser().statements("/u/ada")
    assert len(many) == len(few) <= 4
    assert "Set-Cookie" not in response.headers
    assert "csrf_token" not in response.text


def test_a_page_has_one_address_in_whatever_case_it_is_asked_for(people: People, ada: Viewer) -> None:
    response = people.browser().get("/u/ADA")
    assert (response.status_code, response.location) == (301, "/u/ada")


@pytest.mark.parametrize("path", ["/u/nobody", "/u/ada%27--", "/u/ada/settings"])
def test_a_page_of_nobody_is_not_there(people: People, ada: Viewer, path: str) -> None:
    assert people.browser().get(path).status_code == 404


def test_a_name_that_no_database_can_hold_is_no_accident(people: People, ada: Viewer) -> None:
    assert people.browser().get("/u/%00").status_code in {400, 404}
    assert people.browser().post("/login", {"login": "ada\x00", "password": "x"}).status_code in {400, 422}


def test_a_damaged_cursor_is_a_refusal_and_no_accident(people: People, ada: Viewer) -> None:
    assert people.browser().get("/u/ada?after=nonsense").status_code == 422


def test_a_held_post_is_on_the_authors_page_for_the_author_and_the_team_alone(people: People, ada: Viewer) -> None:
    eve = people.user("eve", trust=0)
    people.thread(eve, title="Is this a secret canary?")
    path = "/u/eve?tab=questions"
    assert "secret canary" not in people.browser().get(path).text
    assert "secret canary" not in people.browser(ada).get(path).text
    own = people.browser(eve).get(path).text
    assert "secret canary" in own
    assert "Waiting for review" in own


def test_a_category_for_the_team_shows_on_no_members_page(people: People, ada: Viewer) -> None:
    people.category("Backstage", read_role="staff")
    boss = people.user("boss", "owner")
    people.thread(boss, "backstage", title="The secret canary sings")
    path = "/u/boss?tab=questions"
    assert "secret canary" not in people.browser(ada).get(path).text
    assert "secret canary" in people.browser(boss).get(path).text


def test_a_mail_address_is_on_no_public_page(people: People, ada: Viewer) -> None:
    assert "ada@example.com" not in people.browser().get("/u/ada").text
    assert "ada@example.com" in people.browser(ada).get("/settings").text


def test_settings_are_for_members(people: People) -> None:
    visitor = people.browser()
    assert visitor.get("/settings").location == "/login?next=%2Fsettings"
    for path in ("profile", "password", "sessions/1/end", "sessions/end-others", "keys", "keys/1/end"):
        assert visitor.post(f"/settings/{path}", PROFILE).status_code == 302


def test_a_member_changes_the_profile(app: Flask, people: People, ada: Viewer) -> None:
    browser = people.browser(ada)
    browser.client.set_cookie("theme", "light")
    response = browser.post("/settings/profile", {**PROFILE, **LOOK})
    assert (response.status_code, response.location) == (303, "/settings#profile")
    assert browser.client.get_cookie("theme") is None
    with app.app_context():
        user = db.session.get_one(User, ada.id)
        assert (user.display_name, user.username, user.location) == ("Ada L.", "ada", "Busan")
        assert (user.locale, user.theme) == ("ko", "dark")
        assert "<strong>bread</strong>" in user.bio_html
    page = browser.get("/settings").text
    assert 'lang="ko"' in page
    assert 'data-theme="dark"' in page


@pytest.mark.parametrize(
    "change", [{"display_name": ""}, {"website": "javascript:alert(1)"}, {"theme": "neon"}, {"bio": "x" * 2001}]
)
def test_a_profile_that_does_not_fit_is_not_stored(
    app: Flask, people: People, ada: Viewer, change: dict[str, str]
) -> None:
    response = people.browser(ada).post("/settings/profile", {**PROFILE, **LOOK, **change})
    assert response.status_code == 422
    assert f'id="{next(iter(change))}-err"' in response.text
    assert "Busan" in response.text
    with app.app_context():
        assert db.session.get_one(User, ada.id).location == ""


@pytest.mark.parametrize("name", ["Admin", "Мoderator", "b0ss", "Boss", "ch1oe"])
def test_nobody_takes_a_name_of_the_team_or_one_that_looks_like_anothers(
    app: Flask, people: People, ada: Viewer, name: str
) -> None:
    people.user("boss", role="owner")
    people.user("chloe")
    response = people.browser(ada).post("/settings/profile", {**PROFILE, **LOOK, "display_name": name})
    assert response.status_code == 422
    assert 'id="display_name-err"' in response.text
    with app.app_context():
        assert db.session.get_one(User, ada.id).display_name != name


def test_two_members_may_share_a_display_name(app: Flask, people: People, ada: Viewer) -> None:
    people.user("chloe")
    assert (
        people.browser(ada).post("/settings/profile", {**PROFILE, **LOOK, "display_name": "Chloe"}).status_code == 303
    )


def test_what_people_say_about_themselves_runs_no_script(people: People, ada: Viewer) -> None:
    people.browser(ada).post(
        "/settings/profile", {**PROFILE, **LOOK, "bio": "<script>alert(1)</script> [x](javascript:1)"}
    )
    page = people.browser().get("/u/ada").text
    assert "<script>alert" not in page
    assert 'href="javascript:' not in page


def test_a_new_password_needs_the_old_one_and_signs_the_other_browsers_out(people: People, ada: Viewer) -> None:
    here, there = people.browser(ada), people.browser(ada)
    given = {"current_password": PASSWORD, "new_password": "another pass phrase"}
    assert here.post("/settings/password", {**given, "current_password": "wrong"}).status_code == 422
    assert there.get("/settings").status_code == 200
    assert here.post("/settings/password", given).status_code == 303
    assert here.get("/settings").status_code == 200
    assert there.get("/settings").status_code == 302
    again = people.browser()
    assert again.post("/login", {"login": "ada", "password": PASSWORD}).status_code == 422
    assert again.post("/login", {"login": "ada", "password": "another pass phrase"}).status_code == 303


def test_a_weak_password_is_refused(people: People, ada: Viewer) -> None:
    given = {"current_password": PASSWORD, "new_password": "12345678"}
    response = people.browser(ada).post("/settings/password", given)
    assert response.status_code == 422
    assert 'id="new_password-err"' in response.text


def test_guessing_the_present_password_ends_soon(people: People, ada: Viewer) -> None:
    browser = people.browser(ada)
    given = {"current_password": "wrong one", "new_password": "another pass phrase"}
    codes = [browser.post("/settings/password", given).status_code for _ in range(7)]
    assert codes == [422] * 6 + [429]


def session_ids(app: Flask, viewer: Viewer) -> list[int]:
    with app.app_context():
        return list(
            db.session.scalars(select(UserSession.id).where(UserSession.user_id == viewer.id).order_by(UserSession.id))
        )


def test_a_member_signs_one_other_browser_out(app: Flask, people: People, ada: Viewer) -> None:
    here, there = people.browser(ada), people.browser(ada)
    first, second = session_ids(app, ada)
    assert f"/settings/sessions/{second}/end" in here.get("/settings").text
    assert here.post(f"/settings/sessions/{second}/end").status_code == 303
    assert (here.get("/settings").status_code, there.get("/settings").status_code) == (200, 302)
    assert here.post(f"/settings/sessions/{first}/end").location == "/"
    assert here.get("/settings").status_code == 302


def test_a_member_signs_all_other_browsers_out(people: People, ada: Viewer) -> None:
    here, there = people.browser(ada), people.browser(ada)
    here.post("/settings/sessions/end-others")
    assert (here.get("/settings").status_code, there.get("/settings").status_code) == (200, 302)


def test_nobody_signs_somebody_else_out(app: Flask, people: People, ada: Viewer) -> None:
    theirs = people.browser(ada)
    (session_id,) = session_ids(app, ada)
    people.browser(people.user("eve")).post(f"/settings/sessions/{session_id}/end")
    assert theirs.get("/settings").status_code == 200


def made_key(browser: Browser, **given: object) -> str:
    page = browser.post("/settings/keys", given).text
    found = re.search(r"mdg_[\w-]{20,}", page)
    assert found is not None
    return found.group()


def test_a_key_is_shown_once_and_stored_as_a_hash(app: Flask, people: People, ada: Viewer) -> None:
    browser = people.browser(ada)
    key = made_key(browser, name="backup", scopes=["read", "write"])
    later = browser.get("/settings").text
    assert key not in later
    assert "backup" in later
    with app.app_context():
        row = db.session.scalars(select(ApiKey)).one()
        assert key not in (row.key_hash, row.hint)
        holder = key_holder(key)
        assert holder is not None
        assert (holder.id, holder.scopes) == (ada.id, frozenset({"read", "write"}))


@pytest.mark.parametrize(
    "given", [{}, {"scopes": ["admin"]}, {"scopes": ["read", "moderate"]}, {"scopes": ["everything"]}]
)
def test_a_key_cannot_do_more_than_its_holder(
    app: Flask, people: People, ada: Viewer, given: dict[str, object]
) -> None:
    response = people.browser(ada).post("/settings/keys", {"name": "greedy", **given})
    assert response.status_code == 422
    assert 'value="greedy"' in response.text
    assert 'class="err"' in response.text
    with app.app_context():
        assert db.session.scalar(select(ApiKey.id)) is None


def test_a_revoked_key_opens_nothing_and_others_cannot_revoke_it(app: Flask, people: People, ada: Viewer) -> None:
    browser = people.browser(ada)
    key = made_key(browser, scopes=["read"])
    with app.app_context():
        key_id = db.session.scalars(select(ApiKey.id)).one()
    people.browser(people.user("eve")).post(f"/settings/keys/{key_id}/end")
    with app.app_context():
        assert key_holder(key) is not None
    assert browser.post(f"/settings/keys/{key_id}/end").status_code == 303
    with app.app_context():
        assert key_holder(key) is None
