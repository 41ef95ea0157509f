# SPDX-License-Identifier: Apache-2.0
"""Smoothing: a plain loop's result, constants untouched, prefixes stable, gaps kept."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.services.curves import smooth

FINITE = st.floats(-1e300, 1e300, allow_subnormal=False)
WEIGHTS = st.floats(0.0, 0.999)


def by_hand(values: list[float], weight: float) -> list[float]:
    average, result = 0.0, []
    for count, value in enumerate(values, start=1):
        average = average * weight + (1 - weight) * value
        result.append(average / (1 - weight**count))
    return result


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.floats(0.01, 0.99))
def test_it_is_the_debiased_moving_average(values: list[float], weight: float) -> None:
    expected = np.array(by_hand(values, weight))
    scale = max(1.0, *(abs(value) for value in values))
    assert smooth(np.array(values), weight) == pytest.approx(expected, abs=1e-9 * scale)


@settings(deadline=None, max_examples=60)
@given(FINITE, st.integers(1, 300), WEIGHTS)
def test_a_constant_stays_constant(value: float, count: int, weight: float) -> None:
    assert (smooth(np.full(count, value), weight) == value).all()


def test_a_prefix_of_the_data_gives_a_prefix_of_the_curve() -> None:
    values = np.sin(np.arange(1000) / 7)
    assert smooth(values[:333], 0.9) == pytest.approx(smooth(values, 0.9)[:333], abs=1e-12)


def test_gaps_stay_gaps_and_poison_nothing() -> None:
    values = np.array([1.0, math.nan, 3.0, math.inf, 5.0])
    smoothed = smooth(values, 0.5)
    assert np.isnan(smoothed[1])
    assert smoothed[3] == math.inf
    assert smoothed[[0, 2, 4]] == pytest.approx(by_hand([1.0, 3.0, 5.0], 0.5))
