"""Lines that a process leaves for the worker: appended without waiting for anybody, collected a few seconds later.

A file holds the lines of one process and of two seconds. When these are over nobody writes to it any more, so that
it can be read and thrown away whole; a line that is read twice has to carry an id by which the reader notices.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from forum.kit import clock

SECONDS = 2
ENDING = ".lines"


@dataclass(frozen=True, slots=True)
class Bundle:
    """The lines of a file; it is over when its process writes to another one."""

    path: Path
    lines: list[bytes]
    is_over: bool

    def discard(self) -> None:
        """Throw the file away; another reader may have been faster."""
        self.path.unlink(missing_ok=True)


class Spool:
    """Where the threads of this process append their lines."""

    def __init__(self, folder: Path) -> None:
        """Remember the folder; it is made with the first line."""
        self._folder = folder
        self._lock = threading.Lock()
        self._slot, self._file = -1, -1

    def append(self, line: bytes) -> None:
        """Write a line without a newline in it; raises OSError when the disk takes none."""
        slot = _slot()
        with self._lock:
            if slot != self._slot:
                self._open(slot)
            os.write(self._file, line + b"\n")

    def _open(self, slot: int) -> None:
        self._close()
        self._folder.mkdir(mode=0o700, exist_ok=True)
        name = f"{slot:x}-{os.getpid()}-{secrets.token_hex(4)}{ENDING}"
        self._file = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._slot = slot

    def close(self) -> None:
        """End the file that is open; the next line begins another one."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._slot, self._file = -1, -1


def _slot() -> int:
    return int(clock.now().timestamp()) // SECONDS


def bundles(folder: Path, *, unfinished: bool = False) -> Iterator[Bundle]:
    """The files of a folder whose time is over, the oldest first; with `unfinished` those that still grow, too."""
    present = _slot()
    for path in sorted(folder.glob("*" + ENDING), key=_slot_of):
        # One more round, for a thread that had found its file just before the time was over.
        is_over = _slot_of(path) < present - 1
        if is_over or unfinished:
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                continue
            yield Bundle(path, content.splitlines(), is_over)


def _slot_of(path: Path) -> int:
    try:
        return int(path.name.partition("-")[0], 16)
    except ValueError:
        return 0
