"""Who may do what with accounts and with the community itself."""

from __future__ import annotations

from typing import Protocol

from forum.accounts.viewer import RANK, Viewer
from forum.kit.verdicts import YES, Verdict, no
from forum.kit.words import text

# What each role adds to the scopes a key of its holder may have.
SCOPES_OF_RANK = {
    "member": ("read", "write"),
    "moderator": ("moderate", "metrics:read"),
    "manager": ("metrics:people", "admin"),
}


class MemberFacts(Protocol):
    """What a policy needs to know of a member; the table's row and a line of a list both have it."""

    @property
    def id(self) -> int: ...
    @property
    def role(self) -> str: ...


def grantable_scopes(viewer: Viewer) -> tuple[str, ...]:
    """The scopes that do something in the hands of this viewer."""
    return tuple(scope for rank, scopes in SCOPES_OF_RANK.items() if viewer.has_rank(rank) for scope in scopes)


def may_administer(viewer: Viewer) -> Verdict:
    """Settings, categories and members are for managers and owners."""
    return YES if viewer.has_rank("manager") else no(text("Only managers can do this."))


def may_change_role(viewer: Viewer, member: MemberFacts, new_role: str) -> Verdict:
    """Nobody changes their own role, or somebody at or above themselves, or hands out more than they have."""
    if not viewer.has_rank("manager"):
        return no(text("Only managers can do this."))
    if member.id == viewer.id:
        return no(text("You cannot change your own role."))
    rank = RANK[viewer.role or "member"]
    if viewer.role != "owner" and (RANK[member.role] >= rank or RANK[new_role] >= rank):
        return no(text("Only an owner can do this."))
    return YES
