# SPDX-License-Identifier: Apache-2.0
"""Rows of a comparison as plots see them: numbers where every value is one, else categories.

* Names and values from data are shown as one visible line.
* A length of time is counted in seconds, as everywhere in charts.
"""

import math
from collections.abc import Sequence

import numpy as np

from strongroom.desktop.charts.dimension import (
    Dimension,
    Measure,
    of_categories,
    spans_decades,
)
from strongroom.desktop.charts.series import FloatArray
from strongroom.desktop.kit.shown import shown
from strongroom.domain.comparison import ComparedRow, Section, Value, as_number
from strongroom.domain.metric_schema import MetricSchema


def key_of(row: ComparedRow) -> str:
    """Returns what a row is called between plots, page and session."""
    return f"{row.section.value} {row.key}"


def title_of(row: ComparedRow) -> str:
    """Returns what people read for a row."""
    return row.key.capitalize() if row.section is Section.RUN else shown(row.key)


def numbers_of(row: ComparedRow, order: Sequence[int]) -> FloatArray:
    """Returns a number a run, NaN where it has none; a length of time is in seconds."""
    values = [as_number(row.values[at]) for at in order]
    found = np.array([math.nan if each is None else each for each in values], np.float64)
    return found / 1e6 if row.section is Section.RUN else found


def is_numeric(row: ComparedRow) -> bool:
    """Returns whether every value that is there is a number, and there are some."""
    known = [value for value in row.values if value is not None]
    return bool(known) and all(
        isinstance(value, float) or as_number(value) is not None for value in known
    )


def dimension_of(row: ComparedRow, order: Sequence[int], schema: MetricSchema) -> Dimension:
    """Returns a row as a dimension, a value a run in this order."""
    if not is_numeric(row):
        return _categories(row, [row.values[at] for at in order])
    numbers = numbers_of(row, order)
    if row.section is Section.RUN:
        return Dimension(
            key=key_of(row), title=title_of(row), numbers=numbers, measure=Measure.DURATION
        )
    return Dimension(
        key=key_of(row),
        title=title_of(row),
        numbers=numbers,
        unit=schema.rule(row.key).unit if row.section is Section.METRICS else "",
        is_log=spans_decades(numbers),
    )


def _categories(row: ComparedRow, values: Sequence[Value]) -> Dimension:
    words = ["" if value is None else f"{value:g}" if isinstance(value, float) else shown(value)
             for value in values]  # fmt: skip
    names = sorted({word for word, value in zip(words, values, strict=True) if value is not None})
    places = {name: at for at, name in enumerate(names)}
    codes = [-1 if value is None else places[word]
             for word, value in zip(words, values, strict=True)]  # fmt: skip
    return of_categories(key_of(row), title_of(row), codes, names)
