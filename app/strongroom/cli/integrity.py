# SPDX-License-Identifier: Apache-2.0
"""``strongroom verify``, ``doctor`` and ``rebuild``: does it hold, does it work, make it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import emit, say, table
from strongroom.cli.progress import TerminalProgress
from strongroom.cli.session import services

if TYPE_CHECKING:
    from strongroom.services.integrity import Check
    from strongroom.services.store_health import HealthLine

FOUND = 1


def add_commands(root: click.Group) -> None:
    """Joins ``doctor``, ``verify`` and ``rebuild`` into the tree of commands."""
    for command in (doctor, verify, rebuild):
        root.add_command(command)


@click.command()
@shared_options
def doctor() -> int:
    """Say what works here and what to do about the rest."""
    at = services()
    checks = (*at.integrity.doctor(), *map(_check_of, at.health.lines()))
    rows = [("ok" if each.is_ok else "NOT OK", each.name, each.detail) for each in checks]
    lines = table(("", "CHECK", "FOUND"), rows)
    lines += [f"{each.name}: {each.advice}" for each in checks if each.advice]
    document = [
        {"name": each.name, "ok": each.is_ok, "detail": each.detail, "advice": each.advice}
        for each in checks
    ]
    emit({"checks": document}, lines)
    return 0 if all(each.is_ok for each in checks) else FOUND


def _check_of(line: HealthLine) -> Check:
    """Returns a line of the store's health as one of the checks; what only waits is no failure."""
    from strongroom.services.integrity import Check

    return Check(
        name=line.key,
        is_ok=line.tone != "bad",
        detail=f"{line.title}. {line.detail}",
        advice=line.command if line.tone != "ok" else "",
    )


@click.command()
@shared_options
def verify() -> int:
    """Read everything again and say what does not hold."""
    with TerminalProgress() as progress:
        found = services().integrity.verify(progress)
    checked = {
        "runs": found.runs,
        "blobs": found.blobs,
        "events": found.events,
        "trust": found.trust,
    }
    for note in found.notes:
        say(note)
    lines = [f"{each.code}  {each.path}  {each.object}: {each.detail}" for each in found.findings]
    read = ", ".join(f"{count:,} {what}" for what, count in checked.items())
    verdict = "Everything holds" if found.is_ok else f"{len(found.findings)} things do not hold"
    emit(
        {
            "ok": found.is_ok,
            "checked": checked,
            "findings": [
                {
                    "code": each.code,
                    "path": each.path,
                    "object": each.object,
                    "detail": each.detail,
                }
                for each in found.findings
            ],
            "notes": list(found.notes),
        },
        [*lines, f"{verdict}: read {read}."],
    )
    return 0 if found.is_ok else FOUND


@click.command()
@shared_options
def rebuild() -> None:
    """Drop the index and make it again from the files."""
    at = services()
    with TerminalProgress() as progress:
        changes = at.integrity.rebuild(progress)
    emit(
        {"runs": len(changes.runs), "models": len(at.registry.models())},
        [f"Made the index again: {len(changes.runs):,} runs."],
    )
