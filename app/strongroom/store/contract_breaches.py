# SPDX-License-Identifier: Apache-2.0
"""Which runs a breach holds for, and what the catalog and a folder know of a run to judge it.

* One question for each rule over all runs; no folder is opened.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, select

from strongroom.domain.query import AllOf, Filter
from strongroom.domain.run_facts import RunFacts
from strongroom.store import tables
from strongroom.store.query_compiler import compile_filter
from strongroom.store.run_state import RunState
from strongroom.store.run_table import numbers
from strongroom.store.search import condition
from strongroom.store.statement import given

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHead:
    """A run as a line in a list; times in microseconds UTC."""

    id: int
    run_id: str
    name: str
    experiment: str
    started_us: int


def broken_ids(
    connection: Connection, breach: Filter, within: Filter | None, experiment: str
) -> Ids:
    """Returns the catalog ids of the visible runs a breach holds for, in no order."""
    tree = breach if within is None else AllOf(parts=(within, breach))
    where = condition(tree=tree, experiment=experiment)
    return numbers(connection, select(tables.run.c.id).where(where))


def breaking_of(connection: Connection, ids: Sequence[int], breach: Filter) -> set[int]:
    """Returns those of a few runs that a breach holds for, hidden ones too."""
    run = tables.run
    question = select(run.c.id).where(run.c.id.in_(ids), compile_filter(breach, is_probed=True))
    return set(connection.execute(question).scalars())


def heads(connection: Connection, ids: Ids, limit: int) -> tuple[RunHead, ...]:
    """Returns the newest of some runs as lines."""
    run, experiment = tables.run, tables.experiment
    question = (
        select(run.c.id, run.c.run_id, run.c.name, experiment.c.name, run.c.started_us)
        .join_from(run, experiment, experiment.c.id == run.c.experiment_id)
        .where(run.c.id.in_(given("ids")))
        .order_by(run.c.started_us.desc(), run.c.id.desc())
        .limit(limit)
    )
    rows = connection.execute(question, {"ids": str(ids.tolist())})
    return tuple(
        RunHead(id=id_, run_id=run_id, name=name, experiment=group, started_us=started)
        for id_, run_id, name, group, started in rows
    )


def facts_of(state: RunState) -> RunFacts:
    """Returns what a run's folder tells a contract."""
    return RunFacts(
        run_id=state.run_id,
        name=state.name,
        experiment=state.experiment,
        status=state.status,
        started_us=state.started_us,
        ended_us=state.ended_us,
        host=state.host,
        user=state.user,
        params=state.params,
        tags=state.tags,
        metrics=state.metrics,
        inputs=state.inputs,
        artifacts=tuple((each.path, each.sha256) for each in state.artifacts),
    )
