# SPDX-License-Identifier: Apache-2.0
"""The runs table as the catalog answers it: the order of all rows, and the rows that are in sight.

* An order is nothing but catalog ids; SQLite writes them as one text, so that a million of them
  cost a quarter of a second and leave the interpreter free for the window meanwhile.
* Rows are read with the fields that were asked for and no others: a run may have thousands.
* Figures over groups are computed from one metric's values, never from whole runs.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Select, Text, func, select

from strongroom.domain.query import Aggregate, Attribute, Field, FieldKind, Filter, Order
from strongroom.domain.run import MetricSummary, Run
from strongroom.store import tables
from strongroom.store.hydration import SUMMARY, Texts, run_of, run_rows, summaries
from strongroom.store.key_names import key_fields, key_id, key_ids
from strongroom.store.query_compiler import attribute_column, metric_number
from strongroom.store.search import (
    Scope,
    condition,
    few_ids,
    in_order,
    ordered_by_value,
    run_ids,
    split_by_value,
)
from strongroom.store.statement import Statement, given, many

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
PIECE = 1 << 16  # characters parsed at a time; the window gets its turn in between
WINDOW = 500  # rows read by one statement


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row: the run with the fields that were asked for, and what is wrong with its folder."""

    id: int
    run: Run
    damage: str = ""
    broken: tuple[str, ...] = ()
    """What its contracts ask and it breaks, by what the rules are about."""


def order(
    connection: Connection,
    *,
    tree: Filter | None = None,
    experiment: str = "",
    orders: Sequence[Order] = (),
    is_deleted: bool = False,
    is_archived: bool = False,
    limit: int | None = None,
) -> tuple[Ids, bool]:
    """Returns the catalog ids an answer has, in order, and whether these are all of them."""
    scope = Scope(experiment=experiment, is_deleted=is_deleted, is_archived=is_archived)
    where = condition(
        tree=tree,
        experiment=experiment,
        is_deleted=is_deleted,
        is_archived=is_archived,
        is_walked=limit is not None,
    )
    few = few_ids(connection, tree, scope)
    if few is not None:
        return numbers(connection, ordered_by_value(few, orders)), True
    if limit is not None:
        found = run_ids(connection, where, orders, limit=limit)
        return np.array(found, np.int64), len(found) < limit
    everything = select(tables.run.c.id).where(where)
    if not orders or orders[0].field.kind is FieldKind.ATTRIBUTE:
        return numbers(connection, in_order(everything, orders)), True
    having, _, column = split_by_value(orders[0])
    direction = column.desc() if orders[0].is_descending else column.asc()
    first = numbers(connection, in_order(having.where(where), orders[1:], direction))
    rest = numbers(connection, in_order(everything, orders[1:]))
    return np.concatenate([first, rest[~places(first, rest)]]), True


def numbers(connection: Connection, question: Select[Any]) -> Ids:
    """Returns the whole numbers a question answers with, in its order."""
    asked = question.subquery()
    text = connection.execute(select(func.group_concat(asked.c[0]))).scalar()
    found: Ids = _parsed(text or "", np.int64)
    return found


def places(members: Ids, ids: Ids) -> npt.NDArray[np.bool_]:
    """Returns for each id whether it is one of the members."""
    largest = int(max(members.max(initial=0), ids.max(initial=0)))
    mask = np.zeros(largest + 1, np.bool_)
    mask[members] = True
    found: npt.NDArray[np.bool_] = mask[ids]
    return found


