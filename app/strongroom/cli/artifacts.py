# SPDX-License-Identifier: Apache-2.0
"""``strongroom artifacts …``."""

from pathlib import Path

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import emit, table
from strongroom.cli.runs import open_fresh
from strongroom.cli.session import services
from strongroom.domain.artifact import ArtifactFile
from strongroom.services.artifacts import Artifacts


def add_commands(root: click.Group) -> None:
    """Joins ``artifacts`` into the tree of commands."""
    root.add_command(artifacts)


@click.group()
@shared_options
def artifacts() -> None:
    """The files that runs keep."""


@artifacts.command(name="list")
@click.argument("run", metavar="RUN")
@click.argument("path", metavar="[PATH]", default="")
@shared_options
def list_artifacts(run: str, path: str) -> None:
    """List the files of a run, or those below PATH."""
    found = Artifacts(open_fresh()).list(run, path)
    rows = [(each.path, f"{each.size_bytes:,}", each.sha256[:16]) for each in found]
    emit({"artifacts": _document(found)}, table(("PATH", "BYTES", "SHA-256"), rows))


@artifacts.command()
@click.argument("run", metavar="RUN")
@click.argument("path", metavar="PATH")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="A new or empty folder.",
)
@shared_options
def get(run: str, path: str, output: Path) -> None:
    """Write PATH of a run into a new or empty folder, verified."""
    opened = services()
    opened.runs.refresh()
    found = opened.artifacts.get(run, path, output)
    lines = [str(output / each.path) for each in found]
    emit({"path": str(output), "artifacts": _document(found)}, lines)


def _document(found: tuple[ArtifactFile, ...]) -> list[dict[str, str | int]]:
    return [{"path": each.path, "size": each.size_bytes, "sha256": each.sha256} for each in found]
