"""`flask worker` and `flask outbox …`: what follows from what happened."""

from __future__ import annotations

from collections.abc import Callable

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from config import Config
from forum.cli.output import Group, emit, json_option
from forum.jobs import pageviews
from forum.kit import drainer
from forum.metrics.refresh import refresh

outbox_group = Group("outbox", help="What still has to follow from what happened.")


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Run the job process: consequences and schedules, until it is told to stop.

    The web server of the one-machine install starts it by itself.
    """
    # Here, because every other process of the forum would pay a quarter of a second for the job queue's imports.
    from forum.jobs.schedules import open_queue, schedule  # noqa: PLC0415 - see above
    from forum.jobs.worker import work  # noqa: PLC0415 - see above

    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # the object behind the proxy
    config: Config = app.extensions["madang"]

    def in_context(job: Callable[[], None]) -> None:
        with app.app_context():
            job()

    queue = open_queue(config.data_dir, config.redis_url)
    schedule(queue, in_context)
    work(queue, lambda: in_context(lambda: _collect(config)))


def _collect(config: Config) -> None:
    pageviews.ingest(config.data_dir)
    pageviews.salts_of(config.data_dir).destroy_old()


@outbox_group.command("drain")
@click.option("--timeout", default=60.0, show_default=True, type=click.FloatRange(0), help="Seconds to wait at most.")
@json_option
def drain(timeout: float, as_json: bool) -> None:
    """Wait until every consequence of what happened so far is done; exit status 1 when it could not be."""
    config: Config = current_app.extensions["madang"]
    pageviews.ingest(config.data_dir, unfinished=True)
    drained = drainer.drain(timeout)
    refresh()
    left = drainer.pending()
    emit({"drained": drained, "pending": left}, as_json=as_json, told=f"Still to do: {left}." if left else "All done.")
    if not drained:
        raise click.ClickException(f"{left} consequences are not done yet. See: flask doctor")
