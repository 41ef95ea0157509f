# SPDX-License-Identifier: Apache-2.0
"""``strongroom artifacts …``."""

from pathlib import Path

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import EXIT_FINDING, emit, say, table
from strongroom.cli.progress import TerminalProgress
from strongroom.cli.session import open_fresh, services
from strongroom.domain.artifact import ArtifactFile
from strongroom.services.artifact_repair import DamagedArtifact, RepairOutcome, RepairPlan
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
    asked = Artifacts(open_fresh())
    found, unfinished = asked.list(run, path), asked.unfinished(run)
    for each in unfinished:
        say(f"Unfinished: {each.path}, {each.done_bytes:,} of {each.size_bytes:,} bytes. "
            "Log it again into this run, and it goes on from there.")  # fmt: skip
    rows = [(each.path, f"{each.size_bytes:,}", each.sha256[:16]) for each in found]
    document = {
        "artifacts": _document(found),
        "unfinished": [
            {"path": each.path, "done": each.done_bytes, "size": each.size_bytes}
            for each in unfinished
        ],
    }
    emit(document, table(("PATH", "BYTES", "SHA-256"), rows))


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


@artifacts.command()
@click.argument("reference", metavar="RUN|DIGEST")
@click.argument("path", metavar="[PATH]", default="")
@click.option(
    "--from",
    "place",
    default=None,
    type=click.Path(path_type=Path),
    metavar="PLACE",
    help="Only this remote, ZIP or folder of backups.",
)
@click.option("--dry-run", is_flag=True, help="Say who has a copy; bring nothing back.")
@shared_options
def repair(reference: str, path: str, place: Path | None, dry_run: bool) -> int:
    """Say who still has missing or damaged artifacts, and bring them back."""
    opened = services()
    opened.runs.refresh()
    place = place.absolute() if place else None
    work = opened.artifact_repair
    with TerminalProgress() as progress:
        found = (
            work.plan(reference, path, place=place, progress=progress)
            if dry_run
            else work.repair(reference, path, place=place, progress=progress)
        )
    return _tell_plan(found) if isinstance(found, RepairPlan) else _tell_outcome(found)


def _tell_plan(plan: RepairPlan) -> int:
    for line in plan.silent:
        say(f"Not asked: {line}")
    lines = [_line(each) for each in plan.damaged]
    emit(
        {
            "checked": plan.checked,
            "damaged": [_damaged(each) for each in plan.damaged],
            "silent": list(plan.silent),
        },
        [*lines, f"Read {plan.checked:,}; {len(plan.damaged):,} do not hold."],
    )
    return EXIT_FINDING if plan.damaged else 0


def _tell_outcome(outcome: RepairOutcome) -> int:
    for line in outcome.silent:
        say(f"Not asked: {line}")
    lines = [f"{each.artifact.path}: brought back from {each.source.kind} {each.source.name}"
             for each in outcome.repaired]  # fmt: skip
    lines += [_line(each) for each in outcome.left]
    brought, left = len(outcome.repaired), len(outcome.left)
    emit(
        {
            "checked": outcome.checked,
            "repaired": [
                {**_damaged(each.artifact), "from": each.source.name, "kind": each.source.kind}
                for each in outcome.repaired
            ],
            "left": [_damaged(each) for each in outcome.left],
            "silent": list(outcome.silent),
        },
        [*lines, f"Read {outcome.checked:,}; brought back {brought:,}; {left:,} do not hold."],
    )
    return EXIT_FINDING if outcome.left else 0


def _line(found: DamagedArtifact) -> str:
    who = ", ".join(f"{each.kind} {each.name}" for each in found.offers)
    return f"{found.code}  {found.path}: {found.detail}. {f'Copy: {who}' if who else 'No copy'}"


def _damaged(found: DamagedArtifact) -> dict[str, object]:
    return {
        "run_id": found.run_id,
        "path": found.path,
        "size": found.size_bytes,
        "sha256": found.sha256,
        "code": found.code,
        "detail": found.detail,
        "copies": [{"kind": each.kind, "name": each.name} for each in found.offers],
    }


def _document(found: tuple[ArtifactFile, ...]) -> list[dict[str, str | int]]:
    return [{"path": each.path, "size": each.size_bytes, "sha256": each.sha256} for each in found]
