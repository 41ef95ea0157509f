# SPDX-License-Identifier: Apache-2.0
"""The runs of this store that could be signed: ended, sealed, not deleted."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from strongroom.store import tables


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRun:
    """A sealed run by id, name and experiment."""

    run_id: str
    name: str
    experiment: str


def sealed_runs(connection: Connection) -> tuple[SealedRun, ...]:
    """Returns every sealed run that is not deleted, oldest first."""
    run, experiment = tables.run, tables.experiment
    query = (
        select(run.c.run_id, run.c.name, experiment.c.name)
        .join(experiment, experiment.c.id == run.c.experiment_id)
        .where(run.c.is_sealed, ~run.c.is_deleted)
        .order_by(run.c.started_us, run.c.id)
    )
    return tuple(
        SealedRun(run_id=run_id, name=name, experiment=within)
        for run_id, name, within in connection.execute(query)
    )


def count_unsigned(connection: Connection, signed: Collection[str]) -> int:
    """Returns how many sealed runs that are not deleted are none of the signed ones."""
    run = tables.run
    query = select(func.count()).where(run.c.is_sealed, ~run.c.is_deleted)
    total: int = connection.execute(query).scalar_one()
    ids = sorted(signed)
    for start in range(0, len(ids), _BATCH):
        some = query.where(run.c.run_id.in_(ids[start : start + _BATCH]))
        total -= connection.execute(some).scalar_one()
    return total


_BATCH = 500  # values in one statement; SQLite takes at least 999
