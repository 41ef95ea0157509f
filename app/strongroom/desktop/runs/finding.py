# SPDX-License-Identifier: Apache-2.0
"""What the page asks the services off the thread: one page of runs and what surrounds it.

* A question is a value; its answer carries it back, so that an old answer is never mixed in.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from strongroom.desktop.runs.services import RunsServices
from strongroom.desktop.runs.sheet import NameCount
from strongroom.domain.run import Run
from strongroom.services.experiments import Experiment

FIRST_PAGE = 500  # runs; what is in sight is there in a moment
NEXT_PAGE = 2_000
MOST_ROWS = 50_000  # runs kept in the table; about 200 MB with a hundred values each
MOST_TOUCHED = 500  # runs read again one by one after a change; more are searched for again
NEWEST = 5  # runs ticked when a page first shows runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which runs, in which order."""

    filter: str = ""
    experiment: str = ""
    order_by: str = ""
    is_deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A page of runs; names and experiments come with the first one."""

    question: Question
    offset: int
    runs: tuple[Run, ...]
    total: int
    experiments: tuple[Experiment, ...] = ()
    names: tuple[NameCount, ...] = ()


def find(services: RunsServices, question: Question, offset: int, limit: int) -> Answer:
    """Returns the page of an answer that starts at ``offset``.

    Raises:
        FilterError: If the filter cannot be read.
    """
    page = services.runs.search(
        question.filter,
        experiment=question.experiment,
        order_by=question.order_by,
        limit=limit,
        offset=offset,
        is_deleted=question.is_deleted,
    )
    experiments: tuple[Experiment, ...] = ()
    names: tuple[NameCount, ...] = ()
    if offset == 0:
        experiments = services.experiments.list()
        columns = services.runs.columns(question.experiment)
        names = tuple(NameCount(column.field, column.run_count) for column in columns)
    return Answer(
        question=question,
        offset=offset,
        runs=page.runs,
        total=page.total,
        experiments=experiments,
        names=names,
    )


def find_again(
    services: RunsServices, question: Question, run_ids: Sequence[str]
) -> tuple[Run, ...]:
    """Returns those of some runs that still belong to the answer, as they are now."""
    members = ", ".join(f"'{run_id}'" for run_id in run_ids)
    chosen = f"attributes.run_id IN ({members})"
    both = f"({question.filter}) AND {chosen}" if question.filter else chosen
    page = services.runs.search(
        both,
        experiment=question.experiment,
        limit=len(run_ids),
        is_deleted=question.is_deleted,
    )
    return page.runs


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
        f"    is_deleted={question.is_deleted},\n)\n"
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
    return shlex.join([*words, "--", question.filter])
