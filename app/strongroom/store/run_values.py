# SPDX-License-Identifier: Apache-2.0
"""Whole columns of values for many runs at once, for plots over a question.

* A column is read from the index of its key, never run by run; few runs are looked up one by one.
* At most `MOST_RUNS` runs, the newest; how many there are in all is told.
* Reading stops between two blocks of rows when somebody cancels.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import numpy as np
import numpy.typing as npt
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
)

from strongroom.domain.progress import Progress
from strongroom.domain.query import Attribute, Field, FieldKind
from strongroom.store import tables
from strongroom.store.key_names import key_fields, key_id
from strongroom.store.query_compiler import attribute_column, metric_number
from strongroom.store.statement import listed, many

MOST_RUNS: Final = 100_000  # points of a plot; more of them on one screen only cover each other
BLOCK: Final = 20_000  # rows between two looks at Cancel, some 10 ms
FEW_SHARE: Final = 8  # fewer than one run in this many: looking each up beats reading the index
SAMPLE: Final = 2_000  # runs that decide which params vary

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ValueColumn:
    """One field of many runs.

    Attributes:
        field: Which field.
        numbers: A number a run, NaN where it has none; times are seconds since 1970 UTC,
            durations seconds.
        codes: A place in ``texts`` a run, -1 where it has no text; empty for numeric fields.
        texts: The distinct texts, numbers in their order before words in theirs.
    """

    field: Field
    numbers: Floats
    codes: Codes
    texts: tuple[str, ...]

    @property
    def is_numeric(self) -> bool:
        """Whether every value that is there is a number."""
        if not len(self.codes):
            return True
        return not bool(((self.codes >= 0) & np.isnan(self.numbers)).any())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ValueTable:
    """Columns of the same runs, the newest run first; ``total`` counts also those left out."""

    run_ids: tuple[str, ...]
    names: tuple[str, ...]
    columns: tuple[ValueColumn, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How much a metric or param differs: runs that have it and values, both of a sample."""

    field: Field
    run_count: int
    value_count: int
    is_numeric: bool


def read_values(
    connection: Connection,
    where: ColumnElement[bool],
    fields: Sequence[Field],
    progress: Progress,
    *,
    limit: int = MOST_RUNS,
) -> ValueTable:
    """Returns the fields of the newest ``limit`` runs a condition holds for.

    Raises:
        Cancelled: Between two blocks of rows.
    """
    run = tables.run
    newest = select(run.c.id, run.c.run_id, run.c.name).where(where)
    newest = newest.order_by(run.c.started_us.desc(), run.c.id.desc()).limit(limit)
    rows = [row for block in _blocks(connection, newest, progress) for row in block]
    total = len(rows)
    if total == limit:
        counted = select(func.count()).select_from(run).where(where)
        total = int(connection.execute(counted).scalar_one())
    ids = np.fromiter((row[0] for row in rows), np.int64, len(rows))
    everything = int(connection.execute(select(func.max(run.c.id))).scalar() or 0)
    chosen = _Chosen(ids, is_few=len(ids) * FEW_SHARE < everything)
    return ValueTable(
        run_ids=tuple(row[1] for row in rows),
        names=tuple(row[2] for row in rows),
        columns=tuple(_column(connection, chosen, field, progress) for field in fields),
        total=total,
    )


def read_spread(connection: Connection, where: ColumnElement[bool]) -> tuple[Spread, ...]:
    """Returns the metrics and params of an even sample of the runs and how much each differs."""
    run, value, run_value = tables.run, tables.text_value, tables.run_value
    every = connection.execute(select(run.c.id).where(where).order_by(run.c.id))
    found = np.fromiter((row[0] for row in every), np.int64)
    if len(found) > SAMPLE:
        found = found[np.linspace(0, len(found) - 1, SAMPLE).astype(np.int64)]
    ids = listed(literal(many(found)))
    texts = (
        select(
            value.c.key_id,
            func.count(),
            func.count(value.c.id.distinct()),
            func.sum(case((value.c.number.is_(None), 1), else_=0)),
        )
        .join_from(run_value, value, run_value.c.value == value.c.id)
        .where(run_value.c.run.in_(ids))
        .group_by(value.c.key_id)
    )
    metric = tables.metric
    figures = (
        select(metric.c.key, func.count(), func.count(metric.c.last.distinct()), literal(0))
        .where(metric.c.run.in_(ids))
        .group_by(metric.c.key)
    )
    counted = {
        row[0]: row[1:] for row in chain(connection.execute(texts), connection.execute(figures))
    }
    fields, spread = key_fields(connection, counted), []
    for id_, (runs, values, words) in counted.items():
        field = fields[id_]
        if field.kind is not FieldKind.TAG:
            spread.append(
                Spread(field=field, run_count=runs, value_count=values, is_numeric=not words)
            )
    return tuple(sorted(spread, key=lambda each: (-each.run_count, each.field.key)))


