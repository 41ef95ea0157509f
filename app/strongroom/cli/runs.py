# SPDX-License-Identifier: Apache-2.0
"""``strongroom runs …``: search, show, history, label, hide, archive, move, close, export."""

import os
from pathlib import Path
from typing import Any

import click

from strongroom.cli.options import shared_options, store_path
from strongroom.cli.output import emit, say, table
from strongroom.domain.changes import Changes
from strongroom.domain.clock import SystemClock, to_iso
from strongroom.domain.run import Run, RunDetail, RunStatus
from strongroom.services.run_edits import EditOutcome
from strongroom.services.runs import Runs, open_runs

REFERENCE = "RUN"


def add_commands(root: click.Group) -> None:
    """Joins ``runs`` into the tree of commands."""
    root.add_command(runs)


def open_fresh() -> Runs:
    """Returns the runs of the store of this command line, after taking in what is new."""
    opened = open_runs(store_path(), SystemClock(), os.urandom)
    opened.refresh()
    return opened


@click.group()
@shared_options
def runs() -> None:
    """Look for runs, look at them, label, hide and copy them."""


@runs.command()
@click.argument("filter", default="", metavar="[FILTER]")
@click.option("--experiment", default="", help="Only runs of this experiment.")
@click.option("--order-by", default="", help='For example "metrics.acc DESC".')
@click.option(
    "--limit",
    default=100,
    show_default=True,
    type=click.IntRange(0, 100_000),
    help="At most so many runs.",
)
@click.option("--offset", default=0, type=click.IntRange(0), help="Leave out so many first.")
@click.option("--deleted", is_flag=True, help="Deleted runs instead of the others.")
@click.option("--archived", is_flag=True, help="Archived runs instead of the others.")
@shared_options
def search(
    filter: str,  # noqa: A002 - the word of the manual
    experiment: str,
    order_by: str,
    limit: int,
    offset: int,
    deleted: bool,
    archived: bool,
) -> None:
    """List runs that FILTER holds for: "metrics.acc > 0.9 and params.lr = '0.1'"."""
    page = open_fresh().search(
        filter,
        experiment=experiment,
        order_by=order_by,
        limit=limit,
        offset=offset,
        is_deleted=deleted,
        is_archived=archived,
    )
    rows = [
        (run.run_id[:8], run.experiment, run.name, _status(run), _metrics(run)) for run in page.runs
    ]
    lines = table(("RUN", "EXPERIMENT", "NAME", "STATUS", "METRICS"), rows)
    emit(
        {"runs": [run_document(run) for run in page.runs], "total": page.total},
        [*lines, f"{len(page.runs)} of {page.total} runs"],
    )


@runs.command()
@click.argument("run", metavar=REFERENCE)
@shared_options
def show(run: str) -> None:
    """Show everything about a run."""
    detail = open_fresh().show(run)
    emit(_detail_document(detail), _detail_lines(detail))


@runs.command()
@click.argument("run", metavar=REFERENCE)
@click.argument("key", metavar="KEY")
@shared_options
def history(run: str, key: str) -> None:
    """Print all points of a metric: step, value, time in microseconds."""
    series = open_fresh().history(run, key)
    points = list(
        zip(
            series.steps.tolist(),
            series.values.tolist(),
            series.times_us.tolist(),
            strict=True,
        )
    )
    lines = (f"{step:>8}  {value!r:<24}  {to_iso(time_us)}" for step, value, time_us in points)
    emit({"points": points}, lines)


@runs.command()
@click.argument("run", metavar=REFERENCE)
@click.argument("key", metavar="KEY")
@click.argument("value", metavar="VALUE")
@click.option("--also", metavar="RUN", multiple=True, help="One more run; may stand several times.")
@shared_options
def tag(run: str, key: str, value: str, also: tuple[str, ...]) -> int:
    """Set a tag on a run."""
    return _edited(open_fresh().edits.tag([run, *also], key, value), "Tagged")


@runs.command()
@click.argument("run", metavar=REFERENCE)
@click.argument("key", metavar="KEY")
@click.option("--also", metavar="RUN", multiple=True, help="One more run; may stand several times.")
@shared_options
def untag(run: str, key: str, also: tuple[str, ...]) -> int:
    """Remove a tag from a run."""
    return _edited(open_fresh().edits.tag([run, *also], key, None), "Untagged")


@runs.command()
@click.argument("references", metavar="RUN…", nargs=-1, required=True)
@shared_options
def delete(references: tuple[str, ...]) -> int:
    """Hide runs; nothing is removed from the disk."""
    return _edited(open_fresh().edits.delete(references), "Deleted")


@runs.command()
@click.argument("references", metavar="RUN…", nargs=-1, required=True)
@shared_options
def restore(references: tuple[str, ...]) -> int:
    """Show deleted runs again."""
    return _edited(open_fresh().edits.restore(references), "Restored")


