# SPDX-License-Identifier: Apache-2.0
"""What is drawn of a smoothed curve is the smoothed curve: no zoom and no thinning changes it."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.desktop.charts.prepared import prepare
from strongroom.desktop.charts.series import ChartSeries
from strongroom.desktop.charts.spans import column_extremes
from strongroom.services.smoothing import Smoothing, SmoothingKind, ema, smooth

SMOOTHINGS = st.sampled_from(
    [
        ema(0.9),
        Smoothing(kind=SmoothingKind.TIME_EMA, amount=12.0),
        Smoothing(kind=SmoothingKind.GAUSSIAN, amount=4.0),
        Smoothing(kind=SmoothingKind.MEAN, amount=9.0),
    ]
)


@settings(deadline=None, max_examples=30)
@given(
    st.sampled_from([2, 3, 40, 700, 9_000]),
    st.integers(1, 700),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    SMOOTHINGS,
    st.integers(0, 2**32 - 1),
)
def test_the_extremes_in_sight_are_those_of_the_smoothed_points_in_sight(
    count: int, columns: int, window: tuple[float, float], smoothing: Smoothing, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    x = np.cumsum(draw.uniform(0.5, 1.5, count))
    raw = draw.normal(size=count)
    raw[draw.integers(0, count)] = 50.0  # one spike, which the raw line has to keep
    y = smooth(x, raw, smoothing)
    series = ChartSeries(run_id="r", label="r", colour_index=0, x=x, y=y, raw_y=raw)
    (prepared,) = prepare((series,), log_x=False, log_y=False)
    assert np.array_equal(prepared.line.pyramid.y, y)
    assert prepared.shadow is not None
    whole = np.linspace(x[0], x[-1], columns + 1)
    low, high = column_extremes([prepared.line, prepared.shadow], whole)
    assert np.nanmin(low, axis=1).tolist() == [y.min(), raw.min()]
    assert np.nanmax(high, axis=1).tolist() == [y.max(), raw.max()]
    begin, end = sorted(x[0] + share * (x[-1] - x[0]) for share in window)
    inside = (x >= begin) & (x <= end)
    if end - begin > 1e-6 and inside.any():
        low, high = column_extremes([prepared.line], np.linspace(begin, end, columns + 1))
        assert np.nanmin(low) <= y[inside].min()
        assert np.nanmax(high) >= y[inside].max()
        near = (x >= begin - (end - begin) / columns - 1.5) & (
            x <= end + (end - begin) / columns + 1.5
        )
        assert np.nanmin(low) >= y[near].min()
        assert np.nanmax(high) <= y[near].max()
