"""Administration from the command line: `flask <group> <command>`."""

from __future__ import annotations

from flask import Flask

from forum.cli.backup import backup_group
from forum.cli.content import content_group
from forum.cli.doctor import doctor
from forum.cli.imports import import_group
from forum.cli.jobs import outbox_group, worker
from forum.cli.metrics import metrics_group
from forum.cli.moderation import mod_group
from forum.cli.search import search_group
from forum.cli.setup import setup_group
from forum.cli.users import users_group

COMMANDS = (
    backup_group,
    content_group,
    doctor,
    import_group,
    metrics_group,
    mod_group,
    outbox_group,
    search_group,
    setup_group,
    users_group,
    worker,
)


def register(app: Flask) -> None:
    """Add all groups of commands."""
    for command in COMMANDS:
        app.cli.add_command(command)
