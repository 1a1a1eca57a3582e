"""`flask doctor`: looks at everything that has to be right, and says what a person has to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

import click
from alembic.script import ScriptDirectory
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import func, select, text

from config import Config
from forum.accounts.queries import has_owner
from forum.cli.output import emit, json_option
from forum.kit import clock
from forum.kit.db import db
from forum.kit.drainer import is_gone
from forum.kit.outbox import WorkerLease, WorkRow
from forum.search import morphemes
from forum.search.engine import index
from forum.search.service import public_ids

State = Literal["ok", "hint", "problem"]
# Work older than this with nobody at it means that the worker does not run.
LATE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look at one thing said."""

    name: str
    state: State
    detail: str


def _configuration(config: Config) -> tuple[State, str]:
    key = config.data_dir / "secret_key"
    if key.exists() and key.stat().st_mode & 0o077:
        return "problem", f"{key} can be read by others. Run: chmod 600 {key}"
    return "ok", f"{config.public_url}, data in {config.data_dir}"


def _database(config: Config) -> tuple[State, str]:
    db.session.execute(text("SELECT 1"))
    return "ok", db.engine.dialect.name


def _migrations(config: Config) -> tuple[State, str]:
    head = ScriptDirectory(str(Path(current_app.extensions["migrate"].directory))).get_current_head()
    tables = db.inspect(db.engine).get_table_names()
    found = db.session.scalar(text("SELECT version_num FROM alembic_version")) if "alembic_version" in tables else None
    if found == head:
        return "ok", f"at {head}"
    return "problem", f"at {found or 'nothing'}, the code needs {head}. Run: flask db upgrade"


def _owner(config: Config) -> tuple[State, str]:
    return (
        ("ok", "there is one")
        if has_owner()
        else ("hint", "Nobody owns this community yet. Run: flask setup owner-link")
    )


def _search(config: Config) -> tuple[State, str]:
    public = public_ids()
    if public and index().needs_rebuild():
        return "problem", "The index was made by other rules of analysis, or never. Run: flask search rebuild"
    indexed = index().ids()
    waiting = (
        db.session.scalar(select(func.count()).select_from(WorkRow).where(WorkRow.reaction.startswith("search."))) or 0
    )
    differ = len(indexed ^ public)
    if differ > waiting:
        return "problem", f"{differ} posts differ from the database. Run: flask search rebuild"
    return "ok", f"{len(indexed)} posts"


def _analysis(config: Config) -> tuple[State, str]:
    if not morphemes.is_installed():
        asked = "Install it with: python3 dev.py setup --korean, then: flask search rebuild"
        told = f"bigram: Korean by pairs of syllables, without morphology (0 MB). {asked}"
        return ("hint" if config.locale == "ko" else "ok"), told
    if not morphemes.load():
        return "problem", "bigram: the Korean morphology is installed but does not load; see the log"
    seconds, megabytes = morphemes.cost()
    return "ok", f"{morphemes.version()}: loaded in {seconds} s, {megabytes} MB"


def _jobs(config: Config) -> tuple[State, str]:
    now = clock.now()
    dead = db.session.scalar(select(func.count()).select_from(WorkRow).where(WorkRow.dead_at.is_not(None))) or 0
    if dead:
        error = db.session.scalar(select(WorkRow.error).where(WorkRow.dead_at.is_not(None)).limit(1))
        return "problem", f"{dead} consequences failed too often and were given up; one of them: {error}"
    late = WorkRow.not_before < now - LATE
    backlog = db.session.scalar(select(func.count()).select_from(WorkRow).where(WorkRow.dead_at.is_(None), late)) or 0
    lease = db.session.get(WorkerLease, "drainer")
    runs = lease is not None and lease.expires_at > now and not is_gone(lease.holder)
    if backlog:
        return (
            "problem",
            f"{backlog} consequences have waited for minutes; the worker {'is slow' if runs else 'is not there'}.",
        )
    return ("ok", "the worker runs") if runs else ("hint", "No worker runs; it starts with the web server.")


def _proxy(config: Config) -> tuple[State, str]:
    if config.is_https:
        return "hint", "https: let the proxy pass Host, X-Forwarded-For and X-Forwarded-Proto; see docs/operations.md"
    return "ok", "plain http, on this machine alone"


CHECKS: dict[str, Callable[[Config], tuple[State, str]]] = {
    "configuration": _configuration,
    "database": _database,
    "migrations": _migrations,
    "owner": _owner,
    "search": _search,
    "analysis": _analysis,
    "jobs": _jobs,
    "proxy": _proxy,
}


def examine(config: Config) -> list[Finding]:
    """Look at everything; a look that fails is a problem itself and hides no other."""
    findings = []
    for name, look in CHECKS.items():
        try:
            state, detail = look(config)
        except Exception as error:  # noqa: BLE001 - whatever is broken, the doctor says so and goes on
            state, detail = "problem", f"{type(error).__name__}: {error}".splitlines()[0]
        finally:
            db.session.rollback()
        findings.append(Finding(name, state, detail))
    return findings


@click.command("doctor")
@json_option
@with_appcontext
def doctor(as_json: bool) -> None:
    """Look at configuration, database, migrations, search, jobs and proxy; exit status 1 when a person is needed."""
    findings = examine(current_app.extensions["madang"])
    healthy = all(finding.state != "problem" for finding in findings)
    told = "\n".join(f"{finding.state:<8} {finding.name:<14} {finding.detail}" for finding in findings)
    emit({"ok": healthy, "checks": [asdict(finding) for finding in findings]}, as_json=as_json, told=told)
    if not healthy:
        click.get_current_context().exit(1)
