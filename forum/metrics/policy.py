"""Who may see figures, and who the rows behind them."""

from __future__ import annotations

from forum.accounts.viewer import Viewer
from forum.kit.verdicts import YES, Verdict, no
from forum.kit.words import text


def may_see_figures(viewer: Viewer, *, is_public: bool) -> Verdict:
    """Totals are for staff, for keys made for it, and for everybody where the community decided so."""
    return YES if is_public else may_see_evidence(viewer)


def may_see_evidence(viewer: Viewer) -> Verdict:
    """The rows behind a figure are for staff, and for a key of theirs that covers `metrics:read`."""
    return YES if viewer.is_staff and viewer.may("metrics:read") else no(text("Only moderators can see this."))
