# SPDX-License-Identifier: Apache-2.0
"""Runs whole: the rows of a page put together.

* A page of a hundred runs has thousands of values. Texts are few where values repeat: each
  connection keeps them by id, as it keeps names (`key_names`).
* The window gets its turn between two parts of a long page.
"""

import json
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, Select, func, select

from strongroom.domain.query import FieldKind
from strongroom.domain.run import MetricSummary, Run, RunStatus
from strongroom.store import tables
from strongroom.store.key_names import kept, key_fields
from strongroom.store.statement import Statement, given, many

NAN = float("nan")
MOST_AT_ONCE = 500  # runs of one statement

Texts = tuple[dict[str, str], dict[str, str]]
"""Params and tags of a run."""


def hydrate(connection: Connection, ids: Sequence[int]) -> tuple[Run, ...]:
    """Returns the runs of these catalog ids, whole, in the same order."""
    found: dict[int, Run] = {}
    for start in range(0, len(ids), MOST_AT_ONCE):
        asked = many(ids[start : start + MOST_AT_ONCE])
        texts = _texts(connection, asked)
        metrics = summaries(connection, _METRICS.rows(connection, ids=asked))
        for row in run_rows(connection, asked):
            id_ = row[0]
            found[id_] = run_of(row, texts.get(id_, ({}, {})), metrics.get(id_, {}))
    return tuple(found[id_] for id_ in ids)


def hydrate_heads(connection: Connection, ids: Sequence[int]) -> tuple[Run, ...]:
    """Returns the runs of these catalog ids without params, tags and metrics, in order."""
    found = {row[0]: run_of(row, ({}, {}), {}) for row in run_rows(connection, many(ids))}
    return tuple(found[id_] for id_ in ids)


def run_rows(connection: Connection, ids: str) -> Sequence[Any]:
    """Returns what `run_of` makes runs of: a tuple for each id, which comes first; in no order.

    The last member is the run's folder below ``runs/``.
    """
    return _RUNS.rows(connection, ids=ids)


def run_of(
    row: Any,  # noqa: ANN401 - a tuple of `run_rows`
    texts: Texts,
    metrics: dict[str, MetricSummary],
) -> Run:
    """Returns the run a row tells of, with the params, tags and metrics that were read for it."""
    _, run_id, experiment, name, status, started_us, ended_us, host, user, *flags, _ = row
    is_deleted, is_archived, is_lost, is_sealed = flags
    params, tags = texts
    return Run(
        run_id=run_id,
        experiment=experiment,
        name=name,
        status=_STATUSES[status],
        started_us=started_us,
        ended_us=ended_us,
        host=host,
        user=user,
        is_deleted=bool(is_deleted),
        is_archived=bool(is_archived),
        is_lost=bool(is_lost),
        is_sealed=bool(is_sealed),
        params=params,
        tags=tags,
        metrics=metrics,
    )


def summaries(connection: Connection, rows: Sequence[Any]) -> dict[int, dict[str, MetricSummary]]:
    """Returns what tables show of each metric, by run and name.

    Args:
        connection: Of the catalog.
        rows: Of `SUMMARY`, those of one run after the other.
    """
    ids = {row[1] for row in rows}
    fields = key_fields(connection, ids)
    names = {id_: fields[id_].key for id_ in ids}
    found: dict[int, dict[str, MetricSummary]] = {}
    seen = -1
    named: dict[str, MetricSummary] = {}
    for row in rows:
        figures = row[2:]
        if row[3] is None:  # SQLite keeps NaN as NULL; without a last, an extreme may lack too
            figures = tuple(NAN if figure is None else figure for figure in figures)
        if row[0] != seen:
            seen = row[0]
            named = found[seen] = {}
        named[names[row[1]]] = _summary(figures)
    return found


def _texts(connection: Connection, ids: str) -> dict[int, Texts]:
    """Returns params and tags of each run."""
    held = [(run, json.loads(values)) for run, values in _HELD.rows(connection, ids=ids)]
    known = _values(connection, {value for _, values in held for value in values})
    found: dict[int, Texts] = {}
    for run, values in held:
        named: Texts = ({}, {})
        for value in values:
            place, name, text = known[value]
            named[place][name] = text
        found[run] = named
    return found


def _values(connection: Connection, wanted: Iterable[int]) -> dict[int, tuple[int, str, str]]:
    """Returns the values, most of them kept from earlier pages: 0 for a param, name, text."""
    known = kept(connection, "values")
    missing = [value for value in wanted if value not in known]
    if missing:
        rows = _VALUES.rows(connection, ids=many(missing))
        fields = key_fields(connection, {row[1] for row in rows})
        for value, key, text in rows:
            field = fields[key]
            known[value] = (int(field.kind is not FieldKind.PARAM), field.key, text)
    return known


def _questions() -> tuple[Select[Any], ...]:
    ids = given("ids")
    run, value, experiment = tables.run, tables.text_value, tables.experiment
    run_value = tables.run_value
    runs = (
        select(
            run.c.id,
            run.c.run_id,
            experiment.c.name,
            run.c.name,
            run.c.status,
            run.c.started_us,
            run.c.ended_us,
            run.c.host,
            run.c.user,
            run.c.is_deleted,
            run.c.is_archived,
            run.c.is_lost,
            run.c.is_sealed,
            run.c.month + "/" + run.c.run_id,
        )
        .join_from(run, experiment, run.c.experiment_id == experiment.c.id)
        .where(run.c.id.in_(ids))
    )
    held = (
        select(run_value.c.run, func.json_group_array(run_value.c.value))
        .where(run_value.c.run.in_(ids))
        .group_by(run_value.c.run)
    )
    metrics = SUMMARY.where(tables.metric.c.run.in_(ids)).order_by(tables.metric.c.run)
    values = select(value.c.id, value.c.key_id, value.c.text).where(value.c.id.in_(ids))
    return runs, held, metrics, values


SUMMARY = select(
    tables.metric.c.run,
    tables.metric.c.key,
    tables.metric.c.count,
    tables.metric.c.last,
    tables.metric.c.last_step,
    tables.MINIMUM,
    tables.MAXIMUM,
)
"""Run, id of the name and the members of `MetricSummary`."""
_summary = partial(tuple.__new__, MetricSummary)  # as `_make`, for thousands: half the time
_STATUSES = {status.value: status for status in RunStatus}
_RUNS, _HELD, _METRICS, _VALUES = map(Statement.of, _questions())
