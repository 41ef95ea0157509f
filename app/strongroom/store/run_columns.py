# SPDX-License-Identifier: Apache-2.0
"""Which names and values runs have: for columns, for completing a filter, for experiments.

* Names are counted when runs change (`tables.key_use`): asking costs what there are names, however
  many runs carry them. Hidden runs count along.
* Values are read from the index of their name, the first ones that begin as asked. A text stays
  in its table when the last run that had it is gone; it is no value any more.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, case, exists, func, select

from strongroom.domain.query import Attribute, Field, FieldKind
from strongroom.domain.run import RunStatus
from strongroom.store import tables
from strongroom.store.key_names import KIND_OF, key_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A metric, param or tag that runs have, and how many of them."""

    field: Field
    run_count: int


def columns(connection: Connection, experiment: str = "") -> tuple[Column, ...]:
    """Returns every metric, param and tag of the runs, with the number of runs that have it."""
    key, use = tables.key, tables.key_use
    counted = select(key.c.kind, key.c.name, func.sum(use.c.runs).label("many")).join_from(
        use, key, key.c.id == use.c.key
    )
    if experiment:
        named = select(tables.experiment.c.id).where(tables.experiment.c.name == experiment)
        counted = counted.where(use.c.experiment_id == named.scalar_subquery())
    rows = connection.execute(counted.group_by(key.c.id).having(func.sum(use.c.runs) > 0))
    found = (
        Column(field=Field(kind=KIND_OF[kind], key=name), run_count=many)
        for kind, name, many in rows
    )
    return tuple(sorted(found, key=lambda column: (column.field.kind, column.field.key)))


def values(
    connection: Connection, field: Field, *, start: str = "", limit: int = 100
) -> tuple[str, ...]:
    """Returns the first texts of a param, tag, dataset fact or named attribute, in their order.

    Args:
        connection: Of the catalog.
        field: What the texts are of; a metric and a time have none.
        start: What the texts begin with, in the same case.
        limit: At most so many.
    """
    if field.is_numeric:
        return ()
    if field.kind is FieldKind.ATTRIBUTE:
        if field.key == Attribute.STATUS:
            return tuple(each.value for each in RunStatus if each.value.startswith(start))[:limit]
        column = _ATTRIBUTES.get(field.key)
        if column is None:
            return ()
        question = select(column).distinct()
        if column is tables.experiment.c.name:
            question = question.where(tables.experiment.c.runs > 0)
    elif field.kind is FieldKind.DATASET:
        fact, held = tables.dataset_value, tables.run_dataset
        column = fact.c.text
        is_held = exists().where(held.c.value == fact.c.id)
        question = select(column).where(fact.c.fact == field.key, is_held)
    else:
        value, run_value = tables.text_value, tables.run_value
        column = value.c.text
        is_held = exists().where(run_value.c.value == value.c.id)
        question = select(column).where(value.c.key_id == key_id(field), is_held)
    if start:
        question = question.where(column >= start, column < start + chr(0x10FFFF))
    return tuple(connection.execute(question.order_by(column).limit(limit)).scalars())


def experiment_rows(connection: Connection) -> list[tuple[str, int, int, int | None]]:
    """Returns name, runs, running runs and last start of each experiment with active runs."""
    run, experiment = tables.run, tables.experiment
    is_running = (run.c.status == RunStatus.RUNNING.value) & ~run.c.is_lost
    question = (
        select(
            experiment.c.name,
            func.count(),
            func.sum(case((is_running, 1), else_=0)),
            func.max(run.c.started_us),
        )
        .join_from(run, experiment, experiment.c.id == run.c.experiment_id)
        .where(~run.c.is_deleted)
        .group_by(experiment.c.id)
        .order_by(func.max(run.c.started_us).desc(), experiment.c.name)
    )
    return [
        (name, runs, int(busy), last) for name, runs, busy, last in connection.execute(question)
    ]


# Attributes whose values are few, or read from an index in order; ids and hosts are typed.
_ATTRIBUTES = {
    "name": tables.run.c.name,
    "experiment": tables.experiment.c.name,
}
