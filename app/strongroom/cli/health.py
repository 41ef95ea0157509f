# SPDX-License-Identifier: Apache-2.0
"""``strongroom health``: what is not yet sealed, pushed, backed up, and what takes the space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import EXIT_FINDING, emit, table
from strongroom.cli.progress import TerminalProgress
from strongroom.cli.session import services

if TYPE_CHECKING:
    from strongroom.services.store_health import HealthLine


def add_commands(root: click.Group) -> None:
    """Joins ``health`` into the tree of commands."""
    root.add_command(health)


@click.command()
@shared_options
def health() -> int:
    """Say what waits in this store and what takes its space."""
    from strongroom.services.store_health import TITLES

    at = services()
    with TerminalProgress() as progress:
        at.runs.refresh(progress)
        found = at.health.look(progress)
    words = {"ok": "ok", "warn": "waits", "bad": "NOT OK"}
    lines = [line for each in found.lines for line in _told(words[each.tone], each)]
    rows = [
        (TITLES[use.kind], f"{use.size_bytes:,}", f"{use.file_count:,}")
        for use in found.space
        if use.file_count
    ]
    lines += ["", *table(("SPACE", "BYTES", "FILES"), rows)]
    lines.append(f"{found.size_bytes:,} bytes in all, {found.free_bytes:,} free on the disk")
    document = {
        "ok": found.is_ok,
        "lines": [
            {"key": each.key, "state": each.tone, "title": each.title, "detail": each.detail,
             "command": each.command}
            for each in found.lines
        ],
        "space": [
            {"kind": use.kind, "bytes": use.size_bytes, "files": use.file_count}
            for use in found.space
        ],
        "free": found.free_bytes,
    }  # fmt: skip
    emit(document, lines)
    return 0 if found.is_ok else EXIT_FINDING


def _told(word: str, line: HealthLine) -> list[str]:
    told = [f"{word:<7} {line.title}. {line.detail}"]
    return [*told, f"        {line.command}"] if line.command and line.tone != "ok" else told
