"""The only reader of the environment: every key, typed, with a default or a refusal to start."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ROOT = Path(__file__).resolve().parent
LOCALES = ("en", "ko")
SECRET_MIN = 32


class ConfigError(SystemExit):
    """The configuration cannot be used; the message names the variable and the way out."""


@dataclass(frozen=True, slots=True)
class Config:
    """What the operator decides before the server starts; what the community decides lives in its settings."""

    data_dir: Path
    database_url: str
    redis_url: str | None
    public_url: str
    secret_key: str
    locale: str
    timezone: str
    workers: int
    port: int
    metrics_token: str | None
    trusted_proxies: int = 0
    quiet: bool = False
    testing: bool = False

    @property
    def is_https(self) -> bool:
        """Whether people reach the server by https; decides names and flags of cookies."""
        return self.public_url.startswith("https://")

    @property
    def limits_url(self) -> str:
        """Where all workers share their rate limits: never in the community's database."""
        return self.redis_url or f"sqlite:///{self.data_dir / 'limits.db'}"

    @classmethod
    def from_env(cls) -> Config:
        """Read the FORUM_* variables; raises ConfigError naming the variable that cannot be used."""
        data_dir = Path(os.environ.get("FORUM_DATA_DIR") or ROOT / "var").resolve()
        data_dir.mkdir(parents=True, exist_ok=True)
        port = _number("FORUM_PORT", 8000, 1, 65535)
        return cls(
            data_dir=data_dir,
            database_url=_database_url(os.environ.get("FORUM_DATABASE_URL"), data_dir),
            redis_url=os.environ.get("FORUM_REDIS_URL") or None,
            public_url=_public_url(os.environ.get("FORUM_PUBLIC_URL"), port),
            secret_key=_secret_key(os.environ.get("FORUM_SECRET_KEY"), data_dir),
            locale=_choice("FORUM_LOCALE", "en", LOCALES),
            timezone=_timezone("FORUM_TIMEZONE", "UTC"),
            workers=_number("FORUM_WORKERS", min(os.cpu_count() or 1, 2), 1, 64),
            port=port,
            metrics_token=os.environ.get("FORUM_METRICS_TOKEN") or None,
            trusted_proxies=_number("FORUM_TRUSTED_PROXIES", 0, 0, 5),
            quiet=bool(os.environ.get("FORUM_QUIET")),
        )


def _number(key: str, default: int, low: int, high: int) -> int:
    given = os.environ.get(key)
    if not given:
        return default
    if not given.isdecimal() or not low <= int(given) <= high:
        raise ConfigError(f"{key}={given!r}: give a whole number from {low} to {high}.")
    return int(given)


def _choice(key: str, default: str, allowed: tuple[str, ...]) -> str:
    given = os.environ.get(key) or default
    if given not in allowed:
        raise ConfigError(f"{key}={given!r}: choose one of {', '.join(allowed)}.")
    return given


def _timezone(key: str, default: str) -> str:
    given = os.environ.get(key) or default
    try:
        ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(f"{key}={given!r}: give an IANA zone such as Asia/Seoul.") from error
    return given


def _database_url(given: str | None, data_dir: Path) -> str:
    """SQLite in the data folder unless told otherwise; every spelling of PostgreSQL means psycopg 3."""
    if not given:
        return f"sqlite:///{data_dir / 'forum.db'}"
    for spelling in ("postgres://", "postgresql://"):
        if given.startswith(spelling):
            return "postgresql+psycopg://" + given.removeprefix(spelling)
    if given.startswith(("sqlite:///", "postgresql+psycopg://")):
        return given
    raise ConfigError("FORUM_DATABASE_URL: give postgresql://… or sqlite:///path.")


def _public_url(given: str | None, port: int) -> str:
    url = (given or f"http://127.0.0.1:{port}").rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
        raise ConfigError(f"FORUM_PUBLIC_URL={given!r}: give one such as https://forum.example.com.")
    loopback = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme == "http" and not loopback:
        raise ConfigError("FORUM_PUBLIC_URL: use https; plain http is for this machine alone.")
    return url


def _secret_key(given: str | None, data_dir: Path) -> str:
    """The signing key: from the environment, else made once and kept in the data folder for its owner alone."""
    if given:
        if len(given) < SECRET_MIN:
            raise ConfigError("FORUM_SECRET_KEY: give at least 32 random characters.")
        return given
    path = data_dir / "secret_key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()
