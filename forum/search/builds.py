"""Keeps the versions of a search index on disk: folders `build-1`, `build-2`, … and a pointer file `current`.

A rebuild fills a new folder beside the one that is read, then moves the pointer: a reader sees the old index
or the new one, whenever the process dies.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from itertools import count
from pathlib import Path

_META, _POINTER = "meta.json", "current"
_NAME = re.compile(r"build-([0-9]+)")


class Builds:
    """The builds in one folder, which is made when missing and belongs to the server's user alone."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder

    def exists(self) -> bool:
        """Whether a build was ever published here."""
        return (self._folder / _POINTER).exists()

    def current(self) -> Path:
        """The folder of the build that is read. Raises OSError or ValueError when the pointer is damaged."""
        name = (self._folder / _POINTER).read_text().strip()
        if not _NAME.fullmatch(name):
            raise ValueError(f"the pointer names no build: {name!r}")
        return self._folder / name

    def meta(self) -> dict[str, object]:
        """What was published with the current build. Raises OSError or ValueError when it is damaged."""
        meta = json.loads((self.current() / _META).read_text())
        if not isinstance(meta, dict):
            raise ValueError("the build describes itself wrongly")
        return meta

    def new(self) -> Path:
        """An empty folder with the next free number."""
        for number in count(max(self._numbers(), default=0) + 1):
            build = self._folder / f"build-{number}"
            try:
                build.mkdir(mode=0o700)
            except FileExistsError:
                continue  # another process has just taken the number
            return build
        raise AssertionError("numbers do not end")

    def publish(self, build: Path, meta: dict[str, object]) -> None:
        """Makes a build the current one after everything in it has reached the disk."""
        (build / _META).write_text(json.dumps(meta))
        for path in (*build.iterdir(), build):
            _to_disk(path)
        pointer = self._folder / f"{_POINTER}.{os.getpid()}"
        pointer.write_text(build.name)
        _to_disk(pointer)
        pointer.replace(self._folder / _POINTER)
        _to_disk(self._folder)

    def sweep(self) -> None:
        """Removes all builds but the current one: older ones and what interrupted rebuilds left."""
        try:
            kept = self.current().name
        except (OSError, ValueError):
            kept = ""
        for number in self._numbers():
            if f"build-{number}" != kept:
                shutil.rmtree(self._folder / f"build-{number}", ignore_errors=True)

    def _numbers(self) -> list[int]:
        names = (_NAME.fullmatch(path.name) for path in self._folder.iterdir())
        return [int(name[1]) for name in names if name]


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
