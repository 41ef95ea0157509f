# SPDX-License-Identifier: Apache-2.0
"""``strongroom demo``: a store of real training to look at, beside the person's own."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

import click

from strongroom.cli.options import shared_options, store_path
from strongroom.cli.output import emit
from strongroom.cli.progress import TerminalProgress
from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.places import default_store

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from strongroom.demo.scenario import DemoReport

FOLDER = "demo"


def add_commands(root: click.Group) -> None:
    """Joins ``demo`` into the tree of commands."""
    root.add_command(demo)


@click.command()
@click.option("--remove", is_flag=True, help="Take the demo away again.")
@shared_options
def demo(remove: bool) -> None:
    """Train real models and fill a store to look at."""
    scenario = _scenario()
    store = demo_store()
    if remove:
        was_there = scenario.remove(store)
        said = f"Took the demo in {store} away." if was_there else f"There is no demo in {store}."
        emit({"store": str(store), "removed": was_there}, [said])
        return
    with TerminalProgress() as progress:
        report = scenario.fill(store, progress=progress)
    emit(_document(report), _lines(report))


def _scenario() -> ModuleType:
    """Returns the demo, whose training libraries are not installed everywhere.

    Raises:
        EnvironmentFault: ``E-DEMO``.
    """
    try:
        return importlib.import_module("strongroom.demo.scenario")
    except ImportError as error:
        raise EnvironmentFault(
            "E-DEMO",
            f"The demo cannot train here: {error}",
            "Install its libraries: pip install 'strongroom[demo]'.",
        ) from error


def _document(report: DemoReport) -> dict[str, Any]:
    return {
        "store": str(report.store),
        "team": report.team,
        "people": [{"name": each.name, "home": str(each.home)} for each in report.people],
        "runs": report.run_count,
        "models": list(report.models),
        "waiting": report.waiting,
        "rejected": report.rejected,
        "share": str(report.share),
        "stick": str(report.stick),
        "audit": str(report.audit),
        "seconds": report.seconds,
        "new": report.is_new,
    }


def _lines(report: DemoReport) -> list[str]:
    done = f"Filled in {report.seconds} s" if report.is_new else "It was filled already"
    return [
        f"The demo store is {report.store}.",
        f"{done}: {report.run_count} runs, models {', '.join(report.models)}.",
        "People: " + ", ".join(each.name for each in report.people) + ".",
        f"Audit package: {report.audit}",
        f"Look at it with: strongroom desktop --store {report.store}",
    ]


def demo_store() -> Path:
    """Returns the named store, or one beside the default: a demo never mixes with real work."""
    named = store_path()
    if named == default_store() and not os.environ.get("STRONGROOM_STORE"):
        return named.with_name(FOLDER)
    return named
