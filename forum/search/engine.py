"""The index of this process: where it lies, opened once."""

from __future__ import annotations

from pathlib import Path

from forum.search.documents import SearchBackend
from forum.search.index import Index

_folders: dict[str, Index] = {}
_place: list[Path] = []


def configure(folder: Path) -> None:
    """Say where this process finds the index."""
    _place[:] = [folder]


def place() -> Path:
    """Where this process finds the index."""
    return _place[0]


def index() -> SearchBackend:
    """The index of this process, opened once; made empty when there is none."""
    folder = _place[0]
    if str(folder) not in _folders:
        _folders[str(folder)] = Index.open(folder)
    return _folders[str(folder)]
