"""Pages: one module per subject, complete without JavaScript."""

from __future__ import annotations

from flask import Flask

from forum.web import (
    accounts,
    actions,
    admin,
    moderation,
    notifications,
    profiles,
    search,
    setup,
    status,
    theme,
    threads,
    writing,
)

READING = (threads, search, profiles, notifications, theme, status)
WRITING = (writing, actions, accounts, setup, admin, moderation)


def register(app: Flask) -> None:
    """Hang all pages into the application."""
    for module in (*READING, *WRITING):
        app.register_blueprint(module.bp)
