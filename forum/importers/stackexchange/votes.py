"""Votes, which have no voter in a dump, and accepted answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import bindparam, update

from forum.discussion.events import AnswerAccepted
from forum.discussion.models import Post, Thread
from forum.importers.stackexchange.report import NOT_IN_DUMP
from forum.importers.stackexchange.rows import CHUNK, Row, chunks, moment
from forum.importers.stackexchange.sidecar import ANSWER, QUESTION
from forum.importers.stackexchange.store import (
    VOTER,
    Person,
    Run,
    add_rows,
    lock,
    record,
    table,
    unknown_events,
)
from forum.kit.db import retried, transaction
from forum.kit.outbox import ActorRef, Event, Subject
from forum.voting.events import VoteCast
from forum.voting.models import Vote

_ACCEPTED: Final = "1"
_VALUES: Final = {"2": 1, "3": -1}
_TALLIES: Final = {1: "votes_up", -1: "votes_down"}
_REASONS: Final = {
    "4": "offensive flag",
    "5": "favourite",
    "6": "close",
    "7": "reopen",
    "8": "bounty start",
    "9": "bounty close",
    "10": "deletion",
    "11": "undeletion",
    "12": "spam flag",
    "15": "moderator review",
    "16": "approval of a suggested edit",
}
_POST_COLUMNS: Final = ("id", "source_id", "thread_id", "author_id", "lang", "created_at")


def votes(run: Run, rows: Iterable[Row]) -> None:
    """Add votes up and down as votes without a voter, and mark the accepted answers."""
    for chunk in chunks(rows):
        types = run.sidecar.types(row["PostId"] for row in chunk)
        plain = [row for row in chunk if row["VoteTypeId"] in _VALUES]
        _plain(run, plain, types)
        accepting = [row for row in chunk if row["VoteTypeId"] == _ACCEPTED]
        _accepting(run, accepting, types)
        for row in chunk:
            if row["VoteTypeId"] not in _VALUES and row["VoteTypeId"] != _ACCEPTED:
                kind = row["VoteTypeId"]
                run.report["votes_other"].skip(_REASONS.get(kind, f"vote of type {kind}"))


def _plain(run: Run, rows: Sequence[Row], types: dict[str, str]) -> None:
    placed = []
    for row in rows:
        kind = types.get(row["PostId"])
        if kind in {QUESTION, ANSWER}:
            placed.append(row)
        else:
            run.report[_tally(row)].skip(NOT_IN_DUMP if kind is None else "on a tag wiki")
    known = run.ids(Vote, (row["Id"] for row in placed))
    new = [row for row in placed if row["Id"] not in known]
    for row in placed:
        run.report[_tally(row)].existing += row["Id"] in known
    written = new if run.dry_run or not new else retried(partial(_write, run, new))
    for row in written:
        run.report[_tally(row)].added += 1


def _tally(row: Row) -> str:
    return _TALLIES[_VALUES[row["VoteTypeId"]]]


def _write(run: Run, rows: Sequence[Row]) -> list[Row]:
    with transaction() as session:
        lock(session, run)
        posts = {post.source_id: post for post in run.rows(Post, _POST_COLUMNS, (row["PostId"] for row in rows))}
        known = run.ids(Vote, (row["Id"] for row in rows))
        new = [row for row in rows if row["Id"] not in known and row["PostId"] in posts]
        add_rows(session, Vote, [_vote(run, row, posts[row["PostId"]]) for row in new])
        record(session, [_cast(run, row, posts[row["PostId"]]) for row in new])
    return new


def _at(row: Row, post: Any) -> datetime:
    """The dump tells the day alone; no vote came before its post."""
    earliest: datetime = post.created_at
    return max(moment(row["CreationDate"]), earliest)


def _vote(run: Run, row: Row, post: Any) -> dict[str, Any]:
    return {
        **run.origin(row["Id"]),
        "post_id": post.id,
        "voter_id": None,
        "value": _VALUES[row["VoteTypeId"]],
        "cast_at": _at(row, post),
    }


def _about(run: Run, post: Any) -> Subject:
    return Subject(post.thread_id, post.id, run.category_id, post.lang, Person(post.author_id, "").target)


def _cast(run: Run, row: Row, post: Any) -> Event:
    return VoteCast(
        by=VOTER,
        about=_about(run, post),
        at=_at(row, post),
        source="import",
        id=run.event_id("vote", row["Id"]),
        value=_VALUES[row["VoteTypeId"]],
    )


def _accepting(run: Run, rows: Sequence[Row], types: dict[str, str]) -> None:
    """A vote of acceptance counts when the question names the same answer; it says on which day."""
    tally = run.report["accepted"]
    tally.skip(NOT_IN_DUMP, sum(row["PostId"] not in types for row in rows))
    rows = [row for row in rows if row["PostId"] in types]
    threads = run.sidecar.threads(row["PostId"] for row in rows)
    named = run.sidecar.accepted_of(threads.values())
    valid = [row for row in rows if named.get(threads.get(row["PostId"], "")) == row["PostId"]]
    tally.skip("the question names another answer", len(rows) - len(valid))
    run.sidecar.settle(row["PostId"] for row in valid)
    _accept(run, {row["PostId"]: moment(row["CreationDate"]) for row in valid}, threads)


def accepted_without_vote(run: Run) -> None:
    """Accept what questions name without a vote that says when; the answer's own moment stands for it."""
    after, tally = "", run.report["accepted"]
    while found := run.sidecar.unsettled(after, CHUNK):
        after = found[-1][0]
        types = run.sidecar.types(answer for _, answer in found)
        tally.skip(NOT_IN_DUMP, sum(answer not in types for _, answer in found))
        known = {answer: question for question, answer in found if answer in types}
        run.report.counts["accepted_on_an_unknown_day"] += len(known)
        _accept(run, dict.fromkeys(known), known)


