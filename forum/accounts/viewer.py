"""The viewer: who is looking, as far as permissions need to know; made once per request or job and asked everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from forum.accounts.models import STAFF_ROLES, User
from forum.kit.outbox import ActorClass, ActorRef, Source

Kind = Literal["person", "bot", "system"]
RANK = {"member": 0, "moderator": 1, "manager": 2, "owner": 3}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Frozen facts about who looks or acts; an anonymous visitor has no id."""

    id: int | None = None
    username: str = ""
    name: str = ""
    role: str | None = None
    trust: int = 0
    kind: Kind = "person"
    groups: frozenset[str] = frozenset()
    moderates: frozenset[int] | None = None
    scopes: frozenset[str] | None = None

    @classmethod
    def of(cls, user: User) -> Viewer:
        """The viewer a user is, for jobs and the command line."""
        kind: Kind = "bot" if user.kind == "bot" else "system" if user.kind == "system" else "person"
        return cls(
            id=user.id,
            username=user.username,
            name=user.display_name,
            role=user.role,
            trust=user.trust,
            kind=kind,
        )

    @property
    def is_member(self) -> bool:
        """Signed in, whatever the role."""
        return self.id is not None

    @property
    def is_staff(self) -> bool:
        """A moderator, manager or owner."""
        return self.role in STAFF_ROLES

    @property
    def actor(self) -> ActorRef:
        """The reference that events keep: the class at this moment."""
        return ActorRef(actor_key(self.id), self._actor_class, is_mod=self.is_staff)

    @property
    def source(self) -> Source:
        """The door this viewer came through, for the log."""
        if self.kind == "system":
            return "system"
        return "web" if self.scopes is None else "api"

    @property
    def _actor_class(self) -> ActorClass:
        if self.kind != "person":
            return self.kind
        if self.id is None:
            return "guest"
        # Moderators are volunteers; managers and owners speak for the brand (rule R2 of the figures).
        return "staff" if self.has_rank("manager") else "member"

    def has_rank(self, role: str) -> bool:
        """Whether the role is at least this one."""
        return self.role is not None and RANK[self.role] >= RANK[role]

    def may(self, scope: str) -> bool:
        """Whether the key in use covers this scope; a person at a page is not narrowed by scopes."""
        return self.scopes is None or scope in self.scopes


ANONYMOUS = Viewer()
SYSTEM = Viewer(id=None, username="system", name="Madang", kind="system")


def actor_key(user_id: int | None) -> str:
    """The key of a user in the participation log."""
    return "guest" if user_id is None else f"u{user_id}"
