# SPDX-License-Identifier: Apache-2.0
"""``strongroom import …``: take in runs that were logged elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from strongroom.cli import import_reports
from strongroom.cli.options import shared_options
from strongroom.cli.progress import TerminalProgress
from strongroom.cli.remote import tell
from strongroom.cli.session import services


def add_commands(root: click.Group) -> None:
    """Joins ``import`` into the tree of commands."""
    root.add_command(intake)
    import_reports.add_commands(intake)


@click.group(name="import")
@shared_options
def intake() -> None:
    """Take in runs of other stores."""


@intake.command()
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would be taken in.")
@shared_options
def runs(path: Path, dry_run: bool) -> int:
    """Copy the run folders at or below PATH into this store, each one checked."""
    with TerminalProgress() as progress:
        outcome = services().exchange.import_runs(path, is_dry=dry_run, progress=progress)
    return tell((outcome,), with_items=True)
