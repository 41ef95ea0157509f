# SPDX-License-Identifier: Apache-2.0
"""How many runs there are, by what has become of them."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from strongroom.domain.run import RunStatus
from strongroom.store import tables


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCounts:
    """Runs that are not deleted: in all, sealed, running, silent, ended and not sealed yet."""

    total: int = 0
    sealed: int = 0
    running: int = 0
    lost: int = 0
    unsealed: int = 0


def run_counts(connection: Connection) -> RunCounts:
    """Counts the runs that are not deleted."""
    run = tables.run
    query = (
        select(run.c.status, run.c.is_sealed, run.c.is_lost, func.count())
        .where(~run.c.is_deleted)
        .group_by(run.c.status, run.c.is_sealed, run.c.is_lost)
    )
    total = sealed = running = lost = unsealed = 0
    for status, is_sealed, is_lost, count in connection.execute(query):
        total += count
        if is_sealed:
            sealed += count
        elif is_lost:
            lost += count
        elif RunStatus(status).is_terminal:
            unsealed += count
        else:
            running += count
    return RunCounts(total=total, sealed=sealed, running=running, lost=lost, unsealed=unsealed)


def ended_since(connection: Connection, time_us: int) -> int:
    """Returns how many sealed runs that are not deleted ended after a time."""
    run = tables.run
    query = select(func.count()).where(run.c.is_sealed, ~run.c.is_deleted, run.c.ended_us > time_us)
    found: int = connection.execute(query).scalar_one()
    return found
