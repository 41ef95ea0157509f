# SPDX-License-Identifier: Apache-2.0
"""``strongroom stick …``: what is plugged in, and when it may be taken out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import EXIT_FINDING, emit, table
from strongroom.cli.progress import TerminalProgress
from strongroom.cli.session import services

if TYPE_CHECKING:
    from strongroom.services.sticks import Stick


def add_commands(root: click.Group) -> None:
    """Joins ``stick`` into the tree of commands."""
    root.add_command(stick)


@click.group()
@shared_options
def stick() -> None:
    """Sticks and discs: what is plugged in, and when it may be taken out."""


@stick.command(name="list")
@shared_options
def list_sticks() -> None:
    """List what is plugged in and what of ours lies on it."""
    found = services().sticks.look()
    rows = [
        (
            each.label,
            each.folder,
            each.filesystem,
            "read and write" if each.is_writable else "write-protected",
            _holds(each),
        )
        for each in found
    ]
    document = {"sticks": [_document(each) for each in found]}
    emit(document, table(("STICK", "FOLDER", "KIND", "ACCESS", "HOLDS"), rows))


@stick.command()
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path))
@click.option("--eject", is_flag=True, help="Unmount it once it is safe.")
@shared_options
def safe(path: Path, eject: bool) -> int:
    """Read back what was written lately and say whether the stick may be taken out."""
    with TerminalProgress() as progress:
        found = services().sticks.safe_to_remove(path, is_ejecting=eject, progress=progress)
    document = {
        "folder": found.folder,
        "safe": found.is_safe,
        "files": found.files,
        "bytes": found.size_bytes,
        "damaged": list(found.damaged),
        "unfinished": list(found.unfinished),
        "ejected": found.is_ejected,
    }
    lines = [f"{found.files:,} files, {found.size_bytes:,} bytes read back from {found.folder}"]
    lines += [f"damaged: {each}" for each in found.damaged]
    lines += [f"still being written: {each}" for each in found.unfinished]
    if found.is_ejected:
        lines.append("It is unmounted: take it out.")
    elif found.is_safe:
        lines.append("It is safe to remove: unmount it, then take it out.")
    else:
        lines.append("It is not safe to remove: push to it again.")
    emit(document, lines)
    return 0 if found.is_safe else EXIT_FINDING


def _document(stick: Stick) -> dict[str, Any]:
    return {
        "folder": stick.folder,
        "label": stick.label,
        "filesystem": stick.filesystem,
        "writable": stick.is_writable,
        "free": stick.free_bytes,
        "places": [
            {"path": each.path, "team": each.team, "ours": each.is_ours, "name": each.name}
            for each in stick.places
        ],
        "bundles": list(stick.bundles),
    }


def _holds(stick: Stick) -> str:
    parts = [
        (each.name or Path(each.path).name) if each.is_ours else "a remote of another team"
        for each in stick.places
    ]
    parts += [Path(each).name for each in stick.bundles]
    return ", ".join(parts) or "nothing of ours"
