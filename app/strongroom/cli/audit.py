# SPDX-License-Identifier: Apache-2.0
"""``strongroom audit …``: who did what, when, to which object, and whether it had an effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from strongroom.cli import audit_package
from strongroom.cli.options import shared_options
from strongroom.cli.output import emit, plain, table
from strongroom.cli.session import services
from strongroom.domain.clock import to_iso
from strongroom.domain.freshness import STALE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom.services.audit import AuditEntry
    from strongroom.services.witness import VouchedLog


_KINDS = {"denied": "a right was missing", "unlock": "a key was not opened",
          "verify": "a check failed"}  # fmt: skip


def add_commands(root: click.Group) -> None:
    """Joins ``audit`` into the tree of commands."""
    root.add_command(audit)
    audit_package.add_commands(root)


@click.group()
@shared_options
def audit() -> None:
    """Who did what, and packages for auditors."""


@audit.command()
@click.option("--since", default="", metavar="TIME", help="2026-11-20, or more exactly.")
@click.option("--until", default="", metavar="TIME", help="2026-11-20, or more exactly.")
@shared_options
def log(since: str, until: str) -> None:
    """List every event, the newest claim first."""
    at = services()
    entries = at.audit.entries(since=since, until=until)
    status = at.audit.status()
    rows = [
        (
            str(each.number),
            to_iso(each.time_us)[:19],
            each.who,
            each.host,
            each.type,
            each.object,
            each.code or ("W-CLOCK" if each.clock else ""),
        )
        for each in entries
    ]
    lines = table(("#", "TIME (UTC)", "WHO", "HOST", "WHAT", "OBJECT", "CODE"), rows)
    alarms = status.alarms if status else ()
    lines += [f"{alarm.code}  {alarm.object}: {alarm.detail}" for alarm in alarms]
    if status is not None and status.stale:
        lines.append(f"{STALE}  {status.stale}")
    if status is not None:
        lines.append(
            f"{status.event_count:,} events of {status.writer_count} writers verified, trust"
            f" version {status.trust_version}, {len(alarms)} alarms, {status.waiting_count} waiting"
        )
    document: dict[str, Any] = {
        "events": [_entry_document(each) for each in entries],
        "alarms": [
            {"code": alarm.code, "object": alarm.object, "detail": alarm.detail} for alarm in alarms
        ],
        "waiting": status.waiting_count if status else 0,
        "stale": status.stale if status else "",
    }
    emit(document, lines)


@audit.command()
@click.option("--show", is_flag=True, help="Only say how far each log is vouched for, and by whom.")
@shared_options
def witness(show: bool) -> None:
    """Sign which end of every log this workstation has been shown.

    Others who are shown less than that learn that something is withheld; a policy may ask for a
    fresh snapshot. Push it afterwards.
    """
    if show:
        _tell_vouched(services().witness.vouched())
        return
    event = services().witness.sign()
    heads = event.body["heads"]
    words = f"Signed a snapshot of {len(heads)} {'log' if len(heads) == 1 else 'logs'}. Push it."
    emit({"event": event.id, "heads": heads}, [words])


@audit.command()
@click.option("--since", default="", metavar="TIME", help="2026-11-20, or more exactly.")
@shared_options
def attempts(since: str) -> None:
    """Count what was refused and what failed: rights, unlocks, checks."""
    found = services().audit.attempts(since=since)
    rows = [
        (
            to_iso(row.attempt.last_us)[:19],
            row.who if row.is_signed else f"{row.who}, not signed yet",
            _KINDS[row.attempt.kind],
            f"{row.attempt.count:,}",
            row.attempt.code,
            " of ".join(filter(None, (row.attempt.what, row.attempt.object))),
        )
        for row in found
    ]
    lines = table(("LAST (UTC)", "WHO", "WHAT", "COUNT", "CODE", "ABOUT"), rows)
    total = sum(row.attempt.count for row in found)
    lines.append(f"{total:,} refused or failed acts")
    document = {
        "attempts": [
            {**row.attempt.to_json(), "writer": row.writer, "who": row.who, "signed": row.is_signed}
            for row in found
        ],
        "total": total,
    }
    emit(document, lines)


def _entry_document(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "number": entry.number,
        "writer": entry.writer,
        "seq": entry.seq,
        "time": to_iso(entry.time_us),
        "who": entry.who,
        "host": entry.host,
        "type": entry.type,
        "object": entry.object,
        "trust": entry.trust,
        "code": entry.code,
        "clock": entry.clock,
    }


def _tell_vouched(found: Sequence[VouchedLog]) -> None:
    rows = [
        (
            plain(log.name),
            f"{log.count:,}",
            f"{log.size:,}" if log.size else "none",
            ", ".join(f"{plain(name)} {to_iso(at_us)[:10]}" for name, at_us in log.cosigned),
        )
        for log in found
    ]
    document = {
        "logs": [
            {
                "writer": log.writer,
                "events": log.count,
                "vouched": log.size,
                "cosigned": [{"name": n, "time": to_iso(at_us)} for n, at_us in log.cosigned],
            }
            for log in found
        ]
    }
    emit(document, table(("LOG OF", "EVENTS", "VOUCHED FOR", "COSIGNED BY"), rows))
