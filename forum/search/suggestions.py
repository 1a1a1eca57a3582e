"""While somebody types: titles, tags and members that go on like this, and threads that ask the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import or_, select

from forum.accounts.models import User
from forum.accounts.viewer import Viewer
from forum.discussion.models import Thread
from forum.discussion.queries import tags
from forum.discussion.visibility import thread_is_visible
from forum.kit.db import db
from forum.search.analysis import Alternative, Unit
from forum.search.documents import IndexBroken
from forum.search.engine import index
from forum.search.folding import fold, fold_name
from forum.search.parsing import parse
from forum.search.query import Clause, Either, Filter, Kind, Query, Words
from forum.search.retrieval import among, retrieve
from forum.search.snippets import highlight

SHORTEST = 2
MOST_THREADS, MOST_NAMES = 6, 4
RAREST, MOST_SIMILAR = 8, 5
_LIKELY = 0.3  # of the best score: what scores less only shares a word
_FINALS, _FIRST = 28, 0xAC00


@dataclass(frozen=True, slots=True)
class Suggested:
    """A thread to go to; `title_html` is safe HTML with only `<mark>` in it."""

    thread_id: int
    slug: str
    title: str
    title_html: str
    lang: str
    is_solved: bool
    reply_count: int


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What goes on like the typed text; members as (user name, name)."""

    threads: Sequence[Suggested] = ()
    tags: Sequence[str] = ()
    members: Sequence[tuple[str, str]] = ()


def suggest(viewer: Viewer, typed: str, most: int = MOST_THREADS) -> Suggestions:
    """Titles, tags and members for what was typed so far; nothing below two characters."""
    text = " ".join(fold(typed).split())[:100]
    if len(text) < SHORTEST:
        return Suggestions()
    bare = text.lstrip("@#")
    threads = [] if text[0] in "@#" else _titles(viewer, text, most)
    names = [] if text[0] == "@" or len(bare) < SHORTEST else tags(viewer, bare, MOST_NAMES)
    people = [] if text[0] == "#" or len(bare) < SHORTEST else _members(bare)
    return Suggestions(threads, [name for name, _, _ in names], people)


def _titles(viewer: Viewer, text: str, most: int) -> list[Suggested]:
    try:
        query = _unfinished(text)
        if not query.clauses:
            return []
        found = retrieve(viewer, query, "relevance")
    except (IndexBroken, OSError):
        return []
    ids = list(dict.fromkeys(one.post.thread_id for one in found.posts))[:most]
    return _threads(viewer, ids, query)


def _unfinished(text: str) -> Query:
    """The typed words in titles, the last of which may go on."""
    *_, last = text.split()
    before = text[: -len(last)].strip()
    whole, last = parse(text), last.casefold()
    ended = Words(tuple(whole.units()[-1:]), in_title=True)
    found = index().words(_stem_of(last), f"{_stem_of(last)}\U0010ffff", lambda word: goes_on(last, word), "title")
    ways = tuple(Alternative(words=(word,)) for word in found)
    units = tuple(alternative for unit in ended.units for alternative in unit.alternatives)
    if not ways and not units:
        return Query(text)
    clauses: list[Clause] = [Words((Unit(last, (*ways, *units)),), in_title=True), Filter(Kind.STATE, ("first",))]
    if before:
        clauses += [replace(one, in_title=True) for one in parse(before).clauses if isinstance(one, Words)]
    return Query(text, tuple(clauses))


def _stem_of(word: str) -> str:
    """The beginning of a word that is certain; its last syllable may still get a consonant, or lose one."""
    return word[:-1] if len(word) >= SHORTEST and not word[-1].isascii() else word


def goes_on(typed: str, word: str) -> bool:
    """Whether a word may be what the unfinished one becomes; a syllable in the making counts as it may turn out."""
    base, last = typed[:-1], typed[-1]
    if word.startswith(typed) or not "가" <= last <= "힣":
        return word.startswith(typed) or ("\u3131" <= last <= "\u3163" and word.startswith(base) and word != base)
    if not word.startswith(base) or len(word) <= len(base):
        return False
    there = word[len(base)]
    open_syllable = (ord(last) - _FIRST) // _FINALS
    if not "가" <= there <= "힣" or (ord(there) - _FIRST) // _FINALS != open_syllable:
        return False
    has_end = (ord(last) - _FIRST) % _FINALS != 0
    # 로긍 is 로그 with the beginning of 인: the syllable of the word has no end there.
    return not has_end or ((ord(there) - _FIRST) % _FINALS == 0 and len(word) > len(typed))


def _members(text: str) -> list[tuple[str, str]]:
    like = fold_name(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    rows = db.session.execute(
        select(User.username, User.display_name)
        .where(
            User.erased_at.is_(None),
            or_(User.username.like(like, escape="\\"), User.display_name.ilike(like, escape="\\")),
        )
        .order_by(User.username)
        .limit(MOST_NAMES)
    )
    return [(username, name) for username, name in rows]


def similar(viewer: Viewer, title: str, most: int = MOST_SIMILAR, without: int | None = None) -> Sequence[Suggested]:
    """Threads that share the rarest words of a title, solved ones first; `without` leaves one thread out."""
    try:
        query = _by_rarest(title)
        found = retrieve(viewer, query, "relevance").posts if query.clauses else ()
    except (IndexBroken, OSError):
        return ()
    best = found[0].words if found else 0.0
    likely = [one for one in found if one.words >= best * _LIKELY]
    kept = [one.post for one in likely if one.post.thread_id != without][:most]
    kept.sort(key=lambda post: not post.is_solved)
    return _threads(viewer, [post.thread_id for post in kept], query)


def _by_rarest(title: str) -> Query:
    units = [unit for unit in parse(title).units() if not unit.soft]
    units.sort(key=_rarity)
    ways = tuple(Words((unit,)) for unit in units[:RAREST])
    if not ways:
        return Query(title)
    return Query(title, (Either(ways) if len(ways) > 1 else ways[0], Filter(Kind.STATE, ("first",))))


def _rarity(unit: Unit) -> int:
    words = [word for way in unit.alternatives for word in way.words]
    counts = [count for count in (index().frequency(word) for word in words[:2]) if count]
    return min(counts, default=1_000_000)


def _threads(viewer: Viewer, ids: Sequence[int], query: Query) -> list[Suggested]:
    if not ids:
        return []
    rows = db.session.execute(
        select(Thread.id, Thread.slug, Thread.title, Thread.lang, Thread.accepted_post_id, Thread.reply_count).where(
            among(Thread.__table__.c.id, ids), thread_is_visible(viewer)
        )
    )
    known = {
        row[0]: Suggested(row[0], row[1], row[2], highlight(row[2], query), row[3], row[4] is not None, row[5])
        for row in rows
    }
    return [known[one] for one in ids if one in known]
