# SPDX-License-Identifier: Apache-2.0
"""Every kind of smoothing: a plain loop's result, constants untouched, bounds kept."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.errors import BadInput
from strongroom.services.smoothing import (
    MAX_WIDTH,
    Smoothing,
    SmoothingKind,
    ema,
    smooth,
)

FINITE = st.floats(-1e300, 1e300, allow_subnormal=False)
MODEST = st.floats(-1e6, 1e6)
KINDS = st.one_of(
    st.floats(0.0, 0.999).map(ema),
    st.builds(
        lambda kind, amount: Smoothing(kind=kind, amount=amount),
        st.sampled_from([SmoothingKind.TIME_EMA, SmoothingKind.GAUSSIAN, SmoothingKind.MEAN]),
        st.floats(0.1, 200.0),
    ),
)
CAUSAL = KINDS.filter(lambda smoothing: smoothing.is_causal)
GAPS = st.floats(0.0, 50.0)


def steps(values: np.ndarray) -> np.ndarray:
    return np.arange(len(values), dtype=float)


def by_hand(values: list[float], weight: float) -> list[float]:
    average, result = 0.0, []
    for count, value in enumerate(values, start=1):
        average = average * weight + (1 - weight) * value
        result.append(average / (1 - weight**count))
    return result


@settings(deadline=None, max_examples=60)
@given(st.lists(MODEST, min_size=1, max_size=300), st.floats(0.01, 0.99))
def test_ema_is_the_debiased_moving_average(values: list[float], weight: float) -> None:
    expected = np.array(by_hand(values, weight))
    scale = max(1.0, *(abs(value) for value in values))
    found = smooth(steps(np.array(values)), np.array(values), ema(weight))
    assert found == pytest.approx(expected, abs=1e-9 * scale)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(GAPS, MODEST), min_size=1, max_size=300), st.floats(0.5, 100))
def test_time_ema_weighs_points_by_their_distance(
    points: list[tuple[float, float]], width: float
) -> None:
    x = np.cumsum([gap for gap, _ in points])
    y = np.array([value for _, value in points])
    expected = []
    for last in range(len(x)):
        weights = np.exp(-(x[last] - x[: last + 1]) / width)
        expected.append((weights * y[: last + 1]).sum() / weights.sum())
    found = smooth(x, y, Smoothing(kind=SmoothingKind.TIME_EMA, amount=width))
    assert found == pytest.approx(np.array(expected), abs=1e-8 * max(1.0, *abs(y)))


def test_time_ema_on_even_steps_is_ema_and_does_not_depend_on_how_often_a_run_logs() -> None:
    y = np.sin(np.arange(3000) / 50)
    found = smooth(steps(y), y, Smoothing(kind=SmoothingKind.TIME_EMA, amount=10))
    assert found == pytest.approx(smooth(steps(y), y, ema(math.exp(-0.1))), abs=1e-9)
    thin = smooth(steps(y)[::5], y[::5], Smoothing(kind=SmoothingKind.TIME_EMA, amount=10))
    assert np.abs(thin - found[::5])[50:].max() < 0.06
    by_count = smooth(steps(y)[::5], y[::5], ema(math.exp(-0.1)))
    assert np.abs(by_count - found[::5])[50:].max() > 0.2  # what a count of points would do


@settings(deadline=None, max_examples=60)
@given(st.lists(MODEST, min_size=1, max_size=200), st.integers(2, 60))
def test_the_running_mean_is_the_mean_of_the_last_points(values: list[float], window: int) -> None:
    y = np.array(values)
    expected = [y[max(0, end - window) : end].mean() for end in range(1, len(y) + 1)]
    found = smooth(steps(y), y, Smoothing(kind=SmoothingKind.MEAN, amount=window))
    assert found == pytest.approx(np.array(expected), abs=1e-9 * max(1.0, *abs(y)))


@settings(deadline=None, max_examples=60)
@given(st.lists(MODEST, min_size=1, max_size=200), st.floats(0.3, 40))
def test_the_gaussian_is_a_mean_weighed_by_a_bell(values: list[float], sigma: float) -> None:
    y, at = np.array(values), np.arange(len(values))
    expected = []
    for middle in at:
        away = np.abs(at - middle)
        weights = np.where(
            away <= max(math.ceil(4 * sigma), 1), np.exp(-0.5 * (away / sigma) ** 2), 0
        )
        expected.append((weights * y).sum() / weights.sum())
    found = smooth(steps(y), y, Smoothing(kind=SmoothingKind.GAUSSIAN, amount=sigma))
    assert found == pytest.approx(np.array(expected), abs=1e-8 * max(1.0, *abs(y)))


@settings(deadline=None, max_examples=120)
@given(FINITE, st.integers(1, 300), KINDS)
def test_a_constant_stays_constant(value: float, count: int, smoothing: Smoothing) -> None:
    values = np.full(count, value)
    assert (smooth(steps(values), values, smoothing) == value).all()


@settings(deadline=None, max_examples=120)
@given(st.lists(FINITE, min_size=1, max_size=300), KINDS)
def test_no_value_leaves_the_lowest_and_the_highest_point(
    values: list[float], smoothing: Smoothing
) -> None:
    y = np.array(values)
    found = smooth(steps(y), y, smoothing)
    assert len(found) == len(y)
    assert y.min() <= found.min() <= found.max() <= y.max()


@settings(deadline=None, max_examples=80)
@given(st.integers(1, 2500), st.floats(0, 1), CAUSAL, st.integers(0, 2**32 - 1))
def test_a_prefix_of_the_data_gives_a_prefix_of_the_curve(
    count: int, share: float, smoothing: Smoothing, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    x, y = np.cumsum(draw.exponential(1.0, count)), draw.normal(size=count)
    head = max(1, int(count * share))
    whole = smooth(x, y, smoothing)[:head]
    assert smooth(x[:head], y[:head], smoothing) == pytest.approx(whole, abs=1e-9)


def test_the_gaussian_moves_only_the_points_its_bell_reaches() -> None:
    y = np.random.default_rng(3).normal(size=1000)
    bell = Smoothing(kind=SmoothingKind.GAUSSIAN, amount=10)
    head, whole = smooth(steps(y)[:500], y[:500], bell), smooth(steps(y), y, bell)
    assert head[:459] == pytest.approx(whole[:459], abs=1e-9)
    assert abs(head[-1] - whole[499]) > 1e-3


@settings(deadline=None, max_examples=80)
@given(st.lists(st.floats(-10, 10), min_size=4, max_size=60), KINDS, st.data())
def test_gaps_stay_gaps_and_poison_nothing(
    values: list[float], smoothing: Smoothing, data: st.DataObject
) -> None:
    bad = data.draw(st.lists(st.integers(0, len(values) - 1), min_size=1, max_size=5))
    y = np.array(values)
    y[bad] = [data.draw(st.sampled_from([math.nan, math.inf, -math.inf])) for _ in bad]
    found = smooth(steps(y), y, smoothing)
    good = np.isfinite(y)
    assert np.array_equal(np.isnan(found), np.isnan(y))
    assert np.array_equal(found[np.isinf(y)], y[np.isinf(y)])
    assert found[good] == pytest.approx(smooth(steps(y)[good], y[good], smoothing), abs=1e-12)


@pytest.mark.parametrize("kind", [SmoothingKind.MEAN, SmoothingKind.GAUSSIAN])
def test_a_spike_leaves_no_rounding_behind_when_it_has_passed(kind: SmoothingKind) -> None:
    y = np.sin(np.arange(2000) / 30)
    with_spike = y.copy()
    with_spike[500] = 1e308
    found = smooth(steps(y), with_spike, Smoothing(kind=kind, amount=20))
    calm = smooth(steps(y), y, Smoothing(kind=kind, amount=20))
    if kind is SmoothingKind.MEAN:
        assert found[600:] == pytest.approx(calm[600:], abs=1e-9)
    assert found[700:].min() >= -1
    assert found[700:].max() <= 1


@pytest.mark.parametrize(
    ("kind", "amount"),
    [
        (SmoothingKind.EMA, 1.0),
        (SmoothingKind.EMA, -0.1),
        (SmoothingKind.EMA, math.nan),
        (SmoothingKind.GAUSSIAN, 0.0),
        (SmoothingKind.MEAN, MAX_WIDTH + 1),
        (SmoothingKind.TIME_EMA, math.nan),
    ],
)
def test_an_amount_that_says_nothing_is_refused(kind: SmoothingKind, amount: float) -> None:
    with pytest.raises(BadInput):
        Smoothing(kind=kind, amount=amount)