def _accept(run: Run, days: dict[str, Any], threads: dict[str, str]) -> None:
    if not days:
        return
    tally = run.report["accepted"]
    if run.dry_run:
        known = run.rows(Thread, ("source_id", "accepted_post_id"), (threads[answer] for answer in days))
        existing = sum(thread.accepted_post_id is not None for thread in known)
        added = len(days) - existing
    else:
        added = retried(partial(_write_accepted, run, days, threads))
        existing = len(days) - added
    tally.added += added
    tally.existing += existing


def _write_accepted(run: Run, days: dict[str, Any], threads: dict[str, str]) -> int:
    """Set what the log does not hold yet: an asker who chose anew since the import keeps the new choice."""
    with transaction() as session:
        lock(session, run)
        posts = {post.source_id: post for post in run.rows(Post, _POST_COLUMNS, days)}
        askers = {
            row.source_id: Person(row.author_id, row.author_name)
            for row in run.rows(Thread, ("source_id", "author_id", "author_name"), (threads[answer] for answer in days))
        }
        events = [
            _accepted(run, post, days[answer], askers[threads[answer]].actor)
            for answer, post in posts.items()
            if threads[answer] in askers
        ]
        new = unknown_events(session, events)
        record(session, new)
        if new:
            chosen = [{"thread": event.about.thread, "post": event.about.post, "at": event.at} for event in new]
            statement = update(table(Thread)).where(Thread.id == bindparam("thread"))
            session.connection().execute(
                statement.values(accepted_post_id=bindparam("post"), accepted_at=bindparam("at")), chosen
            )
    return len(new)


def _accepted(run: Run, post: Any, day: datetime | None, by: ActorRef) -> Event:
    at = max(day or post.created_at, post.created_at)
    event_id = run.event_id("accepted", post.source_id)
    return AnswerAccepted(by=by, about=_about(run, post), at=at, source="import", id=event_id)
