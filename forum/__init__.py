"""The application factory: the only place that knows every room."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from pathlib import Path

from flask import Flask, request
from flask.typing import ResponseReturnValue
from flask_migrate import Migrate
from sqlalchemy.types import TypeEngine
from werkzeug.middleware.proxy_fix import ProxyFix

from config import ROOT, Config
from forum import reactions
from forum.accounts import models as accounts_models
from forum.accounts import site
from forum.api import new_app
from forum.api import register as register_api
from forum.cli import register as register_commands
from forum.discussion import models as discussion_models
from forum.discussion import stamps
from forum.http import errors, limits, logs, pages, pageviews, security, viewer
from forum.kit import db as kit_db
from forum.kit import outbox
from forum.kit.settings import VersionMoved, assuming
from forum.moderation import models as moderation_models
from forum.notifications import models as notifications_models
from forum.search import engine as search
from forum.voting import models as voting_models
from forum.web import register as register_pages

# Named so that tables and stamps exist whichever doors are open.
TABLES = (stamps, accounts_models, discussion_models, moderation_models, notifications_models, voting_models)
BODY_LIMIT = 10 * 1024 * 1024


def create_app(config: Config | None = None) -> Flask:
    """Put the forum together for one community; `config` comes from the environment unless a test gives its own."""
    config = config or Config.from_env()
    app = new_app("forum", static_folder=str(ROOT / "static"), template_folder=str(ROOT / "templates"))
    app.config.update(_flask_settings(config))
    app.extensions["madang"] = config
    app.extensions["create_app"] = create_app  # for commands that need a community beside this one
    logs.configure(quiet=config.testing or config.quiet)
    site.defaults_from_config(config.locale, config.timezone)
    _connect_database(app, config)
    outbox.connect(reactions.REACTIONS)
    search.configure(config.data_dir / "search")
    if config.trusted_proxies:
        # Without a number nobody's X-Forwarded-For is believed: anybody could write one and pass every limit.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=config.trusted_proxies, x_proto=config.trusted_proxies, x_host=0)  # type: ignore[method-assign]  # flask's documented way
    logs.init_app(app)
    viewer.init_app(app)
    limits.init_app(app, config.limits_url)
    security.init_app(app, config)
    pages.init_app(app, ROOT / "templates")
    pageviews.init_app(app, config)
    errors.init_app(app)
    register_pages(app)
    register_api(app)
    register_commands(app)
    _make_again_when_moved(app, config)
    return app


def _flask_settings(config: Config) -> dict[str, object]:
    return {
        "SECRET_KEY": config.secret_key,
        "TESTING": config.testing,
        "SQLALCHEMY_DATABASE_URI": config.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": kit_db.engine_options(config.database_url),
        "SESSION_COOKIE_NAME": "__Host-sid" if config.is_https else "sid",
        "SESSION_COOKIE_SECURE": config.is_https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "PERMANENT_SESSION_LIFETIME": 60 * 86400,
        "SESSION_REFRESH_EACH_REQUEST": False,
        "WTF_CSRF_TIME_LIMIT": None,
        "MAX_CONTENT_LENGTH": BODY_LIMIT,
        "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
        "MAX_FORM_PARTS": 1000,
        "SEND_FILE_MAX_AGE_DEFAULT": 31536000,
        "TRUSTED_HOSTS": _hosts(config),
    }


def _hosts(config: Config) -> list[str]:
    """The names this server answers to; on this machine alone, all of its names for itself."""
    host = config.public_url.split("://", 1)[1].rsplit(":", 1)[0]
    return (
        ["127.0.0.1", "localhost", "[::1]"] if host in {"127.0.0.1", "localhost"} else [host, "127.0.0.1", "localhost"]
    )


def _connect_database(app: Flask, config: Config) -> None:
    kit_db.db.init_app(app)
    with app.app_context():
        kit_db.prepare_engine(kit_db.db.engine)
    Migrate(
        app,
        kit_db.db,
        directory=str(Path(ROOT) / "migrations"),
        render_item=_render_item,
        compare_type=True,
        render_as_batch=config.database_url.startswith("sqlite"),
    )


def _render_item(kind: str, item: object, _: object) -> str | bool:
    """Migrations never import the forum: our column types are written as what they store."""
    if kind == "type" and isinstance(item, kit_db.UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, TypeEngine) and type(item).__module__.startswith("forum."):
        raise TypeError(f"write {item!r} as a plain column type")
    return False


def _make_again_when_moved(app: Flask, config: Config) -> None:
    """A page is read with the caches as they are; when its first statement says they moved, it is made once more."""
    dispatch = app.dispatch_request

    # On SQLite a page is one thread's pure computing. Threads that compute at once pass the interpreter's lock to and
    # fro at every row that is read: two at a time cost half as much again as one after the other (bench/run.py).
    turn = threading.Lock() if config.database_url.startswith("sqlite") else nullcontext()

    def dispatch_reading() -> ResponseReturnValue:
        if request.method not in security.SAFE or request.path in logs.PROBES:
            return dispatch()
        with turn, assuming():
            try:
                return dispatch()
            except VersionMoved:
                kit_db.db.session.rollback()
                return dispatch()

    app.dispatch_request = dispatch_reading  # type: ignore[method-assign]  # the one seam Flask has around a view
