# SPDX-License-Identifier: Apache-2.0
"""Which runs a command is about: those that are named, or all that a filter holds for.

* A filter alone changes nothing: the runs it holds for are counted and the first ones named.
  ``--yes`` does it. Named runs need no ``--yes``: somebody has looked at each.
* Names and a filter in one command are refused; nobody could say which of them was meant.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from strongroom.cli.output import emit
from strongroom.domain.errors import BadInput
from strongroom.services.run_table import RunTable
from strongroom.services.runs import Runs

Command = TypeVar("Command", bound=Callable[..., Any])
SHOWN = 10  # runs named in a preview


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was said about which runs: names, or a filter within an experiment."""

    references: tuple[str, ...]
    filter: str | None
    experiment: str
    is_sure: bool


def by_filter(command: Command) -> Command:
    """Adds ``--filter``, ``--experiment`` and ``--yes`` to a command."""
    with_yes = click.option(
        "--yes",
        "is_sure",
        is_flag=True,
        help="Do it; without this a filter only says what it finds.",
    )
    with_experiment = click.option(
        "--experiment", "inside", default="", help="With --filter: only runs of this experiment."
    )
    with_filter = click.option(
        "--filter", "filter_", default=None, metavar="FILTER",
        help='All runs that it holds for, in place of RUN; "" is all runs.',
    )  # fmt: skip
    return with_filter(with_experiment(with_yes(command)))


def chosen(
    runs: Runs, choice: Choice, verb: str, *, is_deleted: bool = False, is_archived: bool = False
) -> Sequence[str] | None:
    """Returns the runs to act on, or None after a preview was printed.

    Args:
        runs: Where they are looked for.
        choice: What was said.
        verb: What would be done, such as ``delete``.
        is_deleted: A filter looks through deleted runs instead of the others.
        is_archived: A filter looks through archived runs instead of the others.

    Raises:
        BadInput: ``E-USAGE`` for names and a filter at once, or neither.
        FilterError: With the position of what cannot be read.
    """
    if (choice.filter is None) == (not choice.references):
        raise BadInput(
            "E-USAGE", "Name the runs, or choose them with --filter, but not both",
            f"Example: strongroom runs {verb} --filter \"tags.kind = 'trial'\" --yes",
        )  # fmt: skip
    if choice.filter is None:
        return choice.references
    table = RunTable(runs)
    order = table.order(
        choice.filter,
        experiment=choice.experiment,
        is_deleted=is_deleted,
        is_archived=is_archived,
    )
    found = table.run_ids(order.ids)
    if choice.is_sure:
        return found
    named = table.whole(found[:SHOWN])
    lines = [f"{run.run_id[:8]}  {run.experiment}  {run.name}" for run in named]
    if len(found) > SHOWN:
        lines.append(f"and {len(found) - SHOWN:,} more")
    count = f"{len(found):,} {'run' if len(found) == 1 else 'runs'}"
    lines.append(f"{count} found, nothing was done. Add --yes to {verb} them.")
    emit({"runs": [], "failed": [], "would": list(found), "total": len(found)}, lines)
    return None
