"""Tags and the sentence that explains each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

from sqlalchemy import bindparam, select, update

from forum.discussion.models import Tag
from forum.importers.stackexchange.rows import Row, chunks
from forum.importers.stackexchange.sidecar import WIKI
from forum.importers.stackexchange.store import Run, add_rows, lock, table
from forum.kit.db import db, retried, transaction
from forum.kit.text import excerpt, normalise

_LENGTH: Final = 300
_NAME_LENGTH: Final = 40


def tags(run: Run, rows: Iterable[Row]) -> None:
    """Add the tags with the excerpts of their wikis; the wikis themselves have no place."""
    tally = run.report["tags"]
    tally.skip("full tag wiki", run.sidecar.other_posts().get(WIKI, 0))
    for chunk in chunks(rows):
        wanted = {row["TagName"][:_NAME_LENGTH]: row.get("ExcerptPostId", "") for row in chunk}
        known = set(db.session.scalars(select(Tag.name).where(Tag.name.in_(wanted))))
        tally.existing += len(known)
        tally.added += len(wanted) - len(known)
        if not run.dry_run:
            bodies = run.sidecar.excerpts(filter(None, wanted.values()))
            told = {name: normalise(bodies[post]) for name, post in wanted.items() if bodies.get(post)}
            run.report.counts["tag_descriptions_cut"] += sum(len(body) > _LENGTH for body in told.values())
            retried(partial(_write, run, list(wanted), told))


def _write(run: Run, names: Sequence[str], told: dict[str, str]) -> None:
    with transaction() as session:
        lock(session, run)
        add_rows(session, Tag, [{"name": name} for name in names], unique=("name",))
        if told:
            # What people of this community wrote about a tag stays.
            empty = update(table(Tag)).where(Tag.name == bindparam("tag"), Tag.description == "")
            values = [{"tag": name, "told": excerpt(body, _LENGTH)} for name, body in told.items()]
            session.connection().execute(empty.values(description=bindparam("told")), values)
