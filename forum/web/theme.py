"""The brand's colour as a style sheet: one custom property, because pages may carry no inline style."""

from __future__ import annotations

from flask import Blueprint, Response

from forum.accounts.site import site

bp = Blueprint("theme", __name__)


@bp.get("/theme.css")
def theme() -> Response:
    """The hue; its address carries it too, so that it may be kept for ever."""
    response = Response(f":root{{--brand-hue:{site()['brand_hue']}}}\n", mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
