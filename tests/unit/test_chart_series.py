"""Series made ready for a chart."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.desktop.charts.prepared import nearest, prepare, x_extent, y_extent
from strongroom.desktop.charts.pyramid import Pyramid
from strongroom.desktop.charts.series import ChartSeries


def series(x, y, raw=None):
    return ChartSeries(run_id="r", label="r", colour_index=0, x=x, y=y, raw_y=raw)


def test_points_without_an_x_go_and_the_rest_is_in_order():
    clean = series([3, np.nan, 1, 2, 1], [30, 0, 10, np.inf, 11], [1, 2, 3, 4, 5]).clean()
    assert clean.x.tolist() == [1, 1, 2, 3]
    assert clean.y[[0, 1, 3]].tolist() == [10, 11, 30]
    assert np.isnan(clean.y[2])
    assert clean.raw_y.tolist() == [3, 5, 4, 1]


def test_lengths_that_differ_are_cut_to_the_shortest():
    assert len(series([1, 2, 3], [1.0, 2.0]).clean().x) == 2


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=40), st.floats(-120, 120))
@settings(deadline=None)
def test_the_nearest_sample_is_the_nearest(values, x):
    line = series(np.array(values), np.zeros(len(values))).clean()
    found = nearest(line.x, x)
    if x < min(values) or x > max(values):
        assert found is None
    else:
        assert abs(line.x[found] - x) == min(abs(value - x) for value in values)


def test_equal_steps_are_kept_once():
    one, two = prepare(
        [series(np.arange(9.0), np.ones(9)), series(np.arange(9.0), np.zeros(9))],
        log_x=False,
        log_y=False,
    )
    assert one.line.x is two.line.x


def test_the_extent_holds_every_value_in_sight_and_lets_raw_spikes_stick_out():
    x = np.arange(1000.0)
    raw = np.zeros(1000)
    raw[500] = 1e6
    prepared = prepare([series(x, np.where(x == 7, -3, 1.0), raw)], log_x=False, log_y=False)
    assert x_extent(prepared) == (0, 999)
    assert y_extent(prepared, 0, 999) == (-3, 1)
    assert y_extent(prepared, 2000, 3000) is None
    assert x_extent(()) is None


@given(count=st.integers(8192, 40_000), seed=st.integers(0, 5))
@settings(max_examples=20, deadline=None)
def test_every_level_of_a_pyramid_has_the_same_extremes(count, seed):
    y = np.random.default_rng(seed).normal(size=count)
    y[:: seed + 2] = np.nan
    y[-1] = 99
    for level in Pyramid.build(y).levels:
        assert np.nanmin(level.low) == np.nanmin(y)
        assert np.nanmax(level.high) == 99
        assert len(level.low) == -(-count // level.size)
