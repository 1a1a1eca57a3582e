"""axe-core on a page: the rules of WCAG 2.0 to 2.2, A and AA, and nothing that only one reader could judge."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
EVERYTHING: dict[str, Any] = {
    "runOnly": {"type": "tag", "values": TAGS},
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
    "elementRef": False,
    "preload": False,  # for rules that are not among these
}
# Colours know no language and, the longest part of the work, need be judged once for each scheme.
ALL_BUT_COLOURS: dict[str, Any] = {
    **EVERYTHING,
    "rules": {"target-size": {"enabled": True}, "color-contrast": {"enabled": False}},
}
# What another colour scheme can change.
COLOURS: dict[str, Any] = {**EVERYTHING, "runOnly": {"type": "rule", "values": ["color-contrast"]}, "rules": {}}


def inject(page: Page) -> None:
    """Bring axe into the page as it is now."""
    page.evaluate(AXE_SCRIPT)


def violations(page: Page, options: dict[str, Any] = EVERYTHING) -> list[str]:
    """What breaks a rule, one line for each place."""
    found = page.evaluate("(options) => axe.run(document, options).then(({violations}) => violations)", options)
    return [
        f"{rule['id']}: {node['html'][:160]} ({(node.get('failureSummary') or '')[:200]})"
        for rule in found
        for node in rule["nodes"]
    ]
