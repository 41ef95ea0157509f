# SPDX-License-Identifier: Apache-2.0
"""``strongroom secrets …``: what seems to be a secret and would leave; letting it through."""

from __future__ import annotations

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import EXIT_FINDING, emit, table
from strongroom.cli.progress import TerminalProgress
from strongroom.cli.session import services
from strongroom.domain.secret import OVERRIDE_KINDS


def add_commands(root: click.Group) -> None:
    """Joins ``secrets`` into the tree of commands."""
    root.add_command(secrets)


@click.group()
@shared_options
def secrets() -> None:
    """What seems to be a secret and would leave; letting it through."""


@secrets.command(name="list")
@shared_options
def list_secrets() -> int:
    """List every suspicion in what a push would carry; exit 1 if one was not let through."""
    with TerminalProgress() as progress:
        found = services().secrets.found(progress)
    rows = [
        (each.id, each.owner, each.path, each.place, f"{each.title} ({each.hint})",
         f"let through by {each.allowed_by}" if each.allowed_by else "blocks")
        for each in found
    ]  # fmt: skip
    lines = table(("ID", "IN", "FILE", "PLACE", "WHAT", "STATE"), rows) if rows else []
    blocking = sum(not each.allowed_by for each in found)
    lines.append(f"{len(found):,} found, {blocking:,} block what leaves this store.")
    emit({"findings": [each.to_json() for each in found], "blocking": blocking}, lines)
    return EXIT_FINDING if blocking else 0


@secrets.command()
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
@click.option("--reason", required=True, metavar="TEXT", help="Becomes part of the signed record.")
@click.option(
    "--kind",
    required=True,
    type=click.Choice(list(OVERRIDE_KINDS)),
    help="What it is: no secret, a value that opens nothing, or a secret everybody may have.",
)
@shared_options
def allow(ids: tuple[str, ...], reason: str, kind: str) -> None:
    """Let findings through, on record."""
    at = services()
    with TerminalProgress() as progress:
        chosen = at.secrets.named(ids, progress)
    at.secrets.allow(chosen, kind=kind, reason=reason)
    lines = [f"{each.id} may leave: {each.owner}, {each.path}, {each.place}" for each in chosen]
    emit({"allowed": [each.id for each in chosen], "kind": kind}, lines)


@secrets.command()
@shared_options
def allowed() -> None:
    """List what was let through, by whom and why."""
    found = services().secrets.overrides()
    rows = [
        (each.time[:19], each.who, each.path, each.place, each.rule, each.kind, each.reason)
        for each in found
    ]
    document = {
        "overrides": [
            {
                "event": each.event,
                "object": each.object,
                "path": each.path,
                "place": each.place,
                "rule": each.rule,
                "kind": each.kind,
                "reason": each.reason,
                "who": each.who,
                "time": each.time,
            }
            for each in found
        ]
    }
    emit(document, table(("TIME (UTC)", "WHO", "FILE", "PLACE", "RULE", "KIND", "REASON"), rows))
