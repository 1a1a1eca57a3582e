"""What changed between two texts, line by line, for people to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final, Literal

Change = tuple[Literal["same", "added", "removed", "gap"], str]
CONTEXT: Final = 2
# Comparing costs the product of the lengths; beyond this both texts are shown whole.
MOST_LINES: Final = 2000


def changes(before: str, after: str) -> list[Change]:
    """The lines of both texts in reading order, long unchanged parts folded into one gap."""
    old, new = before.splitlines(), after.splitlines()
    if len(old) + len(new) > MOST_LINES:
        return [*(("removed", line) for line in old), *(("added", line) for line in new)]
    found: list[Change] = []
    for kind, a1, a2, b1, b2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found += _folded(old[a1:a2], is_first=a1 == 0, is_last=a2 == len(old))
        else:
            found += [("removed", line) for line in old[a1:a2]]
            found += [("added", line) for line in new[b1:b2]]
    return found


def _folded(lines: Sequence[str], *, is_first: bool, is_last: bool) -> Iterator[Change]:
    """Unchanged lines: a few beside each change, a gap for the rest."""
    head, tail = (0 if is_first else CONTEXT), (0 if is_last else CONTEXT)
    if len(lines) <= head + tail + 1:
        yield from (("same", line) for line in lines)
        return
    yield from (("same", line) for line in lines[:head])
    yield ("gap", "…")
    yield from (("same", line) for line in lines[len(lines) - tail :])
