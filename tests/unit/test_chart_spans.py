"""Extremes per pixel column: what is drawn is what was measured."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from strongroom.desktop.charts.pyramid import Pyramid
from strongroom.desktop.charts.spans import Curve, column_extremes

finite = st.floats(-1e6, 1e6, allow_nan=False, width=32)


def curve_of(y, x=None):
    y = np.asarray(y, float)
    x = np.arange(len(y), dtype=float) if x is None else np.asarray(x, float)
    return Curve(x=x, pyramid=Pyramid.build(y))


@given(
    y=arrays(np.float64, st.integers(1, 400), elements=finite | st.just(np.nan)),
    columns=st.integers(1, 300),
    seed=st.integers(0, 9),
)
@settings(max_examples=60, deadline=None)
def test_34_the_lowest_and_the_highest_value_survive_any_decimation(y, columns, seed):
    y = np.concatenate([y, np.random.default_rng(seed).normal(size=seed * 2000)])
    edges = np.linspace(-0.5, len(y) - 0.5, columns + 1)
    low, high = column_extremes([curve_of(y)], edges)
    if np.isnan(y).all():
        assert np.isnan(low).all()
        return
    assert np.nanmin(low) == np.nanmin(y)
    assert np.nanmax(high) == np.nanmax(y)


@given(
    value=st.floats(-1e300, 1e300, allow_nan=False),
    count=st.sampled_from([1, 2, 7, 9000, 40_000]),
    columns=st.integers(1, 400),
)
@settings(max_examples=60, deadline=None)
def test_a_constant_stays_that_constant(value, count, columns):
    low, high = column_extremes(
        [curve_of(np.full(count, value))], np.linspace(0, count, columns + 1)
    )
    drawn = ~np.isnan(low)
    assert drawn.any()
    assert (low[drawn] == value).all()
    assert (high[drawn] == value).all()


@given(
    gaps=st.lists(st.floats(0, 50, allow_nan=False), min_size=2, max_size=200),
    columns=st.integers(4, 200),
    cut=st.integers(1, 3),
)
@settings(max_examples=60, deadline=None)
def test_a_strip_equals_the_same_columns_of_the_whole(gaps, columns, cut):
    x = np.cumsum(gaps)
    y = np.sin(np.arange(len(x)) * 1.7)
    edges = np.linspace(x[0] - 1, x[-1] + 1, columns + 1)
    curve = curve_of(y, x)
    whole = column_extremes([curve], edges)
    at = columns * cut // 4
    for part, columns_of in ((edges[: at + 1], slice(0, at)), (edges[at:], slice(at, None))):
        strip = column_extremes([curve], part)
        np.testing.assert_array_equal(strip[0], whole[0][:, columns_of])
        np.testing.assert_array_equal(strip[1], whole[1][:, columns_of])


def test_uneven_steps_show_the_exact_line_where_they_are_sparse():
    x = np.concatenate([[0.0, 100.0], np.linspace(101, 102, 50_000)])
    y = np.concatenate([[0.0, 1.0], np.full(50_000, 5.0)])
    low, high = column_extremes([curve_of(y, x)], np.arange(0.0, 103.0))
    np.testing.assert_allclose(low[0, :100], np.arange(100) / 100)
    np.testing.assert_allclose(high[0, :99], np.arange(1, 100) / 100)


def test_values_logged_twice_on_one_step_are_all_shown():
    low, high = column_extremes([curve_of([3, 1, 2], [5, 5, 5])], np.array([4.0, 5.5, 6.0]))
    assert (low[0, 0], high[0, 0]) == (1, 3)
    assert np.isnan(low[0, 1])


def test_nan_is_a_gap():
    y = np.array([1.0, 1.0, np.nan, np.nan, np.nan, 1.0, 1.0])
    low, _ = column_extremes([curve_of(y)], np.arange(0.0, 7.0))
    assert np.isnan(low[0, 2:4]).all()
    assert not np.isnan(low[0, [0, 5]]).any()
    assert Pyramid.build(np.full(20_000, np.nan)).levels[0].low.shape == (1250,)


def test_nothing_near_gives_nothing():
    low, high = column_extremes([curve_of([]), curve_of([1.0], [50.0])], np.arange(4.0))
    assert np.isnan(low).all()
    assert np.isnan(high).all()
