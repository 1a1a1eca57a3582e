"""Debian's Chromium for tests: how it is started, what it notices on a page, and what it measures there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

EXECUTABLE = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # A page that asks for something elsewhere is noted, and gets nothing.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
TIMEOUT = 15_000

# Whatever a hostile text might call says so on the console, in every frame and before anything else runs.
LISTENERS = """(() => {
  for (const name of ["alert", "confirm", "prompt", "print", "open"]) {
    window[name] = () => console.error(`ran: ${name}`);
  }
})()"""

SIDEWAYS = """() => {
  const width = document.documentElement.clientWidth;
  const most = Math.max(document.documentElement.scrollWidth, document.body.scrollWidth);
  if (most <= width) return "";
  const scrolls = (one) => one && one !== document.body && one !== document.documentElement
    && (getComputedStyle(one).overflowX !== "visible" || scrolls(one.parentElement));
  const guilty = [...document.querySelectorAll("body *")].filter((one) =>
    one.getBoundingClientRect().right > width + 1 && !scrolls(one.parentElement));
  return `${most} > ${width}: ` + guilty.slice(-3).map((one) => one.outerHTML.slice(0, 90)).join(" | ");
}"""

# What the element with the focus looks like: an outline or a ring of its own, or of the label it lies in.
FOCUS = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const name = `${one.tagName.toLowerCase()} ${(one.getAttribute("aria-label") || one.textContent || one.name || "")
    .trim().slice(0, 40)}`;
  const seen = (element) => {
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1 && box.width > 0 && box.height > 0
      && box.bottom > 0 && box.top < innerHeight && parseFloat(style.opacity) > 0;
  };
  const label = one.closest("label");
  const box = (label ?? one).getBoundingClientRect();
  const covered = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 20));
  const isCovered = covered && !(label ?? one).contains(covered) && !covered.contains(label ?? one);
  return {name, ring: seen(one) || Boolean(label && seen(label)), covered: isCovered ? covered.outerHTML.slice(0, 80) : ""};
}"""


def missing() -> str:
    """Why there is no browser for tests here; empty when there is one."""
    return "" if shutil.which(EXECUTABLE) else f"no Chromium at {EXECUTABLE}: apt-get install chromium"


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Watch:
    """Notes everything on a page that text of people must never cause; loading an image is all it may do."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page, self.origin, self.seen = page, origin, list[str]()
        page.add_init_script(LISTENERS)
        page.on("dialog", lambda dialog: (self.seen.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.seen.append(f"error: {error}"))
        page.on("request", self._request)
        page.on("framenavigated", lambda frame: self._navigated(frame.url))
        page.on("popup", lambda other: self.seen.append(f"popup: {other.url}"))
        page.on("download", lambda download: self.seen.append(f"download: {download.url}"))

    def _console(self, message: ConsoleMessage) -> None:
        # What the browser itself reports about an answer is no script's doing.
        if not message.text.startswith(("Failed to load resource", "Clear-Site-Data")):
            self.seen.append(f"console: {message.text[:300]}")

    def _request(self, request: Request) -> None:
        is_ours = request.url.startswith((f"{self.origin}/", "data:"))
        if not is_ours and request.resource_type != "image":
            self.seen.append(f"request: {request.resource_type} {request.url[:200]}")

    def _navigated(self, url: str) -> None:
        if not url.startswith((f"{self.origin}/", "about:blank")):
            self.seen.append(f"navigation: {url[:200]}")

    def open(self, path: str) -> int:
        """Load a path and let everything happen that happens by itself; returns the status."""
        answer = self.page.goto(self.origin + path)
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))")
        return answer.status if answer else 0

    def take(self) -> list[str]:
        """What was seen since the last time."""
        found, self.seen = self.seen, []
        return found


def sideways(page: Page, *widths: int) -> list[str]:
    """At which widths the page can be scrolled sideways, and what sticks out."""
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        if why := page.evaluate(SIDEWAYS):
            found.append(f"at {width} px {why}")
    return found


def tab_through(page: Page, most: int = 80) -> list[dict[str, Any]]:
    """Press Tab until the focus comes around; what each stop looked like."""
    stops: list[dict[str, Any]] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None:
            break
        stops.append(stop)
    return stops
