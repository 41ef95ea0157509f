# SPDX-License-Identifier: Apache-2.0
"""What the page asks the services off the thread: the order of rows, and what surrounds them.

* A question is a value; its answer carries it back, so that an old answer is never mixed in.
* Counting names and experiments may take seconds in a large store; rows never wait for it.
"""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from strongroom.desktop.runs.columns import NameCount, SheetColumn, default_fields
from strongroom.desktop.runs.services import RunsServices
from strongroom.desktop.runs.sheet import SAMPLE
from strongroom.domain.metric_schema import Direction, MetricSchema
from strongroom.domain.query import Attribute, Field, FieldKind
from strongroom.domain.run import Run
from strongroom.domain.unreadable import UnreadableRun
from strongroom.services.experiments import Experiment
from strongroom.services.run_table import FIRST, GroupFigures, RowOrder, TableRow

FIRST_ROWS = 60  # rows that come with an answer; the table asks for the others
ASKED_FOR_NAMES = 40  # rows that decide the usual columns
MOST_TOUCHED = 500  # runs read again one by one after a change; more are searched for again
NEWEST = 5  # runs ticked when a page first shows runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which runs, in which order, in which groups."""

    filter: str = ""
    experiment: str = ""
    order_by: str = ""
    is_deleted: bool = False
    is_archived: bool = False
    group_by: Field | None = None

    @property
    def hidden(self) -> str:
        """Returns ``deleted`` or ``archived`` if those runs are asked for, else ""."""
        return "deleted" if self.is_deleted else "archived" if self.is_archived else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The rows of an answer, its first rows read, and what the usual columns are.

    Attributes:
        question: What was asked.
        order: All rows, or the first of a great many.
        rows: The first rows, read with ``fields``.
        fields: The fields of the columns that were chosen, else the usual ones.
        sample: Runs all over the answer; they decide how figures are written.
        newest: The ids of the runs that were started last.
        newest_id: The largest catalog id of the store.
        schema: What is known of metrics.
        has_runs: Whether the store has runs at all.
        unreadable: The run folders that have no row, and why.
    """

    question: Question
    order: RowOrder
    rows: tuple[TableRow, ...]
    fields: tuple[Field, ...]
    sample: tuple[Run, ...]
    newest: tuple[str, ...]
    newest_id: int
    schema: MetricSchema
    has_runs: bool
    unreadable: tuple[UnreadableRun, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The experiments of the store, and the names that runs here have."""

    experiments: tuple[Experiment, ...]
    names: tuple[NameCount, ...]


