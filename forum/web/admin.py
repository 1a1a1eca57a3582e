"""Pages of managers and owners: settings, categories, members. For everybody else there is nothing here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, flash, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forum.accounts.inputs import RoleInput
from forum.accounts.models import ROLES
from forum.accounts.policy import may_administer, may_change_role
from forum.accounts.queries import MemberRow, member_row, members, names_of, staff
from forum.accounts.service import change_role, change_settings
from forum.accounts.site import DECLARED, GROUPS, site
from forum.accounts.viewer import Viewer
from forum.discussion.categories import CategoryView, category_by_id, readable_categories
from forum.discussion.curation import create_category, update_category
from forum.discussion.inputs import CategoryInput
from forum.discussion.lists import thread_counts
from forum.discussion.models import POST_ROLES, READ_ROLES
from forum.http import locale as words
from forum.http.forms import from_form
from forum.http.pages import page
from forum.http.viewer import viewer
from forum.kit.db import transaction
from forum.kit.errors import Invalid, NotFound, Refused
from forum.kit.settings import Setting, changes
from forum.kit.words import Text, text
from forum.web.accounts import refused_page
from forum.web.routing import ID

bp = Blueprint("admin", __name__)
# Decided once, on the owner's first page: figures count days of this zone from the first event on.
FIXED = frozenset({"timezone", "is_set_up"})
GROUP_WORDS: dict[str, tuple[Text, Text]] = {
    "identity": (text("Name and look"), text("What people see first.")),
    "joining": (text("Joining"), text("Who becomes a member, and what happens to their first post.")),
    "moderation": (text("Review"), text("Reports, and the time to take a decision back.")),
    "health": (text("Community health"), text("Figures about the whole community.")),
    "limits": (text("Limits"), text("How long and how often people write. Moderators are not held to the pace.")),
}


def _manager() -> Viewer:
    """Who acts here; whoever may not finds nothing, as at an address that does not exist."""
    who = viewer()
    if not may_administer(who):
        raise NotFound()
    return who


@bp.get("/admin")
def overview() -> Response:
    """What can be arranged, and how it stands."""
    who = _manager()
    return page("admin/overview.html", categories=readable_categories(who), team=staff())


@bp.get("/admin/settings")
def settings() -> Response:
    """All settings in their groups, with the latest changes."""
    _manager()
    return _settings_page()


def _settings_page(refusal: Refused | None = None, group: str = "", typed: dict[str, object] | None = None) -> Response:
    audit = changes()
    return refused_page(
        "admin/settings.html",
        refusal,
        group=group,
        groups=[(name, *GROUP_WORDS[name], [s for s in declared if s.key not in FIXED]) for name, declared in GROUPS],
        values={**site(), **(typed or {})},
        choices_of=_choices,
        audit=audit,
        labels={setting.key: setting.label for setting in DECLARED},
        names=names_of({change.changed_by for change in audit}),
    )


@bp.post("/admin/settings")
def save_settings() -> Response | BaseResponse:
    """Store one group of settings; nothing of it is stored when one field does not fit."""
    who = _manager()
    group = request.form.get("group", "")
    declared = next((found for name, found in GROUPS if name == group), None)
    if declared is None:
        raise NotFound()
    typed = {setting.key: _typed(setting) for setting in declared if setting.key not in FIXED}
    try:
        _check(declared, typed)
        with transaction():
            changed = change_settings(who, typed)
    except Refused as refusal:
        return _settings_page(refusal, group, typed)
    flash(words.say(text("Saved.") if changed else text("Nothing was changed.")), "done")
    return redirect(f"/admin/settings#{group}", 303)


def _typed(setting: Setting[Any]) -> object:
    """What the form says for a setting, in the setting's own type where that can be had."""
    value = request.form.get(setting.key, "").strip()
    if isinstance(setting.default, bool):
        return value in {"1", "on", "true"}
    if isinstance(setting.default, int) and re.fullmatch(r"-?\d{1,9}", value):
        return int(value)
    return value


def _choices(setting: Setting[Any]) -> list[tuple[str, str]]:
    """The values of a setting that is chosen, with the words for each; so far these are languages."""
    return [(value, words.NAMES.get(value, value)) for value in setting.choices]


