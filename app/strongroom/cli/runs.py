# SPDX-License-Identifier: Apache-2.0
"""``strongroom runs …``: search, show, history, label, hide, archive, move, close, export."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from strongroom.cli.chosen_runs import Choice, by_filter, chosen
from strongroom.cli.options import shared_options
from strongroom.cli.output import emit, say, table
from strongroom.cli.progress import TerminalProgress
from strongroom.cli.run_histories import histories, history
from strongroom.cli.session import open_fresh, services
from strongroom.cli.unreadable import unreadable_documents, unreadable_lines
from strongroom.domain.clock import to_iso
from strongroom.domain.metric import metric_rank
from strongroom.domain.run import Run, RunDetail, RunStatus
from strongroom.services.run_edits import EditOutcome
from strongroom.services.run_resuming import resume_words
from strongroom.services.runs import Runs

REFERENCE = "RUN"


def add_commands(root: click.Group) -> None:
    """Joins ``runs`` into the tree of commands."""
    runs.add_command(history)
    runs.add_command(histories)
    root.add_command(runs)


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
    opened = open_fresh()
    page = opened.search(
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
    document = {"runs": [run_document(run) for run in page.runs], "total": page.total}
    if unreadable := opened.unreadable():
        document["unreadable"] = unreadable_documents(unreadable)
    emit(
        document,
        [*lines, f"{len(page.runs)} of {page.total} runs", *unreadable_lines(unreadable)],
    )


@runs.command()
@click.argument("run", metavar=REFERENCE)
@shared_options
def show(run: str) -> None:
    """Show everything about a run."""
    detail = open_fresh().show(run)
    emit(_detail_document(detail), _detail_lines(detail))


@runs.command()
@click.argument("words", metavar="[RUN] KEY VALUE", nargs=-1, required=True)
@click.option("--also", metavar="RUN", multiple=True, help="One more run; may stand several times.")
@by_filter
@shared_options
def tag(
    words: tuple[str, ...], also: tuple[str, ...], filter_: str | None, inside: str, is_sure: bool
) -> int:
    """Set a tag on a run, or on all that a filter holds for."""
    named, (key, value) = _named(words, 2, filter_)
    choice = Choice(references=(*named, *also), filter=filter_, experiment=inside, is_sure=is_sure)
    return _edit(choice, "tag", "Tagged", lambda runs, found: runs.edits.tag(found, key, value))


@runs.command()
@click.argument("words", metavar="[RUN] KEY", nargs=-1, required=True)
@click.option("--also", metavar="RUN", multiple=True, help="One more run; may stand several times.")
@by_filter
@shared_options
def untag(
    words: tuple[str, ...], also: tuple[str, ...], filter_: str | None, inside: str, is_sure: bool
) -> int:
    """Remove a tag from a run, or from all that a filter holds for."""
    named, (key,) = _named(words, 1, filter_)
    choice = Choice(references=(*named, *also), filter=filter_, experiment=inside, is_sure=is_sure)
    return _edit(choice, "untag", "Untagged", lambda runs, found: runs.edits.tag(found, key, None))


@runs.command()
@click.argument("references", metavar="RUN…", nargs=-1)
@by_filter
@shared_options
def delete(references: tuple[str, ...], filter_: str | None, inside: str, is_sure: bool) -> int:
    """Hide runs; nothing is removed from the disk."""
    choice = Choice(references=references, filter=filter_, experiment=inside, is_sure=is_sure)
    return _edit(choice, "delete", "Deleted", lambda runs, found: runs.edits.delete(found))


@runs.command()
@click.argument("references", metavar="RUN…", nargs=-1)
@by_filter
@shared_options
def restore(references: tuple[str, ...], filter_: str | None, inside: str, is_sure: bool) -> int:
    """Show deleted runs again; a filter looks through those."""
    choice = Choice(references=references, filter=filter_, experiment=inside, is_sure=is_sure)
    return _edit(
        choice, "restore", "Restored", lambda runs, found: runs.edits.restore(found),
        is_deleted=True,
    )  # fmt: skip


@runs.command()
@click.argument("references", metavar="RUN…", nargs=-1)
@by_filter
@shared_options
def archive(references: tuple[str, ...], filter_: str | None, inside: str, is_sure: bool) -> int:
    """Put runs aside: searches leave them out unless asked."""
    choice = Choice(references=references, filter=filter_, experiment=inside, is_sure=is_sure)
    return _edit(choice, "archive", "Archived", lambda runs, found: runs.edits.archive(found))


@runs.command()
@click.argument("references", metavar="RUN…", nargs=-1)
@by_filter
@shared_options
def unarchive(references: tuple[str, ...], filter_: str | None, inside: str, is_sure: bool) -> int:
    """Take archived runs back; a filter looks through those."""
    choice = Choice(references=references, filter=filter_, experiment=inside, is_sure=is_sure)
    return _edit(
        choice, "unarchive", "Took back", lambda runs, found: runs.edits.unarchive(found),
        is_archived=True,
    )  # fmt: skip


@runs.command()
@click.argument("references", metavar="RUN…", nargs=-1)
@click.option("--to", "experiment", required=True, metavar="EXPERIMENT", help="Where they go.")
@by_filter
@shared_options
def move(
    references: tuple[str, ...], experiment: str, filter_: str | None, inside: str, is_sure: bool
) -> int:
    """Put runs into another experiment; it need not exist yet."""
    choice = Choice(references=references, filter=filter_, experiment=inside, is_sure=is_sure)
    return _edit(choice, "move", "Moved", lambda runs, found: runs.edits.move(found, experiment))


@runs.command()
@click.argument("references", metavar="RUN…", nargs=-1)
@click.option(
    "--status",
    type=click.Choice([status.value for status in RunStatus if status.is_terminal]),
    default=RunStatus.KILLED.value,
    show_default=True,
    help="How the runs are said to have ended.",
)
@click.option("--reason", default="", metavar="TEXT", help="Why; it stays as a note of the run.")
@by_filter
@shared_options
def close(
    references: tuple[str, ...],
    status: str,
    reason: str,
    filter_: str | None,
    inside: str,
    is_sure: bool,
) -> int:
    """End runs whose process is gone, so that they can be sealed; status = 'LOST' finds them."""
    choice = Choice(references=references, filter=filter_, experiment=inside, is_sure=is_sure)
    end = RunStatus(status)
    return _edit(
        choice, "close", "Closed", lambda runs, found: runs.closing.close(found, end, reason)
    )


@runs.command()
@click.argument("run", metavar=REFERENCE)
@shared_options
def resume(run: str) -> None:
    """Print the command and the line of Python that go on with a run; nothing is started."""
    opened = open_fresh()
    detail = opened.show(run)
    words = resume_words(detail, opened.folder.root)
    lines = [words.remark, "", *([words.command, ""] if words.command else []), words.python]
    emit({"command": words.command, "python": words.python, "remark": words.remark}, lines)


@runs.command()
@click.argument("references", metavar="RUN…", nargs=-1)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder that the run folders are copied into.",
)
@by_filter
@shared_options
def export(
    references: tuple[str, ...], output: Path, filter_: str | None, inside: str, is_sure: bool
) -> None:
    """Copy run folders, verified; a copy of the folder is the run."""
    choice = Choice(references=references, filter=filter_, experiment=inside, is_sure=is_sure)
    opened = services()
    opened.runs.refresh()
    found = chosen(opened.runs, choice, "export")
    if found is not None:
        with TerminalProgress() as progress:
            paths = [str(path) for path in opened.run_export.export(found, output, progress)]
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
        "processes": [
            {
                "host": each.host,
                "pid": each.pid,
                "rank": each.rank,
                "world": each.world,
                "launcher": each.launcher,
                "status": each.status,
            }
            for each in detail.processes
        ],
        "warnings": detail.warnings,
        "violations": detail.violations,
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
    lines += [f"process {each.words}" for each in detail.processes]
    lines += [f"param   {key} = {value}" for key, value in sorted(run.params.items())]
    lines += [f"tag     {key} = {value}" for key, value in sorted(run.tags.items())]
    lines += [
        f"metric  {key} = {each.last!r} (step {each.last_step}, {each.count} points)"
        for key, each in sorted(run.metrics.items())
    ]
    lines += [f"file    {each.path} ({each.size_bytes:,} bytes)" for each in detail.artifacts]
    lines += [f"note    {note}" for note in detail.notes]
    lines += [f"lost    {count} × {cause}" for cause, count in detail.lost.items()]
    lines += [f"breaks  {violation}" for violation in detail.violations]
    return lines + [f"warning {warning}" for warning in detail.warnings]


def _status(run: Run) -> str:
    return "LOST CONTACT" if run.is_lost else run.status.value


def _metrics(run: Run) -> str:
    shown = sorted(run.metrics.items(), key=lambda item: (metric_rank(item[0]), item[0]))[:4]
    return " ".join(f"{key}={summary.last:.5g}" for key, summary in shown)


def _named(
    words: tuple[str, ...], many: int, filter_: str | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns the run that is named, and the words behind it; with a filter none is."""
    if len(words) == many and filter_ is not None:
        return (), words
    if len(words) != many + 1:
        what = "KEY VALUE" if many == 2 else "KEY"
        raise click.UsageError(f"Expected RUN {what}, or --filter FILTER {what}.")
    return words[:1], words[1:]


def _edit(
    choice: Choice,
    verb: str,
    word: str,
    act: Callable[[Runs, Sequence[str]], EditOutcome],
    *,
    is_deleted: bool = False,
    is_archived: bool = False,
) -> int:
    """Edits the chosen runs and prints what became of them, or what would be edited."""
    opened = open_fresh()
    found = chosen(opened, choice, verb, is_deleted=is_deleted, is_archived=is_archived)
    return 0 if found is None else edited(act(opened, found), word)


def edited(outcome: EditOutcome, word: str) -> int:
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
