# SPDX-License-Identifier: Apache-2.0
"""``strongroom intake …``: check what programs in other languages wrote; the kit for them."""

import shutil
from pathlib import Path

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import EXIT_FINDING, emit
from strongroom.domain.clock import SystemClock
from strongroom.domain.errors import BadInput
from strongroom.services.intake_check import (
    CheckedRun,
    IntakeFinding,
    check_intake,
    differences,
    kit_folder,
    read_expected,
)


def add_commands(root: click.Group) -> None:
    """Joins ``intake`` into the tree of commands."""
    root.add_command(intake)


@click.group()
@shared_options
def intake() -> None:
    """Check what programs in other languages wrote."""


@intake.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--expect", metavar="FILE", type=click.Path(path_type=Path),
    help="What the run ought to say, as the kit's stories have it.",
)  # fmt: skip
@shared_options
def check(folder: Path, expect: Path | None) -> int:
    """Read the run folders at or below DIR and name every line that is not as it should be."""
    found = check_intake(folder, SystemClock())
    told = {run.run_id: [*run.findings] for run in found}
    if expect is not None:
        if len(found) != 1:
            raise BadInput(
                "E-USAGE", f"{folder} holds {len(found)} runs", "Name the folder of one of them."
            )
        told[found[0].run_id] += differences(found[0], read_expected(expect))
    is_ok = not any(each.code.startswith("E-") for here in told.values() for each in here)
    lines = [line for run in found for line in _lines(run, told[run.run_id])]
    verdict = "All of it is taken in as it stands." if is_ok else "Not all of it would be taken in."
    emit(
        {"ok": is_ok, "runs": [_document(run, told[run.run_id]) for run in found]},
        [*lines, verdict],
    )
    return 0 if is_ok else EXIT_FINDING


@intake.command()
@click.option(
    "-o", "--output", required=True, metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path), help="A new or empty folder.",
)  # fmt: skip
@shared_options
def kit(output: Path) -> None:
    """Write the conformance kit: cases for readers, a story for writers, examples that pass."""
    if output.exists() and any(output.iterdir()):
        raise BadInput("E-PATH", f"{output} is not empty", "Name a new or an empty folder.")
    shutil.copytree(kit_folder(), output, dirs_exist_ok=True)
    count = sum(1 for path in output.rglob("*") if path.is_file())
    emit({"path": str(output), "files": count}, [f"{count} files in {output}; begin at README.md"])


def _lines(run: CheckedRun, findings: list[IntakeFinding]) -> list[str]:
    said = run.said
    lines = []
    if said:
        points = sum(len(series) for series in said["metrics"].values())
        lines.append(
            f"{run.run_id[:8]}  {said['experiment']} / {said['name']}  {said['status']}:"
            f" {len(said['params'])} params, {len(said['metrics'])} metrics with {points:,} points,"
            f" {len(said['tags'])} tags, {len(said['artifacts'])} artifacts"
        )
    for each in findings:
        where = f"{each.path}:{each.line}" if each.line else each.path or "the folder"
        lines.append(f"  {each.code}  {where}: {each.detail}")
    return lines


def _document(run: CheckedRun, findings: list[IntakeFinding]) -> dict[str, object]:
    return {
        "run_id": run.run_id,
        "folder": str(run.folder),
        "said": run.said,
        "findings": [
            {"code": each.code, "path": each.path, "line": each.line, "detail": each.detail}
            for each in findings
        ],
    }
