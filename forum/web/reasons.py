"""Words for the codes that moderation keeps: why a text waits, and why one was removed."""

from __future__ import annotations

from forum.kit.words import Text, text

REMOVAL: dict[str, Text] = {
    "spam": text("Spam or advertising"),
    "off_topic": text("Off topic"),
    "abuse": text("Insult or harassment"),
    "personal_data": text("Personal data"),
    "duplicate": text("Posted twice"),
    "illegal": text("Unlawful"),
    "other": text("Another reason"),
}
HELD: dict[str, Text] = {
    "first_post": text("A moderator reads the first post of every new member"),
    "links": text("It has more links than new members may post"),
}


def why_held(code: str) -> Text:
    """Why a text waits for a moderator, as a phrase."""
    return HELD.get(code, text("A rule asks for a second look"))


def why_removed(code: str | None) -> Text:
    """Why a moderator decided against a text, as a phrase."""
    return REMOVAL.get(code or "other", REMOVAL["other"])