def _check(declared: Sequence[Setting[Any]], typed: dict[str, object]) -> None:
    """Look at every field before any is stored, so that all that is wrong is said at once."""
    fields: dict[str, Text] = {}
    for setting in declared:
        if setting.key not in typed:
            continue
        try:
            setting.check(typed[setting.key])
        except Invalid as wrong:
            fields |= wrong.fields
        if setting.key == "name" and not typed["name"]:
            fields["name"] = text("This is needed.")
    if fields:
        raise Invalid(text("Nothing was saved yet. Please look at the marked fields."), fields=fields)


@bp.get("/admin/categories")
def categories() -> Response:
    """All categories, and the form for a new one."""
    return _categories_page(_manager())


def _categories_page(who: Viewer, refusal: Refused | None = None) -> Response:
    known = readable_categories(who)
    start = {"hue": "264", "position": str(len(known) + 1), "read_role": "everyone", "post_role": "members"}
    return refused_page(
        "admin/categories.html",
        refusal,
        categories=known,
        counts=thread_counts(),
        typed=_typed_category() if refusal else {"name": "", "description": "", **start},
        **_category_choices(),
    )


def _typed_category() -> dict[str, object]:
    typed: dict[str, object] = {name: request.form.get(name, "") for name in CategoryInput.model_fields}
    return {**typed, "archived": bool(request.form.get("archived"))}


def _category_choices() -> dict[str, object]:
    return {"read_roles": READ_ROLES, "post_roles": POST_ROLES, "read_words": READ_WORDS, "post_words": POST_WORDS}


READ_WORDS: dict[str, Text] = {
    "everyone": text("Everybody"),
    "members": text("Members"),
    "staff": text("The team"),
}
POST_WORDS: dict[str, Text] = {
    "members": text("Members"),
    "moderators": text("Moderators and above"),
    "managers": text("Managers and above"),
}


@bp.post("/admin/categories")
def add_category() -> Response | BaseResponse:
    """Make a category."""
    who = _manager()
    try:
        given = from_form(CategoryInput, request.form)
        with transaction():
            create_category(who, given)
    except Refused as refusal:
        return _categories_page(who, refusal)
    return _to_categories()


@bp.get(f"/admin/categories/<{ID}:category_id>")
def category(category_id: int) -> Response:
    """One category's form."""
    return _category_page(category_by_id(_manager(), category_id))


def _category_page(known: CategoryView, refusal: Refused | None = None) -> Response:
    stored = {name: getattr(known, name, "") for name in CategoryInput.model_fields if name != "archived"}
    typed = _typed_category() if refusal else {**stored, "archived": known.is_archived}
    return refused_page("admin/category.html", refusal, category=known, typed=typed, **_category_choices())


@bp.post(f"/admin/categories/<{ID}:category_id>")
def save_category(category_id: int) -> Response | BaseResponse:
    """Describe a category anew."""
    who = _manager()
    known = category_by_id(who, category_id)
    try:
        given = from_form(CategoryInput, request.form)
        with transaction():
            update_category(who, category_id, given)
    except Refused as refusal:
        return _category_page(known, refusal)
    return _to_categories()


def _to_categories() -> BaseResponse:
    flash(words.say(text("Saved.")), "done")
    return redirect("/admin/categories", 303)


@bp.get("/admin/members")
def member_list() -> Response:
    """Members, the newest first, found by the beginning of a name or address."""
    return _members_page(_manager())


def _members_page(who: Viewer, refusal: Refused | None = None, refused_row: MemberRow | None = None) -> Response:
    query = request.args.get("q", "").strip()[:100]
    found = members(query, request.args.get("after"))
    return refused_page(
        "admin/members.html",
        refusal,
        members=found,
        q=query,
        choices={row.id: _roles_for(who, row) for row in found.items},
        refused_row=refused_row,
    )


def _roles_for(who: Viewer, row: MemberRow) -> list[str]:
    """The roles this manager may give this member; the present one alone when none."""
    return [role for role in ROLES if role == row.role or may_change_role(who, row, role)]


@bp.post(f"/admin/members/<{ID}:member_id>/role")
def give_role(member_id: int) -> Response | BaseResponse:
    """Give a member another role; their browsers have to sign in again."""
    who = _manager()
    row = member_row(member_id)
    try:
        role = from_form(RoleInput, request.form).role
        with transaction():
            change_role(who, member_id, role)
    except Refused as refusal:
        return _members_page(who, refusal, row)
    said = text("{name} has a new role. It counts from the next time they sign in.", name=row.display_name)
    flash(words.say(said), "done")
    return redirect(f"/admin/members?q={row.username}", 303)
