"""What every answer and every unsafe request has to carry: headers, CSP, CSRF token and origin."""

from __future__ import annotations

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect

from config import Config
from forum.http.viewer import person
from forum.kit.errors import NotAllowed
from forum.kit.words import text

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: {http}data:; font-src 'self'; "
    "connect-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "object-src 'none'; manifest-src 'self'{upgrade}"
)
API_CSP = "default-src 'none'; sandbox; frame-ancestors 'none'"

csrf = CSRFProtect()


def init_app(app: Flask, config: Config) -> None:
    """Guard unsafe requests and dress every answer."""
    csrf.init_app(app)
    allowed = origins(config)
    # http images come with imported posts; an https site asks for them by https instead.
    page_csp = CSP.format(
        http="" if config.is_https else "http: ",
        upgrade="; upgrade-insecure-requests" if config.is_https else "",
    )

    @app.before_request
    def check_origin() -> None:
        if request.method not in SAFE and not _came_from_us(allowed):
            raise NotAllowed(text("This request came from another site."))

    @app.after_request
    def dress(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", API_CSP if request.path.startswith("/api/") else page_csp)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault(
            "Referrer-Policy",
            "no-referrer" if request.path.startswith("/setup/") else "strict-origin-when-cross-origin",
        )
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
        if config.is_https:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if "Cache-Control" not in headers:
            headers["Cache-Control"] = _cache_control()
        return response


def _came_from_us(allowed: frozenset[str]) -> bool:
    """By its Origin, else by Sec-Fetch-Site; a program that sends neither has no session of a browser to abuse."""
    origin = request.headers.get("Origin")
    if origin is not None:
        return origin in allowed
    return request.headers.get("Sec-Fetch-Site") in {None, "same-origin", "none"}


def _cache_control() -> str:
    """Signed-in pages and forms are nobody else's; the rest may be asked again each time."""
    return "private, no-store" if g.get("no_store") or person() is not None else "no-cache"


def origins(config: Config) -> frozenset[str]:
    """The origins our own pages can have; on this machine alone its other name counts too."""
    url = config.public_url
    others = {url.replace("127.0.0.1", "localhost"), url.replace("localhost", "127.0.0.1")}
    return frozenset({url} | others)
