# SPDX-License-Identifier: Apache-2.0
"""Searching the catalog: which runs, in which order, and what tables show of them.

* A page costs what it shows: ids are found and ordered on indexes, only the page is read whole.
* Runs without the ordered value come last, ascending or descending; ties are newest first.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal,
    select,
    true,
)

from strongroom.domain.query import Field, FieldKind, Filter, Order
from strongroom.domain.run import MetricSummary, Run, RunStatus
from strongroom.store import tables
from strongroom.store.query_compiler import attribute_column, compile_filter, key_id

NAN = float("nan")
MIN_PREFIX = 4  # hexadecimal digits that name a run; fewer are rarely unique
FEW = 2_000  # matches that are ordered by themselves; finding out costs one bounded question
MAX_PAGE = 100_000  # runs read whole at once; a window asks for hundreds

_KIND_OF = {
    tables.KIND_PARAM: FieldKind.PARAM,
    tables.KIND_TAG: FieldKind.TAG,
    tables.KIND_METRIC: FieldKind.METRIC,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Part of the answer to a search, and how many runs the whole answer has."""

    runs: tuple[Run, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A metric, param or tag that runs have, and how many of them."""

    field: Field
    run_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlace:
    """A run that was looked up: catalog id, run id, month folder, name, digest when sealed."""

    id: int
    run_id: str
    month: str
    name: str
    started_us: int
    sealed_sha256: str


def search(
    connection: Connection,
    *,
    tree: Filter | None = None,
    experiment: str = "",
    orders: Sequence[Order] = (),
    limit: int = 100,
    offset: int = 0,
    is_deleted: bool = False,
) -> Page:
    """Answers a filter with one page of runs."""
    where = condition(tree=tree, experiment=experiment, is_deleted=is_deleted)
    few = None if tree is None else few_ids(connection, where)
    if few is not None:  # ordering these is cheaper than walking an index until a page is full
        question = ordered_by_value(few, orders)
        ids = _take(connection, question, min(limit, MAX_PAGE), offset)
        return Page(runs=hydrate(connection, ids), total=len(few))
    ids = run_ids(connection, where, orders, limit=min(limit, MAX_PAGE), offset=offset)
    if offset == 0 and len(ids) < min(limit, MAX_PAGE):
        total = len(ids)
    elif tree is None:
        total = _count(connection, experiment, is_deleted=is_deleted)
    else:
        total = int(
            connection.execute(
                select(func.count()).select_from(tables.run).where(where)
            ).scalar_one()
        )
    return Page(runs=hydrate(connection, ids), total=total)


def _count(connection: Connection, experiment: str, *, is_deleted: bool) -> int:
    """Returns how many runs there are; deleted ones are few, so they are counted and taken off."""
    everything = select(func.count()).select_from(tables.run)
    if experiment:
        everything = everything.where(_is_of(experiment))
    hidden = int(connection.execute(everything.where(tables.run.c.is_deleted)).scalar_one())
    if is_deleted:
        return hidden
    return int(connection.execute(everything).scalar_one()) - hidden


def _is_of(experiment: str) -> ColumnElement[bool]:
    named = select(tables.experiment.c.id).where(tables.experiment.c.name == experiment)
    return tables.run.c.experiment_id == named.scalar_subquery()


def few_ids(connection: Connection, where: ColumnElement[bool]) -> list[int] | None:
    """Returns all runs a condition holds for, or None if they are many."""
    ids = _take(connection, select(tables.run.c.id).where(where), FEW + 1, 0)
    return ids if len(ids) <= FEW else None


def ordered_by_value(ids: Sequence[int], orders: Sequence[Order]) -> Select[Any]:
    """Returns the question that orders these runs as `run_ids` does."""
    run = tables.run
    chosen = select(run.c.id).where(run.c.id.in_(listed(literal(json.dumps(ids)))))
    if len(orders) != 1 or orders[0].field.kind is FieldKind.ATTRIBUTE:
        return in_order(chosen, orders)
    (order,) = orders
    value: ColumnElement[Any]
    if order.field.kind is FieldKind.METRIC:  # joined, it is looked up once a run
        metric = tables.metric.alias("ordered")
        of_key = and_(metric.c.run == run.c.id, metric.c.key == key_id(order.field))
        chosen, value = chosen.outerjoin_from(run, metric, of_key), metric.c.last
    else:
        value = _value_of_run(order.field)
    newest = case((value.is_(None), run.c.started_us)).desc()
    direction = value.desc() if order.is_descending else value.asc()
    return chosen.order_by(value.is_(None), direction, newest, run.c.id.desc())


def listed(text: ColumnElement[str]) -> Select[Any]:
    """Returns the numbers of a JSON list as rows: one bound text, however many they are."""
    return select(func.json_each(text).table_valued("value").c.value)


def condition(
    *, tree: Filter | None = None, experiment: str = "", is_deleted: bool = False
) -> ColumnElement[bool]:
    """Returns the condition for active (or deleted) runs of a filter and an experiment."""
    hidden = select(tables.run.c.id).where(tables.run.c.is_deleted)
    parts: list[ColumnElement[bool]] = [
        tables.run.c.id.in_(hidden) if is_deleted else tables.run.c.id.not_in(hidden)
    ]
    if experiment:
        parts.append(_is_of(experiment))
    if tree is not None:
        parts.append(compile_filter(tree))
    return and_(*parts)


def run_ids(
    connection: Connection,
    where: ColumnElement[bool],
    orders: Sequence[Order] = (),
    *,
    limit: int,
    offset: int = 0,
) -> list[int]:
    """Returns catalog ids of the runs that hold, in order."""
    if not orders or orders[0].field.kind is FieldKind.ATTRIBUTE:
        chosen = select(tables.run.c.id).where(where)
        return _take(connection, in_order(chosen, orders), limit, offset)
    having, without, column = split_by_value(orders[0])
    first = having.where(where)
    direction = column.desc() if orders[0].is_descending else column.asc()
    found = _take(connection, in_order(first, orders[1:], direction), limit, offset)
    if len(found) == limit:
        return found
    before = offset
    if not found and offset:
        counted = select(func.count()).select_from(first.subquery())
        before -= int(connection.execute(counted).scalar_one())
    rest = select(tables.run.c.id).where(where, without)
    skipped = max(0, before) if not found else 0
    return found + _take(connection, in_order(rest, orders[1:]), limit - len(found), skipped)


def hydrate(connection: Connection, ids: Sequence[int]) -> tuple[Run, ...]:
    """Returns the runs of these catalog ids, whole, in the same order."""
    if not ids:
        return ()
    texts: dict[int, tuple[dict[str, str], dict[str, str]]] = {id_: ({}, {}) for id_ in ids}
    metrics: dict[int, dict[str, MetricSummary]] = {id_: {} for id_ in ids}
    rows: dict[int, Any] = {}
    for start in range(0, len(ids), 500):
        part = {"ids": json.dumps(ids[start : start + 500])}
        found_texts = _plain_rows(connection, _TEXTS, part)
        found_metrics = _plain_rows(connection, _METRICS, part)
        keys = {row[1] for row in found_texts} | {row[1] for row in found_metrics}
        names = _names(connection, keys)
        for run, key, text in found_texts:
            kind, name = names[key]
            texts[run][kind][name] = text
        for run, key, last, step, count, low, high in found_metrics:
            metrics[run][names[key][1]] = MetricSummary(
                count=count,
                last=NAN if last is None else last,
                last_step=step,
                minimum=NAN if low is None else low,
                maximum=NAN if high is None else high,
            )
        rows |= {row.id: row for row in connection.execute(_RUNS, part).all()}
    return tuple(_run(rows[id_], *texts[id_], metrics[id_]) for id_ in ids)


def hydrate_heads(connection: Connection, ids: Sequence[int]) -> tuple[Run, ...]:
    """Returns the runs of these catalog ids without params, tags and metrics, in order."""
    question = {"ids": json.dumps(list(ids))}
    rows = {row.id: row for row in connection.execute(_RUNS, question).all()}
    return tuple(_run(rows[id_], {}, {}, {}) for id_ in ids)


def columns(connection: Connection, experiment: str = "") -> tuple[Column, ...]:
    """Returns every metric, param and tag of the runs, with the number of runs that have it."""
    key, metric = tables.key, tables.metric
    value, run_value = tables.text_value, tables.run_value
    of_metrics = select(metric.c.key.label("key"), func.count().label("many"))
    # Counted by value on one index first: values are far fewer than the runs that carry them.
    by_value = select(run_value.c.value, func.count().label("many"))
    if experiment:
        where = condition(experiment=experiment)
        chosen = select(tables.run.c.id).where(where)
        of_metrics = of_metrics.where(metric.c.run.in_(chosen))
        by_value = by_value.where(run_value.c.run.in_(chosen))
    counts = by_value.group_by(run_value.c.value).cte("counts")
    of_texts = select(value.c.key_id.label("key"), func.sum(counts.c.many).label("many")).join_from(
        counts, value, counts.c.value == value.c.id
    )
    found: list[Column] = []
    for question in (of_metrics.group_by(metric.c.key), of_texts.group_by(value.c.key_id)):
        counted = question.subquery()
        for kind, name, many in connection.execute(
            select(key.c.kind, key.c.name, counted.c.many).join_from(
                counted, key, key.c.id == counted.c.key
            )
        ):
            field = Field(kind=_KIND_OF[kind], key=name)
            found.append(Column(field=field, run_count=many))
    return tuple(sorted(found, key=lambda column: (column.field.kind, column.field.key)))


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


def find(connection: Connection, reference: str, *, limit: int = 5) -> tuple[RunPlace, ...]:
    """Returns the runs that a text may mean: an id, else the start of one, else a name."""
    asked = {"text": reference, "end": reference + "g", "many": limit}
    by_id, by_start, by_name = _FINDERS
    questions = (by_id, by_start, by_name) if len(reference) >= MIN_PREFIX else (by_id, by_name)
    for question in questions:
        found = _placed(connection.execute(question, asked))
        if found:
            return found
    return ()


def all_places(connection: Connection) -> tuple[RunPlace, ...]:
    """Returns where every run lies, oldest first."""
    return _places(connection, true())


def unsealed_places(connection: Connection) -> tuple[RunPlace, ...]:
    """Returns where the ended runs lie that are not sealed yet."""
    run = tables.run
    ended = [status.value for status in RunStatus if status.is_terminal]
    return _places(connection, ~run.c.is_sealed & ~run.c.is_deleted & run.c.status.in_(ended))


def _places(connection: Connection, where: ColumnElement[bool]) -> tuple[RunPlace, ...]:
    return _placed(connection.execute(_places_where(where)))


def _places_where(where: ColumnElement[bool]) -> Select[Any]:
    run = tables.run
    named = (run.c.id, run.c.run_id, run.c.month, run.c.name, run.c.started_us, run.c.sealed_sha256)
    return select(*named).where(where).order_by(run.c.started_us, run.c.id)


def _placed(rows: Iterable[Any]) -> tuple[RunPlace, ...]:
    return tuple(
        RunPlace(
            id=id_, run_id=run_id, month=month, name=name, started_us=start, sealed_sha256=digest
        )
        for id_, run_id, month, name, start, digest in rows
    )


def split_by_value(order: Order) -> tuple[Select[Any], ColumnElement[bool], ColumnElement[Any]]:
    """Returns runs with the ordered value, the condition for those without, and the value."""
    if order.field.kind is FieldKind.METRIC:
        metric = tables.metric.alias("ordered")
        is_there = and_(metric.c.key == key_id(order.field), metric.c.last.is_not(None))
        having = select(metric.c.run).join_from(metric, tables.run, tables.run.c.id == metric.c.run)
        those = select(metric.c.run).where(is_there)
        return having.where(is_there), tables.run.c.id.not_in(those), metric.c.last
    value, run_value = tables.text_value.alias("ordered"), tables.run_value
    of_key = value.c.key_id == key_id(order.field)
    having = (
        select(run_value.c.run)
        .join_from(run_value, value, run_value.c.value == value.c.id)
        .join(tables.run, tables.run.c.id == run_value.c.run)
        .where(of_key)
    )
    those = select(run_value.c.run).join_from(run_value, value, run_value.c.value == value.c.id)
    missing = tables.run.c.id.not_in(those.where(of_key))
    # Numbers in numeric order before texts in their own, as people expect of a param column.
    return having, missing, func.coalesce(value.c.number, value.c.text)


def in_order(
    chosen: Select[Any], orders: Sequence[Order], *first: ColumnElement[Any]
) -> Select[Any]:
    """Returns the question put in order: by ``first``, then ``orders``, else newest first."""
    terms: list[ColumnElement[Any]] = list(first)
    for order in orders:
        if order.field.kind is FieldKind.ATTRIBUTE:
            column = attribute_column(order.field)
        else:
            column = _value_of_run(order.field)
        terms.append(column.is_(None))
        terms.append(column.desc() if order.is_descending else column.asc())
    if not terms:
        terms.append(tables.run.c.started_us.desc())
    return chosen.order_by(*terms, tables.run.c.id.desc())


def _value_of_run(field: Field) -> ColumnElement[Any]:
    if field.kind is FieldKind.METRIC:
        metric = tables.metric
        return (
            select(metric.c.last)
            .where(metric.c.run == tables.run.c.id, metric.c.key == key_id(field))
            .correlate(tables.run)
            .scalar_subquery()
        )
    value, run_value = tables.text_value, tables.run_value
    return (
        select(func.coalesce(value.c.number, value.c.text))
        .join_from(run_value, value, run_value.c.value == value.c.id)
        .where(run_value.c.run == tables.run.c.id, value.c.key_id == key_id(field))
        .correlate(tables.run)
        .scalar_subquery()
    )


def _take(connection: Connection, question: Select[Any], limit: int, offset: int) -> list[int]:
    rows = connection.execute(question.limit(limit).offset(offset))
    return [row[0] for row in rows]


def _run(
    row: Any,  # noqa: ANN401 - a row of _RUNS
    params: dict[str, str],
    tags: dict[str, str],
    metrics: dict[str, MetricSummary],
) -> Run:
    return Run(
        run_id=row.run_id,
        experiment=row.experiment,
        name=row.name,
        status=RunStatus(row.status),
        started_us=row.started_us,
        ended_us=row.ended_us,
        host=row.host,
        user=row.user,
        is_deleted=row.is_deleted,
        is_lost=row.is_lost,
        is_sealed=row.is_sealed,
        params=params,
        tags=tags,
        metrics=metrics,
    )


def _plain_rows(
    connection: Connection, question: Select[Any], parameters: dict[str, Any]
) -> Sequence[Any]:
    """Returns the driver's own tuples: a page has thousands, and none needs conversion."""
    rows: Sequence[Any] = connection.execute(question, parameters).cursor.fetchall()
    return rows


def _names(connection: Connection, keys: Collection[int]) -> dict[int, tuple[int, str]]:
    """Returns kind and name of each key; far fewer than the values that carry them."""
    names: dict[int, tuple[int, str]] = {}
    wanted, key = list(keys), tables.key
    for start in range(0, len(wanted), 5_000):
        question = select(key.c.id, key.c.kind, key.c.name)
        rows = connection.execute(question.where(key.c.id.in_(wanted[start : start + 5_000])))
        names |= {id_: (kind, name) for id_, kind, name in rows}
    return names


def _page_questions() -> tuple[Select[Any], Select[Any], Select[Any]]:
    ids = listed(bindparam("ids", type_=Text))
    run, value = tables.run, tables.text_value
    run_value, metric = tables.run_value, tables.metric
    runs = (
        select(run, tables.experiment.c.name.label("experiment"))
        .join_from(run, tables.experiment, run.c.experiment_id == tables.experiment.c.id)
        .where(run.c.id.in_(ids))
    )
    texts = (
        select(run_value.c.run, value.c.key_id, value.c.text)
        .join_from(run_value, value, run_value.c.value == value.c.id)
        .where(run_value.c.run.in_(ids))
    )
    metrics = select(
        metric.c.run,
        metric.c.key,
        metric.c.last,
        metric.c.last_step,
        metric.c.count,
        metric.c.minimum,
        metric.c.maximum,
    ).where(metric.c.run.in_(ids))
    return runs, texts, metrics


def _finders() -> tuple[Select[Any], ...]:
    """Returns the questions for an id, the start of one and a name; made once, asked often."""
    run, text = tables.run, bindparam("text", type_=Text)
    named = (run.c.run_id == text, run.c.run_id.between(text, bindparam("end")), run.c.name == text)
    return tuple(_places_where(where).limit(bindparam("many")) for where in named)


_RUNS, _TEXTS, _METRICS = _page_questions()
_FINDERS = _finders()
