"""Every page in both languages, light and dark, wide and narrow: for everybody, and never to be scrolled sideways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from playwright.sync_api import Page

from forum.accounts.service import create_link
from forum.accounts.viewer import Viewer
from forum.discussion.inputs import EditInput
from forum.discussion.setup import LINK_PURPOSE
from forum.kit.db import transaction
from forum.moderation import publishing
from tests.e2e.axe import ALL_BUT_COLOURS, COLOURS, EVERYTHING, inject, violations
from tests.e2e.chromium import Watch, sideways, tab_through
from tests.e2e.live import Live

pytestmark = pytest.mark.e2e
WIDTHS = (320, 390, 768, 1280)
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnung" * 3
WIDE = f"""The word is {LONG}, at <https://example.com/{LONG.lower()}?{"a" * 120}>.

| Part | Number | Where it is | Who makes it | What it costs | Since | Until | In which colours |
|:-----|-------:|:-----------:|--------------|---------------|-------|-------|------------------|
| Seal | 1234567890123 | behind the lid of the upper compartment | `{LONG}` | 12 | 2019 | 2024 | red, blue and green |

```python
def reset(valve): return [turn for turn in range(2) if valve.is_open and not valve.is_stuck and not valve.is_hot]  # {"x" * 90}
```

> 한국어로 된 아주 긴 인용문입니다. {"가나다라마바사" * 20}

