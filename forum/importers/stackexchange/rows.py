"""Reads the files of a dump row by row in constant memory, and their notation of dates, tags and numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, TypeVar
from xml.etree.ElementTree import ParseError, iterparse

from forum.kit.errors import Invalid
from forum.kit.words import text

T = TypeVar("T")
Row = dict[str, str]
Watch = Callable[[str, int], None]

NEEDED: Final = ("Users", "Posts")
FILES: Final = (*NEEDED, "Comments", "Votes", "PostHistory", "PostLinks", "Tags", "Badges")
CHUNK: Final = 500
# A real dump declares no document type; hostile XML needs one for its bombs and for reading other files.
_DOCTYPE: Final = b"<!DOCTYPE"
_HEAD: Final = 1024
_TAG_NAMES: Final = re.compile(r"[^<>|]+")


def check_folder(folder: Path) -> None:
    """Refuse a folder that is not a dump; raises Invalid naming what is missing."""
    missing = [f"{name}.xml" for name in NEEDED if not (folder / f"{name}.xml").is_file()]
    if missing:
        raise Invalid(text("This folder is not a Stack Exchange dump: {files} missing.", files=", ".join(missing)))


def read(folder: Path, name: str, watch: Watch | None = None) -> Iterator[Row]:
    """The rows of one file in its order; none when it is absent. `watch` hears how many rows were read.

    Raises Invalid when the file is damaged, naming the place.
    """
    path = folder / f"{name}.xml"
    if not path.is_file():
        return
    with path.open("rb") as file:
        if _DOCTYPE in file.read(_HEAD):
            raise Invalid(text("{file} declares a document type; a dump never does.", file=path.name))
        file.seek(0)
        try:
            yield from _rows(file, name, watch)
        except ParseError as error:
            raise Invalid(text("{file} is damaged: {where}.", file=path.name, where=str(error))) from error


def _rows(file: BinaryIO, name: str, watch: Watch | None) -> Iterator[Row]:
    count = 0
    # Expat bounds the growth of entities, and a document type was refused above.
    events = iterparse(file, events=("start", "end"))  # noqa: S314 - see above
    _, root = next(events)
    for event, element in events:
        if event == "end" and element.tag == "row":
            yield dict(element.attrib)
            root.clear()
            count += 1
            if watch and count % CHUNK == 0:
                watch(name, CHUNK)
    if watch:
        watch(name, count % CHUNK)


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The items in lists of at most `size`."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def one_ahead(items: Iterable[T]) -> Iterator[T]:
    """The same items, each begun before the one before it is used: texts are prepared while others are written."""
    iterator = iter(items)
    for current in iterator:
        waiting = current
        for following in iterator:
            yield waiting
            waiting = following
        yield waiting


def moment(written: str) -> datetime:
    """A date of the dump: UTC without saying so."""
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def tag_names(written: str) -> list[str]:
    """The tags of `<a><b>` or `|a|b|`, in order, each once."""
    return list(dict.fromkeys(name.strip()[:40] for name in _TAG_NAMES.findall(written) if name.strip()))
