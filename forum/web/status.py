"""What machines ask: is the process alive, may it get visitors, what may robots read."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from functools import lru_cache

import structlog
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app, jsonify, make_response
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from config import Config
from forum.accounts.site import site
from forum.kit.db import db
from forum.kit.settings import confirm

log = structlog.get_logger(__name__)
bp = Blueprint("status", __name__)
DATABASE_SECONDS = 1.0
# An operator puts this file into the data folder before stopping the server; a balancer then sends nobody new.
DRAINING = "draining"
# One at a time: while the database hangs, further questions wait their second and leave no threads behind.
_asking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ready")
KEPT_FROM_ROBOTS = (
    "/admin",
    "/mod",
    "/settings",
    "/notifications",
    "/login",
    "/register",
    "/setup/",
    "/search",
    "/ask",
    "/api/",
    "/p/*/history",
    "/p/*/edit",
    "/p/*/delete",
)


@bp.get("/livez")
def alive() -> Response:
    """The process answers; nothing else is looked at."""
    response = make_response("ok")
    response.mimetype = "text/plain"
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/readyz")
def ready() -> Response:
    """Whether this server should get visitors: the database answers, has our schema, and nobody is stopping us."""
    config: Config = current_app.extensions["madang"]
    found, head = _schema(db.engine), _head(current_app.extensions["migrate"].directory)
    checks = {
        "database": "ok" if found is not None else "no answer",
        "migrations": "ok" if found == head else "unknown" if found is None else "not at head",
        "draining": (config.data_dir / DRAINING).exists(),
    }
    is_ready = checks["database"] == checks["migrations"] == "ok" and not checks["draining"]
    response = jsonify({"ready": is_ready, "checks": checks})
    response.status_code = 200 if is_ready else 503
    response.headers["Cache-Control"] = "no-store"
    return response


def _schema(engine: Engine) -> str | None:
    """The revision the database is at, empty when it has none; None when it does not answer in time."""
    asked: Future[str] = _asking.submit(_ask, engine)
    try:
        return asked.result(DATABASE_SECONDS)
    except (SQLAlchemyError, TookTooLong) as error:
        asked.cancel()
        log.warning("not_ready", error=repr(error))
        return None


def _ask(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")) or "")


@lru_cache(maxsize=4)
def _head(folder: str) -> str:
    """The newest migration of this code."""
    return ScriptDirectory(folder).get_current_head() or ""


@bp.get("/robots.txt")
def robots() -> Response:
    """What crawlers may read: every public page, none that asks for a form or an account; nothing when unlisted."""
    config: Config = current_app.extensions["madang"]
    confirm(None)
    kept = KEPT_FROM_ROBOTS if site()["indexed"] else ("/",)
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in kept)]
    if site()["indexed"]:
        lines.append(f"Sitemap: {config.public_url}/sitemap.xml")
    response = make_response("\n".join(lines) + "\n")
    response.mimetype = "text/plain"
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
