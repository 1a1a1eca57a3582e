"""What happens to accounts, as facts of the participation log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from forum.kit.outbox import Event


@dataclass(frozen=True, kw_only=True)
class SignedUp(Event):
    """Somebody became a member."""

    type: ClassVar[str] = "signup"


@dataclass(frozen=True, kw_only=True)
class RoleChanged(Event):
    """A member's role changed; `member` is their key, `new_class` what they count as from now on."""

    type: ClassVar[str] = "role_changed"

    member: str
    old_role: str
    new_role: str
    new_class: str


@dataclass(frozen=True, kw_only=True)
class SettingsChanged(Event):
    """The community's settings changed; the audit holds the values."""

    type: ClassVar[str] = "settings_changed"

    keys: list[str]


@dataclass(frozen=True, kw_only=True)
class MemberRenamed(Event):
    """A member goes by another display name; the user name stays."""

    type: ClassVar[str] = "member_renamed"

    member: int
