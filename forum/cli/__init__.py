"""Administration from the command line: `flask <group> <command>`."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Add all groups of commands."""
