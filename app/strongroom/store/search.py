# SPDX-License-Identifier: Apache-2.0
"""Searching the catalog: which runs, and in which order.

* A page costs what it shows: ids are found and ordered on indexes, only the page is read whole.
* Runs without the ordered value come last, ascending or descending; ties are newest first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    select,
    text,
)

from strongroom.domain.query import Aggregate, Attribute, Field, FieldKind, Filter, Not, Order
from strongroom.domain.run import Run
from strongroom.store import tables
from strongroom.store.hydration import hydrate
from strongroom.store.key_names import key_id
from strongroom.store.query_compiler import (
    attribute_column,
    compile_filter,
    drivers,
    matching_ids,
    may_lack,
    metric_number,
    runs_of,
)
from strongroom.store.statement import OneAfterOther, Statement, given, listed, many

FEW = 25_000  # matches that are ordered by themselves; finding them out wastes some 20 ms at most
MOST_VALUES = 500  # distinct values that are gone through one by one
MAX_PAGE = 100_000  # runs read whole at once; a window asks for hundreds


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Part of the answer to a search, and how many runs the whole answer has."""

    runs: tuple[Run, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which runs a question is about before its filter: of one experiment, and how visible."""

    experiment: str = ""
    is_deleted: bool = False
    is_archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Few:
    """All runs of an answer that are few enough to be ordered by themselves: ids as JSON."""

    ids: str
    count: int


def search(
    connection: Connection,
    *,
    tree: Filter | None = None,
    experiment: str = "",
    orders: Sequence[Order] = (),
    limit: int = 100,
    offset: int = 0,
    is_deleted: bool = False,
    is_archived: bool = False,
) -> Page:
    """Answers a filter with one page of runs."""
    scope = Scope(experiment=experiment, is_deleted=is_deleted, is_archived=is_archived)
    most = min(limit, MAX_PAGE)
    few = few_ids(connection, tree, scope)
    if few is not None and _is_worth_ordering(connection, few, most + offset, orders):
        ids = _first_of_few(connection, few, tuple(orders), most, offset)
        return Page(runs=hydrate(connection, ids), total=few.count)
    if tree is None and (not orders or orders[0].field.kind is FieldKind.ATTRIBUTE):
        walk = _walk_question(scope, tuple(orders))
        ids = [row[0] for row in walk.rows(connection, most=most, offset=offset)]
        return Page(runs=hydrate(connection, ids), total=_count(connection, None, scope))
    where = condition(
        tree=tree,
        experiment=experiment,
        is_deleted=is_deleted,
        is_archived=is_archived,
        is_walked=True,
    )
    ids = run_ids(connection, where, orders, limit=most, offset=offset)
    total = _count(connection, tree, scope) if few is None else few.count
    return Page(runs=hydrate(connection, ids), total=total)


def _is_worth_ordering(
    connection: Connection, few: Few, wanted: int, orders: Sequence[Order]
) -> bool:
    """Whether ordering an answer costs less than walking an index until the page is full."""
    count = _EVERYTHING.rows(connection)[0][0] or 0
    is_indexed = len(orders) <= 1 and not any(_is_computed(order.field) for order in orders)
    return not is_indexed or few.count**2 <= wanted * count


def _is_computed(field: Field) -> bool:
    """Whether no index holds the field in order."""
    if field.kind is FieldKind.METRIC:
        return field.aggregate is not Aggregate.LAST
    if field.kind is FieldKind.ATTRIBUTE:
        return field.key not in {Attribute.NAME, Attribute.START_TIME, Attribute.RUN_ID}
    return True


def _count(connection: Connection, tree: Filter | None, scope: Scope) -> int:
    """Returns how many runs an answer has; hidden runs are few, so they are taken off."""
    if isinstance(tree, Not):  # the others: counting these reads one index, those every run
        return _count(connection, None, scope) - _count(connection, tree.part, scope)
    if tree is not None:
        rarest = _rarest(connection, tree)
        found = matching_ids(tree, lambda of: _visible(of, scope), rarest).subquery()
        return int(connection.execute(select(func.count()).select_from(found)).scalar_one())
    everything, hidden = _scope_questions(scope)
    ((count,),) = hidden.rows(connection)
    if scope.is_deleted or scope.is_archived:
        return int(count)
    return int(everything.rows(connection)[0][0] or 0) - int(count)


@lru_cache(maxsize=64)
def _scope_questions(scope: Scope) -> tuple[Statement, Statement]:
    """Returns the questions for how many runs a scope has, and how many of these are hidden."""
    experiment, run = tables.experiment, tables.run
    everything = select(func.sum(experiment.c.runs))
    hidden = select(func.count()).select_from(run).where(_hidden(scope))
    if scope.experiment:
        everything = everything.where(experiment.c.name == scope.experiment)
        # The sum keeps SQLite on the index of hidden runs; those of an experiment are many.
        hidden = hidden.where(_is_of(scope.experiment, run.c.experiment_id + literal_column("0")))
    return Statement.of(everything), Statement.of(hidden)


@lru_cache(maxsize=64)
def _walk_question(scope: Scope, orders: tuple[Order, ...]) -> Statement:
    """Asks for the runs of a scope in the order of attributes, as many as make a page."""
    chosen = select(tables.run.c.id).where(_visible(tables.run.c.id, scope))
    limit, offset = bindparam("most", 0, type_=Integer), bindparam("offset", 0, type_=Integer)
    return Statement.of(in_order(chosen, orders).limit(limit).offset(offset))


def _hidden(scope: Scope) -> ColumnElement[bool]:
    """Returns the condition on `tables.run` for what is hidden, or for that part of it."""
    run = tables.run
    if scope.is_deleted:
        return run.c.is_deleted
    if scope.is_archived:
        return and_(run.c.is_archived, ~run.c.is_deleted)
    return text(f"({tables.HIDDEN})")  # type: ignore[return-value]


def _is_of(
    experiment: str, column: ColumnElement[int] = tables.run.c.experiment_id
) -> ColumnElement[bool]:
    named = select(tables.experiment.c.id).where(tables.experiment.c.name == experiment)
    return column == named.scalar_subquery()


def _visible(of: ColumnElement[int], scope: Scope) -> ColumnElement[bool]:
    """Returns the condition for the runs of a scope, on a column with a run's id."""
    hidden = select(tables.run.c.id).where(_hidden(scope)).correlate(None)
    is_hidden = of.in_(hidden)
    seen = is_hidden if scope.is_deleted or scope.is_archived else ~is_hidden
    if not scope.experiment:
        return seen
    if of is tables.run.c.id:
        return and_(seen, _is_of(scope.experiment))
    members = select(tables.run.c.id).where(_is_of(scope.experiment)).correlate(None)
    return and_(seen, of.in_(members))


def few_ids(connection: Connection, tree: Filter | None, scope: Scope) -> Few | None:
    """Returns all runs an answer has, or None if they are many or there is no filter."""
    if tree is None:
        return None
    ((count, ids),) = _few_question(tree, scope, _rarest(connection, tree)).rows(connection)
    return Few(ids=ids, count=count) if count <= FEW else None


@lru_cache(maxsize=64)
def _few_question(tree: Filter, scope: Scope, driver: Filter | None) -> Statement:
    found = matching_ids(tree, lambda of: _visible(of, scope), driver)
    matching = found.limit(FEW + 1).subquery()
    return Statement.of(select(func.count(), func.json_group_array(matching.c[0])))


def _rarest(connection: Connection, tree: Filter) -> Filter | None:
    """Returns the part of a filter that the fewest runs hold for, counted up to `FEW`."""
    parts = drivers(tree)
    if len(parts) < 2:
        return None
    rarest, least = parts[0], FEW
    for part in parts:
        ((count,),) = _count_question(part).rows(connection, most=least)
        if count < least:
            rarest, least = part, count
    return rarest


@lru_cache(maxsize=64)
def _count_question(part: Filter) -> Statement:
    found = runs_of(part).limit(bindparam("most", 0, type_=Integer)).subquery()
    return Statement.of(select(func.count()).select_from(found))


def _first_of_few(
    connection: Connection, few: Few, orders: tuple[Order, ...], most: int, offset: int
) -> list[int]:
    """Returns the ids of one page of these runs, in order."""
    given_ = {"few": few.ids, "most": most, "offset": offset}
    if len(orders) == 1 and orders[0].field.kind is FieldKind.METRIC:
        rows = _few_with_metric(orders[0]).rows(connection, **given_)
        if len(rows) == most:  # a full page of runs with the metric: what the others are is open
            return [row[0] for row in rows]
    return [row[0] for row in _few_in_order(orders).rows(connection, **given_)]


@lru_cache(maxsize=64)
def _few_with_metric(order: Order) -> Statement:
    """Asks for those of a few runs that have a metric, in its order, and for no row of `run`."""
    few = func.json_each(bindparam("few", "[]", type_=Text)).table_valued("value", name="few")
    metric = tables.metric.alias("ordered")
    number = metric_number(order.field.aggregate, metric)
    of_key = and_(metric.c.run == few.c.value, metric.c.key == key_id(order.field))
    chosen = select(metric.c.run).select_from(OneAfterOther(few, metric, of_key))
    direction = number.desc() if order.is_descending else number.asc()
    question = chosen.where(number.is_not(None)).order_by(direction, metric.c.run.desc())
    limit, offset = bindparam("most", 0, type_=Integer), bindparam("offset", 0, type_=Integer)
    return Statement.of(question.limit(limit).offset(offset))


@lru_cache(maxsize=64)
def _few_in_order(orders: tuple[Order, ...]) -> Statement:
    few = Few(ids="", count=0)
    limit, offset = bindparam("most", 0, type_=Integer), bindparam("offset", 0, type_=Integer)
    return Statement.of(ordered_by_value(few, orders).limit(limit).offset(offset))


def ordered_by_value(few: Few, orders: Sequence[Order]) -> Select[Any]:
    """Returns the question that orders these runs as `run_ids` does."""
    run = tables.run
    chosen = select(run.c.id).where(run.c.id.in_(listed(bindparam("few", few.ids, type_=Text))))
    if len(orders) != 1 or orders[0].field.kind is FieldKind.ATTRIBUTE:
        return in_order(chosen, orders)
    (order,) = orders
    value: ColumnElement[Any]
    if order.field.kind is FieldKind.METRIC:  # joined, it is looked up once a run
        metric = tables.metric.alias("ordered")
        of_key = and_(metric.c.run == run.c.id, metric.c.key == key_id(order.field))
        chosen = chosen.outerjoin_from(run, metric, of_key)
        value = metric_number(order.field.aggregate, metric)
    else:
        value = _value_of_run(order.field)
    newest = case((value.is_(None), run.c.started_us)).desc()
    direction = value.desc() if order.is_descending else value.asc()
    return chosen.order_by(value.is_(None), direction, newest, run.c.id.desc())


def condition(
    *,
    tree: Filter | None = None,
    experiment: str = "",
    is_deleted: bool = False,
    is_archived: bool = False,
    is_walked: bool = False,
) -> ColumnElement[bool]:
    """Returns the condition on `tables.run` for the runs of a scope that a filter holds for.

    Args:
        tree: The filter.
        experiment: Of one experiment, "" for all.
        is_deleted: Deleted runs instead of the others.
        is_archived: Archived runs instead of the others.
        is_walked: For a question with a limit that reads an index in order until it has enough.
    """
    scope = Scope(experiment=experiment, is_deleted=is_deleted, is_archived=is_archived)
    seen = _visible(tables.run.c.id, scope)
    return seen if tree is None else and_(compile_filter(tree, is_probed=is_walked), seen)


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
    is_plain = not offset and len(orders) == 1
    found = _value_after_value(connection, where, orders[0], limit) if is_plain else []
    if not found:
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


def _value_after_value(
    connection: Connection, where: ColumnElement[bool], order: Order, limit: int
) -> list[int]:
    """Returns the first runs ordered by a param or tag: value after value, until it has enough.

    Sorting a million runs by a value that few of them differ in takes a second; this reads an
    index in its order. Returns nothing for a metric, and where the values are too many.
    """
    if order.field.kind is FieldKind.METRIC:
        return []
    value, run_value, run = tables.text_value, tables.run_value, tables.run
    shown = func.coalesce(value.c.number, value.c.text)
    values = select(shown, value.c.id).where(value.c.key_id == key_id(order.field))
    direction = shown.desc() if order.is_descending else shown.asc()
    rows = connection.execute(values.order_by(direction).limit(MOST_VALUES + 1)).all()
    if len(rows) > MOST_VALUES:
        return []
    most = bindparam("most", 0, type_=Integer)
    runs = select(run_value.c.run).join_from(run_value, run, run.c.id == run_value.c.run)
    runs = runs.where(where).order_by(run_value.c.run.desc()).limit(most)
    alike = run_value.c.value.in_(given("values"))
    # Apart, because only a single value is found in the index in the order that is asked for.
    one = Statement.of(runs.where(run_value.c.value == bindparam("value", 0, type_=Integer)))
    several = Statement.of(runs.where(alike))  # texts of one number: 1 and 1.0
    found: list[int] = []
    for _, group in groupby(rows, key=itemgetter(0)):
        ids, missing = [id_ for _, id_ in group], limit - len(found)
        if len(ids) == 1:
            answer = one.rows(connection, value=ids[0], most=missing)
        else:
            answer = several.rows(connection, values=many(ids), most=missing)
        found += [row[0] for row in answer]
        if len(found) >= limit:
            break
    return found


def split_by_value(order: Order) -> tuple[Select[Any], ColumnElement[bool], ColumnElement[Any]]:
    """Returns runs with the ordered value, the condition for those without, and the value."""
    if order.field.kind is FieldKind.METRIC:
        metric = tables.metric.alias("ordered")
        number = metric_number(order.field.aggregate, metric)
        is_there = and_(metric.c.key == key_id(order.field), number.is_not(None))
        having = select(metric.c.run).join_from(metric, tables.run, tables.run.c.id == metric.c.run)
        those = select(metric.c.run).where(is_there)
        return having.where(is_there), tables.run.c.id.not_in(those), number
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
        if may_lack(order.field):  # else the term would only keep SQLite from using an index
            terms.append(column.is_(None))
        terms.append(column.desc() if order.is_descending else column.asc())
    if not terms:
        terms.append(tables.run.c.started_us.desc())
    return chosen.order_by(*terms, tables.run.c.id.desc())


def _value_of_run(field: Field) -> ColumnElement[Any]:
    if field.kind is FieldKind.METRIC:
        metric = tables.metric
        return (
            select(metric_number(field.aggregate))
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


_EVERYTHING = Statement.of(select(func.sum(tables.experiment.c.runs)))
