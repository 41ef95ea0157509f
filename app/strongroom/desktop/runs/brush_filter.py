# SPDX-License-Identifier: Apache-2.0
"""What a person marked on a plot, as a filter that holds for exactly the runs marked.

* A bound is the shortest number near the marked edge that parts the same runs as the edge does,
  compared the way the search compares it.
* Runs without a value on a marked axis are not marked; no filter here ever holds for them.
* What the search language cannot say (too many words, a NUL) is said to be so.
"""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from strongroom.domain.clock import MICROSECONDS
from strongroom.domain.query import Attribute, Field, FieldKind
from strongroom.domain.query_parser import MAX_CHARACTERS, MAX_VALUES
from strongroom.domain.query_writer import field_text
from strongroom.services.run_values import ValueColumn

MOST_IDS = 400  # run ids of a filter; each takes 36 characters of `MAX_CHARACTERS`
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIMES = (Attribute.START_TIME, Attribute.END_TIME)
_GRAINS_US = (86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000, 1_000, 1)

Flags = npt.NDArray[np.bool_]


class CannotSay(ValueError):
    """What is marked has no filter; the text says why."""


def range_filter(column: ValueColumn, marked: Flags, low: float, high: float) -> str:
    """Returns the filter for runs whose number lies in a marked range.

    Args:
        column: A numeric column.
        marked: Which rows lie in the range.
        low: The lower edge, in the column's numbers; -inf marks everything below.
        high: The upper edge, inf marks everything above.
    """
    name = field_text(column.field)
    scale = MICROSECONDS if _is_time(column.field) or _is_duration(column.field) else 1
    numbers = column.numbers if scale == 1 else np.round(column.numbers * scale)
    known = numbers[~np.isnan(numbers)]
    inside = numbers[marked & ~np.isnan(numbers)]
    if not len(inside):  # of nothing, nothing: no number is both above and below one
        at = _apart(column.field, low * scale, -math.inf, low * scale, is_lower=True)
        return f"{name} > {at} AND {name} < {at}"
    inside_low, inside_high = float(inside.min()), float(inside.max())
    below, above = known[known < inside_low], known[known > inside_high]
    parts = []
    if len(below) or math.isfinite(low):
        after = float(below.max()) if len(below) else -math.inf
        text = _apart(column.field, low * scale, after, inside_low, is_lower=True)
        parts.append(f"{name} >= {text}")
    if len(above) or math.isfinite(high):
        before = float(above.min()) if len(above) else math.inf
        text = _apart(column.field, high * scale, before, inside_high, is_lower=False)
        parts.append(f"{name} <= {text}")
    return " AND ".join(parts) or f"{name} IS NOT NULL"


def categories_filter(column: ValueColumn, codes: Sequence[int]) -> str:
    """Returns the filter for runs that have one of these texts.

    Raises:
        CannotSay: If the texts are too many, or one cannot be written.
    """
    name = field_text(column.field)
    if len(codes) > MAX_VALUES:
        raise CannotSay(f"More than {MAX_VALUES:,} values cannot be written as a filter.")
    if not codes:
        return f"{name} IN ('') AND {name} != ''"  # of nothing, nothing
    return f"{name} IN ({', '.join(_quoted(column.texts[code]) for code in codes)})"


def runs_filter(run_ids: Sequence[str]) -> str:
    """Returns the filter for these runs and no others.

    Raises:
        CannotSay: If they are too many to be named.
    """
    if len(run_ids) > MOST_IDS:
        raise CannotSay(
            f"{len(run_ids):,} runs cannot be named one by one in a filter (at most {MOST_IDS})."
            " Draw a rectangle instead: it is a range on both axes."
        )
    return f"attributes.run_id IN ({', '.join(_quoted(run_id) for run_id in run_ids)})"


def combined(base: str, parts: Sequence[str]) -> str:
    """Returns a filter that holds where the base and every part hold.

    Raises:
        CannotSay: If it would be longer than a filter may be.
    """
    marked = " AND ".join(part for part in parts if part)
    text = f"({base}) AND {marked}" if base and marked else base or marked
    if len(text) > MAX_CHARACTERS:
        raise CannotSay("So many values cannot be written as a filter. Mark fewer.")
    return text


def _is_time(field: Field) -> bool:
    return field.kind is FieldKind.ATTRIBUTE and Attribute(field.key) in _TIMES


def _is_duration(field: Field) -> bool:
    return field.kind is FieldKind.ATTRIBUTE and Attribute(field.key) is Attribute.DURATION


def _apart(field: Field, edge: float, outside: float, inside: float, *, is_lower: bool) -> str:
    """Returns how the filter writes a bound between the last run outside and the first inside."""
    if not min(outside, inside) <= edge <= max(outside, inside) or math.isinf(edge):
        edge = inside

    def parts(value: float) -> bool:
        return outside < value <= inside if is_lower else inside <= value < outside

    if _is_time(field):
        return _moment_apart(edge, inside, parts, is_lower=is_lower)
    scale = MICROSECONDS if _is_duration(field) else 1
    for digits in range(1, 18):
        text = f"{edge / scale:.{digits}g}"
        if parts(float(text) * scale):
            return text
    return repr(inside / scale)


def _moment_apart(
    edge: float, inside: float, parts: Callable[[float], bool], *, is_lower: bool
) -> str:
    for grain in _GRAINS_US:
        rounded = (math.floor(edge / grain) if is_lower else math.ceil(edge / grain)) * grain
        for candidate in (rounded, rounded + grain if is_lower else rounded - grain):
            if parts(candidate):
                return _moment(candidate)
    return _moment(round(inside))


def _moment(microseconds: int) -> str:
    moment = _EPOCH + timedelta(microseconds=microseconds)
    if microseconds % _GRAINS_US[0] == 0:
        return f"'{moment:%Y-%m-%d}'"
    return f"'{moment.replace(tzinfo=None).isoformat()}Z'"


def _quoted(text: str) -> str:
    if "\x00" in text:
        raise CannotSay("A value holds a NUL character, which no filter can hold.")
    return "'" + text.replace("'", "''") + "'"
