"""The rows behind a figure, with the titles a viewer may read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select

from forum.accounts.viewer import Viewer
from forum.discussion.models import Post, Thread
from forum.discussion.visibility import post_is_visible, thread_is_visible
from forum.kit import paging
from forum.kit.db import db
from forum.metrics import catalogue as definitions
from forum.metrics import reading
from forum.metrics.compute import obstacle, rows_of, tally_of
from forum.metrics.facts import SECOND, moment
from forum.metrics.figures.rows import Row, counted
from forum.metrics.records import Evidence, EvidenceRow, Figure, Metric


def evidence(  # noqa: PLR0917 - who, what, when, and which page
    viewer: Viewer, metric_id: str, start: date, end: date, after: str | None = None, size: int = 50
) -> Evidence:
    """The exact rows behind a figure, paged; a row the viewer may not see keeps id and reason, its text is masked."""
    wanted, now = definitions.metric(metric_id), reading.standing()
    engine = reading.engine_from(start, now)
    window = engine.calendar.window(start, end)
    rows = sorted(rows_of(metric_id, engine, window), key=lambda row: (row.at, row.key))
    inside = counted(rows)
    tally = tally_of(metric_id, engine, window)
    shown = reading.shown(wanted, tally, start, end, obstacle(metric_id, engine, window))
    first = 0
    if after is not None:
        at, key = paging.decode(after, [int, str])
        first = next((place for place, row in enumerate(rows) if (row.at, row.key) > (at, key)), len(rows))
    page = paging.page(rows[first : first + size + 1], size, lambda row: [row.at, row.key])
    return Evidence(
        figure=shown,
        formula_filled=_filled(wanted, shown),
        excluded=dict(sorted(Counter(row.reason for row in rows if row.reason).items())),
        counted=len(inside),
        rows=_told(viewer, page.items),
        next=page.next,
    )


def _filled(wanted: Metric, shown: Figure) -> dict[str, str]:
    """The formula in words, with its numbers behind it."""
    numbers = f"{shown.numerator} / {shown.denominator}" if shown.denominator is not None else f"{shown.numerator}"
    if wanted.type in {"km", "quantile"}:
        numbers = f"n = {shown.n}"
    value = "–" if shown.value is None else f"{shown.value:.4g}" if isinstance(shown.value, float) else shown.value
    return {language: f"{words} {numbers} = {value}" for language, words in wanted.formula.items()}


def _told(viewer: Viewer, rows: Sequence[Row]) -> list[EvidenceRow]:
    """Rows with the titles of the threads they stand in, as far as this viewer may read them."""
    threads = {int(row.thread) for row in rows if row.thread and row.thread.isdecimal()}
    posts = {int(row.post) for row in rows if row.post and row.post.isdecimal()}
    seen = (
        {
            found.id: found
            for found in db.session.execute(
                select(Thread.id, Thread.title, Thread.slug).where(Thread.id.in_(threads), thread_is_visible(viewer))
            )
        }
        if threads
        else {}
    )
    readable = (
        set(db.session.scalars(select(Post.id).where(Post.id.in_(posts), post_is_visible(viewer)))) if posts else set()
    )
    return [_row(row, seen, readable) for row in rows]


def _row(row: Row, seen: Mapping[int, object], readable: set[int]) -> EvidenceRow:
    thread = int(row.thread) if row.thread and row.thread.isdecimal() else None
    post = int(row.post) if row.post and row.post.isdecimal() else None
    found = seen.get(thread) if thread is not None else None
    is_masked = (thread is not None and found is None) or (post is not None and post not in readable)
    return EvidenceRow(
        key=row.key,
        kind=row.kind,
        counted=row.is_counted,
        reason=row.reason,
        at=moment(row.at),
        outcome_at=None if row.outcome_at is None else moment(row.outcome_at),
        seconds=None if row.wait is None else row.wait // SECOND,
        numerator=row.num,
        denominator=row.den,
        thread_id=thread,
        post_id=post,
        title="" if is_masked else getattr(found, "title", ""),
        slug="" if is_masked else getattr(found, "slug", ""),
        is_masked=is_masked,
    )
