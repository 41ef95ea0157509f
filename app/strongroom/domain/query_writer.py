# SPDX-License-Identifier: Apache-2.0
"""Writes trees of filters and orders as text that `query_parser` reads back to the same tree.

One spelling a tree: keys in quotes where they need them, parentheses where the tree has a level.
"""

import re

from strongroom.domain.clock import MICROSECONDS
from strongroom.domain.query import (
    Aggregate,
    AllOf,
    Among,
    AnyOf,
    Attribute,
    Comparison,
    Field,
    FieldKind,
    Filter,
    Membership,
    Misnamed,
    Not,
    Order,
    Presence,
    Shaped,
    Unfit,
    Unsigned,
)

_PLAIN = re.compile(r"\w[\w./:@-]*")


def field_text(field: Field) -> str:
    """Returns how a filter names a field: ``params.lr``, ``max(metrics."val loss")``."""
    if field.kind is FieldKind.ATTRIBUTE:
        return field.key
    key = field.key if _PLAIN.fullmatch(field.key) else _quoted(field.key, '"')
    named = f"{field.kind.value}.{key}"
    return named if field.aggregate is Aggregate.LAST else f"{field.aggregate.value}({named})"


def order_text(orders: tuple[Order, ...]) -> str:
    """Returns an order as text."""
    return ", ".join(
        f"{field_text(order.field)} {'DESC' if order.is_descending else 'ASC'}" for order in orders
    )


def filter_text(tree: Filter | None) -> str:
    """Returns a filter that was typed, or could be, as text; no filter is no text."""
    if tree is None:
        return ""
    assert not isinstance(tree, Shaped | Unfit | Misnamed | Unsigned | Among)  # noqa: S101 - only contracts ask so
    if isinstance(tree, AllOf | AnyOf):
        word = " AND " if isinstance(tree, AllOf) else " OR "
        return word.join(_part(part) for part in tree.parts)
    if isinstance(tree, Not):
        if isinstance(tree.part, Presence):
            return f"{field_text(tree.part.field)} IS NULL"
        return f"NOT {_part(tree.part)}"
    return f"{field_text(tree.field)} {_test(tree)}"


def _test(tree: Comparison | Membership | Presence) -> str:
    if isinstance(tree, Presence):
        return "IS NOT NULL"
    if isinstance(tree, Membership):
        return f"IN ({', '.join(_value(tree.field, value) for value in tree.values)})"
    return f"{tree.operator.value} {_value(tree.field, tree.value)}"


def _part(tree: Filter) -> str:
    text = filter_text(tree)
    return f"({text})" if isinstance(tree, AllOf | AnyOf) else text


def _value(field: Field, value: str | float) -> str:
    if isinstance(value, str):
        return _quoted(value, "'")
    if field.kind is FieldKind.ATTRIBUTE:  # durations are read in seconds, times in milliseconds
        value /= MICROSECONDS if Attribute(field.key) is Attribute.DURATION else 1_000
    return repr(value).replace("inf", "1e999")  # which reads as infinite


def _quoted(text: str, quote: str) -> str:
    return quote + text.replace(quote, quote * 2) + quote
