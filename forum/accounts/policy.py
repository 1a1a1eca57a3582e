"""Who may do what with accounts and with the community itself."""

from __future__ import annotations

from forum.accounts.models import User
from forum.accounts.viewer import RANK, Viewer
from forum.kit.verdicts import YES, Verdict, no
from forum.kit.words import text


def may_administer(viewer: Viewer) -> Verdict:
    """Settings, categories and members are for managers and owners."""
    return YES if viewer.has_rank("manager") else no(text("Only managers can do this."))


def may_change_role(viewer: Viewer, member: User, new_role: str) -> Verdict:
    """Nobody changes their own role, or somebody at or above themselves, or hands out more than they have."""
    if not viewer.has_rank("manager"):
        return no(text("Only managers can do this."))
    if member.id == viewer.id:
        return no(text("You cannot change your own role."))
    rank = RANK[viewer.role or "member"]
    if viewer.role != "owner" and (RANK[member.role] >= rank or RANK[new_role] >= rank):
        return no(text("Only an owner can do this."))
    return YES
