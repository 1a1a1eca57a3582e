"""Pages: one module per subject, complete without JavaScript."""

from __future__ import annotations

from flask import Flask

from forum.web import (
    accounts,
    actions,
    admin,
    feeds,
    health,
    moderation,
    notifications,
    openmetrics,
    profiles,
    reports,
    search,
    setup,
    status,
    theme,
    threads,
    writing,
)

READING = (threads, search, profiles, notifications, theme, status, health, feeds, openmetrics)
WRITING = (writing, actions, accounts, setup, admin, moderation, reports)


def register(app: Flask) -> None:
    """Hang all pages into the application."""
    for module in (*READING, *WRITING):
        app.register_blueprint(module.bp)
