# SPDX-License-Identifier: Apache-2.0
"""``strongroom dataset …``: what data runs used, whether it is still the same, who else used it."""

from pathlib import Path
from typing import Any

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import EXIT_FINDING, emit, table
from strongroom.cli.progress import TerminalProgress
from strongroom.cli.session import open_fresh
from strongroom.domain.dataset_check import DataFinding
from strongroom.domain.ids import is_digest
from strongroom.domain.run import Run
from strongroom.services.datasets import Datasets


def add_commands(root: click.Group) -> None:
    """Joins ``dataset`` into the tree of commands."""
    root.add_command(dataset)


@click.group()
@shared_options
def dataset() -> None:
    """The data that runs used, and whether it is still the same."""


@dataset.command(name="list")
@click.argument("run", metavar="RUN")
@shared_options
def list_datasets(run: str) -> None:
    """List the datasets of a run: digest, rows, version, where it lay."""
    inputs = open_fresh().show(run).inputs
    rows = [
        (
            each.get("name", ""),
            each.get("context", ""),
            each.get("digest", "")[:16],
            each.get("rows", ""),
            each.get("version", ""),
            each.get("path") or each.get("source", ""),
        )
        for each in inputs
    ]
    header = ("DATASET", "USE", "DIGEST", "ROWS", "VERSION", "SOURCE")
    emit({"datasets": list(inputs)}, table(header, rows))


@dataset.command()
@click.argument("run", metavar="RUN")
@click.option("--name", default="", help="Only the dataset of this name.")
@click.option(
    "--at",
    default=None,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Where it lies now, if it was moved.",
)
@shared_options
def check(run: str, name: str, at: Path | None) -> int:
    """Say whether the data of a run is still the same."""
    asked = Datasets(open_fresh())
    with TerminalProgress() as progress:
        found = asked.check(run, name=name, at=at.absolute() if at else None, progress=progress)
    lines = [line for each in found for line in _told(each)]
    emit({"datasets": [_document(each) for each in found]}, lines)
    return EXIT_FINDING if any(each.is_bad for each in found) else 0


@dataset.command(name="runs")
@click.argument("reference", metavar="RUN|DIGEST")
@shared_options
def used_by(reference: str) -> None:
    """List the runs that used the same data, by its digest."""
    asked = Datasets(open_fresh())
    if is_digest(reference):
        found, total = asked.users_of(reference)
        uses = [("", reference, found, total)]
    else:
        uses = [(use.name, use.digest, use.runs, use.total) for use in asked.uses(reference)]
    rows = [
        (name or "data", digest[:16], each.run_id[:8], each.experiment, each.name)
        for name, digest, runs, _ in uses
        for each in runs
    ]
    lines = table(("DATASET", "DIGEST", "RUN", "EXPERIMENT", "NAME"), rows)
    left = sum(total - len(runs) for _, _, runs, total in uses)
    if not rows:
        lines = ["No other run used the same data."]
    elif left > 0:
        lines.append(f"and {left:,} more")
    emit(
        {
            "datasets": [
                {"name": name, "digest": digest, "runs": [_run(each) for each in runs],
                 "total": total}
                for name, digest, runs, total in uses
            ]
        },
        lines,
    )  # fmt: skip


def _run(run: Run) -> dict[str, str]:
    return {"run_id": run.run_id, "experiment": run.experiment, "name": run.name}


def _told(found: DataFinding) -> list[str]:
    use = f" ({found.context})" if found.context else ""
    lines = [f"{found.name}{use}: {found.verdict}. {found.sentence}"]
    lines += [f"  {each.what}: {each.before or 'none'} → {each.now or 'none'}"
              for each in found.changes]  # fmt: skip
    if found.snapshot and found.is_bad:
        lines.append(f"  The run kept a copy: artifact {found.snapshot}")
    return lines


def _document(found: DataFinding) -> dict[str, Any]:
    return {
        "name": found.name,
        "context": found.context,
        "source": found.source,
        "verdict": found.verdict.value,
        "sentence": found.sentence,
        "changes": [
            {"what": each.what, "before": each.before, "now": each.now} for each in found.changes
        ],
        "digest": found.digest,
        "snapshot": found.snapshot,
    }
