# SPDX-License-Identifier: Apache-2.0
"""Boxes, trends and regions say what numpy and plain geometry say."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from strongroom.desktop.charts.quartiles import box_of, boxes_of
from strongroom.desktop.charts.region import Lasso, Rectangle
from strongroom.desktop.charts.trend import Fit, trend_of

NUMBERS = st.floats(-1e6, 1e6, width=32)


def column(least: int = 1, most: int = 60) -> st.SearchStrategy[np.ndarray]:
    return arrays.arrays(np.float64, st.integers(least, most), elements=NUMBERS)


@given(values=column())
@settings(deadline=None)
def test_a_box_has_numpys_quartiles_and_tukeys_whiskers(values: np.ndarray) -> None:
    box = box_of(0, np.arange(len(values)), values)
    assert box is not None
    assert [box.lower, box.median, box.upper] == np.percentile(values, [25, 50, 75]).tolist()
    reach = 1.5 * (box.upper - box.lower)
    outside = (values < box.lower - reach) | (values > box.upper + reach)
    assert set(box.outliers.tolist()) == set(np.nonzero(outside)[0].tolist())
    assert box.low <= box.lower <= box.median <= box.upper <= box.high
    assert box.low in values or box.low == box.lower
    assert box.high in values or box.high == box.upper
    assert box.count == len(values)


def test_numbers_that_are_not_finite_are_left_out_of_a_box() -> None:
    values = np.array([1.0, np.nan, np.inf, 3.0, -np.inf])
    box = box_of(0, np.arange(5), values)
    assert box is not None
    assert (box.count, box.median) == (2, 2.0)
    assert box_of(0, np.array([1, 2]), values) is None


def test_the_largest_categories_are_kept_in_their_order() -> None:
    codes = np.array([0, 1, 1, 2, 2, 2, 3, np.nan])
    boxes, everything = boxes_of(codes, np.arange(8.0), 2)
    assert [box.code for box in boxes] == [1, 2]
    assert everything == 4


@given(x=column(3, 40), seed=st.integers(0, 1000))
@settings(deadline=None)
def test_least_squares_is_numpys(x: np.ndarray, seed: int) -> None:
    x = x / 1e6
    if np.ptp(x) < 1e-3:
        assert trend_of(Fit.LEAST_SQUARES, np.full(5, 2.0), np.arange(5.0)) is None
        return
    y = 3 * x - 1 + np.random.default_rng(seed).normal(0, 0.1, len(x))
    trend = trend_of(Fit.LEAST_SQUARES, x, y)
    assert trend is not None
    slope, offset = np.polyfit(x, y, 1)
    assert trend.slope == pytest.approx(slope, rel=1e-6, abs=1e-6)
    assert trend.offset == pytest.approx(offset, rel=1e-6, abs=1e-6)
    assert trend.count == len(x)


@given(x=arrays.arrays(np.int64, st.integers(3, 25), elements=st.integers(-50, 50)), y=st.data())
@settings(deadline=None)
def test_theil_sen_is_the_median_of_all_pairs(x: np.ndarray, y: st.DataObject) -> None:
    values = y.draw(arrays.arrays(np.float64, len(x), elements=st.floats(-100, 100, width=16)))
    slopes = [
        (values[b] - values[a]) / (x[b] - x[a])
        for a, b in itertools.combinations(range(len(x)), 2)
        if x[a] != x[b]
    ]
    trend = trend_of(Fit.THEIL_SEN, x.astype(np.float64), values)
    if not slopes:
        assert trend is None
        return
    assert trend is not None
    assert trend.slope == pytest.approx(float(np.median(slopes)), abs=1e-9)
    assert trend.offset == pytest.approx(float(np.median(values - trend.slope * x)), abs=1e-6)


def test_theil_sen_forgives_odd_runs_and_is_the_same_each_time() -> None:
    chance = np.random.default_rng(3)
    x = chance.uniform(0, 1, 20_000)
    y = 2 * x + chance.normal(0, 0.05, len(x))
    y[:4_000] += 50  # a fifth of the runs went wrong
    first, again = (trend_of(Fit.THEIL_SEN, x, y) for _ in range(2))
    assert first == again
    assert first is not None
    assert first.slope == pytest.approx(2, abs=0.2)
    squares = trend_of(Fit.LEAST_SQUARES, x, y)
    assert squares is not None
    assert abs(squares.offset) > 5


def test_too_few_points_have_no_trend() -> None:
    x = np.array([0.0, 1.0, np.nan])
    assert trend_of(Fit.THEIL_SEN, x, x) is None
    assert trend_of(Fit.NONE, np.arange(9.0), np.arange(9.0)) is None


@given(
    x=column(1, 30),
    y=column(1, 30),
    corners=st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS),
)
def test_a_lasso_around_a_rectangle_holds_what_lies_strictly_inside(
    x: np.ndarray, y: np.ndarray, corners: tuple[float, float, float, float]
) -> None:
    count = min(len(x), len(y))
    x, y = x[:count], y[:count]
    (x0, x1), (y0, y1) = sorted(corners[:2]), sorted(corners[2:])
    inside = Rectangle(x=(x0, x1), y=(y0, y1)).holds(x, y)
    lasso = Lasso(corners=((x0, y0), (x1, y0), (x1, y1), (x0, y1))).holds(x, y)
    on_edge = (x == x0) | (x == x1) | (y == y0) | (y == y1)
    assert (lasso == inside)[~on_edge].all()
    assert not Rectangle(x=(x0, x1), y=(y0, y1)).holds(np.array([np.nan]), np.array([y0])).any()
