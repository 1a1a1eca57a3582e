"""Figures about reach: page views, visits, searches, items seen and clicked; members and guests together."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from forum.metrics.calendar import Window
from forum.metrics.engine import Engine, between
from forum.metrics.facts import SECOND
from forum.metrics.figures.rows import Row, Tally
from forum.metrics.figures.threads import Formula
from forum.metrics.state import Deed

TRAFFIC = frozenset({"member", "guest"})
GAP = 1800 * SECOND
ONE_SEARCH = 600 * SECOND
# What makes a visit more than looking.
ACTIONS = frozenset(
    {
        "vote", "thread_created", "reply_created", "search", "search_click", "click", "signup", "survey_response",
        "answer_accepted", "follow", "bookmark", "share", "flag",
    }
)  # fmt: skip
PRESENCE = frozenset({"page_view", "impression"}) | ACTIONS


@dataclass(slots=True)
class Visit:
    """What one person did without a pause of more than half an hour."""

    actor: str
    cls: str
    first: int
    last: int
    views: int = 0
    actions: int = 0
    events: int = 0

    @property
    def key(self) -> str:
        """Who and when."""
        return f"{self.actor}@{self.first}"


@dataclass(slots=True)
class Search:
    """One question to the search: the same words again within ten minutes are the same search."""

    deed: Deed
    ids: set[str] = field(default_factory=set)
    is_clicked: bool = False


class Traffic:
    """Visits and searches of a state, worked out once per engine."""

    def __init__(self, engine: Engine) -> None:
        """Nothing is computed before it is asked for."""
        self._engine = engine

    @cached_property
    def visits(self) -> list[Visit]:
        """All visits in the order in which they began."""
        found: list[Visit] = []
        current: dict[str, Visit] = {}
        for at, kind, actor, cls in self.presence:
            visit = current.get(actor)
            if visit is None or at - visit.last > GAP:
                visit = current[actor] = Visit(actor, cls, at, at)
                found.append(visit)
            visit.last = at
            visit.events += 1
            visit.views += kind == "page_view"
            visit.actions += kind in ACTIONS
        return found

    @cached_property
    def presence(self) -> list[tuple[int, str, str, str]]:
        """When members and guests did something, in order."""
        found = [
            (deed.at, deed.type, deed.actor, deed.cls)
            for deed in self._engine.state.deeds
            if deed.cls in TRAFFIC and deed.type in PRESENCE
        ]
        found += [
            (post.submitted_at, "thread_created" if post.is_opening else "reply_created", post.author, post.cls)
            for post in self._engine.state.posts()
            if post.cls in TRAFFIC and (post.removed_at is None or post.removed_by_author)
        ]
        return sorted(found)

    @cached_property
    def searches(self) -> list[Search]:
        """All searches, the same words of one person within ten minutes taken together."""
        last: dict[tuple[str, str], Search] = {}
        found: list[Search] = []
        by_id: dict[str, Search] = {}
        for deed in self._engine.deeds("search", "search_click"):
            if deed.cls not in TRAFFIC:
                continue
            if deed.type == "search_click":
                if deed.key in by_id:
                    by_id[deed.key].is_clicked = True
                continue
            words = (deed.actor, normalised(deed.key))
            known = last.get(words)
            if known is None or deed.at - known.deed.at > ONE_SEARCH:
                known = last[words] = Search(deed)
                found.append(known)
            by_id[deed.ref] = known
        return found


def normalised(query: str) -> str:
    """The words of a search, composed, in one case and with single blanks; particles stay."""
    return " ".join(unicodedata.normalize("NFC", query).casefold().split())


def traffic(engine: Engine) -> Traffic:
    """The traffic of an engine, made once."""
    found = engine.shared.get("traffic")
    if not isinstance(found, Traffic):
        found = engine.shared["traffic"] = Traffic(engine)
    return found


def views(classes: frozenset[str]) -> Formula:
    """Page views of some classes of visitors."""

    def formula(engine: Engine, window: Window) -> list[Row]:
        return [
            # Roll-ups keep a day's views of one visitor together, with their number.
            _deed_row(deed, num=max(deed.number, 1))
            for deed in engine.deeds("page_view")
            if deed.cls in classes and window.holds(deed.at)
        ]

    return formula


def _deed_row(deed: Deed, *, num: int = 1) -> Row:
    return Row(key=deed.ref, kind=deed.type, at=deed.at, num=num)


def begun(engine: Engine, window: Window) -> list[Visit]:
    """Visits whose first event lies in the window."""
    return [visit for visit in traffic(engine).visits if window.holds(visit.first)]


def visits(engine: Engine, window: Window) -> list[Row]:
    """Visits."""
    return [_visit_row(visit) for visit in begun(engine, window)]


def _visit_row(visit: Visit, *, num: int = 1, reason: str = "", wait: int | None = None) -> Row:
    return Row(key=visit.key, kind="visit", at=visit.first, num=num, reason=reason, wait=wait, outcome_at=visit.last)


def bounces(*, ignoring_actions: bool = False) -> Formula:
    """Visits, and whether they were one page and nothing done."""

    def formula(engine: Engine, window: Window) -> list[Row]:
        return [
            _visit_row(visit, num=int(visit.views == 1 and (ignoring_actions or visit.actions == 0)))
            for visit in begun(engine, window)
        ]

    return formula


def durations(engine: Engine, window: Window) -> list[Row]:
    """Visits with their length; a bounce has none."""
    return [
        _visit_row(visit, num=visit.last - visit.first, wait=visit.last - visit.first)
        for visit in begun(engine, window)
    ]


def longer_durations(engine: Engine, window: Window) -> list[Row]:
    """Visits of two events or more with their length."""
    return [
        _visit_row(visit, reason="" if visit.events > 1 else "single_event", wait=visit.last - visit.first)
        for visit in begun(engine, window)
    ]


def pages(engine: Engine, window: Window) -> list[Row]:
    """Visits with how many pages were looked at."""
    return [_visit_row(visit, num=visit.views) for visit in begun(engine, window)]


def acting(engine: Engine, window: Window) -> list[Row]:
    """Visits, and whether something was done."""
    return [_visit_row(visit, num=int(visit.actions > 0)) for visit in begun(engine, window)]


def visits_per_member(engine: Engine, window: Window) -> list[Row]:
    """Members who came, with how often."""
    found: defaultdict[str, int] = defaultdict(int)
    for visit in begun(engine, window):
        if visit.cls == "member":
            found[visit.actor] += 1
    return [Row(key=actor, kind="member", at=window.start, num=found[actor]) for actor in sorted(found)]


def visitors(engine: Engine, window: Window, classes: frozenset[str] = TRAFFIC) -> list[Row]:
    """People-days: each key once on each local day."""
    seen: dict[tuple[int, str], int] = {}
    for at, _, actor, cls in traffic(engine).presence:
        if window.holds(at) and cls in classes:
            seen.setdefault((engine.calendar.day_of(at).toordinal(), actor), at)
    return [Row(key=f"{actor}@{day}", kind="visitor_day", at=at) for (day, actor), at in sorted(seen.items())]


TAKEN = frozenset({"vote", "answer_accepted", "follow", "bookmark", "share", "search", "survey_response", "click"})


def actions(engine: Engine, window: Window) -> list[Row]:
    """What members did beside reading, each with its kind."""
    rows = [
        _deed_row(deed)
        for deed in engine.state.deeds
        if deed.cls == "member" and deed.type in TAKEN and window.holds(deed.at)
    ]
    rows += [Row(key=post.key, kind="post", at=post.published_at or 0) for post in between(engine.posts, window)]
    return sorted(rows, key=lambda row: (row.at, row.key))


def by_kind(rows: Sequence[Row]) -> Tally:
    """How many in all, and of each kind."""
    kinds: dict[str, int] = {}
    for row in rows:
        kinds[f"by:{row.kind}"] = kinds.get(f"by:{row.kind}", 0) + row.num
    total = sum(row.num for row in rows)
    return Tally(total, None, total, dict(sorted(kinds.items())))


def reach(engine: Engine, window: Window) -> list[Row]:
    """Everybody who saw an item or thread (the option `item` or `thread`), its author and the team left out."""
    wanted = {str(engine.options[name]) for name in ("item", "thread", "post") if name in engine.options}
    authors = {engine.state.threads[key].author for key in wanted if key in engine.state.threads}
    seen: dict[str, Row] = {}
    for deed in engine.deeds("impression", "page_view"):
        item = deed.ref if deed.type == "impression" else deed.key
        if item in wanted and deed.cls in TRAFFIC and deed.actor not in authors and window.holds(deed.at):
            seen.setdefault(deed.actor, Row(key=deed.actor, kind="visitor", at=deed.at))
    return list(seen.values())


def searches(*, with_results_only: bool = False, zero: bool = False) -> Formula:
    """Searches, and whether a result was chosen, or (zero) whether there was none."""

    def formula(engine: Engine, window: Window) -> list[Row]:
        rows = []
        for search in traffic(engine).searches:
            if not window.holds(search.deed.at):
                continue
            is_empty = search.deed.number == 0
            reason = "no_results" if with_results_only and is_empty else ""
            num = int(is_empty if zero else search.is_clicked)
            rows.append(Row(key=search.deed.ref, kind="search", at=search.deed.at, num=num, reason=reason))
        return rows

    return formula


def impressions(engine: Engine, window: Window) -> list[Row]:
    """Items that were seen, each once in a visit, and whether one of its showings was clicked."""
    clicked = {deed.key for deed in engine.deeds("click") if deed.cls in TRAFFIC}
    shown: dict[tuple[str, str, int], Row] = {}
    last: dict[tuple[str, str], tuple[int, int]] = {}
    for deed in engine.deeds("impression"):
        if deed.cls not in TRAFFIC:
            continue
        person = (deed.actor, deed.ref)
        seen_at, number = last.get(person, (deed.at - GAP - 1, 0))
        number += deed.at - seen_at > GAP
        last[person] = (deed.at, number)
        known = shown.get((*person, number))
        was_clicked = int(deed.key in clicked)
        if known is None:
            shown[*person, number] = Row(key=deed.key or deed.ref, kind="impression", at=deed.at, num=was_clicked)
        elif was_clicked:
            shown[*person, number] = Row(key=known.key, kind="impression", at=known.at, num=1)
    return [row for row in shown.values() if window.holds(row.at)]


def showings(engine: Engine, window: Window) -> list[Row]:
    """Items that were seen, each once in a visit."""
    return [Row(key=row.key, kind=row.kind, at=row.at) for row in impressions(engine, window)]
