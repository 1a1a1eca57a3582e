"""From a question to posts in order: the engine finds, the database says what may be seen, ranking orders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import ColumnElement, Integer, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from forum.accounts.site import site
from forum.accounts.viewer import Viewer
from forum.discussion.models import Post, Thread
from forum.discussion.visibility import post_is_visible, thread_is_visible
from forum.kit import clock
from forum.kit.db import db
from forum.kit.settings import confirm, version_now
from forum.search.analysis import chain
from forum.search.documents import Hits, IndexBroken
from forum.search.engine import index
from forum.search.folding import fold_name
from forum.search.matching import MOST_HITS
from forum.search.operators import Order
from forum.search.parsing import parse
from forum.search.query import Query, Words
from forum.search.ranking import Boosts, Standing, boosts

log = structlog.get_logger(__name__)
FALLBACK = 200
ENOUGH = 10  # hits by words from which pairs of syllables are not asked
RERANKED = 200  # hits that are compared again with age, votes and solutions
_SECONDS_A_DAY = 86_400.0


class Seen(NamedTuple):
    """What the database says about a post that was found and may be seen."""

    post_id: int
    thread_id: int
    created_at: datetime
    score: int
    kind: str
    author_name: str
    category_id: int
    thread_kind: str
    tags: Sequence[str]
    accepted_post_id: int | None
    version: int

    @property
    def is_solved(self) -> bool:
        """Whether its thread has an accepted answer."""
        return self.accepted_post_id is not None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A post in its place: what the words gave, and the factors on it (None where they were not looked at)."""

    post: Seen
    words: float
    boosts: Boosts | None

    @property
    def total(self) -> float:
        """What posts are ordered by."""
        return self.words * self.boosts.product if self.boosts else self.words


@dataclass(frozen=True, slots=True)
class Found:
    """All posts of a question that this viewer may see, in order, at most 1,000."""

    query: Query
    posts: Sequence[Ranked] = ()
    is_degraded: bool = False
    is_capped: bool = False
    order: Order = "relevance"


def acls(viewer: Viewer) -> tuple[str, ...]:
    """The labels in the index this viewer may read."""
    if viewer.is_staff:
        return ("public", "members", "staff")
    return ("public", "members") if viewer.is_member else ("public",)


def zone() -> ZoneInfo:
    """The community's zone."""
    return ZoneInfo(str(site()["timezone"]))


def local_day(moment: datetime) -> date:
    """The day of a moment in the community's zone."""
    return moment.astimezone(zone()).date()


def question(viewer: Viewer, typed: str) -> Query:
    """What somebody typed, with their own name where it says "mine"."""
    query = parse(typed, local_day(clock.now()))
    return query.for_reader(fold_name(viewer.username) if viewer.is_member else "") if query.needs_self else query


def retrieve(viewer: Viewer, query: Query, order: Order) -> Found:
    """The posts of a question in order; from the database when the index is broken."""
    try:
        hits, is_degraded = _asked(query, acls(viewer), order), False
    except (IndexBroken, OSError) as error:
        log.warning("search_degraded", error=repr(error))
        hits, is_degraded = _from_database(viewer, query), True
    rows = visible(viewer, hits.ids)
    return Found(query, _ordered(hits, rows, order), is_degraded, hits.capped, order)


def _asked(query: Query, labels: tuple[str, ...], order: Order) -> Hits:
    """What the engine finds, at last without words that no post about it may have."""
    hits = _in_two_steps(query, labels, order)
    wider = query.without_soft_words() if not hits.ids else None
    return _in_two_steps(wider, labels, order) if wider else hits


def _in_two_steps(query: Query, labels: tuple[str, ...], order: Order) -> Hits:
    """Words in dictionary form first; pairs of syllables too where those find little."""
    engine = index()
    narrow = query.by_words() if chain() == "kiwi" else None
    hits = engine.search(narrow, labels, MOST_HITS, order) if narrow else Hits()
    return hits if hits.total >= ENOUGH else engine.search(query, labels, MOST_HITS, order)


def among(column: ColumnElement[Any], ids: Iterable[int]) -> ColumnElement[bool]:
    """The condition that a column has one of many numbers: one parameter, however many they are."""
    numbers = list(ids)
    if db.engine.dialect.name == "postgresql":
        return column == func.any(bindparam(None, numbers, type_=ARRAY(Integer)))
    listed = func.json_each(str(numbers)).table_valued("value")
    return column.in_(select(listed.c.value))


def visible(viewer: Viewer, ids: Sequence[int]) -> Mapping[int, Seen]:
    """Those of the posts that this viewer may see."""
    rows = db.session.execute(
        select(
            Post.id,
            Post.thread_id,
            Post.created_at,
            Post.score,
            Post.kind,
            Post.author_name,
            Thread.category_id,
            Thread.kind,
            Thread.tag_names,
            Thread.accepted_post_id,
            version_now(),
        )
        .join(Thread, Thread.id == Post.thread_id)
        .where(among(Post.__table__.c.id, ids), post_is_visible(viewer), thread_is_visible(viewer))
    ).all()
    confirm(rows[0][-1] if rows else None)
    return {row[0]: Seen(*row) for row in rows}


def _ordered(hits: Hits, rows: Mapping[int, Seen], order: Order) -> Sequence[Ranked]:
    now = clock.now()
    scores = hits.scores or (1.0,) * len(hits.ids)
    found = [(rows[one], score) for one, score in zip(hits.ids, scores, strict=True) if one in rows]
    if order == "relevance":
        best = [Ranked(post, score, boosts(_standing(post, now))) for post, score in found[:RERANKED]]
        best.sort(key=lambda one: -one.total)
        return best + [Ranked(post, score, None) for post, score in found[RERANKED:]]
    posts = [Ranked(post, score, None) for post, score in found]
    if order == "votes":
        return sorted(posts, key=lambda one: (-one.post.score, -one.post.post_id))
    return sorted(posts, key=lambda one: (one.post.created_at, one.post.post_id), reverse=order == "newest")


def _standing(post: Seen, now: datetime) -> Standing:
    age = (now - post.created_at.astimezone(UTC)).total_seconds() / _SECONDS_A_DAY
    return Standing(age, post.score, post.is_solved, post.kind == "opening")


def _from_database(viewer: Viewer, query: Query) -> Hits:
    """Posts that contain the words somewhere, the newest first: poorer than the index, but true."""
    conditions: list[Any] = []
    for word in (unit.surface for unit in query.units()[:8]):
        like = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        conditions.append(or_(Post.body.ilike(like, escape="\\"), Thread.title.ilike(like, escape="\\")))
    if not conditions or not any(isinstance(clause, Words) for clause in query.clauses):
        return Hits()
    chosen = (
        select(Post.id)
        .join(Thread, Thread.id == Post.thread_id)
        .where(post_is_visible(viewer), thread_is_visible(viewer), *conditions)
        .order_by(Post.id.desc())
        .limit(FALLBACK)
    )
    return Hits(tuple(db.session.scalars(chosen)))
