# SPDX-License-Identifier: Apache-2.0
"""Turns a filter's tree into SQLAlchemy Core conditions.

* Every text and number of the filter becomes a bound parameter; columns come from a closed table.
* Logic stays two-valued: no condition is ever NULL, so NOT means "the other runs".
* A part becomes ``run.id IN (covering index)``, which SQLite may drive the question from.
"""

import operator
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    case,
    func,
    not_,
    or_,
    select,
    true,
)

from strongroom.domain.query import (
    AllOf,
    AnyOf,
    Attribute,
    Comparison,
    Field,
    FieldKind,
    Filter,
    Membership,
    Not,
    Operator,
)
from strongroom.store import tables

ESCAPE: Final = "\\"

_COMPARE: dict[Operator, Callable[[Any, Any], Any]] = {
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.LESS_EQUAL: operator.le,
    Operator.GREATER: operator.gt,
    Operator.GREATER_EQUAL: operator.ge,
}
_KINDS = {
    FieldKind.PARAM: tables.KIND_PARAM,
    FieldKind.TAG: tables.KIND_TAG,
    FieldKind.METRIC: tables.KIND_METRIC,
}
_COLUMNS: dict[Attribute, ColumnElement[Any]] = {
    Attribute.RUN_ID: tables.run.c.run_id,
    Attribute.NAME: tables.run.c.name,
    Attribute.STATUS: tables.run.c.status,
    Attribute.START_TIME: tables.run.c.started_us,
    Attribute.END_TIME: tables.run.c.ended_us,
    Attribute.DURATION: case(
        (tables.run.c.ended_us < tables.run.c.started_us, 0),  # a clock was set back
        else_=tables.run.c.ended_us - tables.run.c.started_us,
    ),
    Attribute.HOST: tables.run.c.host,
    Attribute.USER: tables.run.c.user,
}
_NULLABLE = frozenset({Attribute.END_TIME, Attribute.DURATION})


def compile_filter(tree: Filter) -> ColumnElement[bool]:
    """Returns the condition on `tables.run` that the filter means."""
    if isinstance(tree, AllOf):
        return and_(*(compile_filter(part) for part in tree.parts))
    if isinstance(tree, AnyOf):
        return or_(*(compile_filter(part) for part in tree.parts))
    if isinstance(tree, Not):
        return not_(compile_filter(tree.part))
    if tree.field.kind is FieldKind.ATTRIBUTE:
        return _attribute(tree)
    return tables.run.c.id.in_(_matching_runs(tree))


def key_id(field: Field) -> ScalarSelect[int]:
    """Returns the sub-question for the id of a metric's, param's or tag's name."""
    return (
        select(tables.key.c.id)
        .where(tables.key.c.kind == _KINDS[field.kind], tables.key.c.name == field.key)
        .scalar_subquery()
    )


def attribute_column(field: Field) -> ColumnElement[Any]:
    """Returns the column an attribute is ordered by."""
    attribute = Attribute(field.key)
    if attribute is Attribute.EXPERIMENT:
        return (
            select(tables.experiment.c.name)
            .where(tables.experiment.c.id == tables.run.c.experiment_id)
            .scalar_subquery()
        )
    return _COLUMNS[attribute]


def _matching_runs(tree: Filter) -> Select[tuple[int]]:
    """Returns the runs that have a metric, param or tag with the asked value."""
    assert not isinstance(tree, AllOf | AnyOf | Not)  # noqa: S101 - tells the type checker
    field = tree.field
    if field.kind is FieldKind.METRIC:
        of_key = tables.metric.c.key == key_id(field)
        return select(tables.metric.c.run).where(of_key, _test(tree, tables.metric.c.last))
    value = tables.text_value
    chosen = select(value.c.id).where(value.c.key_id == key_id(field), _text_test(tree))
    return select(tables.run_value.c.run).where(tables.run_value.c.value.in_(chosen))


def _attribute(tree: Filter) -> ColumnElement[bool]:
    assert not isinstance(tree, AllOf | AnyOf | Not)  # noqa: S101 - tells the type checker
    attribute = Attribute(tree.field.key)
    if attribute is Attribute.EXPERIMENT:
        named = select(tables.experiment.c.id).where(_test(tree, tables.experiment.c.name))
        return tables.run.c.experiment_id.in_(named)
    column = _COLUMNS[attribute]
    if attribute in _NULLABLE:
        return and_(column.is_not(None), func.coalesce(_test(tree, column), 0) == 1)
    return _test(tree, column)


def _text_test(tree: Filter) -> ColumnElement[bool]:
    """Compares as numbers with a number and as texts with a text."""
    value = tables.text_value
    if isinstance(tree, Comparison):
        return _test(tree, value.c.text if isinstance(tree.value, str) else value.c.number)
    if isinstance(tree, Membership):
        texts = [item for item in tree.values if isinstance(item, str)]
        numbers = [item for item in tree.values if not isinstance(item, str)]
        return or_(value.c.text.in_(texts), value.c.number.in_(numbers))
    return true()


def _test(tree: Filter, column: ColumnElement[Any]) -> ColumnElement[bool]:
    if isinstance(tree, Membership):
        return column.in_(tree.values)
    if not isinstance(tree, Comparison):
        return true()
    if tree.operator is Operator.LIKE:
        return column.like(tree.value)
    if tree.operator is Operator.ILIKE:
        return func.lower(column).like(func.lower(tree.value))
    result: ColumnElement[bool] = _COMPARE[tree.operator](column, tree.value)
    return result
