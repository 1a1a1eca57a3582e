"""`/metrics`: the figures for a scraper on this machine, or one with the token; for anybody else there is nothing."""

from __future__ import annotations

import hmac
import platform
from collections.abc import Hashable, Iterator
from datetime import datetime
from ipaddress import ip_address

from flask import Blueprint, Response, current_app, request

from config import Config
from forum.accounts.viewer import ANONYMOUS
from forum.http import locale as words
from forum.kit.drainer import Backlog, backlog
from forum.kit.errors import NotFound
from forum.kit.settings import confirm, current_version
from forum.metrics import queries, totals
from forum.metrics.records import Metric, Overview, Tile, Today
from forum.web.exposition import MEDIA_TYPE, Family, Sample, histogram, written

bp = Blueprint("openmetrics", __name__)
# A request that came through a proxy says so in one of these; its peer is then the proxy, not who asks.
FORWARDED = (
    "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via",
)  # fmt: skip
# Active members are one family over three windows.
ACTIVE = {"dau": "1d", "wau": "7d", "mau": "28d"}
WINDOW = "28d"
# Figures that a total says better; their names would also collide with it.
COUNTED = frozenset({"threads", "replies", "posts", "staff_posts"})
BUCKETS = (300, 900, 3600, 4 * 3600, 12 * 3600, 86400, 3 * 86400, 7 * 86400, 30 * 86400)
NOT_SUMMED = "Values of different windows overlap and must not be summed."


@bp.get("/metrics")
def scrape() -> Response:
    """Every figure that can be shown now, in the OpenMetrics format."""
    if not (_is_local() or _has_token()):
        raise NotFound
    now = queries.glance(ANONYMOUS)
    confirm(now.site_version)
    official = _official(now.version)
    live = written([*_live(now.today), *_server(backlog())])
    response = Response(official + live)
    response.headers["Content-Type"] = MEDIA_TYPE
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_local() -> bool:
    """Whether the peer itself is on this machine, and speaks for nobody else."""
    if any(name in request.headers for name in FORWARDED):
        return False
    behind = request.environ.get("werkzeug.proxy_fix.orig", {})
    peer = behind.get("REMOTE_ADDR") or request.environ.get("REMOTE_ADDR") or ""
    try:
        found = ip_address(peer)
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def _has_token() -> bool:
    config: Config = current_app.extensions["madang"]
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if not config.metrics_token or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(given.strip().encode(), config.metrics_token.encode())


def _official(version: int) -> str:
    """The community's figures as text without its end, kept until a roll-up, a setting or the day moves."""
    key: Hashable = (version, current_version(), words.calendar().here.date())
    kept: tuple[Hashable, str] | None = current_app.extensions.get("openmetrics")
    if kept is None or kept[0] != key:
        told = written([*_totals(), *_community(queries.overview())]).removesuffix("# EOF\n")
        kept = current_app.extensions["openmetrics"] = (key, told)
    return kept[1]


def _totals() -> Iterator[Family]:
    """What only grows, so that a scraper can tell rates from it."""
    yield Family(
        "forum_posts",
        "counter",
        "Published posts since start, by kind and author class; those removed since are in it.",
        [Sample(row.n, {"kind": row.kind, "class": row.author_class}) for row in totals.published()],
    )
    waits = totals.first_responses(BUCKETS)
    yield Family(
        "forum_first_response_seconds",
        "histogram",
        "How long first replies to threads of members took since start. Threads nobody answered are not in it: "
        "the official figure, which counts them, comes from the API.",
        histogram(list(zip(BUCKETS, waits.counts, strict=True)), waits.beyond, waits.seconds),
        "seconds",
    )


def _community(view: Overview) -> Iterator[Family]:
    """Figures of the 28 days that end with the last complete local day."""
    tiles = list(view.tiles.values())
    shown = {tile.metric.id for tile in tiles if tile.now.value is not None}
    yield Family(
        "forum_metric_available",
        "gauge",
        "Whether a figure can be shown: 0 when there are no data, or fewer cases than it needs.",
        [Sample(int(metric.id in shown), {"metric": metric.id}) for metric in queries.catalogue()],
    )
    yield Family(
        "forum_active_members",
        "gauge",
        f"Distinct members who did anything in the local days of the window. {NOT_SUMMED}",
        [
            Sample(tile.now.value, {"window": ACTIVE[tile.metric.id]})
            for tile in tiles
            if tile.metric.id in ACTIVE and tile.now.value is not None
        ],
    )
    for tile in tiles:
        is_apart = tile.metric.id in ACTIVE or tile.metric.id in COUNTED or tile.metric.unit == "seconds"
        if tile.now.value is not None and not is_apart:
            yield _gauge(tile, tile.now.value)


def _gauge(tile: Tile, value: float) -> Family:
    """One figure as a gauge; rates are ratios between 0 and 1, whatever people see on pages."""
    metric = tile.metric
    ratio = metric.unit in {"ratio", "per_thousand"}
    name = f"forum_{metric.id}"
    if ratio and not name.endswith("_ratio"):
        name += "_ratio"
    shown = value / 1000 if metric.unit == "per_thousand" else value
    return Family(name, "gauge", _about(metric), [Sample(shown, {"window": WINDOW})], "ratio" if ratio else "")


def _about(metric: Metric) -> str:
    return f"{metric.in_words('says', 'en')} {NOT_SUMMED}"


def _live(today: Today) -> Iterator[Family]:
    """What waits at this moment."""
    yield Family(
        "forum_unanswered_threads",
        "gauge",
        "Open questions of members that nobody has answered for a day.",
        [Sample(today.unanswered)],
    )
    if today.oldest is not None:
        yield _timestamp(
            "forum_oldest_unanswered", "When the question was asked that waits longest.", today.oldest.since
        )
    yield Family(
        "forum_review_cases",
        "gauge",
        "Cases that wait for a moderator; overdue ones are counted in both.",
        [Sample(today.pending_cases, {"state": "open"}), Sample(today.overdue_cases, {"state": "overdue"})],
    )


def _server(work: Backlog) -> Iterator[Family]:
    """How the server does."""
    yield Family(
        "forum_server",
        "info",
        "What runs here.",
        [Sample(1, {"python": platform.python_version(), "database": _database()})],
    )
    yield Family(
        "forum_server_outbox_rows",
        "gauge",
        "Consequences of what happened: those still to come, and those given up after too many failures.",
        [Sample(work.waiting, {"state": "waiting"}), Sample(work.given_up, {"state": "given_up"})],
    )
    if work.oldest is not None:
        yield _timestamp(
            "forum_server_outbox_oldest", "When the oldest waiting consequence could have happened.", work.oldest
        )


def _database() -> str:
    config: Config = current_app.extensions["madang"]
    return config.database_url.split(":", 1)[0].split("+", 1)[0]


def _timestamp(name: str, about: str, at: datetime) -> Family:
    return Family(f"{name}_timestamp_seconds", "gauge", about, [Sample(round(at.timestamp(), 3))], "seconds")
