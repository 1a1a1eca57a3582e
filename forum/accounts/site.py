"""What the community decided about itself: name, language, zone, look and the limits of what people write."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from forum.kit.settings import Setting, Versioned, stored
from forum.kit.words import Text, text


def _setting(key: str, default: Any, label: str, hint: str = "", **bounds: Any) -> Setting[Any]:
    return Setting(key, default, text(label), text(hint) if hint else text(" "), **bounds)


IDENTITY = (
    _setting(
        "name",
        "Madang",
        "Name of the community",
        "Shown in the header, in titles and in mail.",
        max_length=60,
    ),
    _setting("tagline", "", "One sentence for newcomers", "Shown at the top of the home page.", max_length=200),
    _setting("locale", "en", "Language", "For visitors who have not chosen one.", choices=("en", "ko")),
    _setting(
        "timezone",
        "UTC",
        "Time zone",
        "Days of all figures begin at midnight here. Fixed after the first event.",
        max_length=60,
    ),
    _setting(
        "brand_hue",
        264,
        "Brand colour",
        "The hue on the colour wheel, 0 to 359. Lightness is ours, so text stays readable.",
        low=0,
        high=359,
    ),
    _setting(
        "indexed",
        True,
        "Search engines may list this community",
        "Off: robots are asked to stay away, and no page wants to be found.",
    ),
    _setting("is_set_up", False, "Set up"),
)
JOINING = (
    _setting("registration_open", True, "Anybody may register", "Off: only people you add can sign in."),
    _setting(
        "hold_first_posts",
        True,
        "Review the first post of a new member",
        "It stays invisible until a moderator approves it.",
    ),
    _setting("signups_per_day", 3, "Accounts from one address in a day", low=1, high=1000),
)
LIMITS = (
    _setting("title_min", 6, "Shortest title", low=1, high=100),
    _setting("title_max", 150, "Longest title", low=20, high=255),
    _setting("body_min", 8, "Shortest post", low=1, high=500),
    _setting("body_max", 32000, "Longest post", low=500, high=32000),
    _setting("tags_max", 5, "Tags on one thread", low=0, high=10),
    _setting("mentions_max", 10, "Mentions in one post", low=0, high=50),
    _setting("mentions_max_new", 2, "Mentions in one post of a new member", low=0, high=50),
    _setting("links_max_new", 2, "Links in one post of a new member", low=0, high=50),
    _setting("post_seconds", 5, "Seconds between two posts", low=0, high=3600),
    _setting("post_seconds_new", 30, "Seconds between two posts of a new member", low=0, high=3600),
    _setting("threads_first_day", 5, "Threads on a member's first day", low=0, high=1000),
    _setting("replies_first_day", 10, "Replies on a member's first day", low=0, high=1000),
    _setting("threads_per_day", 20, "Threads in a day", low=1, high=1000),
    _setting("duplicate_minutes", 5, "Minutes in which the same text is refused", low=0, high=1440),
    _setting("search_per_minute_member", 30, "Searches a minute, members", low=1, high=100000),
    _setting("search_per_minute_guest", 10, "Searches a minute, guests", low=1, high=100000),
)
HEALTH = (
    _setting(
        "health_public",
        False,
        "Show community health to everybody",
        "Totals and curves alone. The threads and people behind them stay with the team.",
    ),
)
MODERATION = (
    _setting(
        "undo_seconds",
        30,
        "Seconds in which a decision can be taken back unseen",
        "Nobody is told before they are over.",
        low=0,
        high=300,
    ),
    _setting("flag_trust_min", 0, "Trust level from which members may report", low=0, high=4),
    _setting("flags_per_day", 10, "Reports of one member in a day", low=1, high=1000),
)
GROUPS: tuple[tuple[str, tuple[Setting[Any], ...]], ...] = (
    ("identity", IDENTITY),
    ("joining", JOINING),
    ("moderation", MODERATION),
    ("health", HEALTH),
    ("limits", LIMITS),
)
DECLARED: tuple[Setting[Any], ...] = IDENTITY + JOINING + MODERATION + HEALTH + LIMITS
DEFAULTS: Mapping[str, Any] = MappingProxyType({setting.key: setting.default for setting in DECLARED})

_first: dict[str, object] = {}


def check_together(values: Mapping[str, object]) -> dict[str, Text]:
    """What is wrong with settings that fit one by one, by key; empty when they fit together."""
    low, high = values["title_min"], values["title_max"]
    if isinstance(low, int) and isinstance(high, int) and low > high:
        return {"title_min": text("This is more than the longest title.")}
    return {}


def defaults_from_config(locale: str, timezone: str) -> None:
    """What the operator configured stands until the owner's first page decides."""
    _first.update(locale=locale, timezone=timezone)


def _load() -> Mapping[str, Any]:
    known = {key: value for key, value in stored().items() if key in DEFAULTS}
    return MappingProxyType({**DEFAULTS, **_first, **known})


_site: Versioned[Mapping[str, Any]] = Versioned(_load)


def site() -> Mapping[str, Any]:
    """All settings with their values, from memory while the site's version has not moved."""
    return _site.get()
