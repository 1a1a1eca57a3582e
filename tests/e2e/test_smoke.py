"""What people do here every day, done in a real browser: with scripts, without them, and by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from forum.accounts.viewer import Viewer
from forum.kit import clock
from tests.e2e.chromium import Watch
from tests.e2e.live import Live

pytestmark = pytest.mark.e2e
PASSWORD = "a long pass phrase"


@dataclass
class Yard:
    """A small community with somebody to talk to."""

    live: Live
    mod: Viewer
    bob: Viewer
    thread: int


@dataclass
class Desk:
    """A page of a visitor, with what it complains about, and a name nobody else has."""

    page: Page
    watch: Watch
    name: str
    has_scripts: bool

    def submit(self, name: str) -> None:
        """Press the button of that name."""
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def menu(self) -> None:
        """Open the menu of the person."""
        self.page.locator("details.menu > summary").click()


@pytest.fixture(scope="module")
def yard(live: Live) -> Yard:
    people = live.people
    people.category("Ovens", description="Everything hot")
    people.category("Garden")
    mod, bob = people.user("mara", role="moderator"), people.user("bob")
    thread, _ = people.thread(bob, "ovens", title="How do I reset the valve?", tags=["valve"])
    people.reply(mod, thread, "Turn it twice to the left.")
    people.drain()
    return Yard(live, mod, bob, thread)


@pytest.fixture(params=[True, False], ids=["with-scripts", "without-scripts"])
def desk(request: pytest.FixtureRequest, yard: Yard) -> Iterator[Desk]:
    """A visitor's page, once with scripts and once without; nothing may be amiss on it at the end."""
    context = yard.live.context(java_script_enabled=request.param)
    page = context.new_page()
    found = Desk(page, Watch(page, yard.live.origin), "Ada" if request.param else "Eva", request.param)
    yield found
    context.close()
    assert found.watch.take() == []


def enter(yard: Yard, desk: Desk, name: str) -> Viewer:
    """Sign in as somebody new who may post at once."""
    known = yard.live.people.user(f"{name}-{desk.name}".lower())
    yard.live.sign_in(desk.page.context, known)
    return known


