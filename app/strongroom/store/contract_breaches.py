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
from strongroom.domain.run import Run
from strongroom.domain.run_facts import RunFacts
from strongroom.store import tables
from strongroom.store.hydration import hydrate
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


def matching(connection: Connection, tree: Filter) -> Ids:
    """Returns the catalog ids of the runs a filter holds for, hidden ones too, in no order."""
    return numbers(connection, select(tables.run.c.id).where(compile_filter(tree)))


def facts_of_rows(connection: Connection, ids: Sequence[int]) -> dict[int, RunFacts]:
    """Returns what the catalog tells a contract of a few runs, hidden ones too, by catalog id.

    The facts of datasets stand apart, as the catalog has them; a rule asks for them one by one.
    """
    run = tables.run
    there = connection.execute(select(run.c.id).where(run.c.id.in_(ids))).scalars()
    known = sorted(there)
    inputs: dict[int, list[dict[str, str]]] = {id_: [] for id_ in known}
    fact, held = tables.dataset_value, tables.run_dataset
    asked = select(held.c.run, fact.c.fact, fact.c.text).join_from(
        held, fact, fact.c.id == held.c.value
    )
    for id_, word, text in connection.execute(asked.where(held.c.run.in_(known))):
        inputs[id_].append({word: text})
    files: dict[int, list[tuple[str, str]]] = {id_: [] for id_ in known}
    artifact, named = tables.artifact, tables.artifact_path
    kept = select(artifact.c.run, named.c.path, artifact.c.sha256).join_from(
        artifact, named, named.c.id == artifact.c.path
    )
    for id_, path, sha256 in connection.execute(kept.where(artifact.c.run.in_(known))):
        files[id_].append((path, sha256))
    return {
        id_: _facts(each, inputs[id_], files[id_])
        for id_, each in zip(known, hydrate(connection, known), strict=True)
    }


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


def _facts(
    run: Run, inputs: Sequence[dict[str, str]], artifacts: Sequence[tuple[str, str]]
) -> RunFacts:
    return RunFacts(
        run_id=run.run_id,
        name=run.name,
        experiment=run.experiment,
        status=run.status,
        started_us=run.started_us,
        ended_us=run.ended_us,
        host=run.host,
        user=run.user,
        params=run.params,
        tags=run.tags,
        metrics=run.metrics,
        inputs=inputs,
        artifacts=artifacts,
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