1. `{"code" * 40}`
   - [a link](https://example.com/) and **bold** and ![an image of a valve](https://images.example/valve.png)
"""


@dataclass
class Scene:
    """A community with something on every page, some of it long, wide or both."""

    live: Live
    people: dict[str, Viewer] = field(default_factory=dict)
    at: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Visit:
    """A page: who comes to it, where it is, and what they do there before it is looked at."""

    name: str
    who: str
    path: str
    act: Callable[[Page], None] | None = None
    is_narrow: bool = False  # also judged whole at the width of a phone


def send(selector: str) -> Callable[[Page], None]:
    """Send a form as it stands, past what the browser would ask for."""

    def act(page: Page) -> None:
        with page.expect_navigation():
            page.eval_on_selector(selector, "(form) => { form.noValidate = true; form.submit(); }")

    return act


def send_old(page: Page) -> None:
    """Send an edit that started from an older text than the present one."""
    page.eval_on_selector("input[name=version]", "(input) => { input.value = 1; }")
    send("main form")(page)


def send_short_name(page: Page) -> None:
    """Choose a name nobody can be called by."""
    page.fill("#display_name", "x")
    send("form[action='/settings/profile']")(page)


def remove_for_no_reason(page: Page) -> None:
    """Remove a text without saying why."""
    with page.expect_navigation():
        page.click("[data-remove]")


def open_menu(page: Page) -> None:
    """Open the menu of the person, and everything else that opens."""
    page.eval_on_selector_all("details", "(all) => all.forEach((one) => { one.open = true; })")


VISITS = (
    Visit("home", "visitor", "/", is_narrow=True),
    Visit("category", "visitor", "/c/{category}"),
    Visit("ideas", "visitor", "/ideas"),
    Visit("solved", "visitor", "/solved"),
    Visit("tag", "visitor", "/tag/valve"),
    Visit("thread", "visitor", "/t/{thread}", is_narrow=True),
    Visit("closed thread", "visitor", "/t/{closed}"),
    Visit("search", "visitor", "/search"),
    Visit("search with hits", "visitor", "/search?q=valve", is_narrow=True),
    Visit("search without hits", "visitor", "/search?q=quetzalcoatl"),
    Visit("tags", "visitor", "/tags"),
    Visit("categories", "visitor", "/categories"),
    Visit("profile", "visitor", "/u/{long}"),
    Visit("log-in with an error", "visitor", "/login?next=/ask", send("main form")),
    Visit("register", "visitor", "/register"),
    Visit("register with errors", "visitor", "/register", send("main form")),
    Visit("nothing there", "visitor", "/nothing/here"),
    Visit("setup", "visitor", "/setup/{setup}"),
    Visit("setup with errors", "visitor", "/setup/{setup}", send("main form")),
    Visit("setup is over", "visitor", "/setup/over"),
    Visit("thread as the asker", "asker", "/t/{thread}", open_menu, is_narrow=True),
    Visit("held thread", "newcomer", "/t/{held}"),
    Visit("ask", "asker", "/ask", is_narrow=True),
    Visit("ask with errors", "asker", "/ask", send("main form"), is_narrow=True),
    Visit("reply refused", "asker", "/t/{thread}", send("form.reply-bar")),
    Visit("edit", "asker", "/p/{opening}/edit"),
    Visit("edit conflict", "asker", "/p/{opening}/edit", send_old),
    Visit("delete", "asker", "/p/{lonely}/delete"),
    Visit("history", "asker", "/p/{opening}/history"),
    Visit("notifications", "asker", "/notifications"),
    Visit("notifications of the newcomer", "newcomer", "/notifications"),
    Visit("own profile", "asker", "/u/{long}?tab=questions"),
    Visit("settings", "asker", "/settings", is_narrow=True),
    Visit("settings with errors", "asker", "/settings", send_short_name),
    Visit("thread as the team", "owner", "/t/{thread}", open_menu),
    Visit("review queue", "owner", "/mod", open_menu, is_narrow=True),
    Visit("held case", "owner", "/mod/cases/1", is_narrow=True),
    Visit("reported case", "owner", "/mod/cases/2", open_menu),
    Visit("removal without a reason", "owner", "/mod/cases/2", remove_for_no_reason),
    Visit("moderation log", "visitor", "/mod/log"),
    Visit("report", "asker", "/p/{idea}/flag", is_narrow=True),
    Visit("report with errors", "asker", "/p/{idea}/flag", send("main form")),
    Visit("text that waits", "newcomer", "/p/{held_post}/decision", is_narrow=True),
    Visit("admin", "owner", "/admin"),
    Visit("admin settings", "owner", "/admin/settings"),
    Visit("admin categories", "owner", "/admin/categories"),
    Visit("admin category", "owner", "/admin/categories/1"),
    Visit("admin members", "owner", "/admin/members"),
)
EMPTY = (
    Visit("empty home", "visitor", "/"),
    Visit("empty home of the owner", "owner", "/"),
    Visit("no categories", "visitor", "/categories"),
    Visit("no tags", "visitor", "/tags"),
    Visit("nothing to review", "owner", "/mod"),
    Visit("no notifications", "owner", "/notifications"),
    Visit("nothing to choose", "owner", "/ask"),
)


@pytest.fixture(scope="module")
def owner(live: Live) -> Viewer:
    return live.people.user("boss", role="owner")


@pytest.fixture(scope="module")
def readers(live: Live) -> Iterator[dict[str, tuple[Page, Watch]]]:
    """A page in each language."""
    pages = {locale: live.context(locale=locale).new_page() for locale in ("en", "ko")}
    yield {locale: (page, Watch(page, live.origin)) for locale, page in pages.items()}
    for page in pages.values():
        page.context.close()


# For every test alone, so that the empty community is looked at in both languages before it is filled.
@pytest.fixture(params=["en", "ko"])
def reader(request: pytest.FixtureRequest, readers: dict[str, tuple[Page, Watch]]) -> tuple[Page, Watch]:
    """A page in one language."""
    return readers[request.param]


@pytest.fixture(scope="module")
def scene(live: Live, owner: Viewer) -> Scene:
    people = live.people
    about = f"Hot things {LONG}"[:300]
    category = people.category("Ovens and everything else that gets hot in a kitchen", description=about)
    people.category("Team", description="For us", read_role="staff")
    long, bob = people.user("a" * 34 + "_long"), people.user("bob", role="moderator")
    made = Scene(live, {"owner": owner, "asker": long, "newcomer": people.user("newcomer", trust=0), "bob": bob})
    made.at |= {"category": category, "long": long.username}
    talk(made)
    lists(made)
    settle(made)
    people.drain()
    return made


def talk(made: Scene) -> None:
    """A thread with everything in it, edited, answered, commented on, voted on and solved."""
    people, long, bob = made.live.people, made.people["asker"], made.people["bob"]
    about = {"title": f"How do I reset the valve of {LONG}"[:150], "tags": ["valve", "a-rather-long-tag-for-a-thread"]}
    thread, opening = people.thread(long, made.at["category"], body=WIDE, **about)
    reply = people.reply(bob, thread, WIDE)
    for number in range(4):
        people.reply(bob if number % 2 else long, thread, f"A comment, number {number}: {LONG}", parent_id=reply)
    people.reply(long, thread, "밸브를 왼쪽으로 두 번 돌리세요.")
    edit = EditInput(post_id=opening, version=1, body=f"{WIDE}\n\nEdited.", comment=LONG[:200])
    with made.live.app.app_context():
        prepared = publishing.prepare(long, edit)
        with transaction():
            publishing.publish(prepared)
    asker = people.browser(long)
    asker.post(f"/t/{thread}/accept", {"post_id": str(reply)})
    asker.post(f"/p/{reply}/vote", {"choice": "up"})
    made.at |= {"thread": str(thread), "opening": str(opening)}


def lists(made: Scene) -> None:
    """Threads of every state and kind."""
    people, long, bob, where = made.live.people, made.people["asker"], made.people["bob"], made.at["category"]
    closed, _ = people.thread(long, where, title="Which oil is right for the hinge?", body="It squeaks, valve and all.")
    people.reply(bob, closed, "Any oil that is safe for food.")
    boss = people.browser(made.people["owner"])
    boss.post(f"/t/{closed}/lock", {"locked": "1"})
    boss.post(f"/t/{closed}/pin", {"where": "site"})
    people.thread(long, where, title="밸브가 닫히지 않아요", body="밥솥 밸브가 닫히지 않아요.", tags=["밸브"])
    _, idea = people.thread(bob, where, title="A quieter valve", body="It could whistle less.", kind="idea")
    _, lonely = people.thread(long, where, title="Nobody knows this valve", body="No reply so far.")
    held, waits = people.thread(made.people["newcomer"], where, title="Hello from me", body=f"My first post. {LONG}")
    people.browser(people.user("watcher")).post(f"/p/{lonely}/flag", {"reason": "abuse", "note": LONG})
    made.at |= {"closed": str(closed), "lonely": str(lonely), "held": str(held)}
    made.at |= {"idea": str(idea), "held_post": str(waits)}


def settle(made: Scene) -> None:
    """Names and settings as long as they may be, and a link to set up with."""
    asker = made.live.people.browser(made.people["asker"])
    asker.post("/settings/keys", {"name": LONG[:60], "scopes": "read"})
    website = f"https://a.example/{'a' * 150}"
    profile = {"display_name": "W" * 40, "bio": WIDE[:2000], "location": LONG[:100], "website": website}
    asker.post("/settings/profile", profile)
    identity = {"group": "identity", "name": "Soban Table", "tagline": "Kitchens and what is in them"}
    made.live.people.browser(made.people["owner"]).post(
        "/admin/settings", {**identity, "locale": "en", "brand_hue": "25"}
    )
    with made.live.app.app_context(), transaction():
        made.at["setup"] = create_link(LINK_PURPOSE, None, timedelta(days=1))


def look(reader: tuple[Page, Watch], live: Live, viewer: Viewer | None, visit: Visit, at: dict[str, str]) -> list[str]:
    """Everything that is wrong with a page."""
    page, watch = reader
    live.sign_in(page.context, viewer)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
    status = watch.open(visit.path.format(**at))
    if visit.act is not None:
        visit.act(page)
    found = watch.take()
    if status >= 500 or (status == 404) != visit.name.startswith(("nothing there", "setup is over")):
        found.append(f"status {status}")
    inject(page)
    if page.locator("html").get_attribute("lang") == "en":
        found += violations(page, EVERYTHING)
        page.emulate_media(color_scheme="dark")
        found += [f"dark: {one}" for one in violations(page, COLOURS)]
    else:
        found += violations(page, ALL_BUT_COLOURS)
    found += sideways(page, *WIDTHS)
    if visit.is_narrow:
        # As high as the page, so that no bar that stays in view lies above anything.
        page.set_viewport_size({"width": 390, "height": 900})
        page.set_viewport_size({"width": 390, "height": page.evaluate("document.documentElement.scrollHeight")})
        found += [f"narrow: {one}" for one in violations(page, ALL_BUT_COLOURS)]
    return found + watch.take()


@pytest.mark.parametrize("visit", EMPTY, ids=lambda visit: visit.name)
def test_an_empty_page_is_for_everybody(reader: tuple[Page, Watch], live: Live, owner: Viewer, visit: Visit) -> None:
    assert look(reader, live, owner if visit.who == "owner" else None, visit, {}) == []


@pytest.mark.parametrize("visit", VISITS, ids=lambda visit: visit.name)
def test_a_page_is_for_everybody(reader: tuple[Page, Watch], scene: Scene, visit: Visit) -> None:
    assert look(reader, scene.live, scene.people.get(visit.who), visit, scene.at) == []


@pytest.mark.parametrize(
    ("who", "path"),
    [("visitor", "/"), ("asker", "/t/{thread}"), ("asker", "/ask"), ("owner", "/mod"), ("visitor", "/login")],
)
def test_every_stop_of_the_tab_key_is_seen(scene: Scene, who: str, path: str) -> None:
    page = scene.live.context(scene.people.get(who)).new_page()
    page.goto(path.format(**scene.at))
    stops = tab_through(page)
    page.context.close()
    assert len(stops) > 5
    assert [stop["name"] for stop in stops if not stop["ring"]] == [], "without a ring"
    assert [f"{stop['name']} below {stop['covered']}" for stop in stops if stop["covered"]] == []
