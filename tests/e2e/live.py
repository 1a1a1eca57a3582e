"""A community that answers on a loopback port, for browsers that are real."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, BrowserContext
from werkzeug.serving import WSGIRequestHandler, make_server

from config import Config
from forum import create_app
from forum.accounts.viewer import Viewer
from tests.conftest import Community, make_config
from tests.e2e.chromium import TIMEOUT
from tests.people import People


class Silent(WSGIRequestHandler):
    """Says nothing about each request."""

    def log(self, type: str, message: str, *args: object) -> None:
        """Leave the line out."""


class Live:
    """A running community: its address, its people, and browsers that are somebody."""

    def __init__(self, app: Flask, browser: Browser) -> None:
        """Nobody is held back by limits on how often, unless a test sets them again."""
        self.app, self.browser = app, browser
        self.config: Config = app.extensions["madang"]
        self.origin = self.config.public_url
        self.people = People(app)
        self._cookies: dict[int | None, str] = {}
        self.people.settings(signups_per_day=1000, search_per_minute_guest=1000, search_per_minute_member=1000)

    def context(self, viewer: Viewer | None = None, *, locale: str = "en", **options: object) -> BrowserContext:
        """A fresh profile of the browser: signed in as somebody, or a visitor's."""
        context = self.browser.new_context(
            base_url=self.origin,
            locale="en-GB",
            viewport={"width": 1280, "height": 900},
            reduced_motion="reduce",
            **options,  # type: ignore[arg-type]  # the options of a context
        )
        context.set_default_timeout(TIMEOUT)
        context.add_cookies([{"name": "lang", "value": locale, "url": self.origin}])
        self.sign_in(context, viewer)
        return context

    def sign_in(self, context: BrowserContext, viewer: Viewer | None) -> None:
        """Make the profile somebody's, or a visitor's, without the form."""
        name = self.app.config["SESSION_COOKIE_NAME"]
        context.clear_cookies(name=name)
        if viewer is None:
            return
        if viewer.id not in self._cookies:
            cookie = self.people.browser(viewer).client.get_cookie(name)
            assert cookie is not None
            self._cookies[viewer.id] = cookie.value
        context.add_cookies([{"name": name, "value": self._cookies[viewer.id], "url": self.origin}])


def listening() -> tuple[socket.socket, str]:
    """A free port that is taken at once, with the address it makes."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen(128)
    return bound, f"http://127.0.0.1:{bound.getsockname()[1]}"


@contextmanager
def served(browser: Browser, folder: Path, template: Path) -> Iterator[Live]:
    """An empty community in a folder, answering in threads of this process while the block runs."""
    bound, origin = listening()
    config = replace(make_config(folder), public_url=origin)
    shutil.copyfile(template, config.data_dir / "forum.db")
    community = Community(create_app(config))
    community.empty(folder)
    port = bound.getsockname()[1]
    server = make_server("127.0.0.1", port, community.app, threaded=True, request_handler=Silent, fd=bound.fileno())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Live(community.app, browser)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        bound.close()
