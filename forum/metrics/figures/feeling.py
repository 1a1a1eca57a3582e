"""Figures about feeling: votes, surveys, and mail that is opened."""

from __future__ import annotations

from collections.abc import Sequence

from forum.metrics.calendar import Window
from forum.metrics.engine import Engine, between, within
from forum.metrics.figures.people import post_row
from forum.metrics.figures.rows import Row, Tally
from forum.metrics.figures.threads import Formula
from forum.metrics.state import Deed, Post

PROMOTERS, DETRACTORS = 9, 6
SATISFIED = 4


def votes_per_post(engine: Engine, window: Window) -> list[Row]:
    """Posts of the window, and votes cast in it by others, each post once."""
    rows = {post.key: _voted(engine, post) for post in between(engine.posts, window)}
    cast: dict[str, list[int]] = {}
    for at, _, post, _ in within(engine.votes, window):
        cast.setdefault(post.key, []).append(at)
    for key, times in cast.items():
        known = rows.get(key)
        post = engine.posts_by_key[key]
        rows[key] = (
            known._replace(num=len(times))
            if known
            else post_row(engine, post, num=len(times), at=times[0])._replace(den=0)
        )
    return list(rows.values())


def _voted(engine: Engine, post: Post) -> Row:
    found = engine.rows.get(("voted", post.key))
    if found is None:
        found = engine.rows["voted", post.key] = post_row(engine, post, num=0)
    return found


def upvotes(engine: Engine, window: Window) -> list[Row]:
    """Votes by others cast in the window, and whether they go up."""
    return [
        Row(
            key=key,
            kind="vote",
            at=at,
            num=int(vote.value > 0),
            thread=post.thread,
            post=post.key,
            lang=post.lang,
            category=post.category,
        )
        for at, key, post, vote in within(engine.votes, window)
    ]


def answers(survey: str, low: int, high: int, *, latest_only: bool) -> Formula:
    """Valid answers of members to a survey; where only the latest counts, earlier ones are listed."""

    def formula(engine: Engine, window: Window) -> list[Row]:
        given = [
            deed
            for deed in engine.deeds("survey_response")
            if deed.key == survey and deed.cls == "member" and window.holds(deed.at)
        ]
        valid = [deed for deed in given if low <= deed.number <= high]
        latest = {deed.actor: deed.ref for deed in valid}
        return [_answer(deed, valid, latest if latest_only else None) for deed in given]

    return formula


def _answer(deed: Deed, valid: list[Deed], latest: dict[str, str] | None) -> Row:
    reason = "" if deed in valid else "invalid"
    if not reason and latest is not None and latest[deed.actor] != deed.ref:
        reason = "replaced_by_later"
    return Row(key=deed.ref, kind="survey_response", at=deed.at, num=deed.number, reason=reason)


def nps(rows: Sequence[Row]) -> Tally:
    """Promoters minus detractors."""
    promoters = sum(row.num >= PROMOTERS for row in rows)
    detractors = sum(row.num <= DETRACTORS for row in rows)
    parts = {"promoters": promoters, "detractors": detractors}
    return Tally(promoters - detractors, len(rows), len(rows), parts)


def csat(rows: Sequence[Row]) -> Tally:
    """The share of satisfied answers, with their sum for the mean beside."""
    satisfied = sum(row.num >= SATISFIED for row in rows)
    return Tally(satisfied, len(rows), len(rows), {"sum": sum(row.num for row in rows)})


class Mail:
    """Mails that were sent, by message and recipient; what a message is opened by stands for its one recipient."""

    def __init__(self, engine: Engine) -> None:
        """Note every mail that was ever sent."""
        self._engine = engine
        self.sent: dict[tuple[str, str], Deed] = {}
        for deed in engine.deeds("email_sent"):
            self.sent.setdefault((deed.key, deed.actor), deed)
        self._recipients: dict[str, list[str]] = {}
        for message, recipient in self.sent:
            self._recipients.setdefault(message, []).append(recipient)

    def hit(self, kind: str, *, machines: bool = False) -> set[tuple[str, str]]:
        """The mails to which this happened; what a machine did counts only where it is asked for."""
        return {self._place(deed) for deed in self._engine.deeds(kind) if machines or not deed.is_machine}

    def _place(self, deed: Deed) -> tuple[str, str]:
        recipients = self._recipients.get(deed.key, [])
        if deed.actor not in recipients and len(recipients) == 1:
            return deed.key, recipients[0]
        return deed.key, deed.actor


def opened(*, machines: bool = False, clicks_only: bool = False, of_openers: bool = False) -> Formula:
    """Delivered mails, and whether a person opened (or clicked) them; a click is an opening too."""

    def formula(engine: Engine, window: Window) -> list[Row]:
        mail = Mail(engine)
        bounced, clicked = mail.hit("email_bounced", machines=True), mail.hit("email_clicked")
        seen = clicked | mail.hit("email_opened", machines=machines)
        rows = []
        for where, deed in sorted(mail.sent.items()):
            if window.holds(deed.at):
                unread = "unopened" if of_openers and where not in seen else ""
                reason = "bounced" if where in bounced else unread
                num = int(where in (clicked if clicks_only else seen))
                rows.append(Row(key="/".join(where), kind="email", at=deed.at, num=num, reason=reason))
        return rows

    return formula
