"""A post's history: its rows become whole revisions, and the closing, locking or deletion in force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from forum.importers.stackexchange.rows import moment, tag_names

_TITLE: Final = frozenset({1, 4, 7})
_BODY: Final = frozenset({2, 5, 8})
_TAGS: Final = frozenset({3, 6, 9})
TEXT_TYPES: Final = _TITLE | _BODY | _TAGS
# What begins a state, what ends it.
_CLOSED, _REOPENED, _DELETED, _UNDELETED, _LOCKED, _UNLOCKED = 10, 11, 12, 13, 14, 15
_STATES: Final = {_CLOSED: _REOPENED, _DELETED: _UNDELETED, _LOCKED: _UNLOCKED}
_ENDS: Final = {end: begin for begin, end in _STATES.items()}
OVER: Final = "closed, locked or deleted for a time only"
_REASONS: Final = {
    16: "community wiki",
    17: "migrated",
    18: "merged",
    19: "protected",
    20: "unprotected",
    22: "unmerged",
    24: "suggested edit applied",
    25: "announced elsewhere",
    31: "comments moved to chat",
    33: "notice added",
    34: "notice removed",
    35: "migrated",
    36: "migrated",
    37: "merged",
    38: "merged",
    50: "bumped by the system",
    52: "chosen as a hot question",
    53: "removed from hot questions",
}
_CLOSE_REASONS: Final = {
    "1": "duplicate",
    "101": "duplicate",
    "2": "off_topic",
    "102": "off_topic",
    "4": "unclear",
    "103": "unclear",
    "104": "too_broad",
    "3": "opinion",
    "105": "opinion",
    "7": "too_localised",
    "20": "pointless",
}


@dataclass(frozen=True, slots=True)
class Edit:
    """One revision: the whole state after it, and who made it."""

    source_id: str
    at: datetime
    user: str | None
    name: str | None
    comment: str
    title: str | None = None
    tags: tuple[str, ...] | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A state that began and is still in force."""

    source_id: str
    at: datetime
    user: str | None
    name: str | None
    reason: str


@dataclass
class History:
    """All that is known of one post's past."""

    edits: list[Edit] = field(default_factory=list)
    states: dict[int, Change] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def closed(self) -> Change | None:
        """Closed or locked, and by whom, when it still is."""
        return self.states.get(_CLOSED) or self.states.get(_LOCKED)

    @property
    def deleted(self) -> Change | None:
        """Its deletion and by whom, when that was the last word on it."""
        return self.states.get(_DELETED)

    @property
    def people(self) -> set[str | None]:
        """Everybody who acted."""
        return {edit.user for edit in self.edits} | {change.user for change in self.states.values()}


def history(rows: Sequence[tuple[str, ...]]) -> History:
    """The past that these rows tell, in the order of their ids."""
    past, groups = History(), dict[str, Edit]()
    for row in rows:
        kind = int(row[2])
        if kind in TEXT_TYPES:
            _add_text(groups, kind, row)
        elif kind in _STATES:
            past.states[kind] = _change(kind, row)
        elif kind in _ENDS:
            past.skipped[OVER] += 1 + (past.states.pop(_ENDS[kind], None) is not None)
        else:
            past.skipped[_REASONS.get(kind, f"history of type {kind}")] += 1
    past.edits = _whole(list(groups.values()))
    return past


def _add_text(groups: dict[str, Edit], kind: int, row: tuple[str, ...]) -> None:
    source_id, _, _, guid, at, user, name, comment, text = row
    edit = groups.get(guid) or Edit(str(source_id), moment(at), user, name, (comment or "")[:400])
    text = text or ""
    if kind in _TITLE:
        edit = replace(edit, title=text)
    elif kind in _TAGS:
        edit = replace(edit, tags=tuple(tag_names(text)))
    else:
        edit = replace(edit, body=text)
    groups[guid] = edit


def _whole(edits: list[Edit]) -> list[Edit]:
    """What an edit left alone stays as it was before."""
    whole: list[Edit] = []
    for edit in edits:
        before = whole[-1] if whole else edit
        whole.append(
            replace(
                edit,
                title=before.title if edit.title is None else edit.title,
                tags=before.tags if edit.tags is None else edit.tags,
                body=before.body if edit.body is None else edit.body,
            )
        )
    return whole


def _change(kind: int, row: tuple[str, ...]) -> Change:
    reason = _CLOSE_REASONS.get(row[7] or "", "closed") if kind == _CLOSED else "moderation"
    return Change(str(row[0]), moment(row[4]), row[5], row[6], reason)
