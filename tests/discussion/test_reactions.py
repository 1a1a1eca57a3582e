"""What discussions do when something happens to accounts."""

from __future__ import annotations

from forum.kit.drainer import pending
from tests.people import People


def test_a_new_name_stands_on_everything_its_owner_wrote(people: People) -> None:
    category = people.category()
    ada, bob = people.user("ada"), people.user("bob")
    thread, _ = people.thread(bob, category)
    people.reply(ada, thread)
    own, _ = people.thread(ada, category, title="Another question of mine", body="It drips from the other side now.")
    browser = people.browser(ada)
    answer = browser.post("/settings/profile", {"display_name": "Ada Byron", "theme": "auto", "locale": ""})
    assert answer.status_code == 303
    people.drain()
    for path in ("/", f"/p/{own}", f"/t/{thread}/how-do-i-reset-the-valve"):
        page = people.browser().get(path, follow_redirects=True).text
        assert "Ada Byron" in page, path
        assert ">ada<" not in page, path


def test_a_profile_saved_without_a_new_name_is_no_event(people: People) -> None:
    ada = people.user("ada")
    people.browser(ada).post("/settings/profile", {"display_name": "ada", "theme": "dark", "locale": ""})
    with people.app.app_context():
        assert pending() == 0