class _Chosen:
    """The runs of a table, and where each lies in it."""

    def __init__(self, ids: npt.NDArray[np.int64], *, is_few: bool) -> None:
        self.is_few = is_few
        self.count = len(ids)
        self._order = np.argsort(ids, kind="stable")
        self._sorted = ids[self._order]
        self.ids = json.dumps(ids.tolist()) if is_few else ""

    def places(self, runs: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Returns the row of each run, -1 for runs of other questions."""
        if not self.count:
            return np.full(len(runs), -1, np.int64)
        at = np.minimum(np.searchsorted(self._sorted, runs), self.count - 1)
        return np.where(self._sorted[at] == runs, self._order[at], -1)


def _column(
    connection: Connection, chosen: _Chosen, field: Field, progress: Progress
) -> ValueColumn:
    if field.kind is FieldKind.METRIC or (field.kind is FieldKind.ATTRIBUTE and field.is_numeric):
        numbers = np.full(chosen.count, np.nan)
        for runs, values in _pairs(connection, _numbers_of(field, chosen), progress):
            places = chosen.places(runs)
            numbers[places[places >= 0]] = values[places >= 0]
        if field.kind is FieldKind.ATTRIBUTE:
            numbers /= 1e6  # microseconds
        return ValueColumn(field=field, numbers=numbers, codes=np.empty(0, np.int32), texts=())
    if field.kind is FieldKind.ATTRIBUTE:
        return _text_attribute(connection, chosen, field, progress)
    return _texts(connection, chosen, field, progress)


def _numbers_of(field: Field, chosen: _Chosen) -> Select[Any]:
    run, metric = tables.run, tables.metric
    if field.kind is FieldKind.ATTRIBUTE:
        value, id_ = attribute_column(field), run.c.id
        question = select(id_, value).where(value.is_not(None))
    else:
        id_ = metric.c.run
        number = metric_number(field.aggregate)
        question = select(id_, number).where(metric.c.key == key_id(field), number.is_not(None))
    return _limited(question, id_, chosen)


def _limited(question: Select[Any], id_: ColumnElement[int], chosen: _Chosen) -> Select[Any]:
    """Asks for the chosen runs alone where they are few."""
    if not chosen.is_few:
        return question
    return question.where(id_.in_(listed(bindparam("ids", chosen.ids, type_=Text))))


def _texts(
    connection: Connection, chosen: _Chosen, field: Field, progress: Progress
) -> ValueColumn:
    value, run_value = tables.text_value, tables.run_value
    of_key = value.c.key_id == key_id(field)
    carried = select(run_value.c.run, run_value.c.value).join_from(
        value, run_value, and_(run_value.c.value == value.c.id, of_key)
    )
    runs_of: list[npt.NDArray[np.int64]] = []
    values_of: list[npt.NDArray[np.int64]] = []
    for runs, values in _pairs(connection, _limited(carried, run_value.c.run, chosen), progress):
        places = chosen.places(runs)
        runs_of.append(places[places >= 0])
        values_of.append(values[places >= 0].astype(np.int64))
    rows = np.concatenate([*runs_of, np.empty(0, np.int64)])
    ids = np.concatenate([*values_of, np.empty(0, np.int64)])
    named = select(value.c.id, value.c.number, value.c.text).where(of_key)
    wanted = set(ids.tolist())
    known = [
        row for block in _blocks(connection, named, progress) for row in block if row[0] in wanted
    ]
    return _coded(field, chosen.count, rows, ids, known)


def _text_attribute(
    connection: Connection, chosen: _Chosen, field: Field, progress: Progress
) -> ValueColumn:
    run = tables.run
    is_experiment = Attribute(field.key) is Attribute.EXPERIMENT
    column = run.c.experiment_id if is_experiment else attribute_column(field)
    question = _limited(select(run.c.id, column), run.c.id, chosen)
    rows = [row for block in _blocks(connection, question, progress) for row in block]
    places = chosen.places(np.fromiter((row[0] for row in rows), np.int64, len(rows)))
    carried = [row[1] for row, place in zip(rows, places, strict=True) if place >= 0]
    if is_experiment:
        table = tables.experiment
        named = dict(tuple(row) for row in connection.execute(select(table.c.id, table.c.name)))
        carried = [named[each] for each in carried]
    numbered = {text: number for number, text in enumerate(dict.fromkeys(carried))}
    ids = np.fromiter((numbered[each] for each in carried), np.int64, len(carried))
    known = [(number, None, text) for text, number in numbered.items()]
    return _coded(field, chosen.count, places[places >= 0], ids, known)


def _coded(
    field: Field,
    count: int,
    rows: npt.NDArray[np.int64],
    ids: npt.NDArray[np.int64],
    known: Sequence[Any],
) -> ValueColumn:
    """Numbers the texts in reading order: ``known`` are (id, number or None, text)."""
    known = sorted(known, key=lambda row: (row[1] is None, row[1] or 0.0, row[2]))
    codes = np.full(count, -1, np.int32)
    numbers = np.full(count, np.nan)
    if known:
        of_id = np.fromiter((row[0] for row in known), np.int64, len(known))
        value = np.array([np.nan if row[1] is None else row[1] for row in known])
        order = np.argsort(of_id)
        found = order[np.searchsorted(of_id[order], ids)]
        codes[rows] = found
        numbers[rows] = value[found]
    texts = tuple(row[2] for row in known)
    return ValueColumn(field=field, numbers=numbers, codes=codes, texts=texts)


def _pairs(
    connection: Connection, question: Select[Any], progress: Progress
) -> Iterator[tuple[npt.NDArray[np.int64], Floats]]:
    """Yields runs and their numbers, a block of rows at a time."""
    for rows in _blocks(connection, question, progress):
        flat = np.fromiter(chain.from_iterable(rows), np.float64, 2 * len(rows)).reshape(-1, 2)
        yield flat[:, 0].astype(np.int64), flat[:, 1]


def _blocks(
    connection: Connection, question: Select[Any], progress: Progress
) -> Iterator[Sequence[Any]]:
    """Yields the driver's own tuples: there may be millions, and none needs conversion."""
    cursor = connection.execute(question).cursor
    while rows := cursor.fetchmany(BLOCK):
        progress.step(0, 0, "Reading values")
        yield rows
    cursor.close()
