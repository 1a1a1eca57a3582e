"""Users and their badges."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts.events import SignedUp
from forum.accounts.inputs import RESERVED, username_from
from forum.accounts.models import BadgeAward, User
from forum.importers.stackexchange.rows import Row, chunks, moment, one_ahead
from forum.importers.stackexchange.store import Person, Run, add_rows, lock, record
from forum.importers.stackexchange.texts import Draft, Order, Ready
from forum.kit.db import retried, transaction
from forum.kit.outbox import Event
from forum.kit.text import single_line, skeleton

COMMUNITY: Final = "-1"
_GRADES: Final = {"1": "gold", "2": "silver", "3": "bronze"}
_WEBSITE: Final = re.compile(r"https?://[^\s/]+\.[^\s]+")
_RESERVED: Final = frozenset(map(skeleton, RESERVED))
_NAME_LENGTH: Final = 60
_WEBSITE_LENGTH: Final = 200
_PLACE_LENGTH: Final = 100


def users(run: Run, rows: Iterable[Row]) -> None:
    """Add the people of the dump: no password, no mail address, so nobody can sign in as them."""
    for new, bios in one_ahead(_ordered(run, rows)):
        ready = bios()
        run.report["users"].added += len(new) if run.dry_run else retried(partial(_write, run, new, ready))


def _ordered(run: Run, rows: Iterable[Row]) -> Iterator[tuple[list[Row], Order]]:
    for chunk in chunks(rows):
        known = run.ids(User, (row["Id"] for row in chunk))
        new = [row for row in chunk if row["Id"] not in known]
        run.report["users"].existing += len(known)
        if new:
            _note_losses(run, new)
            yield new, run.kitchen.order([Draft("html", row.get("AboutMe", "")) for row in new])


def _note_losses(run: Run, rows: Sequence[Row]) -> None:
    counts = run.report.counts
    counts["profile_websites_dropped"] += sum(bool(row.get("WebsiteUrl")) and not _website(row) for row in rows)
    counts["display_names_cut"] += sum(len(single_line(row["DisplayName"])) > _NAME_LENGTH for row in rows)


def _write(run: Run, rows: Sequence[Row], bios: Sequence[Ready]) -> int:
    with transaction() as session:
        lock(session, run)
        known = run.ids(User, (row["Id"] for row in rows))
        both = [(row, bio) for row, bio in zip(rows, bios, strict=True) if row["Id"] not in known]
        names = _free_names(run, session, [row for row, _ in both])
        add_rows(session, User, [_user(run, row, bio, names[row["Id"]]) for row, bio in both])
        ids = run.ids(User, (row["Id"] for row, _ in both))
        record(session, [_signed_up(run, row, ids[row["Id"]]) for row, _ in both])
    run.report.counts["users_renamed"] += sum(names[row["Id"]] != username_from(row["DisplayName"]) for row, _ in both)
    return len(both)


def _user(run: Run, row: Row, bio: Ready, username: str) -> dict[str, Any]:
    seen = row.get("LastAccessDate")
    return {
        **run.origin(row["Id"]),
        "username": username,
        "username_skeleton": skeleton(username),
        "display_name": single_line(row["DisplayName"])[:_NAME_LENGTH] or username,
        "kind": "bot" if row["Id"] == COMMUNITY else "person",
        "trust": 0 if row["Id"] == COMMUNITY else 1,
        "bio": bio.body,
        "bio_html": bio.html,
        "website": _website(row),
        "location": single_line(row.get("Location", ""))[:_PLACE_LENGTH],
        "created_at": moment(row["CreationDate"]),
        "seen_at": moment(seen) if seen else None,
    }


def _website(row: Row) -> str:
    address = single_line(row.get("WebsiteUrl", ""))
    return address if _WEBSITE.fullmatch(address) and len(address) <= _WEBSITE_LENGTH else ""


def _signed_up(run: Run, row: Row, user_id: int) -> Event:
    person = Person(user_id, row["DisplayName"], is_bot=row["Id"] == COMMUNITY)
    at = moment(row["CreationDate"])
    return SignedUp(by=person.actor, at=at, source="import", id=run.event_id("signup", row["Id"]))


def _free_names(run: Run, session: Session, rows: Sequence[Row]) -> dict[str, str]:
    """A user name for each that nobody has or could be taken for: `-2`, `-3` … behind a taken one."""
    bases = {row["Id"]: username_from(row["DisplayName"]) for row in rows}
    looks = [skeleton(base) for base in bases.values()]
    taken = set(session.scalars(select(User.username_skeleton).where(User.username_skeleton.in_(looks)))) | _RESERVED
    names = {}
    for source_id, base in bases.items():
        name = base
        while skeleton(name) in taken or (name != base and _is_taken(session, name)):
            number = run.sidecar.next_number(base) + 1
            name = f"{base}-{number}"
        taken.add(skeleton(name))
        names[source_id] = name
    return names


def _is_taken(session: Session, name: str) -> bool:
    return session.scalar(select(User.id).where(User.username_skeleton == skeleton(name))) is not None


def badges(run: Run, rows: Iterable[Row]) -> None:
    """Add the badges of people who are in the dump."""
    tally = run.report["badges"]
    for chunk in chunks(rows):
        holders = run.sidecar.people(row["UserId"] for row in chunk)
        held = [row for row in chunk if row["UserId"] in holders]
        tally.skip("user not in dump", len(chunk) - len(held))
        known = run.ids(BadgeAward, (row["Id"] for row in held))
        new = [row for row in held if row["Id"] not in known]
        tally.existing += len(held) - len(new)
        if new:
            tally.added += len(new) if run.dry_run else retried(partial(_write_badges, run, new))


def _write_badges(run: Run, rows: Sequence[Row]) -> int:
    with transaction() as session:
        lock(session, run)
        known = run.ids(BadgeAward, (row["Id"] for row in rows))
        holders = run.ids(User, (row["UserId"] for row in rows))
        new = [row for row in rows if row["Id"] not in known]
        add_rows(session, BadgeAward, [_badge(run, row, holders[row["UserId"]]) for row in new])
    return len(new)


def _badge(run: Run, row: Row, user_id: int) -> dict[str, Any]:
    return {
        **run.origin(row["Id"]),
        "user_id": user_id,
        "name": single_line(row["Name"])[:80],
        "grade": _GRADES.get(row.get("Class", ""), "bronze"),
        "awarded_at": moment(row["Date"]),
    }