def values(connection: Connection, field: Field) -> tuple[Ids, Ids, list[str]]:
    """Returns runs, the number of the value each has for a param, tag or attribute, and the values.

    Runs without the field are left out.
    """
    if field.kind is FieldKind.ATTRIBUTE:
        return _attribute_values(connection, field)
    value, run_value = tables.text_value, tables.run_value
    chosen = select(value.c.id, value.c.text).where(value.c.key_id == key_id(field))
    texts = connection.execute(chosen).all()
    of_key = run_value.c.value.in_(select(value.c.id).where(value.c.key_id == key_id(field)))
    runs = numbers(connection, select(run_value.c.run).where(of_key).order_by(run_value.c.value))
    counted = select(run_value.c.value, func.count()).where(of_key).group_by(run_value.c.value)
    counts: dict[int, int] = dict(connection.execute(counted).all())
    carried = sorted((id_, text) for id_, text in texts if id_ in counts)
    many = np.array([counts[id_] for id_, _ in carried], np.int64)
    return runs, np.repeat(np.arange(len(carried)), many), [text for _, text in carried]


def metric_values(connection: Connection, key: Field, column: str = "last") -> tuple[Ids, Floats]:
    """Returns the runs that have a number for a metric, and the number.

    Args:
        connection: Of the catalog.
        key: The metric.
        column: ``last``, ``minimum``, ``maximum`` or ``count``.
    """
    metric = tables.metric
    value = metric_number(_AGGREGATES[column])
    pairs = select((metric.c.run.cast(Text) + "," + value.cast(Text)).label("pair"))
    asked = pairs.where(metric.c.key == key_id(key), value.is_not(None)).subquery()
    text = connection.execute(select(func.group_concat(asked.c.pair))).scalar()
    flat = _parsed(text or "", np.float64).reshape(-1, 2)
    return flat[:, 0].astype(np.int64), flat[:, 1]


def rows(
    connection: Connection, ids: Sequence[int], fields: Collection[Field]
) -> tuple[TableRow, ...]:
    """Returns rows with these fields, in the order of the ids; runs that are gone are left out."""
    found: dict[int, TableRow] = {}
    keys = key_ids(connection, fields)
    for start in range(0, len(ids), WINDOW):
        found |= _window(connection, many(ids[start : start + WINDOW]), keys)
    return tuple(found[id_] for id_ in map(int, ids) if id_ in found)


