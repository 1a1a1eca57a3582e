"""Measures the forum's pages against a bare hello in one run: CPU of the server processes for each request.

CPU time moves far less with what else the machine does than requests a second, and its multiple of the floor of
the same run less again; the floor is measured before and after, so that the noise can be seen.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("FORUM_QUIET", "1")

from bench import cases
from bench.people import Member, counted, sign_in
from bench.seed import RARE, WORDS, Seeded, seed
from bench.server import Request, cpu_seconds, load, serve
from config import Config

WARM_UP, HELLOS, TARGET, HOT = 400, 2000, 8.0, 50
# What the design promises, as multiples of the floor; the others are shown for orientation.
TARGETS = {"home": TARGET, "category": TARGET, "thread": TARGET, "review queue": 12.0}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    cpu_ms: float
    multiple: float
    statements: int | None
    target: float | None
    bytes: int | None


def main() -> int:
    """Seed, serve, measure, print; returns 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--threads", type=int, default=300, help="threads of twenty posts each")
    parser.add_argument("--requests", type=int, default=400, help="requests for each page")
    parser.add_argument("--only", default="", help="pages whose name contains this")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="madang-bench-") as folder:
        rows = measure(Path(folder), asked.threads, asked.requests, asked.only)
    print(json.dumps([asdict(row) for row in rows], indent=1) if asked.json else table(rows))
    return 1 if any(row.target is not None and row.multiple > row.target for row in rows) else 0


def measure(folder: Path, threads: int, requests: int, only: str) -> list[Row]:
    """The rows of all pages, with the floor first and last."""
    environment = {
        "FORUM_DATA_DIR": str(folder), "FORUM_PUBLIC_URL": "http://127.0.0.1:8000", "FORUM_WORKERS": "2",
        "FORUM_SECRET_KEY": secrets.token_hex(32), "FORUM_LOCALE": "en",
    }  # fmt: skip
    os.environ.update(environment)
    # The server writes its log as in production; this process, which asks for single pages, keeps still.
    environment["FORUM_QUIET"] = ""
    seeded = seed(Config.from_env(), threads)
    members = [sign_in(seeded.app, user_id) for user_id in seeded.member_ids[:8]]
    wanted = requests_of(seeded, members) | requests_of_staff(cases.fill(seeded.app))
    pages = {name: made for name, made in wanted.items() if only in name}
    counts = {name: statements(seeded, made) for name, made in pages.items()}
    floor = floor_ms(environment)
    measured: dict[str, float] = {}
    with serve("wsgi:app", environment) as (port, process):
        for name, made in pages.items():
            load(port, lambda n, made=made: made(-n - 1), WARM_UP)  # type: ignore[misc]  # bound at once
            before = cpu_seconds(process)
            load(port, made, requests)
            measured[name] = (cpu_seconds(process) - before) / requests * 1000
    after = floor_ms(environment)
    middle = (floor + after) / 2
    return [
        Row("hello before", floor, floor / middle, None, None, None),
        *(Row(name, ms, ms / middle, counts[name][0], TARGETS.get(name), counts[name][1]) for name, ms in measured.items()),
        Row("hello after", after, after / middle, None, None, None),
    ]  # fmt: skip


def floor_ms(environment: dict[str, str]) -> float:
    """CPU of a bare hello, served the same way."""
    with serve("bench.hello:app", environment) as (port, process):
        load(port, lambda _: Request("/"), HELLOS // 4)
        before = cpu_seconds(process)
        load(port, lambda _: Request("/"), HELLOS)
        return (cpu_seconds(process) - before) / HELLOS * 1000


def requests_of(seeded: Seeded, members: list[Member]) -> dict[str, Callable[[int], Request]]:
    """What is asked of each page; negative numbers are for warming up."""

    def pick(of: list[str], n: int) -> str:
        return of[n % len(of)]

    def reply(n: int) -> Request:
        member, thread_id = members[n % len(members)], seeded.thread_ids[n % len(seeded.thread_ids)]
        body = (
            f"Answer {n}: turn the *{WORDS[n % len(WORDS)]}* twice to the left.\n\n- then `wait`\n- and try again {n}"
        )
        form = urlencode({"body": body, "csrf_token": member.token})
        headers = {**member.headers, "Content-Type": "application/x-www-form-urlencoded"}
        return Request(f"/t/{thread_id}/reply", "POST", form, headers, 303)

    return {
        "home": lambda _: Request("/"),
        "category": lambda n: Request(pick(["/c/general", "/c/repairs", "/c/riding", "/c/market"], n)),
        # Fifty threads in turn are as warm as the front page of a busy forum keeps them; the others are met once.
        # An address of its own each time is in no page cache; the posts are there from before, by their version.
        "thread": lambda n: Request(f"{pick(seeded.threads[:HOT], n)}?n={n}"),
        "thread, page kept": lambda n: Request(pick(seeded.threads[:HOT], n)),
        "thread, first visit": lambda n: Request(pick(seeded.threads[HOT:], n)),
        "thread with comments": lambda _: Request(seeded.commented),
        "thread, signed in": lambda n: Request(
            pick(seeded.threads[:HOT], n), headers=members[n % len(members)].headers
        ),
        "home, signed in": lambda n: Request("/", headers=members[n % len(members)].headers),
        "profile": lambda n: Request(f"/u/{pick(seeded.usernames, n)}"),
        "search, rare word": lambda n: Request(f"/search?q={RARE}{n % 299 + 2}"),
        "search, common words": lambda n: Request(f"/search?q={pick(WORDS, n)}+{pick(WORDS, n + 7)}"),
        "reply": reply,
    }


def requests_of_staff(moderator: Member) -> dict[str, Callable[[int], Request]]:
    """What moderators ask for while thousands of cases wait."""
    return {
        "review queue": lambda _: Request("/mod", headers=moderator.headers),
        "review, one case": lambda n: Request(f"/mod/cases/{n % 500 + 1}", headers=moderator.headers),
    }


def statements(seeded: Seeded, made: Callable[[int], Request]) -> tuple[int, int]:
    """The number of SQL statements of one request once all is warm, and the size of its answer."""
    client = seeded.app.test_client(use_cookies=False)

    def send(n: int) -> int:
        wanted = made(n)
        answer = client.open(wanted.path, method=wanted.method, data=wanted.body, headers=dict(wanted.headers or {}))
        return len(answer.data)

    send(-1001)
    with counted(seeded.app) as seen:
        size = send(-1002)
    return len(seen), size


def table(rows: list[Row]) -> str:
    """The rows for people."""
    return "\n".join([f"{'page':<22}{'CPU ms':>8}{'× hello':>9}{'SQL':>5}{'kB':>7}  target", *_lines(rows)])


def _lines(rows: list[Row]) -> Iterator[str]:
    for row in rows:
        sql = "" if row.statements is None else str(row.statements)
        size = "" if row.bytes is None else f"{row.bytes / 1000:.1f}"
        target = "" if row.target is None else f"≤ {row.target:g} {'ok' if row.multiple <= row.target else 'MISSED'}"
        yield f"{row.name:<22}{row.cpu_ms:>8.2f}{row.multiple:>9.1f}{sql:>5}{size:>7}  {target}"


if __name__ == "__main__":
    sys.exit(main())
