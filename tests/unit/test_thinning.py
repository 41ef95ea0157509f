# SPDX-License-Identifier: Apache-2.0
"""Fewer points: real ones, every extreme, and all of them where they are few enough."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom.journal.series import Series
from strongroom.journal.thinning import LEAST, Thinned

RELAXED = settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
VALUES = st.one_of(
    st.floats(),
    st.sampled_from([0.0, -0.0, float("nan"), float("inf"), -float("inf"), 5e-324, 1.0, 1.0]),
)


def _series(values: list[float]) -> Series:
    count = len(values)
    return Series(np.arange(count), np.arange(count) * 3, np.array(values, np.float64))


def _thinned(series: Series, most: int, pieces: int) -> Thinned:
    thinned = Thinned(most)
    for part in np.array_split(np.arange(len(series)), pieces):
        if len(part):
            thinned.add(series.cut(slice(int(part[0]), int(part[-1]) + 1)))
    return thinned


@RELAXED
@given(
    values=st.lists(VALUES, min_size=1, max_size=400),
    most=st.integers(LEAST, 120),
    pieces=st.integers(1, 9),
)
def test_what_stays_was_logged_and_holds_every_extreme(
    values: list[float], most: int, pieces: int
) -> None:
    series = _series(values)
    kept = _thinned(series, most, pieces).series()
    assert len(kept) <= max(most, LEAST)
    assert (np.diff(kept.steps) > 0).all(), "in the order it was written, none twice"
    assert kept.values.tobytes() == series.values[kept.steps].tobytes()
    assert kept.times_us.tobytes() == series.times_us[kept.steps].tobytes()
    assert (kept.steps[0], kept.steps[-1]) == (0, len(values) - 1)
    known = series.values[~np.isnan(series.values)]
    if len(known):
        assert np.nanmin(kept.values) == known.min()
        assert np.nanmax(kept.values) == known.max()


@RELAXED
@given(values=st.lists(VALUES, max_size=100), pieces=st.integers(1, 9))
def test_few_points_stay_bit_for_bit(values: list[float], pieces: int) -> None:
    series = _series(values)
    thinned = _thinned(series, 100, pieces)
    kept = thinned.series()
    assert thinned.cell == 1
    assert kept.steps.tobytes() == series.steps.tobytes()
    assert kept.values.tobytes() == series.values.tobytes()


@settings(RELAXED, max_examples=40)
@given(values=st.lists(VALUES, min_size=50, max_size=300), most=st.integers(16, 60))
def test_every_cell_keeps_its_extremes(values: list[float], most: int) -> None:
    """Between two neighbours that stay, nothing lies above or below both of a cell's extremes."""
    series = _series(values)
    thinned = _thinned(series, most, 3)
    kept, cell = thinned.series(), thinned.cell
    for start in range(0, len(values), cell):
        window = series.values[start : start + 3 * cell]
        known = window[~np.isnan(window)]
        near = kept.values[(kept.steps > start - 3 * cell) & (kept.steps < start + 6 * cell)]
        near = near[~np.isnan(near)]
        if len(known):
            assert len(near)
            assert near.min() <= known.min()
            assert near.max() >= known.max()


def test_a_spike_among_a_million_points_stays_and_memory_does_not_grow() -> None:
    thinned = Thinned(2_000)
    for block in range(100):
        values = np.zeros(10_000)
        if block == 57:
            values[1234] = 9.0
        steps = np.arange(10_000) + block * 10_000
        thinned.add(Series(steps, steps, values))
    kept = thinned.series()
    assert len(kept) <= 2_000
    assert kept.steps[kept.values == 9.0].tolist() == [571_234]
    assert kept.steps[-1] == 999_999
    assert sum(map(len, thinned._kept)) <= 2_000
