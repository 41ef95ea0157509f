# SPDX-License-Identifier: Apache-2.0
"""``best(metrics.x)`` becomes the largest or the smallest, as the metric's rule says.

Done before a question is answered, so that what answers it knows points and no opinions.
"""

from dataclasses import replace

from strongroom.domain.errors import BadInput
from strongroom.domain.metric_schema import Direction, MetricSchema
from strongroom.domain.query import (
    Aggregate,
    AllOf,
    Among,
    AnyOf,
    Field,
    Filter,
    Misnamed,
    Not,
    Order,
    Unsigned,
)


def resolved(tree: Filter, schema: MetricSchema) -> Filter:
    """Returns the filter with every ``best`` in its place.

    Raises:
        BadInput: ``E-FILTER`` for a metric whose direction nobody knows.
    """
    if isinstance(tree, AllOf | AnyOf):
        return replace(tree, parts=tuple(resolved(part, schema) for part in tree.parts))
    if isinstance(tree, Not):
        return replace(tree, part=resolved(tree.part, schema))
    if isinstance(tree, Misnamed | Unsigned | Among):
        return tree
    return replace(tree, field=resolved_field(tree.field, schema))


def resolved_orders(orders: tuple[Order, ...], schema: MetricSchema) -> tuple[Order, ...]:
    """Returns the order with every ``best`` in its place.

    Raises:
        BadInput: ``E-FILTER`` for a metric whose direction nobody knows.
    """
    return tuple(replace(order, field=resolved_field(order.field, schema)) for order in orders)


def resolved_field(field: Field, schema: MetricSchema) -> Field:
    """Returns the field with ``best`` in its place.

    Raises:
        BadInput: ``E-FILTER`` for a metric whose direction nobody knows.
    """
    if field.aggregate is not Aggregate.BEST:
        return field
    direction = schema.rule(field.key).direction
    if direction is Direction.NONE:
        raise BadInput(
            "E-FILTER",
            f"Nobody has said whether higher or lower is better for {field.key[:100]}",
            "Say it with: strongroom metrics schema set KEY --direction higher|lower."
            " Or ask for max(…) or min(…).",
        )
    is_higher = direction is Direction.HIGHER
    return replace(field, aggregate=Aggregate.MAX if is_higher else Aggregate.MIN)
