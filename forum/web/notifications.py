"""The page of what one member is told."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forum.http.pages import page
from forum.http.viewer import member
from forum.kit.db import transaction
from forum.notifications.queries import notifications
from forum.notifications.service import mark_all_read
from forum.web.reasons import why_held, why_removed

bp = Blueprint("notifications", __name__)


@bp.get("/notifications")
def listing() -> Response:
    """What this member was told, the newest first; looking marks nothing as read."""
    found = notifications(member(), request.args.get("after"))
    return page("notifications/list.html", notices=found, why_held=why_held, why_removed=why_removed)


@bp.post("/notifications/read")
def read() -> BaseResponse:
    """Everything so far counts as read."""
    who = member()
    with transaction():
        mark_all_read(who)
    return redirect("/notifications", 303)