def find(
    services: RunsServices,
    question: Question,
    chosen: Sequence[Field] | None,
    *,
    is_whole: bool,
) -> Answer:
    """Returns the answer to a question, for columns that were chosen or (None) the usual ones.

    Raises:
        FilterError: If the filter cannot be read.
    """
    order = order_of(services, question, None if is_whole else FIRST)
    ids = order.ids
    spread = np.linspace(0, len(ids) - 1, min(len(ids), SAMPLE), dtype=np.int64)
    picked = np.unique(np.concatenate([np.arange(min(len(ids), FIRST_ROWS)), spread]))
    table = services.run_table
    fields = tuple(chosen or ())
    if chosen is None:
        every = picked[:: max(1, len(picked) // ASKED_FOR_NAMES)]
        names = _names(services, ids[every].tolist())
        params = [each.field for each in names if each.field.kind is FieldKind.PARAM]
        runs = [row.run for row in table.rows(ids[picked].tolist(), params)]
        fields = default_fields(names, runs)
    rows = {row.id: row for row in table.rows(ids[picked].tolist(), fields)}
    first = [rows[id_] for id_ in ids[:FIRST_ROWS].tolist() if id_ in rows]
    sample = tuple(row.run for row in rows.values())
    unreadable = services.runs.unreadable()
    is_plain = question == Question(order_by=question.order_by, group_by=question.group_by)
    return Answer(
        question=question,
        order=order,
        rows=tuple(first),
        fields=fields,
        sample=sample,
        newest=_newest(services, question),
        newest_id=table.newest_id(),
        schema=services.runs.metric_schemas.read(),
        has_runs=bool(len(ids) or unreadable or services.experiments.list()) or not is_plain,
        unreadable=unreadable,
    )


def order_of(services: RunsServices, question: Question, limit: int | None = None) -> RowOrder:
    """Returns the rows of an answer, at most ``limit`` of them unless they are in groups.

    Where each run stands is known already: this is a worker's time, not the window's.

    Raises:
        FilterError: If the filter cannot be read.
    """
    order = services.run_table.order(
        question.filter,
        experiment=question.experiment,
        order_by=question.order_by,
        is_deleted=question.is_deleted,
        is_archived=question.is_archived,
        group_by=question.group_by,
        limit=limit,
    )
    order.places()
    return order


def surround(services: RunsServices, question: Question) -> Surroundings:
    """Returns the experiments and names around a question."""
    columns = services.runs.columns(question.experiment)
    return Surroundings(
        experiments=services.experiments.list(),
        names=tuple(NameCount(column.field, column.run_count) for column in columns),
    )


def groupable(names: Sequence[NameCount]) -> tuple[Field, ...]:
    """Returns what runs can be grouped by: attributes first, then what most runs have."""
    chosen = [each for each in names if each.field.kind in {FieldKind.PARAM, FieldKind.TAG}]
    chosen.sort(key=lambda each: (each.field.kind is FieldKind.TAG, -each.run_count))
    attributes = (
        Field(kind=FieldKind.ATTRIBUTE, key=each.value)
        for each in (Attribute.EXPERIMENT, Attribute.STATUS, Attribute.USER, Attribute.HOST)
    )
    return (*attributes, *(each.field for each in chosen))


def figures_of(
    services: RunsServices, order: RowOrder, columns: Sequence[SheetColumn], schema: MetricSchema
) -> dict[str, GroupFigures]:
    """Returns means and spreads of the groups for the metrics among columns, by column."""
    found: dict[str, GroupFigures] = {}
    for column in columns:
        field = column.field
        if column.kind != "value" or field is None or field.kind is not FieldKind.METRIC:
            continue
        statistic = {"min": "minimum", "max": "maximum"}.get(column.statistic, "last")
        if column.statistic == "best":
            direction = schema.rule(field.key).direction
            if direction is Direction.NONE:
                continue
            statistic = "maximum" if direction is Direction.HIGHER else "minimum"
        found[column.key] = services.run_table.figures(order, field, statistic)
    return found


def members(services: RunsServices, question: Question, run_ids: Sequence[str]) -> dict[str, int]:
    """Returns the catalog ids of those runs that still belong to the answer."""
    listed = ", ".join(json.dumps(run_id) for run_id in run_ids)
    chosen = f"attributes.run_id IN ({listed})"
    both = f"({question.filter}) AND {chosen}" if question.filter else chosen
    order = services.run_table.order(
        both,
        experiment=question.experiment,
        is_deleted=question.is_deleted,
        is_archived=question.is_archived,
    )
    known = services.run_table.ids_of(run_ids)
    inside = set(order.ids.tolist())
    return {run_id: id_ for run_id, id_ in known.items() if id_ in inside}


def _newest(services: RunsServices, question: Question) -> tuple[str, ...]:
    order = services.run_table.order(
        question.filter,
        experiment=question.experiment,
        is_deleted=question.is_deleted,
        is_archived=question.is_archived,
        limit=NEWEST,
    )
    return services.run_table.run_ids(order.ids[:NEWEST])


def _names(services: RunsServices, ids: Sequence[int]) -> tuple[NameCount, ...]:
    columns = services.run_table.common_fields(ids)
    return tuple(NameCount(column.field, column.run_count) for column in columns)


def as_python(store: str, question: Question) -> str:
    """Returns a script that asks the same question."""
    return (
        "import os\n"
        "from pathlib import Path\n\n"
        "from strongroom.domain.clock import SystemClock\n"
        "from strongroom.services.runs import open_runs\n\n"
        f"runs = open_runs(Path({store!r}), SystemClock(), os.urandom)\n"
        f"page = runs.search(\n    {question.filter!r},\n"
        f"    experiment={question.experiment!r},\n"
        f"    order_by={question.order_by!r},\n    limit=1_000,\n"
        f"    is_deleted={question.is_deleted},\n    is_archived={question.is_archived},\n)\n"
        "for run in page.runs:\n    print(run.run_id, run.name, run.status)\n"
    )


def as_command(store: str, question: Question) -> str:
    """Returns a command line that asks the same question."""
    words = ["strongroom", "runs", "search", "--store", store]
    if question.experiment:
        words += ["--experiment", question.experiment]
    if question.order_by:
        words += ["--order-by", question.order_by]
    if question.is_deleted:
        words.append("--deleted")
    if question.is_archived:
        words.append("--archived")
    return shlex.join([*words, "--", question.filter])


COPIED = {"python": as_python, "cli": as_command}
