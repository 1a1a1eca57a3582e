"""`flask mod …`: the moderation log and the queue from the command line."""

from __future__ import annotations

import click

from forum.cli.output import Group, emit, json_option
from forum.kit.db import transaction
from forum.moderation import log
from forum.moderation.scoring import rescore_pending

mod_group = Group("mod", help="The moderation log and the review queue.")


@mod_group.command("verify-log")
@click.option("--record", is_flag=True, help="Write the result into the log, where everybody can read it.")
@json_option
def verify_log(record: bool, as_json: bool) -> None:
    """Walk the moderation log from its first row; exit status 1 when a hash does not fit."""
    chain = log.verify()
    if record:
        with transaction():
            log.record_check(chain)
    document = {"ok": chain.holds, "rows": chain.rows, "head": chain.head, "first_broken": chain.first_broken}
    told = (
        f"{chain.rows} rows fit together." if chain.holds else f"Row {chain.first_broken} does not fit the one before."
    )
    emit(document, as_json=as_json, told=told)
    if not chain.holds:
        raise click.ClickException("Somebody changed the moderation log.")


@mod_group.command("sort")
@json_option
def sort(as_json: bool) -> None:
    """Reckon the ranks of all cases that wait anew; the worker does this every five minutes."""
    with transaction():
        moved = rescore_pending()
    emit({"moved": moved}, as_json=as_json, told=f"{moved} cases moved.")