def test_a_visitor_reads_registers_and_sees_that_the_first_post_waits(yard: Yard, desk: Desk) -> None:
    page = desk.page
    page.goto("/")
    page.get_by_role("link", name="How do I reset the valve?").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How do I reset the valve?")
    expect(page.get_by_text("Turn it twice to the left.")).to_be_visible()
    page.get_by_role("link", name="Sign in to reply").click()
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Name").fill(f"{desk.name} Newcomer")
    page.get_by_label("Mail address").fill(f"{desk.name}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    desk.submit("Create account")
    page.wait_for_url("**/t/**")
    page.get_by_label("Your reply").fill(f"The same happens to {desk.name}, since yesterday.")
    desk.submit("Reply")
    waits = page.locator("article", has_text=f"The same happens to {desk.name}")
    expect(waits.locator(".note.wait")).to_contain_text("Waiting for review")

    team = yard.live.context(yard.mod).new_page()
    team.goto(f"/t/{yard.thread}")
    expect(team.get_by_text(f"The same happens to {desk.name}")).to_be_visible()
    team.goto("/mod")
    team.locator(".queue-list a", has_text=desk.name).click()
    team.get_by_role("button", name="Approve").click()
    expect(team.locator("undo-toast")).to_contain_text("Nobody is told for another")
    team.context.close()
    with clock.shifted(timedelta(seconds=31)):
        yard.live.people.drain()

    page.goto("/notifications")
    expect(page.get_by_text("was approved")).to_be_visible()
    page.goto(f"/t/{yard.thread}")
    expect(waits.locator(".note.wait")).to_have_count(0)


def test_a_report_is_decided_by_keyboard_with_the_korean_keyboard_on_and_taken_back(yard: Yard) -> None:
    live = yard.live
    thread, _ = live.people.thread(yard.bob, "garden", title="Cheap watches for everybody here")
    context = live.context(live.people.user("reporter"))
    page = context.new_page()
    page.goto(f"/t/{thread}")
    page.get_by_role("link", name="Report").first.click()
    page.get_by_label("Spam or advertising").check()
    page.get_by_role("button", name="Report").click()
    expect(page.get_by_role("status").first).to_contain_text("Your reference is R-")
    context.close()

    team = live.context(yard.mod).new_page()
    team.goto("/mod?tab=reported")
    press(team, "KeyJ")
    team.keyboard.press("Enter")
    team.wait_for_url("**/mod/cases/**")
    expect(team.locator(".claim-line")).to_contain_text("Yours")
    press(team, "KeyR")
    press(team, "Digit3")
    expect(team.locator("[data-preview]")).to_contain_text("Reason: Off topic.")
    press(team, "Enter")
    toast = team.locator("undo-toast")
    expect(toast).to_contain_text("bob hears of it in")
    press(team, "KeyU")
    expect(team.get_by_role("status").first).to_contain_text("Nobody was told")
    assert live.people.browser().get(f"/t/{thread}", follow_redirects=True).status_code == 200
    press(team, "KeyI")
    expect(toast).to_contain_text("Ignored")
    team.context.close()


def press(page: Page, code: str) -> None:
    """A key as a browser reports it while Korean is typed: its place is known, its letter is another."""
    page.evaluate(
        """(code) => document.activeElement.dispatchEvent(
          new KeyboardEvent("keydown", {key: "ㅁ", code, bubbles: true, cancelable: true}))""",
        code,
    )


def test_a_member_signs_in_and_out(yard: Yard, desk: Desk) -> None:
    yard.live.people.user(f"door-{desk.name}".lower(), password=PASSWORD)
    page = desk.page
    page.goto("/settings")
    page.get_by_label("Mail address or user name").fill(f"door-{desk.name}".lower())
    page.get_by_label("Password").fill("not the pass phrase")
    desk.submit("Sign in")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    desk.submit("Sign in")
    page.wait_for_url("**/settings")
    desk.menu()
    desk.submit("Sign out")
    expect(page.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_visible()
    page.goto("/settings")
    page.wait_for_url("**/login?**")


def test_a_member_asks_gets_an_answer_and_accepts_it(yard: Yard, desk: Desk) -> None:
    enter(yard, desk, "asker")
    page, words = desk.page, f"grommet{desk.name.lower()}"
    page.goto("/ask")
    page.get_by_label("In one sentence").fill(f"Where does the {words} go?")
    page.get_by_label("What happened, and what did you try?").fill(
        "It fell out of the **lid**.\n\n- I shook it\n- twice"
    )
    page.get_by_label("Ovens").check(force=True)
    page.get_by_label("Tags").fill("lids, small parts")
    desk.submit("Post")
    page.wait_for_url("**/t/**")
    expect(page.locator("article strong")).to_have_text("lid")
    expect(page.get_by_role("link", name="small-parts")).to_be_visible()

    thread = int(page.url.split("/t/")[1].split("/")[0])
    yard.live.people.reply(yard.bob, thread, f"Into the hole at the back, {desk.name}.")
    with clock.shifted(timedelta(seconds=31)):  # what other tests decided can be told by then
        yard.live.people.drain()
    page.goto("/notifications")
    page.get_by_role("link", name="bob replied").click()
    desk.submit("This solved it")
    expect(page.get_by_role("article", name="Accepted answer")).to_contain_text("Into the hole at the back")

    page.locator("header input[name=q]").fill(words)
    page.locator("header input[name=q]").press("Enter")
    expect(page.locator("ol.rows li")).to_have_count(1)
    expect(page.locator("ol.rows mark").first).to_contain_text(words, ignore_case=True)
    expect(page.locator("ol.rows")).to_contain_text("Solved")


def test_a_member_replies_votes_and_edits(yard: Yard, desk: Desk) -> None:
    enter(yard, desk, "helper")
    page = desk.page
    page.goto(f"/t/{yard.thread}")
    page.get_by_label("Your reply").fill(f"Look at the seal, says {desk.name}.")
    desk.submit("Reply")
    mine = page.locator("article", has_text=f"says {desk.name}")
    expect(mine).to_be_visible()

    page.goto(f"/t/{yard.thread}")
    other = page.locator("article", has_text="Turn it twice")
    before = int(other.locator("output").inner_text())
    if desk.has_scripts:
        page.evaluate("() => { window.stayed = true; }")
    other.get_by_role("button", name="Vote up").click()
    expect(other.get_by_role("button", name="Vote up")).to_have_attribute("aria-pressed", "true")
    expect(other.locator("output")).to_have_text(str(before + 1))
    if desk.has_scripts:
        assert page.evaluate("() => window.stayed"), "a vote must not load the page again"

    mine.get_by_role("link", name="Edit").click()
    page.get_by_role("textbox", name="Text", exact=True).fill(f"Look at the rubber seal, says {desk.name}.")
    desk.submit("Save")
    expect(mine).to_contain_text("rubber seal")
    mine.get_by_role("link", name="edited").click()
    expect(page.locator("ins")).to_contain_text("rubber seal")


def test_the_language_can_be_switched_and_stays(yard: Yard, desk: Desk) -> None:
    page = desk.page
    page.context.clear_cookies(name="lang")
    page.goto("/")
    page.get_by_role("banner").get_by_role("link", name="한국어").click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.get_by_role("banner").get_by_role("link", name="로그인")).to_be_visible()
    page.goto("/latest")
    expect(page.locator("html")).to_have_attribute("lang", "ko")


def test_the_keyboard_alone_is_enough_to_ask(yard: Yard, desk: Desk) -> None:
    enter(yard, desk, "keys")
    page, keys = desk.page, desk.page.keyboard
    page.goto("/")
    keys.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    keys.press("Enter")
    expect(page).to_have_url(re.compile("#main$"))
    keys.press("Tab")
    assert page.locator("main :focus").count() == 1, "after the skip link the next stop is in the content"

    ask = page.get_by_role("main").get_by_role("link", name="Ask", exact=True)
    tab_to(page, "main a[href='/ask']")
    expect(ask).to_be_focused()
    keys.press("Enter")
    page.wait_for_url("**/ask")
    tab_to(page, "#title")
    keys.type(f"Which key opens it, {desk.name}?")
    tab_to(page, "#body")
    keys.type("None of mine does.")
    tab_to(page, "input[name=category]")
    keys.press("Space")
    tab_to(page, "#tags")
    keys.type("keys")
    keys.press("Enter")
    page.wait_for_url("**/t/**")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Which key opens it, {desk.name}?")


def tab_to(page: Page, selector: str, most: int = 40) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(most):
        if page.locator(f"{selector}:focus").count():
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached by Tab in {most} steps")


def test_a_draft_is_there_again_after_the_page_was_left(yard: Yard) -> None:
    context = yard.live.context(yard.live.people.user("drafty"))
    page = context.new_page()
    page.goto(f"/t/{yard.thread}")
    page.get_by_label("Your reply").fill("Half a thought")
    page.wait_for_function("() => Object.keys(localStorage).length > 0")
    page.goto("/")
    page.goto(f"/t/{yard.thread}")
    expect(page.get_by_label("Your reply")).to_have_value("Half a thought")
    page.get_by_role("button", name="Discard it").click()
    page.goto(f"/t/{yard.thread}")
    expect(page.get_by_label("Your reply")).to_have_value("")
    context.close()
