# SPDX-License-Identifier: Apache-2.0
"""``strongroom backup …``: create, list, verify, restore, drill, prune, plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import EXIT_FINDING, emit, table
from strongroom.cli.progress import TerminalProgress
from strongroom.cli.session import services
from strongroom.domain.backup import KeepRule
from strongroom.domain.clock import SystemClock, to_iso

if TYPE_CHECKING:
    from collections.abc import Callable

    from strongroom.services.backup_copy import BackupFinding
    from strongroom.services.backups import BackupMade, BackupPlan, Pruned
    from strongroom.services.restoring import BackupInfo

_folder = click.Path(path_type=Path)
_from = click.option(
    "--from", "folder", metavar="DIR", type=_folder, help="The folder of backups; else the plan's."
)


def add_commands(root: click.Group) -> None:
    """Joins ``backup`` into the tree of commands."""
    root.add_command(backup)


@click.group()
@shared_options
def backup() -> None:
    """Copies of a whole store, checked and tried out."""


def _keep_options(command: Callable[..., Any]) -> Callable[..., Any]:
    usual = KeepRule()
    for word in ("yearly", "monthly", "weekly", "daily", "last"):
        command = click.option(
            f"--keep-{word}", word, type=click.IntRange(0), metavar="N", show_default=True,
            default=usual.to_json()[word], help=f"How many {word} backups stay.",
        )(command)  # fmt: skip
    return command


@backup.command()
@click.option("--to", "folder", metavar="DIR", type=_folder, help="Where; else the plan's folder.")
@click.option("--why", default="", metavar="TEXT", help="A note for the list.")
@click.option("--if-due", is_flag=True, help="Only what the plan wants now, and then its rule.")
@shared_options
def create(folder: Path | None, why: str, if_due: bool) -> int:
    """Back this store up while it is used; what is written is read back."""
    at = services()
    with TerminalProgress() as progress:
        if if_due:
            made, pruned = at.backups.run_plan(progress)
        else:
            made, pruned = at.backups.create(folder, why=why, progress=progress), None
    if made is None:
        emit({"due": False}, ["No backup is due."])
        return 0
    document: dict[str, Any] = {"due": True, **_made_document(made)}
    amount = f"{made.info.file_count:,} files, {made.info.size_bytes:,} bytes"
    lines = [f"{made.info.id} in {made.folder}: {amount}, {made.new_bytes:,} of them new"]
    lines += [_finding_line(found) for found in made.damaged]
    if pruned is not None:
        document["pruned"] = _pruned_document(pruned)
        lines.append(f"{len(pruned.removed):,} older backups removed")
    emit(document, lines)
    return 0 if made.is_whole else EXIT_FINDING


@backup.command(name="list")
@_from
@click.option("--all", "is_all", is_flag=True, help="Of every store, not of this one only.")
@shared_options
def list_backups(folder: Path | None, is_all: bool) -> int:
    """List backups, the newest first."""
    if folder is not None and is_all:
        from strongroom.services.restoring import list_backups as of_folder

        found = of_folder(folder.expanduser().absolute())  # needs no store that works
    else:
        found = services().backups.listed(folder, is_all=is_all)
    rows = [
        (info.id, _when(info), info.store[:8], info.host, f"{info.file_count:,}",
         f"{info.size_bytes:,}", f"{info.code} {info.detail}" if info.code else info.why)
        for info in found
    ]  # fmt: skip
    lines = table(("ID", "TIME (UTC)", "STORE", "HOST", "FILES", "BYTES", "NOTE"), rows)
    emit({"backups": [_info_document(info) for info in found]}, lines)
    return EXIT_FINDING if any(info.code for info in found) else 0


@backup.command()
@_from
@click.option("--read-data", is_flag=True, help="Read every byte, not only names and sizes.")
@shared_options
def verify(folder: Path | None, read_data: bool) -> int:
    """Check that every backup of a folder could be restored."""
    with TerminalProgress() as progress:
        check = services().backups.verify(folder, is_reading_data=read_data, progress=progress)
    lines = [
        f"{check.backups:,} backups, {check.objects:,} objects, {check.size_bytes:,} bytes"
        + (" read" if read_data else " looked at")
    ]
    lines += [_finding_line(found) for found in check.findings]
    lines.append(
        "All of them hold." if check.is_ok else "What is damaged, the next backup writes again."
    )
    document = {
        "ok": check.is_ok,
        "backups": check.backups,
        "objects": check.objects,
        "bytes": check.size_bytes,
        "unnamed_bytes": check.unnamed_bytes,
        "findings": [_finding_document(found) for found in check.findings],
    }
    emit(document, lines)
    return 0 if check.is_ok else EXIT_FINDING


@backup.command()
@click.argument("id_", metavar="ID")
@click.argument("target", metavar="DIR", type=_folder)
@click.option(
    "--from", "folder", metavar="DIR", type=_folder, required=True, help="The folder of backups."
)
@shared_options
def restore(id_: str, target: Path, folder: Path) -> None:
    """Write the store of a backup (ID or latest) into a new or empty folder."""
    from strongroom.services.restoring import restore_backup

    with TerminalProgress() as progress:
        done = restore_backup(
            folder.expanduser().absolute(), id_, target.expanduser().absolute(),
            clock=SystemClock(), progress=progress,
        )  # fmt: skip
    lines = [
        f"{done.folder} is the store of {_when(done.backup)}",
        "Pull from every remote before anything else.",
        "The old key signs nothing there: its next numbers may be on a share or a stick already.",
        "Give this workstation a new one: strongroom identity rotate",
    ]
    emit({"folder": str(done.folder), "backup": _info_document(done.backup)}, lines)


@backup.command()
@click.argument("id_", metavar="[ID]", required=False, default="")
@_from
@click.option("--scratch", metavar="DIR", type=_folder, help="Where there is room for a store.")
@shared_options
def drill(id_: str, folder: Path | None, scratch: Path | None) -> int:
    """Restore a backup apart, read all of it as verify does, and remove it again."""
    with TerminalProgress() as progress:
        found = services().backups.drill(
            "" if id_ == "latest" else id_, folder, scratch=scratch, progress=progress
        )
    amount = f"{found.runs:,} runs and {found.events:,} events"
    lines = [f"{found.info.id} of {_when(found.info)}: {amount} restored and read"]
    lines += [_finding_line(each) for each in found.findings]
    if not found.is_same_state:
        lines.append("The registry is not what it was when the backup was made.")
    if not found.is_state_known:
        lines.append("Somebody signed all the while it was made: no state was recorded with it.")
    lines.append("It would bring the store back." if found.is_ok else "Do not rely on it.")
    document = {
        "ok": found.is_ok,
        "backup": _info_document(found.info),
        "runs": found.runs,
        "events": found.events,
        "same_state": found.is_same_state,
        "state_known": found.is_state_known,
        "findings": [_finding_document(each) for each in found.findings],
    }
    emit(document, lines)
    return 0 if found.is_ok else EXIT_FINDING


@backup.command()
@_from
@_keep_options
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@shared_options
def prune(folder: Path | None, dry_run: bool, **keep: int) -> None:
    """Remove backups of this store that a rule does not keep."""
    found = services().backups.prune(folder, KeepRule(**keep), is_dry=dry_run)
    would = "would be " if dry_run else ""
    lines = [f"{info.id} of {_when(info)} {would}removed" for info in found.removed]
    lines.append(
        f"{found.kept_count:,} kept, {found.object_count:,} objects with {found.size_bytes:,} bytes"
        " freed"
    )
    emit(_pruned_document(found), lines)


@backup.command()
@click.option("--to", "folder", metavar="DIR", type=_folder, help="The folder of backups.")
@click.option(
    "--every",
    default=24,
    type=click.IntRange(1),
    metavar="HOURS",
    show_default=True,
    help="How often one is due.",
)
@_keep_options
@click.option("--drop", is_flag=True, help="Forget the plan; backups stay.")
@shared_options
def plan(folder: Path | None, every: int, drop: bool, **keep: int) -> None:
    """Show the plan of this store, or make one with --to; a timer runs create --if-due."""
    at = services()
    if drop:
        at.backups.drop_plan()
    elif folder is not None:
        at.backups.save_plan(folder, every_hours=every, keep=KeepRule(**keep))
    known = at.backups.plan()
    if known is None:
        emit({"plan": None}, ["There is no plan. Make one: strongroom backup plan --to DIR."])
        return
    emit({"plan": _plan_document(known), "due": at.backups.is_due()}, _plan_lines(known))


def _plan_lines(known: BackupPlan) -> list[str]:
    rule = ", ".join(f"{count} {word}" for word, count in known.keep.to_json().items() if count)
    last = to_iso(known.last_us)[:19] if known.last_us is not None else "never"
    return [
        f"Every {known.every_hours} h into {known.folder}, last {last}",
        f"Kept: {rule}",
        "A timer runs: strongroom backup create --if-due",
    ]


def _plan_document(known: BackupPlan) -> dict[str, Any]:
    return {
        "folder": str(known.folder),
        "every_hours": known.every_hours,
        "keep": known.keep.to_json(),
        "last": "" if known.last_us is None else to_iso(known.last_us),
    }


def _made_document(made: BackupMade) -> dict[str, Any]:
    return {
        "backup": _info_document(made.info),
        "folder": str(made.folder),
        "new": {"objects": made.new_count, "bytes": made.new_bytes},
        "damaged": [_finding_document(found) for found in made.damaged],
    }


def _pruned_document(found: Pruned) -> dict[str, Any]:
    return {
        "removed": [_info_document(info) for info in found.removed],
        "kept": found.kept_count,
        "objects": found.object_count,
        "bytes": found.size_bytes,
    }


def _info_document(info: BackupInfo) -> dict[str, Any]:
    return {
        "id": info.id,
        "store": info.store,
        "time": _when(info),
        "host": info.host,
        "why": info.why,
        "files": info.file_count,
        "bytes": info.size_bytes,
        "code": info.code,
    }


def _finding_document(found: BackupFinding) -> dict[str, str]:
    return {"code": found.code, "path": found.path, "detail": found.detail}


def _finding_line(found: BackupFinding) -> str:
    return f"{found.code} {found.path}: {found.detail}"


def _when(info: BackupInfo) -> str:
    return "" if info.code else to_iso(info.time_us)[:19]
