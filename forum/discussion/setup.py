"""Setting a community up: its name, language, zone and first categories, and the account of its owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import available_timezones

from forum.accounts.inputs import RegisterInput, SetupInput
from forum.accounts.models import User
from forum.accounts.service import NewAccount, change_settings, prepare_account, register, use_link
from forum.accounts.viewer import Viewer
from forum.discussion.curation import create_category
from forum.discussion.inputs import CategoryInput
from forum.kit.db import outside_transaction
from forum.kit.errors import Invalid
from forum.kit.text import single_line
from forum.kit.words import Text, text

LINK_PURPOSE = "setup"
NAME_MAX = 60
DESCRIPTION_MAX = 300
CATEGORIES_MAX = 30
# Far enough apart on the colour wheel that neighbours in a list differ.
HUES = (264, 152, 65, 310, 200, 26, 110, 340)


@dataclass(frozen=True, slots=True)
class PreparedSetup:
    """A filled-in first page with everything slow done before the transaction opens."""

    given: SetupInput
    account: NewAccount
    categories: Sequence[CategoryInput]


def prepare_setup(given: SetupInput, secret: str, address: str | None) -> PreparedSetup:
    """Check the whole page at once and hash the password; raises Invalid naming every field that does not fit."""
    outside_transaction("hashing")
    fields: dict[str, Text] = {}
    if given.timezone not in available_timezones():
        fields["timezone"] = text("Choose one of the listed values.")
    categories, wrong = _categories(given.categories)
    if wrong is not None:
        fields["categories"] = wrong
    owner = RegisterInput(display_name=given.display_name, email=given.email, password=given.password)
    if fields:
        raise Invalid(text("Please look at the marked fields."), fields=fields)
    return PreparedSetup(given, prepare_account(owner, secret, address), categories)


def _categories(lines: str) -> tuple[list[CategoryInput], Text | None]:
    """One category a line, "Name: description"; the second part says what is wrong with them."""
    found: dict[str, CategoryInput] = {}
    for line in (single_line(line) for line in lines.splitlines()):
        # A Korean keyboard may give the wide colon.
        name, _, description = line.replace("\uff1a", ":").partition(":")
        name, description = name.strip(), description.strip()
        if not name:
            continue
        if len(name) > NAME_MAX or len(description) > DESCRIPTION_MAX:
            return [], text("“{name}” is too long.", name=name[:NAME_MAX])
        if name.casefold() in found:
            return [], text("“{name}” is there twice.", name=name)
        place = len(found)
        found[name.casefold()] = CategoryInput(
            name=name, description=description, hue=HUES[place % len(HUES)], position=place + 1
        )
    if not found:
        return [], text("Name at least one category: people have to write somewhere.")
    if len(found) > CATEGORIES_MAX:
        return [], text("At most {n} of these.", n=CATEGORIES_MAX)
    return list(found.values()), None


def set_up_community(token: str, prepared: PreparedSetup) -> User:
    """Use the link up and make the community: its owner, its settings, its categories; all of it or nothing.

    Raises NotFound when the link has been used or is too old.
    """
    use_link(token, LINK_PURPOSE)
    owner = register(prepared.account, role="owner", verified=True)
    viewer, given = Viewer.of(owner), prepared.given
    chosen: dict[str, object] = {
        "name": given.name,
        "locale": given.locale,
        "timezone": given.timezone,
        "is_set_up": True,
    }
    change_settings(viewer, chosen, pin=True)
    for category in prepared.categories:
        create_category(viewer, category)
    return owner