@runs.command()
@click.argument("references", metavar="RUN…", nargs=-1, required=True)
@shared_options
def archive(references: tuple[str, ...]) -> int:
    """Put runs aside: searches leave them out unless asked."""
    return _edited(open_fresh().edits.archive(references), "Archived")


@runs.command()
@click.argument("references", metavar="RUN…", nargs=-1, required=True)
@shared_options
def unarchive(references: tuple[str, ...]) -> int:
    """Take archived runs back."""
    return _edited(open_fresh().edits.unarchive(references), "Took back")


@runs.command()
@click.argument("references", metavar="RUN…", nargs=-1, required=True)
@click.option("--to", "experiment", required=True, metavar="EXPERIMENT", help="Where they go.")
@shared_options
def move(references: tuple[str, ...], experiment: str) -> int:
    """Put runs into another experiment; it need not exist yet."""
    return _edited(open_fresh().edits.move(references, experiment), "Moved")


@runs.command()
@click.argument("run", metavar=REFERENCE)
@click.option(
    "--status",
    type=click.Choice([status.value for status in RunStatus if status.is_terminal]),
    default=RunStatus.KILLED.value,
    show_default=True,
    help="How the run is said to have ended.",
)
@shared_options
def close(run: str, status: str) -> None:
    """End a run whose process is gone, so that it can be sealed."""
    _changed(open_fresh().close(run, RunStatus(status)), "Closed")


@runs.command()
@click.argument("references", metavar="RUN…", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder that the run folders are copied into.",
)
@shared_options
def export(references: tuple[str, ...], output: Path) -> None:
    """Copy run folders, verified; a copy of the folder is the run."""
    paths = [str(path) for path in open_fresh().export(references, output)]
    emit({"paths": paths}, paths)


def run_document(run: Run) -> dict[str, Any]:
    """Returns a run as ``runs search --json`` prints it."""
    return {
        "run_id": run.run_id,
        "experiment": run.experiment,
        "name": run.name,
        "status": run.status.value,
        "params": run.params,
        "metrics": {key: summary.last for key, summary in run.metrics.items()},
        "tags": run.tags,
    }


def _detail_document(detail: RunDetail) -> dict[str, Any]:
    run = detail.run
    return {
        **run_document(run),
        "parent": detail.parent,
        "started": run.started_us,
        "ended": run.ended_us,
        "host": run.host,
        "user": run.user,
        "is_deleted": run.is_deleted,
        "is_archived": run.is_archived,
        "is_lost": run.is_lost,
        "is_sealed": run.is_sealed,
        "source": detail.source,
        "artifacts": [
            {"path": each.path, "size": each.size_bytes, "sha256": each.sha256}
            for each in detail.artifacts
        ],
        "inputs": detail.inputs,
        "notes": detail.notes,
        "lost": detail.lost,
        "warnings": detail.warnings,
    }


def _detail_lines(detail: RunDetail) -> list[str]:
    run = detail.run
    lines = [
        f"{run.run_id}  {run.name}",
        f"experiment  {run.experiment}",
        f"status      {_status(run)}{', sealed' if run.is_sealed else ''}",
        f"started     {to_iso(run.started_us)}",
        f"ended       {'' if run.ended_us is None else to_iso(run.ended_us)}",
        f"by          {run.user}@{run.host}",
    ]
    lines += [f"param   {key} = {value}" for key, value in sorted(run.params.items())]
    lines += [f"tag     {key} = {value}" for key, value in sorted(run.tags.items())]
    lines += [
        f"metric  {key} = {each.last!r} (step {each.last_step}, {each.count} points)"
        for key, each in sorted(run.metrics.items())
    ]
    lines += [f"file    {each.path} ({each.size_bytes:,} bytes)" for each in detail.artifacts]
    lines += [f"note    {note}" for note in detail.notes]
    lines += [f"lost    {count} × {cause}" for cause, count in detail.lost.items()]
    return lines + [f"warning {warning}" for warning in detail.warnings]


def _status(run: Run) -> str:
    return "LOST CONTACT" if run.is_lost else run.status.value


def _metrics(run: Run) -> str:
    shown = sorted(run.metrics.items())[:4]
    return " ".join(f"{key}={summary.last:.5g}" for key, summary in shown)


def _edited(outcome: EditOutcome, word: str) -> int:
    """Prints what became of each run; the exit code is that of the first failure."""
    failures = outcome.failures
    if failures and not outcome.done:
        raise failures[0].error
    emit(
        {
            "runs": sorted(outcome.done),
            "failed": [
                {"run": each.reference, "code": each.error.code, "title": each.error.title}
                for each in failures
            ],
        },
        [f"{word} {run_id}" for run_id in sorted(outcome.done)],
    )
    for each in failures:
        say(f"{each.reference}: {each.error.code}: {each.error.title}")
    return failures[0].error.exit_code if failures else 0


def _changed(changes: Changes, word: str) -> None:
    ids = sorted(changes.runs)
    emit({"runs": ids}, [f"{word} {run_id}" for run_id in ids])
