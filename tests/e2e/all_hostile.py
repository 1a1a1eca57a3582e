"""Every hostile text of the collection through form and API, every page judged: `python -m tests.e2e.all_hostile`."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.conftest import make_config, migrate
from tests.e2e.chromium import chromium, missing
from tests.e2e.hostility import SHORT, Intake, Judge, Vector, collection, lists, names, reflections
from tests.e2e.live import Live, served

ALONE_EVERY = 8  # of so many threads one is looked at by itself; the lists show the titles of all


def fill(live: Live, vectors: Sequence[Vector]) -> Intake:
    """Bring everything in, in every way, and note the pages that show it."""
    intake = Intake(live)
    intake.pages = [(None, f"/t/{thread}") for thread in intake.replies(vectors)]
    for number, vector in enumerate(vector for vector in vectors if len(vector.text) < 2000):
        thread = intake.thread(vector)
        if thread is None:
            intake.faults.append(f"{vector.name}: no thread")
        elif number % ALONE_EVERY == 0:
            post = intake.opening(thread)
            intake.edit(post, vector)
            intake.pages += [(None, f"/t/{thread}"), (None, f"/p/{post}/history"), (intake.writer, f"/p/{post}/edit")]
    intake.pages += names(intake)
    intake.pages += list(lists(intake))
    intake.pages += list(reflections([*SHORT, *(vector.text for vector in collection()["naughty_strings"][::9])]))
    return intake


def report(intake: Intake, judge: Judge, seconds: float) -> list[str]:
    """What came of it, in lines; faults last."""
    classes = ", ".join(f"{name} {len(found)}" for name, found in collection().items())
    return [
        f"texts: {classes}",
        f"requests: {intake.stored} taken, {intake.refused} refused, slowest {intake.slowest[0]:.2f} s CPU"
        f" ({intake.slowest[1]})",
        f"pages: {len(intake.pages)}, {judge.loads} loads with and without their policy, {seconds:.0f} s in all",
        f"faults: {len(intake.faults)} at the door, {len(judge.found)} on pages",
        *intake.faults,
        *judge.found,
    ]


def main() -> int:
    """Run everything; the status is 1 when there is a fault."""
    if why := missing():
        print(why)
        return 1
    started = time.monotonic()
    vectors = [vector for found in collection().values() for vector in found]
    with tempfile.TemporaryDirectory(prefix="madang-hostile-") as folder:
        empty = make_config(Path(folder) / "empty")
        migrate(empty)
        with chromium() as browser, served(browser, Path(folder) / "live", empty.data_dir / "forum.db") as live:
            intake = fill(live, vectors)
            judge = Judge(live)
            for who, path in intake.pages:
                judge.look(who, path)
            judge.close()
    print("\n".join(report(intake, judge, time.monotonic() - started)))
    return 1 if intake.faults or judge.found else 0


if __name__ == "__main__":
    sys.exit(main())
