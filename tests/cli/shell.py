"""Running commands as a shell does: arguments in, two streams and an exit status out."""

from __future__ import annotations

import json
from typing import Any

from click.testing import Result
from flask import Flask


def run(app: Flask, *arguments: str, given: str | bytes | None = None) -> Result:
    """Run `flask ARGUMENTS`."""
    return app.test_cli_runner().invoke(args=list(arguments), input=given)


def document(app: Flask, *arguments: str, given: str | bytes | None = None, status: int = 0) -> Any:
    """What a command with --json says: exactly one document on standard output."""
    result = run(app, *arguments, "--json", given=given)
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


def refused(app: Flask, *arguments: str, given: str | bytes | None = None) -> str:
    """The sentence with which a command refuses; nothing of it is on standard output."""
    result = run(app, *arguments, given=given)
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return result.stderr
