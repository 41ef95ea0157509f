# SPDX-License-Identifier: Apache-2.0
"""``strongroom demo``: a store of real training to look at, beside the person's own."""

from __future__ import annotations

import os
from pathlib import Path

import click

from strongroom.cli.options import shared_options, store_path
from strongroom.cli.output import emit
from strongroom.cli.progress import TerminalProgress
from strongroom.domain.places import default_store

FOLDER = "demo"


def add_commands(root: click.Group) -> None:
    """Joins ``demo`` into the tree of commands."""
    root.add_command(demo)


@click.command()
@click.option("--remove", is_flag=True, help="Take the demo away again.")
@shared_options
def demo(remove: bool) -> None:
    """Train real models and fill a store to look at."""
    from strongroom.demo import scenario

    store = demo_store()
    if remove:
        scenario.remove(store)
        emit({"store": str(store), "removed": True}, [f"Took the demo in {store} away."])
        return
    with TerminalProgress() as progress:
        scenario.fill(store, progress=progress)
    emit(
        {"store": str(store)},
        [f"The demo store is {store}.", f"Look at it with: strongroom desktop --store {store}"],
    )


def demo_store() -> Path:
    """Returns the named store, or one beside the default: a demo never mixes with real work."""
    named = store_path()
    if named == default_store() and not os.environ.get("STRONGROOM_STORE"):
        return named.with_name(FOLDER)
    return named
