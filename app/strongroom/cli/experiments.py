# SPDX-License-Identifier: Apache-2.0
"""``strongroom experiments …``."""

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import emit, table
from strongroom.cli.session import open_fresh
from strongroom.domain.clock import to_iso
from strongroom.services.experiments import Experiments


def add_commands(root: click.Group) -> None:
    """Joins ``experiments`` into the tree of commands."""
    root.add_command(experiments)


@click.group()
@shared_options
def experiments() -> None:
    """The named groups of runs."""


@experiments.command(name="list")
@shared_options
def list_experiments() -> None:
    """List experiments, the one that ran last first."""
    found = Experiments(open_fresh().catalog).list()
    rows = [
        (
            each.name,
            str(each.run_count),
            str(each.running_count),
            "" if each.last_started_us is None else to_iso(each.last_started_us),
        )
        for each in found
    ]
    document = [
        {
            "name": each.name,
            "runs": each.run_count,
            "running": each.running_count,
            "last_started": each.last_started_us,
        }
        for each in found
    ]
    emit({"experiments": document}, table(("EXPERIMENT", "RUNS", "RUNNING", "LAST START"), rows))