def ids_of(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """Returns the catalog ids of run ids; unknown ones are left out."""
    run = tables.run
    asked = select(run.c.run_id, run.c.id).where(run.c.run_id.in_(given("names")))
    return dict(Statement.of(asked).rows(connection, names=json.dumps(list(names))))


def names_of(connection: Connection, ids: Ids) -> tuple[str, ...]:
    """Returns the run ids of catalog ids, in their order; runs that are gone are left out."""
    run = tables.run
    found: dict[int, str] = {}
    asked = Statement.of(select(run.c.id, run.c.run_id).where(run.c.id.in_(given("ids"))))
    for start in range(0, len(ids), 10_000):
        part = json.dumps(ids[start : start + 10_000].tolist())
        found |= dict(asked.rows(connection, ids=part))
    return tuple(found[id_] for id_ in ids.tolist() if id_ in found)


def named(connection: Connection, start: str) -> Ids:
    """Returns the runs whose names begin with a text, whatever its case."""
    run = tables.run
    pattern = start.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return numbers(
        connection, select(run.c.id).where(func.lower(run.c.name).like(pattern, escape="\\"))
    )


def newest_id(connection: Connection) -> int:
    """Returns the largest catalog id; runs that come later have larger ones."""
    return int(connection.execute(select(func.max(tables.run.c.id))).scalar() or 0)


def common_fields(connection: Connection, ids: Sequence[int]) -> list[tuple[Field, int]]:
    """Returns the metrics, params and tags some runs have, and how many of these runs do."""
    metric, value, run_value = tables.metric, tables.text_value, tables.run_value
    chosen = given("ids")
    of_metrics = (
        select(metric.c.key, func.count()).where(metric.c.run.in_(chosen)).group_by(metric.c.key)
    )
    of_texts = (
        select(value.c.key_id, func.count())
        .join_from(run_value, value, run_value.c.value == value.c.id)
        .where(run_value.c.run.in_(chosen))
        .group_by(value.c.key_id)
    )
    counts: dict[int, int] = {}
    for question in (of_metrics, of_texts):
        counts |= dict(Statement.of(question).rows(connection, ids=many(ids)))
    fields = key_fields(connection, counts)
    return [(fields[id_], counts[id_]) for id_ in sorted(counts)]


_AGGREGATES = {
    "last": Aggregate.LAST,
    "minimum": Aggregate.MIN,
    "maximum": Aggregate.MAX,
    "count": Aggregate.COUNT,
}


def _parsed(text: str, kind: Any) -> Any:  # noqa: ANN401 - an array of the kind
    """Returns the numbers of a text with commas, parsed in pieces."""
    parts = []
    start = 0
    while start < len(text):
        end = text.find(",", start + PIECE)
        end = len(text) if end < 0 else end
        parts.append(np.fromstring(text[start:end], kind, sep=","))
        start = end + 1
    return np.concatenate(parts) if parts else np.empty(0, kind)


def _attribute_values(connection: Connection, field: Field) -> tuple[Ids, Ids, list[str]]:
    run = tables.run
    if Attribute(field.key) is Attribute.EXPERIMENT:
        column: Any = run.c.experiment_id
        asked = select(tables.experiment.c.id, tables.experiment.c.name)
        words = dict(connection.execute(asked).all())
    else:
        column, words = attribute_column(field), None
    counted = select(column, func.count()).where(column.is_not(None)).group_by(column)
    counts = [(value, many) for value, many in connection.execute(counted.order_by(column))]
    runs = numbers(connection, select(run.c.id).where(column.is_not(None)).order_by(column))
    texts = [str(value) if words is None else words[value] for value, _ in counts]
    many = np.array([count for _, count in counts], np.int64)
    return runs, np.repeat(np.arange(len(counts)), many), texts


def _window(connection: Connection, ids: str, keys: dict[int, Field]) -> dict[int, TableRow]:
    """Returns rows with the fields of these ids of names."""
    texts: dict[int, Texts] = {}
    of_texts = [id_ for id_, field in keys.items() if field.kind is not FieldKind.METRIC]
    if of_texts:
        for run, key, text in _TEXTS.rows(connection, ids=ids, keys=many(of_texts)):
            field = keys[key]
            named_ = texts.setdefault(run, ({}, {}))
            named_[field.kind is FieldKind.TAG][field.key] = text
    metrics: dict[int, dict[str, MetricSummary]] = {}
    measured = keys.keys() - set(of_texts)
    if measured:
        found = _METRICS.rows(connection, ids=ids, keys=many(measured))
        metrics = summaries(connection, found)
    heads = run_rows(connection, ids)
    paths = json.dumps([head[-1] for head in heads])
    damage: dict[str, str] = {}
    for path, code, detail in _DAMAGE.rows(connection, paths=paths):
        damage.setdefault(path, f"{code}: {detail}")
    return {
        id_: TableRow(
            id=id_,
            run=run_of(head, texts.get(id_, ({}, {})), metrics.get(id_, {})),
            damage=damage.get(path, ""),
        )
        for head in heads
        for id_, path in [(head[0], head[-1])]
    }


def _window_questions() -> tuple[Statement, ...]:
    ids, keys = given("ids"), given("keys")
    value, finding = tables.text_value, tables.finding
    run_value, metric = tables.run_value, tables.metric
    texts = (
        select(run_value.c.run, value.c.key_id, value.c.text)
        .join_from(run_value, value, run_value.c.value == value.c.id)
        .where(run_value.c.run.in_(ids), value.c.key_id.in_(keys))
    )
    of_keys = metric.c.run.in_(ids), metric.c.key.in_(keys)
    damage = select(finding.c.path, finding.c.code, finding.c.detail).where(
        finding.c.path.in_(given("paths"))
    )
    questions = texts, SUMMARY.where(*of_keys).order_by(metric.c.run), damage
    return tuple(map(Statement.of, questions))


_TEXTS, _METRICS, _DAMAGE = _window_questions()
