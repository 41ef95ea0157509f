# SPDX-License-Identifier: Apache-2.0
"""``strongroom runs history`` and ``histories``: the points of a metric, of one run or of many."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import emit
from strongroom.cli.session import open_fresh
from strongroom.domain.clock import to_iso
from strongroom.domain.errors import BadInput
from strongroom.services.history_files import write_histories
from strongroom.services.run_table import RunTable
from strongroom.services.runs import Runs

Command = TypeVar("Command", bound=Callable[..., Any])
Point = tuple[int, float, int]  # step, value, time in microseconds


def _stretch(command: Command) -> Command:
    """Adds ``--from``, ``--to`` and ``--points``: which points of a metric are asked."""
    with_first = click.option(
        "--from", "first", type=int, default=None, metavar="STEP", help="The lowest step."
    )
    with_last = click.option(
        "--to", "last", type=int, default=None, metavar="STEP", help="The highest step."
    )
    with_most = click.option(
        "--points",
        type=click.IntRange(min=1),
        default=None,
        metavar="N",
        help="About how many are enough: the lowest and the highest of every so many stay.",
    )
    return with_first(with_last(with_most(command)))


def _points(series: Any) -> list[Point]:  # noqa: ANN401 - a Series, which the store knows
    """Returns points as they are printed: step, value, time in microseconds."""
    columns = series.steps.tolist(), series.values.tolist(), series.times_us.tolist()
    return list(zip(*columns, strict=True))


@click.command()
@click.argument("run", metavar="RUN")
@click.argument("key", metavar="KEY")
@_stretch
@shared_options
def history(run: str, key: str, first: int | None, last: int | None, points: int | None) -> None:
    """Print the points of a metric: step, value, time in microseconds."""
    series = open_fresh().history(run, key, first=first, last=last, points=points)
    found = _points(series)
    lines = (f"{step:>8}  {value!r:<24}  {to_iso(time_us)}" for step, value, time_us in found)
    emit({"points": found}, lines)


@click.command()
@click.argument("key", metavar="KEY")
@click.argument("references", metavar="[RUN…]", nargs=-1)
@click.option(
    "--filter", "filter_", default=None, metavar="FILTER",
    help='All runs that it holds for, in place of RUN; "" is all runs.',
)  # fmt: skip
@click.option("--experiment", default="", help="With --filter: only runs of this experiment.")
@_stretch
@click.option(
    "-o", "--output", default=None, metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write them into a file instead: .csv or .parquet.",
)  # fmt: skip
@shared_options
def histories(
    key: str,
    references: tuple[str, ...],
    filter_: str | None,
    experiment: str,
    first: int | None,
    last: int | None,
    points: int | None,
    output: Path | None,
) -> None:
    """Print the points of one metric of many runs: run, step, value, time."""
    opened = open_fresh()
    places = opened.places(_chosen(opened, references, filter_, experiment))
    names = {place.run_id: place.name for place in places}
    runs = opened.histories(list(names), key, first=first, last=last, points=points)
    seen: dict[str, list[Point]] = {}
    if output is not None:
        told = write_histories(output, ((run_id, names[run_id], each) for run_id, each in runs))
        emit(
            {"path": str(output), "runs": told.runs, "points": told.points},
            [f"{told.points:,} points of {told.runs:,} of {len(names):,} runs in {output}"],
        )
        return
    for run_id, series in runs:
        seen[run_id] = _points(series)
    found = [{"run_id": run_id, "name": names[run_id], "points": p} for run_id, p in seen.items()]
    without = [run_id for run_id in names if run_id not in seen]
    emit({"metric": key, "runs": found, "without": without}, _lines(seen))


def _chosen(
    opened: Runs, references: Sequence[str], filter_: str | None, experiment: str
) -> Sequence[str]:
    """Returns the runs that are meant: those that are named, or all that a filter holds for.

    Raises:
        BadInput: ``E-USAGE`` for names and a filter at once, or neither.
        FilterError: With the position of what cannot be read.
    """
    if (filter_ is None) == (not references):
        raise BadInput(
            "E-USAGE", "Name the runs, or choose them with --filter, but not both",
            "Example: strongroom runs histories loss --filter \"params.lr = '0.1'\"",
        )  # fmt: skip
    if filter_ is None:
        return references
    table = RunTable(opened)
    return table.run_ids(table.order(filter_, experiment=experiment).ids)


def _lines(found: dict[str, list[Point]]) -> Iterator[str]:
    for run_id, points in found.items():
        for step, value, time_us in points:
            yield f"{run_id[:8]}  {step:>8}  {value!r:<24}  {to_iso(time_us)}"
