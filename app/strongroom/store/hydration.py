# SPDX-License-Identifier: Apache-2.0
"""Runs whole: the rows of a page put together.

* A page of a hundred runs has thousands of values. Texts are few where values repeat: each
  connection remembers them by id, until the catalog is made anew.
* The window gets its turn between two parts of a long page.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, Text, bindparam, func, select

from strongroom.domain.run import MetricSummary, Run, RunStatus
from strongroom.store import tables
from strongroom.store.statement import Statement

NAN = float("nan")
MOST_AT_ONCE = 500  # runs of one statement
MOST_REMEMBERED = 50_000  # values a connection remembers, some 10 MB

Value = tuple[int, str, str]
"""Kind, name and text of a param or tag."""


def hydrate(connection: Connection, ids: Sequence[int]) -> tuple[Run, ...]:
    """Returns the runs of these catalog ids, whole, in the same order."""
    found: dict[int, Run] = {}
    for start in range(0, len(ids), MOST_AT_ONCE):
        asked = json.dumps([int(id_) for id_ in ids[start : start + MOST_AT_ONCE]])
        rows = _RUNS.rows(connection, ids=asked)
        texts = _texts(connection, asked)
        metrics = _metrics(connection, asked)
        for row in rows:
            params, tags = texts.get(row[0], ({}, {}))
            found[row[0]] = _run(row, params, tags, metrics.get(row[0], {}))
    return tuple(found[id_] for id_ in ids)


def hydrate_heads(connection: Connection, ids: Sequence[int]) -> tuple[Run, ...]:
    """Returns the runs of these catalog ids without params, tags and metrics, in order."""
    rows = _RUNS.rows(connection, ids=json.dumps([int(id_) for id_ in ids]))
    found = {row[0]: _run(row, {}, {}, {}) for row in rows}
    return tuple(found[id_] for id_ in ids)


def _texts(connection: Connection, ids: str) -> dict[int, tuple[dict[str, str], dict[str, str]]]:
    """Returns params and tags of each run."""
    held = [(run, json.loads(values)) for run, values in _HELD.rows(connection, ids=ids)]
    known = _values(connection, {value for _, values in held for value in values})
    found: dict[int, tuple[dict[str, str], dict[str, str]]] = {}
    for run, values in held:
        named: tuple[dict[str, str], dict[str, str]] = ({}, {})
        for value in values:
            kind, name, text = known[value]
            named[kind][name] = text
        found[run] = named
    return found


def _values(connection: Connection, wanted: Iterable[int]) -> dict[int, Value]:
    """Returns the values, most of them remembered from earlier pages."""
    ((born,),) = _BORN.rows(connection)
    memory = connection.info.get("strongroom_values")
    if memory is None or memory[0] != born or len(memory[1]) > MOST_REMEMBERED:
        memory = connection.info["strongroom_values"] = (born, {})
    known: dict[int, Value] = memory[1]
    missing = [value for value in wanted if value not in known]
    if missing:
        for row in _VALUES.rows(connection, ids=json.dumps(missing)):
            known[row[0]] = row[1:]
    return known


def _metrics(connection: Connection, ids: str) -> dict[int, dict[str, MetricSummary]]:
    rows = _METRICS.rows(connection, ids=ids)
    keys = json.dumps(list({row[1] for row in rows}))
    names: dict[int, str] = dict(_KEYS.rows(connection, ids=keys))
    found: dict[int, dict[str, MetricSummary]] = {}
    run = -1
    named: dict[str, MetricSummary] = {}
    for row in rows:  # of one run after the other
        figures = row[2:]
        if None in figures:  # SQLite keeps NaN as NULL
            figures = tuple(NAN if figure is None else figure for figure in figures)
        if row[0] != run:
            run = row[0]
            named = found[run] = {}
        named[names[row[1]]] = _SUMMARY(figures)
    return found


def _run(
    row: Any,  # noqa: ANN401 - a row of _RUNS
    params: dict[str, str],
    tags: dict[str, str],
    metrics: dict[str, MetricSummary],
) -> Run:
    _, run_id, experiment, name, status, started_us, ended_us, host, user, *flags = row
    is_deleted, is_archived, is_lost, is_sealed = flags
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


def _page_questions() -> tuple[Select[Any], ...]:
    listed = func.json_each(bindparam("ids", type_=Text)).table_valued("value")
    ids = select(listed.c.value)
    run, value, key = tables.run, tables.text_value, tables.key
    run_value, metric, experiment = tables.run_value, tables.metric, tables.experiment
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
        )
        .join_from(run, experiment, run.c.experiment_id == experiment.c.id)
        .where(run.c.id.in_(ids))
    )
    held = (
        select(run_value.c.run, func.json_group_array(run_value.c.value))
        .where(run_value.c.run.in_(ids))
        .group_by(run_value.c.run)
    )
    metrics = (
        select(
            metric.c.run,
            metric.c.key,
            metric.c.count,
            metric.c.last,
            metric.c.last_step,
            tables.MINIMUM,
            tables.MAXIMUM,
        )
        .where(metric.c.run.in_(ids))
        .order_by(metric.c.run)
    )
    values = (
        select(value.c.id, key.c.kind, key.c.name, value.c.text)
        .join_from(value, key, key.c.id == value.c.key_id)
        .where(value.c.id.in_(ids))
    )
    keys = select(key.c.id, key.c.name).where(key.c.id.in_(ids))
    born = select(tables.meta.c.value).where(tables.meta.c.name == tables.BORN)
    return runs, held, metrics, values, keys, born


_SUMMARY = MetricSummary._make
_STATUSES = {status.value: status for status in RunStatus}
_RUNS, _HELD, _METRICS, _VALUES, _KEYS, _BORN = map(Statement.of, _page_questions())
