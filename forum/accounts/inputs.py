"""What people send about accounts: one strict model for pages and API alike."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Literal

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from forum.kit.text import single_line

RESERVED = frozenset(
    [
        "admin",
        "administrator",
        "moderator",
        "mod",
        "owner",
        "staff",
        "support",
        "system",
        "root",
        "madang",
        "official",
        "help",
        "api",
        "null",
        "undefined",
        "me",
        "everyone",
        "here",
        "all",
        "settings",
        "anonymous",
        "guest",
        "security",
        "info",
        "webmaster",
        "postmaster",
    ]
)


NAME_MIN = 2


class Input(BaseModel):
    """Strict: no coercion, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def _line(value: str) -> str:
    return single_line(value)


def _email(value: str) -> str:
    try:
        return validate_email(value.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise ValueError("email") from error


def _website(value: str) -> str:
    value = single_line(value)
    if value and not re.match(r"https?://[^\s/]+\.[^\s]+$", value):
        raise ValueError("website")
    return value


def username_from(display_name: str) -> str:
    """The user name a display name gives: lower case letters of any script, digits, dots, hyphens and underscores."""
    plain = unicodedata.normalize("NFKC", display_name).casefold()
    slug = re.sub(r"[^\w.-]+", "-", plain).strip("-._")
    return slug[:40] or "member"


def _display_name(value: str) -> str:
    name = single_line(value)
    if len(name) < NAME_MIN:
        raise ValueError("too_short_2")
    if not any(char.isalnum() for char in name):
        raise ValueError("name_letters")
    return name


Line = Annotated[str, AfterValidator(_line)]
Email = Annotated[str, Field(max_length=254), AfterValidator(_email)]
DisplayName = Annotated[str, Field(max_length=40), AfterValidator(_display_name)]
Secret = Annotated[str, Field(min_length=1, max_length=1024)]


class RegisterInput(Input):
    """A new account."""

    display_name: DisplayName
    email: Email
    password: Secret


class SignInInput(Input):
    """Mail address or user name, and the password."""

    login: Annotated[str, Field(min_length=1, max_length=254)]
    password: Secret


class ProfileInput(Input):
    """What people say about themselves and how they like their pages."""

    display_name: DisplayName
    bio: Annotated[str, Field(max_length=2000)] = ""
    website: Annotated[str, Field(max_length=200), AfterValidator(_website)] = ""
    location: Annotated[Line, Field(max_length=100)] = ""
    locale: Literal["", "en", "ko"] = ""
    theme: Literal["auto", "light", "dark"] = "auto"


class PasswordInput(Input):
    """A change of password needs the old one."""

    current_password: Secret
    new_password: Secret


class SetupInput(Input):
    """The owner's first page: the community's name, language and zone, and the owner's own account."""

    name: Annotated[Line, Field(min_length=2, max_length=60)]
    locale: Literal["en", "ko"]
    timezone: Annotated[str, Field(min_length=1, max_length=60)]
    display_name: DisplayName
    email: Email
    password: Secret
    categories: Annotated[str, Field(max_length=2000)] = ""


class KeyInput(Input):
    """A new key for the API: what it is for and what it may do."""

    name: Annotated[Line, Field(max_length=60)] = ""
    scopes: Annotated[list[str], Field(min_length=1, max_length=10)] = Field(
        default_factory=list, validate_default=True
    )


class RoleInput(Input):
    """A new role for a member."""

    role: Literal["member", "moderator", "manager", "owner"]
