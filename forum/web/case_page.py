"""What the page of one case shows: the text and why it is here, what stands around it, and what may be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import uuid4

from flask import Response, request

from forum.accounts.viewer import Viewer
from forum.discussion.categories import readable_categories
from forum.discussion.queries import plain_start
from forum.http import locale as words
from forum.http.pages import page
from forum.kit import clock
from forum.kit.errors import Refused
from forum.kit.text import render
from forum.kit.verdicts import Verdict
from forum.kit.words import text
from forum.moderation import briefing, claims, queries, scoring
from forum.moderation.briefing import CaseView, Judged, Past
from forum.moderation.policy import may_decide, may_take_over, may_undo
from forum.moderation.priority import band, is_pinned
from forum.moderation.queries import MOST, TABS, Counts, QueueItem, Tab
from forum.moderation.service import is_only_moderator, undo_window
from forum.web import reasons
from forum.web.differences import Change, changes
from forum.web.routing import number

TITLE = 120


@dataclass(frozen=True, slots=True)
class Line:
    """A case as a line of the list, with everything its look hangs on: two equal ones are the same HTML."""

    item: QueueItem
    band: str
    is_late: bool
    used: str
    age: str
    allowed: str
    is_own: bool
    is_held_by_me: bool


@dataclass(frozen=True, slots=True)
class Toast:
    """The decision just made, with the seconds in which nobody hears of it if it is taken back."""

    id: int
    outcome: str
    author: str
    seconds: int
    may_undo: bool


def chosen_tab() -> Tab:
    """The part of the queue the address asks for."""
    asked = request.values.get("tab", "all")
    return next((tab for tab in TABS if tab == asked), "all")


def lines(who: Viewer, items: Sequence[QueueItem]) -> list[Line]:
    """Lines for the items of the queue."""
    now, locale = clock.now(), words.current()
    return [_line(who, item, now, locale) for item in items]


def _line(who: Viewer, item: QueueItem, now: datetime, locale: str) -> Line:
    age = (now - item.opened_at).total_seconds()
    allowed = max(((item.due_at or now) - item.opened_at).total_seconds(), 1.0)
    late = is_pinned(item.rank)
    return Line(
        item=item,
        band="" if late else band(item.rank),
        is_late=late,
        used=f"{min(age / allowed, 1.0):.2f}",
        age=_span(age // 60, locale),
        allowed=_span(allowed // 60, locale),
        is_own=item.author_id == who.id,
        is_held_by_me=item.holder_id == who.id,
    )


@lru_cache(maxsize=4096)
def _span(minutes: float, locale: str) -> str:
    """A length of time in words; the lines of a queue say the same few again and again."""
    return words.span(minutes * 60, locale)


def start_of(html: str) -> str:
    """The first words of a text, for a line."""
    return plain_start(html, TITLE)


def toast(who: Viewer) -> Toast | None:
    """The decision named in the address, as long as it can be taken back by who looks."""
    done = number(request.args.get("done", ""))
    found = briefing.decision_view(done) if done else None
    if found is None or found[0].mod_id != who.id:
        return None
    past, author = found
    left = (past.decided_at + undo_window() - clock.now()).total_seconds()
    return Toast(past.id, past.outcome, author, max(int(left), 0), bool(may_undo(who, past, clock.now())))


def frame(who: Viewer, tab: Tab, items: Sequence[QueueItem], sizes: Counts) -> dict[str, Any]:
    """What the list and the page of a case have in common."""
    return {
        "tab_chosen": tab,
        "tabs": [(name, getattr(sizes, name)) for name in TABS],
        "most": MOST,
        "lines": lines(who, items),
        "start_of": start_of,
        "toast": toast(who),
        "kind_word": reasons.kind_word,
        "category_names": {category.id: category.name for category in readable_categories(who)},
    }


def show(who: Viewer, case_id: int, refusal: Refused | None = None) -> Response:
    """The page of a case; after a refusal with what was typed and what is wrong with it."""
    tab = chosen_tab()
    view = briefing.case_view(who, case_id)
    what = briefing.judged(view)
    why = briefing.signals(view)
    waiting = queries.queue(who, tab)
    past = briefing.decided_before(view)
    has_flagged = any(one.source == "user" and one.actor_id == who.id for one in why)
    verdict = may_decide(who, view, has_flagged=has_flagged and not is_only_moderator())
    values = {
        **frame(who, tab, waiting.items, queries.counts(who)),
        **_place(waiting.items, case_id),
        **_texts(view, what),
        **_choices(view, what, verdict),
        "view": view,
        "judged": what,
        "signals": why,
        "equation": scoring.explain(case_id),
        "neighbours": briefing.around(who, view),
        "excerpt": plain_start,
        "card": briefing.author_card(view.author_id),
        "past": past,
        "undoable": _undoable(who, view, past),
        "elsewhere": briefing.decided_about_author(view),
        "holder": claims.holder(case_id) if view.status == "pending" else None,
        "may_take_over": may_take_over(who),
        "reasons": reasons,
        "refusal": refusal,
        "chosen_reason": request.form.get("reason_code", ""),
        "note": request.form.get("note_author", ""),
        "internal": request.form.get("note_internal", ""),
        "idem_key": uuid4().hex,
    }
    return page("moderation/case.html", 200 if refusal is None else refusal.status, **values)


def _place(items: Sequence[QueueItem], case_id: int) -> dict[str, Any]:
    """Where a case stands in the list, and its neighbours there."""
    ids = [item.case_id for item in items]
    at = ids.index(case_id) if case_id in ids else -1
    after = ids[at + 1] if at + 1 < len(ids) else None
    return {"place": at + 1, "previous_case": ids[at - 1] if at > 0 else None, "next_case": after}


def _texts(view: CaseView, what: Judged) -> dict[str, Any]:
    """The text to judge as readers would see it, and for an edit what it changes."""
    difference: list[Change] = changes(view.body, what.body) if what.is_edit else []
    read = request.form.get("target_revision_id", "")
    since = briefing.body_of(view.post_id, number(read)) if number(read) and number(read) != what.id else None
    return {
        "html": render(what.body) if what.is_edit else view.body_html,
        "difference": difference,
        "since_read": changes(since, what.body) if since is not None else [],
        "case_title": what.title or (view.thread_title if view.post_kind == "opening" else ""),
    }


def _choices(view: CaseView, what: Judged, verdict: Verdict) -> dict[str, Any]:
    """What may be decided, and what the author would read, in the author's language."""
    locale = view.author_locale if view.author_locale in words.LOCALES else words.current()
    assert locale is not None
    title = view.thread_title
    removed = {
        code: words.say(reasons.told_if_removed(title, reason, is_edit=what.is_edit), locale)
        for code, reason in reasons.REMOVAL.items()
    }
    return {
        "verdict": verdict,
        "may_ignore": view.visibility == "visible" and not what.is_edit,
        "message_lang": locale,
        "messages_removed": removed,
        "message_open": words.say(
            reasons.told_if_removed(title, text("(the reason you choose)"), is_edit=what.is_edit), locale
        ),
        "message_kept": words.say(
            reasons.told_if_kept(title, visibility=view.visibility, is_edit=what.is_edit),
            None if view.visibility == "visible" and not what.is_edit else locale,
        ),
    }


def _undoable(who: Viewer, view: CaseView, past: Sequence[Past]) -> int:
    """The decision on this case that may be taken back now; 0 for none."""
    if view.status != "decided" or not past or past[0].reverts_id is not None or past[0].round != view.round:
        return 0
    is_own = view.author_id is not None and view.author_id == who.id
    return past[0].id if may_undo(who, past[0], clock.now()) and not is_own else 0
