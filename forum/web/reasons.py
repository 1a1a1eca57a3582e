"""Words for the codes that moderation keeps: why a text waits, what was reported, what was decided and what follows."""

from __future__ import annotations

from forum.kit.words import Text, text
from forum.moderation.kinds import FLAG_KINDS, REMOVAL_REASONS

KIND: dict[str, Text] = {
    "spam": text("Spam or advertising"),
    "abuse": text("Insult or harassment"),
    "off_topic": text("Off topic"),
    "personal_data": text("Personal data"),
    "danger": text("Danger or injury"),
    "threat": text("Threat of violence"),
    "self_harm": text("Somebody may harm themselves"),
    "illegal": text("Unlawful"),
    "duplicate": text("Posted twice"),
    "other": text("Another reason"),
    "first_post": text("First post here"),
    "links": text("Many links"),
    "withdrawn": text("Taken back by its author"),
}
REMOVAL: dict[str, Text] = {code: KIND[code] for code in REMOVAL_REASONS}
FLAG: dict[str, Text] = {code: KIND[code] for code in FLAG_KINDS}
FLAG_HINTS: dict[str, Text] = {
    "spam": text("It sells something, or leads somewhere that does."),
    "abuse": text("It insults, mocks or follows somebody around."),
    "off_topic": text("It belongs into another thread, or nowhere here."),
    "personal_data": text("A phone number, an address, an order, of anybody."),
    "danger": text("Somebody was hurt, or will be if they do what it says."),
    "threat": text("It announces or asks for violence."),
    "self_harm": text("The writer or somebody else may be in danger now."),
    "illegal": text("It breaks a law; say which one if you can."),
    "duplicate": text("The same text stands here already."),
    "other": text("Tell us in your own words."),
}
HELD: dict[str, Text] = {
    "first_post": text("A moderator reads the first post of every new member"),
    "links": text("It has more links than new members may post"),
}
PART: dict[str, Text] = {
    "kind": text("Kind: {kind}"),
    "reporters": text("Who reported it"),
    "views": text("Read in 24 hours"),
    "age": text("Age against the deadline"),
    "author": text("Long-standing member"),
}
OUTCOME: dict[str, Text] = {
    "approve": text("kept"),
    "remove": text("removed"),
    "ignore": text("ignored"),
    "revert": text("taken back"),
}
POST: dict[str, Text] = {
    "opening": text("thread"),
    "reply": text("reply"),
    "comment": text("comment"),
}
ACTION: dict[str, Text] = {
    "case_opened": text("Held for review"),
    "case_closed": text("Taken off the queue"),
    "auto_hidden": text("Hidden by reports until somebody looks"),
    "decision_reverted": text("Decision taken back"),
    "log_checked": text("Log checked"),
    "approve": text("Kept"),
    "remove": text("Removed"),
    "ignore": text("Report ignored"),
}
ROLE: dict[str, Text] = {
    "moderator": text("A moderator"),
    "manager": text("A community manager"),
    "owner": text("An owner"),
}


def why_held(code: str) -> Text:
    """Why a text waits for a moderator, as a phrase."""
    return HELD.get(code, text("A rule asks for a second look"))


def why_removed(code: str | None) -> Text:
    """Why a moderator decided against a text, as a phrase."""
    return REMOVAL.get(code or "other", REMOVAL["other"])


def kind_word(code: str) -> Text:
    """A kind of trouble in two or three words."""
    return KIND.get(code, text("Second look"))


def role_word(role: str | None) -> Text:
    """Who did something, as the public log names them."""
    return text("A rule") if role is None else ROLE.get(role, text("A member"))


def told_if_removed(title: str, reason: Text, *, is_edit: bool) -> Text:
    """What the author of a text reads when it is removed, or the edit of it declined."""
    if is_edit:
        return text("We did not publish your change in “{title}”. Reason: {reason}.", title=title, reason=reason)
    return text("We removed your text in “{title}”. Reason: {reason}.", title=title, reason=reason)


def told_if_kept(title: str, *, visibility: str, is_edit: bool) -> Text:
    """What the author of a text reads when it is approved."""
    if is_edit:
        return text("Your change in “{title}” is public now.", title=title)
    if visibility == "visible":
        return text("The author hears nothing, as of the report.")
    return text("Your text in “{title}” is public now.", title=title)
