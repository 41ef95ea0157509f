# SPDX-License-Identifier: Apache-2.0
"""Fields of runs as plots see them: which ones to start with, and a column as a dimension.

* Names from data are shown as one visible line.
* A field is a number's axis if all its values are numbers, else one of categories.
"""

from collections.abc import Sequence
from dataclasses import replace

from strongroom.desktop.charts.dimension import (
    Dimension,
    Measure,
    of_categories,
    spans_decades,
)
from strongroom.desktop.runs.words import shown
from strongroom.domain.metric import metric_rank
from strongroom.domain.metric_schema import Direction, MetricSchema, learned_rule
from strongroom.domain.query import Aggregate, Attribute, Field, FieldKind, FilterError
from strongroom.domain.query_parser import parse_order
from strongroom.domain.query_writer import field_text
from strongroom.services.run_values import Spread, ValueColumn

_ATTRIBUTE_TITLES = {
    Attribute.RUN_ID: "Run id",
    Attribute.NAME: "Name",
    Attribute.STATUS: "Status",
    Attribute.EXPERIMENT: "Experiment",
    Attribute.START_TIME: "Started",
    Attribute.END_TIME: "Ended",
    Attribute.DURATION: "Duration",
    Attribute.HOST: "Host",
    Attribute.USER: "User",
}
_MEASURES = {
    Attribute.START_TIME: Measure.TIME,
    Attribute.END_TIME: Measure.TIME,
    Attribute.DURATION: Measure.DURATION,
}
_AGGREGATES = {
    Aggregate.MIN: "lowest",
    Aggregate.MAX: "highest",
    Aggregate.BEST: "best",
    Aggregate.COUNT: "points",
}
PLOTTED_ATTRIBUTES = tuple(
    Field(kind=FieldKind.ATTRIBUTE, key=attribute.value)
    for attribute in Attribute
    if attribute not in {Attribute.RUN_ID, Attribute.NAME}  # one value a run says nothing
)


def title_of(field: Field) -> str:
    """Returns what people read for a field."""
    if field.kind is FieldKind.ATTRIBUTE:
        return _ATTRIBUTE_TITLES[Attribute(field.key)]
    if field.aggregate is Aggregate.LAST:
        return shown(field.key)
    return f"{shown(field.key)}, {_AGGREGATES[field.aggregate]}"


def key_of(field: Field) -> str:
    """Returns what a field is called between plots, pages and the session: as filters name it."""
    return field_text(field)


def field_of(key: object) -> Field | None:
    """Returns the field that `key_of` wrote, None for anything else."""
    if not isinstance(key, str):
        return None
    try:
        orders = parse_order(key)
    except FilterError:
        return None
    return orders[0].field if len(orders) == 1 else None


def aggregated(fields: Sequence[Field], words: Sequence[str]) -> list[Field]:
    """Returns the metrics among these by every aggregate that one of the words names."""
    asked = [each for each, name in _AGGREGATES.items() if {each.value, name} & set(words)]
    return [
        replace(field, aggregate=aggregate)
        for field in fields
        if field.kind is FieldKind.METRIC
        for aggregate in asked
        if aggregate is not Aggregate.BEST
        or learned_rule(field.key).direction is not Direction.NONE
    ]


def dimension_of(
    column: ValueColumn, schema: MetricSchema, *, is_log: bool | None = None
) -> Dimension:
    """Returns a column as a dimension; ``is_log`` None lets the values decide."""
    field, title = column.field, title_of(column.field)
    if not column.is_numeric:
        return of_categories(
            key_of(field), title, column.codes, [shown(text) for text in column.texts]
        )
    measure, unit = Measure.NUMBER, ""
    if field.kind is FieldKind.ATTRIBUTE:
        measure = _MEASURES[Attribute(field.key)]
    elif field.kind is FieldKind.METRIC and field.aggregate is not Aggregate.COUNT:
        unit = schema.rule(field.key).unit
    if is_log is None:
        is_log = measure is Measure.NUMBER and spans_decades(column.numbers)
    return Dimension(
        key=key_of(field),
        title=title,
        numbers=column.numbers,
        measure=measure,
        unit=unit,
        is_log=is_log,
    )


def categories_of(column: ValueColumn) -> Dimension | None:
    """Returns a column's texts as categories, numbers in their order; None for pure numbers."""
    if not len(column.codes):
        return None
    names = [shown(text) for text in column.texts]
    return of_categories(key_of(column.field), title_of(column.field), column.codes, names)


def is_low_better(field: Field, schema: MetricSchema) -> bool:
    """Returns whether a field is a metric whose lowest value is the best."""
    is_metric = field.kind is FieldKind.METRIC
    return is_metric and schema.rule(field.key).direction is Direction.LOWER


def in_order(spread: Sequence[Spread]) -> tuple[Spread, ...]:
    """Returns metrics in the order people look at them, held-out data first, then all others.

    Takes half a second for 100,000 metrics: a worker's work.
    """
    most = max((each.run_count for each in spread), default=0)
    metrics = [each for each in spread if each.field.kind is FieldKind.METRIC]
    metrics.sort(
        key=lambda each: (
            metric_rank(each.field.key),
            each.run_count * 2 < most,
            each.value_count < 2,
            -each.run_count,
            each.field.key,
        )
    )
    return (*metrics, *(each for each in spread if each.field.kind is not FieldKind.METRIC))


def metrics_of(spread: Sequence[Spread]) -> tuple[Field, ...]:
    """Returns the metrics in the order they have there (`in_order`)."""
    return tuple(each.field for each in spread if each.field.kind is FieldKind.METRIC)


def varying_params(spread: Sequence[Spread], most: int) -> tuple[Field, ...]:
    """Returns the params that differ between runs, those most runs have first."""
    found = [each for each in spread if each.field.kind is FieldKind.PARAM and each.value_count > 1]
    # A word that differs in every run (an output folder, a commit) is a name, no setting.
    settings = [
        each for each in found if each.is_numeric or each.value_count * 2 <= max(each.run_count, 4)
    ]
    return tuple(each.field for each in settings[:most])
