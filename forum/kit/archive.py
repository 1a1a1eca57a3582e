"""One file that holds others, with a list of what is in it, so that damage is noticed before anything is put back."""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

MANIFEST = "manifest.json"
FORMAT = 1
CHUNK = 1 << 20
LEVEL = 3
LONGEST_MANIFEST = 16 << 20
# Relative, with no step upwards: a file may come from anywhere.
SAFE_NAME = re.compile(r"(?!.*(?:^|/)\.\.?(?:/|$))[^/\\\x00-\x1f][^\\\x00-\x1f]*")
Sink = Callable[[bytes], object]
Write = Callable[[Sink], None]


class Damaged(Exception):
    """The file is not what was written; the message says where."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside, as the list names it."""

    name: str
    size: int
    sha256: str


def write_archive(path: Path, parts: Mapping[str, Write], about: Callable[[], Mapping[str, Any]]) -> list[Member]:
    """Write a new file, readable by its owner alone; nothing stands at `path` until it is whole.

    Each part hands its bytes to the sink it is given; `about` is asked last and goes into the list. Raises
    FileExistsError rather than write over something.
    """
    draft = path.with_name(f".{path.name}.part")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
                members = [_add(archive, name, write) for name, write in parts.items()]
                listed = {"format": FORMAT, **about(), "members": [asdict(member) for member in members]}
                archive.writestr(MANIFEST, json.dumps(listed, ensure_ascii=False, indent=1))
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    finally:
        with suppress(OSError):
            draft.unlink()
    return members


def _add(archive: zipfile.ZipFile, name: str, write: Write) -> Member:
    digest, size = hashlib.sha256(), 0
    with archive.open(name, "w", force_zip64=True) as target:

        def sink(data: bytes) -> None:
            nonlocal size
            digest.update(data)
            size += len(data)
            target.write(data)

        write(sink)
    return Member(name, size, digest.hexdigest())


def from_file(path: Path) -> Write:
    """A part that is a file's content."""

    def write(sink: Sink) -> None:
        with path.open("rb") as file:
            while data := file.read(CHUNK):
                sink(data)

    return write


class Archive:
    """A file that was written by `write_archive`, open for reading."""

    def __init__(self, path: Path) -> None:
        """Open it and read its list; raises Damaged, or OSError when it cannot be read at all."""
        try:
            self._zip = zipfile.ZipFile(path)
            self.about = self._manifest()
        except (zipfile.BadZipFile, KeyError, ValueError, EOFError, NotImplementedError) as error:
            raise Damaged(f"{path.name} is no backup, or its list is damaged: {error}") from error

    def _manifest(self) -> dict[str, Any]:
        if self._zip.getinfo(MANIFEST).file_size > LONGEST_MANIFEST:
            raise ValueError("its list is too long")
        about = json.loads(self._zip.read(MANIFEST))
        if not isinstance(about, dict) or about.get("format") != FORMAT:
            raise ValueError("it has another format")
        try:
            self.members = {given["name"]: Member(**given) for given in about["members"]}
        except (TypeError, KeyError) as error:
            raise ValueError("its list names no files") from error
        if sorted(self._zip.namelist()) != sorted([*self.members, MANIFEST]):
            raise ValueError("its list names other files than it holds")
        if not all(SAFE_NAME.fullmatch(name) for name in self.members):
            raise ValueError("its list names files outside of it")
        return about

    def __enter__(self) -> Archive:
        """Use it in a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._zip.close()

    def check(self) -> None:
        """Read everything once; raises Damaged naming the first part that is not as it was written."""
        for name in self.members:
            self.read_into(name, lambda data: None)

    def read_into(self, name: str, sink: Sink) -> None:
        """Hand a part over chunk by chunk; raises Damaged, at the latest after the last one."""
        member, digest, size = self.members[name], hashlib.sha256(), 0
        try:
            with self._zip.open(name) as source:
                for data in _chunks(source):
                    digest.update(data)
                    size += len(data)
                    sink(data)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise Damaged(f"{name} is damaged: {error}") from error
        if (size, digest.hexdigest()) != (member.size, member.sha256):
            raise Damaged(f"{name} is not what was written.")

    def extract(self, name: str, target: Path) -> None:
        """Write a part to a file for its owner alone; raises Damaged and leaves nothing when it is not whole."""
        target.unlink(missing_ok=True)
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                self.read_into(name, file.write)
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    while data := source.read(CHUNK):
        yield data
