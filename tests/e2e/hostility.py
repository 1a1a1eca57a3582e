"""Hostile text brought in through every form and the API, and the pages that show it judged in Chromium."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import Any
from urllib.parse import quote

from werkzeug.test import TestResponse

from forum.accounts import service as accounts
from forum.accounts.inputs import KeyInput
from forum.accounts.viewer import Viewer
from forum.kit.db import transaction
from forum.kit.drainer import drain
from forum.kit.text import normalise
from forum.kit.text.clean import ALLOWED
from tests.e2e.chromium import Watch
from tests.e2e.live import Live
from tests.kit.hostile import offences, pathological, rows

CPU_SECONDS = 2.0
DRAIN_SECONDS = 600.0
MARK = "kumquat"  # a word in every thread, so that one search shows them all
PAGE = 20

# Everything in a page that text of people must not become. `allowed` are the tags of a post.
AUDIT = """([origin, allowed]) => {
  const bad = [], urls = ["href", "src", "action", "formaction", "xlink:href", "data", "poster", "background", "ping"];
  const tags = "iframe,frame,object,embed,applet,base,style,template,math,audio,video,marquee,meta[http-equiv],"
    + "script:not([src]),foreignObject,animate,set,noscript,portal,isindex";
  const say = (what, one) => bad.push(`${what}: ${one.outerHTML.slice(0, 160)}`);
  for (const one of document.querySelectorAll(tags)) say("tag", one);
  for (const one of document.querySelectorAll("script[src],link[rel=stylesheet],form,[formaction]")) {
    const url = one.src || one.href || one.getAttribute("formaction") || one.getAttribute("action") || "/";
    if (new URL(url, location).origin !== origin) say("foreign", one);
  }
  for (const one of document.querySelectorAll("*")) {
    for (const {name, value} of one.attributes) {
      if (/^on|^style$|^srcdoc$|^is$|^slot$/i.test(name)) say(`attribute ${name}`, one);
      if (!urls.includes(name)) continue;
      let scheme = "";
      try { scheme = new URL(value, location).protocol; } catch { continue; }
      const fine = name === "href" ? ["http:", "https:", "mailto:"] : ["http:", "https:"];
      if (!fine.includes(scheme)) say(`scheme ${scheme}`, one);
    }
  }
  for (const one of document.querySelectorAll(".prose *")) {
    if (!allowed.includes(one.localName) && !one.closest("svg.ic")) say("not allowed in a post", one);
    if (one.id) say("id in a post", one);
  }
  if (document.querySelectorAll("main#main").length !== 1 || !document.querySelector("body > footer.foot")) {
    bad.push("the frame of the page is broken");
  }
  return bad;
}"""


@dataclass(frozen=True, slots=True)
class Vector:
    """A hostile text with its name in the collection."""

    name: str
    text: str


@lru_cache(maxsize=1)
def collection() -> dict[str, list[Vector]]:
    """All hostile texts by class."""
    texts = {"xss_html": "html", "xss_markdown": "markdown", "naughty_strings": "s"}
    found = {
        name: [Vector(f"{name} {row['id']}", row[key]) for row in rows(f"{name}.json")] for name, key in texts.items()
    }
    found["pathological_markdown"] = [Vector(f"pathological {name}", text) for name, text in pathological().items()]
    return found


def spread(**per_class: int) -> list[Vector]:
    """About that many of each class, spread evenly over it."""
    classes = collection()
    return [one for name, wanted in per_class.items() for one in classes[name][:: max(1, len(classes[name]) // wanted)]]


# Short enough for names, with what breaks out of text, attributes, addresses, scripts, templates and formats.
SHORT = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '"><svg/onload=alert(1)>',
    "' autofocus onfocus=alert(1) x='",
    "</title><script>alert(2)</script>",
    "{{7*7}}{% raw %} {name} {0} %s %(n)d",
    "javascript:alert(1)//",
    "{0.__class__.__mro__} {n} }{",
    "x</textarea><script>alert(3)</script>",
    "--><b onmouseover=alert(1)>b",
    "![a](javascript:alert(1))",
    "[a](javascript:alert`1`) <b>",
)


@dataclass
class Intake:
    """Sends hostile text through forms and API, and keeps account of how the server took it."""

    live: Live
    stored: int = 0
    refused: int = 0
    slowest: tuple[float, str] = (0.0, "")
    faults: list[str] = field(default_factory=list)
    pages: list[tuple[Viewer | None, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """A community where the limits on how often and how short do not stand in the way."""
        people = self.live.people
        people.settings(
            title_min=1,
            body_min=1,
            undo_seconds=0,
            threads_per_day=1000,
            mentions_max=50,
            tags_max=10,
            duplicate_minutes=0,
        )
        self.category = people.category("Things", description="All of them")
        self.owner = people.user("boss", role="owner")
        # A moderator, whom no limit on threads in a day stops, and a member, who is held to all else.
        self.writer, self.program = people.user("walt", role="moderator"), people.user("prog", trust=2)
        self.key = self._key(self.program)
        self.writing, self.running = people.browser(self.writer), people.browser()

    def _key(self, who: Viewer) -> str:
        with self.live.app.app_context(), transaction():
            return accounts.issue_api_key(who, KeyInput(name="test", scopes=["read", "write"]))

    def send(self, name: str, ask: Callable[[], TestResponse]) -> TestResponse:
        """One request, timed; an answer of 5xx or one that took too long is a fault."""
        self.live.app.extensions["limits"].storage.reset()
        started = time.process_time()
        answer = ask()
        seconds = time.process_time() - started
        self.slowest = max(self.slowest, (seconds, name))
        if seconds > CPU_SECONDS:
            self.faults.append(f"{name}: took {seconds:.1f} s")
        if answer.status_code >= 500:
            self.faults.append(f"{name}: {answer.status_code}")
        self.refused += 400 <= answer.status_code < 500
        self.stored += answer.status_code < 400
        return answer

    def form(self, name: str, path: str, data: dict[str, Any], **options: Any) -> TestResponse:
        """Send a form as the one who writes."""
        return self.send(f"form {name}", lambda: self.writing.post(path, data, **options))

    def api(self, name: str, path: str, body: dict[str, Any]) -> TestResponse:
        """Send JSON with the key of the program."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return self.send(f"api {name}", lambda: self.running.client.post(f"/api/v1{path}", json=body, headers=headers))

    def thread(self, vector: Vector) -> int | None:
        """The text as title and body of a thread, through the form; the thread's id when it was taken."""
        title, body = vector.text[:150], f"{vector.text[:31000]}\n\n{MARK}"
        data = {"category": self.category, "title": title, "body": body, "kind": "discussion"}
        answer = self.form(vector.name, "/ask", data)
        if answer.status_code == 422:
            answer = self.form(f"{vector.name} without title", "/ask", {**data, "title": vector.name})
        found = re.match(r"/t/(\d+)/", answer.location or "")
        return int(found.group(1)) if found else None

    def replies(self, vectors: Iterable[Vector]) -> list[int]:
        """Every text as a reply, through form and API, a page of them to a thread; both must store the same."""
        threads = []
        for _, some in groupby(enumerate(vectors), lambda pair: pair[0] // (PAGE // 2)):
            thread, _ = self.live.people.thread(self.writer, self.category, title=f"Page {len(threads)}")
            threads.append(thread)
            for _, vector in some:
                self._reply(thread, vector)
        return threads

    def _reply(self, thread: int, vector: Vector) -> None:
        by_form = self.form(vector.name, f"/t/{thread}/reply", {"body": vector.text})
        by_api = self.api(vector.name, f"/threads/{thread}/replies", {"body": vector.text})
        if (by_form.status_code == 303) != (by_api.status_code == 201):
            self.faults.append(f"{vector.name}: form {by_form.status_code}, API {by_api.status_code}")
        if by_api.status_code != 201:
            return
        told = by_api.get_json()
        self.faults += [f"{vector.name}: {offence}" for offence in offences(told["body_html"])]
        if told["body"] != normalise(vector.text):
            self.faults.append(f"{vector.name}: stored as {told['body'][:80]!r}")

    def drain(self) -> None:
        """Let everything that follows from what was written happen now."""
        with self.live.app.app_context():
            assert drain(DRAIN_SECONDS), "the outbox could not be drained"

    def opening(self, thread_id: int) -> int:
        """The opening post of a thread."""
        told = self.running.client.get(f"/api/v1/threads/{thread_id}", headers={"Authorization": f"Bearer {self.key}"})
        return int(told.get_json()["opening_post"]["id"])

    def edit(self, post_id: int, vector: Vector) -> None:
        """The text as a new text of a post and as the comment on it."""
        data = {"version": 1, "body": f"{vector.text[:31000]}\n\nedited", "comment": vector.text[:400]}
        self.form(f"{vector.name} edit", f"/p/{post_id}/edit", data)


def names(intake: Intake, every: int = 1) -> list[tuple[Viewer | None, str]]:
    """Hostile names everywhere a name can be given; returns the pages that show them, of each so many people one's."""
    people, pages = intake.live.people, list[tuple[Viewer | None, str]]()
    boss = people.browser(intake.owner)
    target, opening = people.thread(intake.writer, intake.category, title="Who is there?")
    for number, text in enumerate(SHORT):
        who = people.user(f"user{number}")
        browser = people.browser(who)
        profile = {"display_name": text, "bio": f"{text}\n\n{text}", "location": text, "website": f"https://a.b/{text}"}
        answer = intake.send(f"profile {text}", lambda b=browser, p=profile: b.post("/settings/profile", p))
        if answer.status_code == 422:
            profile |= {"display_name": f"N{number} {text}"[:40], "website": ""}
            intake.send(f"profile {text}", lambda b=browser, p=profile: b.post("/settings/profile", p))
        intake.send(f"key {text}", lambda b=browser, t=text: b.post("/settings/keys", {"name": t, "scopes": "read"}))
        intake.send(f"tag {text}", lambda b=browser, t=text: b.post("/ask", _tagged(intake, t)))
        intake.send(
            f"login {text}",
            lambda b=browser, t=text: b.client.get("/settings", headers={"User-Agent": t, "Referer": t}),
        )
        category = {"name": text, "description": text, "read_role": "everyone", "post_role": "members"}
        category |= {"position": str(number), "hue": "20"}
        intake.send(f"category {text}", lambda c=category: boss.post("/admin/categories", c))
        people.reply(people.viewer(who.id or 0), target, f"Here is number {number}.")
        people.reply(people.viewer(who.id or 0), target, f"A comment of number {number}.", parent_id=opening)
        pages += [(None, f"/u/{who.username}"), (who, "/settings")] * (number % every == 0)
    held = people.user("newcomer", trust=0)
    for text in SHORT[:3]:
        people.thread(held, intake.category, title=f"Held {text}", body=f"{text}\n\nheld")
    case = _decide(intake, boss)
    for values in ({"name": SHORT[0], "tagline": SHORT[4]}, {"name": SHORT[5], "tagline": SHORT[2]}):
        settings = {"group": "identity", "locale": "en", "brand_hue": "20", **values}
        intake.send(f"site {values}", lambda s=settings: boss.post("/admin/settings", s))
    intake.drain()
    staff = intake.owner
    pages += [(None, "/"), (None, "/categories"), (None, f"/t/{target}"), (intake.writer, "/ask")]
    pages += [
        (staff, path)
        for path in ("/mod", case, "/mod/log", "/admin", "/admin/settings", "/admin/categories", "/admin/members")
    ]
    pages += [(held, "/notifications"), (intake.writer, "/notifications"), (staff, f"/t/{target}")]
    return pages


def _tagged(intake: Intake, text: str) -> dict[str, str]:
    return {"category": intake.category, "title": "With a tag", "body": f"A tag: {text}", "kind": "idea", "tags": text}


def _decide(intake: Intake, boss: Any) -> str:
    """Remove one held text with a hostile note to its author; the page of its case."""
    case = re.findall(r'href="(/mod/cases/\d+)', boss.get("/mod").text)[-1]
    fields = dict(
        re.findall(r'name="(expected_version|target_revision_id|idem_key)" value="([^"]*)"', boss.get(case).text)
    )
    data = {**fields, "outcome": "remove", "reason_code": "spam", "note_author": f"{SHORT[0]} {SHORT[5]}"}
    assert intake.send("note", lambda: boss.post(f"{case}/decision", data)).status_code == 303
    return case


def reflections(texts: Iterable[str]) -> Iterator[tuple[Viewer | None, str]]:
    """Addresses that carry a hostile text back into the page."""
    for text in texts:
        word = quote(text, safe="")
        for path in ("/search?q=", "/login?next=", "/register?next=/", "/latest?after=", "/?lang=", "/nothing/", "/u/"):
            yield None, f"{path}{word}"


@dataclass
class Judge:
    """Loads pages twice, with their policy and without it, and collects what should not be there."""

    live: Live
    loads: int = 0
    found: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open the two profiles: one obeys the policy, the other does not know it."""
        self._pages = []
        for mode in ("with", "without"):
            page = self.live.context(bypass_csp=mode == "without").new_page()
            self._pages.append((mode, page, Watch(page, self.live.origin)))

    def look(self, who: Viewer | None, path: str, *modes: str) -> None:
        """Judge one page as somebody sees it, with its policy and without it, or in one of these ways."""
        for mode, page, watch in self._pages:
            if modes and mode not in modes:
                continue
            self.live.sign_in(page.context, who)
            status = watch.open(path)
            self.loads += 1
            seen = watch.take() + page.evaluate(AUDIT, [self.live.origin, sorted(ALLOWED)])
            if status >= 500:
                seen.append(f"status {status}")
            self.found += [f"{path} {mode} its policy: {one}" for one in seen]

    def close(self) -> None:
        """Close both."""
        for _, page, _ in self._pages:
            page.context.close()


def walk(live: Live, path: str, most: int = 1000) -> Iterator[str]:
    """The pages of a list: this one and those its link to the next leads to."""
    client = live.people.browser().client
    for _ in range(most):
        live.app.extensions["limits"].storage.reset()
        yield path
        following = re.search(r'href="([^"]+)" rel="next"', client.get(path).text)
        if following is None:
            return
        path = html.unescape(following.group(1))


def lists(intake: Intake, most: int = 1000) -> Iterator[tuple[None, str]]:
    """Every list in which titles and beginnings of texts stand."""
    for start in (
        "/latest",
        f"/search?q={MARK}",
        "/u/walt?tab=questions",
        "/u/walt?tab=replies",
        "/u/prog?tab=replies",
    ):
        yield from ((None, path) for path in walk(intake.live, start, most))
