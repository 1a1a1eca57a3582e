"""The whole import, in the order in which one thing needs the other."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from forum.accounts.models import User
from forum.discussion.models import Category, Post
from forum.importers.stackexchange.comments import comments
from forum.importers.stackexchange.links import links
from forum.importers.stackexchange.people import badges, users
from forum.importers.stackexchange.posts import answers, questions
from forum.importers.stackexchange.recount import recount
from forum.importers.stackexchange.report import Report
from forum.importers.stackexchange.rows import Watch, check_folder, read
from forum.importers.stackexchange.sidecar import Sidecar
from forum.importers.stackexchange.store import Run
from forum.importers.stackexchange.tags import tags
from forum.importers.stackexchange.texts import Kitchen
from forum.importers.stackexchange.votes import accepted_without_vote, votes
from forum.kit.db import db, transaction
from forum.kit.drainer import drain
from forum.kit.errors import NotFound
from forum.kit.settings import bump_version
from forum.kit.text import slugify
from forum.kit.words import text

_SOURCE_LENGTH: Final = 40
# Generous: a reaction that fails is tried again after seconds, and the command says whether all are done.
_LEAST_DRAIN_SECONDS: Final = 120.0
_DRAINED_PER_SECOND: Final = 50


def load(folder: Path, *, category: str | None = None, dry_run: bool = False, watch: Watch | None = None) -> Report:
    """Import the dump in `folder` and carry out what follows from it; a second run adds nothing.

    `category` is the slug of an existing category; without it one named after the folder is used (and made).
    With `dry_run` nothing is written and the report says what would be. `watch` hears of rows as they are read.
    Raises Invalid for a folder that is no dump and for damaged files, NotFound for an unknown category; what
    was written before stays, and the next run goes on from there.
    """
    started = time.monotonic()
    folder = folder.resolve()
    check_folder(folder)
    report = Report()
    category_id = _category(folder, category, dry_run=dry_run)
    with Sidecar() as sidecar, Kitchen(report, rendered=not dry_run) as kitchen:
        source = f"stackexchange:{slugify(folder.name)}"[:_SOURCE_LENGTH]
        run = Run(source, category_id, dry_run, report, sidecar, kitchen, watch)
        _load(run, folder)
    if not dry_run:
        recount(run)
        if report.added:
            with transaction():
                bump_version()
        _drain(report)
    report.seconds = time.monotonic() - started
    return report


def _load(run: Run, folder: Path) -> None:
    run.sidecar.fill(folder, run.watch)
    run.kitchen.warm_up(run.sidecar.size() - _already_there(run))
    tags(run, read(folder, "Tags", run.watch))
    users(run, read(folder, "Users", run.watch))
    # Twice over the file: an answer may stand before its question.
    questions(run, read(folder, "Posts", run.watch))
    answers(run, read(folder, "Posts"))
    comments(run, read(folder, "Comments", run.watch))
    votes(run, read(folder, "Votes", run.watch))
    accepted_without_vote(run)
    links(run, read(folder, "PostLinks", run.watch))
    badges(run, read(folder, "Badges", run.watch))


def _already_there(run: Run) -> int:
    people = select(func.count()).select_from(User).where(User.source == run.source)
    posts = select(func.count()).select_from(Post).where(Post.source == run.source, Post.kind != "comment")
    return (db.session.scalar(people) or 0) + (db.session.scalar(posts) or 0)


def _category(folder: Path, slug: str | None, *, dry_run: bool) -> int:
    """The category everything goes into; 0 stands for one that a dry run would have to make."""
    wanted = slug or slugify(folder.name)[:60]
    found = db.session.scalar(select(Category.id).where(Category.slug == wanted))
    if found is None and slug is not None:
        raise NotFound(text("There is no category {slug}.", slug=slug))
    if found is not None or dry_run:
        return found or 0
    with transaction() as session:
        last = session.scalar(select(func.max(Category.position)))
        made = Category(slug=wanted, name=_name(folder), position=0 if last is None else last + 1)
        session.add(made)
        session.flush()
        bump_version()
        return made.id


def _name(folder: Path) -> str:
    return slugify(folder.name).replace("-", " ").title()[:60]


def _drain(report: Report) -> None:
    started = time.monotonic()
    report.is_drained = drain(max(_LEAST_DRAIN_SECONDS, report.added / _DRAINED_PER_SECOND))
    report.drain_seconds = time.monotonic() - started
