"""Typed settings of a community: declared once, stored with an audit, cached until `site_version` moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import JSON, Engine, ScalarSelect, String, select, update
from sqlalchemy.orm import Mapped, mapped_column

from forum.kit import clock
from forum.kit.db import Base, UTCDateTime, db, is_writing
from forum.kit.errors import Invalid
from forum.kit.outbox import BigId
from forum.kit.words import Text, text

T = TypeVar("T")


class SettingRow(Base):
    """A setting that differs from its default."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class SettingChange(Base):
    """Who changed which setting from what to what; append-only."""

    __tablename__ = "setting_change"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(60), index=True)
    old: Mapped[Any] = mapped_column(JSON)
    new: Mapped[Any] = mapped_column(JSON)
    changed_by: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class SiteVersion(Base):
    """One row; every page reads its number, and a worker whose caches are older loads them again."""

    __tablename__ = "site_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """A setting: its key, default, bounds, choices and the words of its form field."""

    key: str
    default: T
    label: Text
    hint: Text
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()
    max_length: int = 200

    def check(self, value: object) -> T:
        """The value when it fits; raises Invalid naming this setting otherwise."""
        if type(value) is not type(self.default):
            raise self._invalid(text("This needs another kind of value."))
        if isinstance(value, int) and not isinstance(value, bool):
            self._check_number(value)
        if isinstance(value, str):
            self._check_string(value)
        return value

    def _check_number(self, value: int) -> None:
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            raise self._invalid(text("Give a number from {low} to {high}.", low=self.low, high=self.high))

    def _check_string(self, value: str) -> None:
        if self.choices and value not in self.choices:
            raise self._invalid(text("Choose one of the listed values."))
        if len(value) > self.max_length:
            raise self._invalid(text("At most {n} characters.", n=self.max_length))

    def _invalid(self, why: Text) -> Invalid:
        return Invalid(text("A setting was not saved."), fields={self.key: why})


def version_now() -> ScalarSelect[int]:
    """The number as a scalar subquery, to be read together with the first statement of a page."""
    return select(SiteVersion.version).where(SiteVersion.id == 1).scalar_subquery()


def bump_version() -> None:
    """Tell every worker that settings, categories or permissions changed; part of the caller's transaction."""
    db.session.execute(update(SiteVersion).where(SiteVersion.id == 1).values(version=SiteVersion.version + 1))
    info = db.session().info
    info.pop("site_version", None)
    info["site_moved"] = True


class VersionMoved(Exception):
    """What a page assumed is no longer true: its caches have been renewed, and the page is to be made again."""


_known: WeakKeyDictionary[Engine, int] = WeakKeyDictionary()
_assuming: ContextVar[bool] = ContextVar("settings_assuming", default=False)


@contextmanager
def assuming() -> Iterator[None]:
    """Let reading code take the last number seen for true; its first statement brings the real one to `confirm`."""
    token = _assuming.set(True)
    try:
        yield
    finally:
        _assuming.reset(token)


def current_version() -> int:
    """The site's number: assumed while a page is read, asked for once in a transaction, else each time."""
    return _version_on(db.engine)


def _version_on(engine: Engine) -> int:
    if is_writing():
        info = db.session().info
        if "site_version" not in info:
            info["site_version"] = _asked()
        return int(info["site_version"])
    known = _known.get(engine) if _assuming.get() else None
    return _asked() if known is None else known


def _asked() -> int:
    version = db.session.scalar(select(version_now())) or 0
    if not is_writing():  # a number that is not committed yet may never come true
        _known[db.engine] = version
    return version


def settle(version: int) -> None:
    """Take this number for true from now on; for the statement that comes before anything was assumed."""
    _known[db.engine] = version


def confirm(version: int | None) -> None:
    """Compare what was assumed with what a statement brought (None: ask); raises VersionMoved when it differs."""
    if not _assuming.get() or is_writing():
        return
    assumed = _known.get(db.engine)
    found = _asked() if version is None else version
    _known[db.engine] = found
    if assumed is not None and assumed != found:
        raise VersionMoved


class Versioned(Generic[T]):
    """A value that is loaded from the database and kept, per database, until the site's version moves."""

    def __init__(self, load: Callable[[], T]) -> None:
        """Remember how to load; nothing is loaded yet."""
        self._load = load
        self._kept: WeakKeyDictionary[Engine, tuple[int, T]] = WeakKeyDictionary()

    def get(self) -> T:
        """The value as of the site's current version; a transaction that moved it sees its own changes, unkept."""
        if is_writing() and "site_moved" in db.session().info:
            return self._load()
        engine = db.engine
        version = _version_on(engine)
        kept = self._kept.get(engine)
        if kept is None or kept[0] != version:
            kept = (version, self._load())
            self._kept[engine] = kept
        return kept[1]


def stored() -> Mapping[str, object]:
    """All settings that differ from their defaults."""
    return {row.key: row.value for row in db.session.execute(select(SettingRow.key, SettingRow.value))}


def changes(limit: int = 20) -> Sequence[SettingChange]:
    """The audit: the latest changes of settings, the newest first."""
    return db.session.scalars(select(SettingChange).order_by(SettingChange.id.desc()).limit(limit)).all()


def change(
    declared: Iterable[Setting[Any]],
    values: Mapping[str, object],
    *,
    by: str,
    standing: Mapping[str, object] | None = None,
    pin: bool = False,
) -> list[str]:
    """Check and store the given values with their audit, in the caller's transaction; returns the keys that changed.

    `standing` says what holds for a key that was never stored, where that is not its default; `pin` stores a value
    also when it holds already, so that it stays when what stands behind it moves.
    """
    before = stored()
    changed = []
    for setting in declared:
        if setting.key not in values:
            continue
        new = setting.check(values[setting.key])
        old = before.get(setting.key, (standing or {}).get(setting.key, setting.default))
        if new == old and (setting.key in before or not pin):
            continue
        db.session.merge(SettingRow(key=setting.key, value=new))
        db.session.add(SettingChange(key=setting.key, old=old, new=new, changed_by=by, changed_at=clock.now()))
        changed.append(setting.key)
    if changed:
        bump_version()
    return changed
