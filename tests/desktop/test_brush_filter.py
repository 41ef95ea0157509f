# SPDX-License-Identifier: Apache-2.0
"""The filter of a brush holds for exactly the brushed runs, asked of the real search."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom.desktop.charts.brush import Brush, brushed
from strongroom.desktop.charts.dimension import Dimension
from strongroom.desktop.runs.brush_filter import (
    CannotSay,
    categories_filter,
    combined,
    range_filter,
    runs_filter,
)
from strongroom.desktop.runs.plot_fields import dimension_of
from strongroom.domain.clock import FixedClock
from strongroom.domain.metric_schema import MetricSchema
from strongroom.domain.query import Aggregate, Field, FieldKind
from strongroom.services.run_values import RunValues, ValueColumn, ValueTable
from strongroom.services.runs import Runs, open_runs
from support.runs_on_disk import START_US, random_bytes, write_run

NUMBERS = [-3.0, -1e-9, 0.0, 1e-7, 0.1, 0.30000000000000004, 0.3, 1 / 3, 1.0, 2.0, 1e6, 123456.789]
KEYS = ("val/auc", 'both `" of them', "a `b`", 'say "hi"', "with space", "ü.x")
OPTIMIZERS = ("adam", "it's", 'say "hi"', "", "a, b", "50%", "<b>")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    root = tmp_path_factory.mktemp("brushes") / "store"
    opened = open_runs(root, FixedClock(START_US + 60_000_000), random_bytes)
    for number in range(1, 37):
        value = NUMBERS[number % len(NUMBERS)] * (1 + number // len(NUMBERS) * 1e-13)
        metrics = {
            KEYS[number % len(KEYS)]: [value, -value, value / 3],
            "loss": [abs(value) + 1e-12],
        }
        if number % 7 == 0:
            metrics["loss"] = [math.nan if number % 2 else math.inf]
        write_run(
            root,
            number,
            params={"lr": repr(abs(value) or 0.5), "opt": OPTIMIZERS[number % len(OPTIMIZERS)]}
            | ({"mixed": number if number % 2 else "many"} if number % 3 else {}),
            metrics=metrics,
            status="FINISHED" if number % 5 else "FAILED",
            started_us=START_US + number**3 * 997,
            now_us=START_US + number**4 * 13,
        )
    opened.refresh()
    yield opened
    opened.catalog.close()


def fields() -> list[Field]:
    metrics = [
        Field(kind=FieldKind.METRIC, key=key, aggregate=aggregate)
        for key in (*KEYS, "loss")
        for aggregate in Aggregate
        if aggregate is not Aggregate.BEST or key == "loss"
    ]
    params = [Field(kind=FieldKind.PARAM, key=key) for key in ("lr", "opt", "mixed")]
    attributes = ("start_time", "end_time", "duration", "status", "experiment", "name")
    return [*metrics, *params, *(Field(kind=FieldKind.ATTRIBUTE, key=key) for key in attributes)]


def filter_of(column: ValueColumn, dimension: Dimension, brush: Brush) -> str:
    if brush.span is None:
        return categories_filter(column, sorted(brush.codes))
    low, high = (dimension.number_at(place) for place in brush.span)
    return range_filter(column, brush.holds(dimension.places), low, high)


def found(runs: Runs, text: str) -> set[str]:
    return {run.run_id for run in runs.search(text, limit=1_000).runs}


def drawn(data: st.DataObject, table: ValueTable) -> tuple[ValueColumn, Dimension, Brush]:
    column = data.draw(st.sampled_from(table.columns))
    dimension = dimension_of(column, MetricSchema())
    extent = dimension.extent() or (0.0, 1.0)
    if dimension.is_category:
        codes = st.sets(st.integers(0, len(dimension.categories) - 1))
        return column, dimension, Brush(codes=frozenset(data.draw(codes)))
    known = sorted(set(dimension.places[~np.isnan(dimension.places)].tolist()))
    # Anywhere on the axis, and exactly on a run's place: the hard edges.
    place = st.one_of(st.floats(*extent), st.sampled_from(known)) if known else st.just(0.0)
    low, high = sorted((data.draw(place), data.draw(place)))
    return column, dimension, Brush(span=(low, high))


@given(data=st.data(), count=st.integers(1, 3))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_brushes_select_exactly_the_brushed_runs(
    runs: Runs, data: st.DataObject, count: int
) -> None:
    table = RunValues(runs.catalog, runs.questions).read(fields())
    dimensions, brushes, parts = [], {}, []
    for _ in range(count):
        column, dimension, brush = drawn(data, table)
        if dimension.key not in brushes:
            dimensions.append(dimension)
            brushes[dimension.key] = brush
            parts.append(filter_of(column, dimension, brush))
    base = data.draw(st.sampled_from(["", "params.opt = 'adam' or params.opt = 'it''s'"]))
    inside = brushed(dimensions, brushes)
    assert inside is not None
    marked = {table.run_ids[row] for row in np.nonzero(inside)[0]}
    expected = marked & found(runs, base)
    assert found(runs, combined(base, parts)) == expected


@given(data=st.data(), is_log=st.booleans())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_logarithmic_axis_selects_what_lies_in_the_brush(
    runs: Runs, data: st.DataObject, is_log: bool
) -> None:
    (column,) = (
        RunValues(runs.catalog, runs.questions)
        .read([Field(kind=FieldKind.PARAM, key="lr")])
        .columns
    )
    dimension = dimension_of(column, MetricSchema(), is_log=is_log)
    extent = dimension.extent()
    assert extent is not None
    known = sorted(set(dimension.places[~np.isnan(dimension.places)].tolist()))
    place = st.one_of(st.floats(*extent), st.sampled_from(known))
    low, high = sorted((data.draw(place), data.draw(place)))
    brush = Brush(span=(low, high))
    table = RunValues(runs.catalog, runs.questions).read([])
    marked = {table.run_ids[row] for row in np.nonzero(brush.holds(dimension.places))[0]}
    assert found(runs, filter_of(column, dimension, brush)) == marked


def test_bounds_are_written_as_short_as_they_may_be(runs: Runs) -> None:
    lr, started = (
        RunValues(runs.catalog, runs.questions)
        .read(
            [
                Field(kind=FieldKind.PARAM, key="lr"),
                Field(kind=FieldKind.ATTRIBUTE, key="start_time"),
            ]
        )
        .columns
    )
    inside = (lr.numbers >= 0.0456789) & (lr.numbers <= 1.5678)
    text = range_filter(lr, inside, 0.0456789, 1.5678)
    assert text == "params.lr >= 0.05 AND params.lr <= 1.6"
    seconds = started.numbers
    text = range_filter(started, seconds >= 0, -math.inf, math.inf)
    assert text == "start_time IS NOT NULL"


def test_too_many_values_or_runs_are_refused_with_a_reason() -> None:
    with pytest.raises(CannotSay, match="401 runs cannot be named"):
        runs_filter(["0" * 32] * 401)
    assert len(combined("", [runs_filter(["0" * 32] * 400)])) <= 16_384
    with pytest.raises(CannotSay, match="Mark fewer"):
        combined("x" * 16_000, ["y" * 1_000])
