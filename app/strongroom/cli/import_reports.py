# SPDX-License-Identifier: Apache-2.0
"""``strongroom import list|report|check``: what came in, and the reports of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import EXIT_FINDING, emit, table
from strongroom.cli.session import services
from strongroom.domain.clock import to_iso

if TYPE_CHECKING:
    from strongroom.services.exchange import ImportRecord


def add_commands(intake: click.Group) -> None:
    """Joins the commands into ``import``."""
    for command in (list_imports, report, check):
        intake.add_command(command)


@click.command(name="list")
@shared_options
def list_imports() -> None:
    """List what was taken in on this workstation, the newest first."""
    found = services().exchange.reports.kept()
    rows = [
        (
            each.id,
            each.source,
            each.state,
            f"{each.taken:,} new",
            f"{each.rejected:,} rejected",
            to_iso(each.started_us),
        )
        for each in found
    ]
    document = {"imports": [_document(each) for each in found]}
    emit(document, table(("ID", "FROM", "STATE", "NEW", "REJECTED", "STARTED"), rows))


@click.command()
@click.argument("id_", metavar="ID")
@click.option(
    "-o", "output", required=True, type=click.Path(path_type=Path), metavar="FILE",
    help="Where the report goes; a name in .txt is plain text.",
)  # fmt: skip
@shared_options
def report(id_: str, output: Path) -> None:
    """Save the report of an import: signed, or as text if FILE ends in .txt."""
    reports = services().exchange.reports
    found = reports.show(id_)
    reports.save(found, output)
    is_signed = output.suffix.casefold() != ".txt"
    how = "signed" if is_signed else "not signed"
    emit({"path": str(output), "signed": is_signed}, [f"{output}: {how}"])


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@shared_options
def check(path: Path) -> int:
    """Check a signed report and say who signed it."""
    found = services().exchange.reports.check(path)
    document = {
        "signer": found.signer,
        "host": found.host,
        "member": found.is_member,
        "active": found.is_active,
        "report": _document(found.report.record),
    }
    if found.is_trusted:
        line = f"Valid and trusted: signed by {found.signer} on {found.host}"
    elif found.is_member:
        line = (f"Valid but not trusted: the key of {found.signer} on {found.host} was revoked, and"
                " may have signed this since")  # fmt: skip
    else:
        line = f"Cannot check: the team does not know the key {found.signer[:16]}"
    emit(document, [line, f"{found.report.record.source}, {found.report.record.state}"])
    return 0 if found.is_trusted else EXIT_FINDING


def _document(record: ImportRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "source": record.source,
        "means": record.means,
        "state": record.state,
        "code": record.code,
        "started": to_iso(record.started_us),
        "ended": "" if record.ended_us is None else to_iso(record.ended_us),
        "new": record.pulled.to_json(),
        "taken": record.taken,
        "same": record.same,
        "waiting": record.waiting,
        "rejected": record.rejected,
        "conflicts": record.conflicts,
    }
