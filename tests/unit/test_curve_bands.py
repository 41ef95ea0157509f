# SPDX-License-Identifier: Apache-2.0
"""Groups of runs as a line and a band: what each word promises, at any steps and any values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.services import curve_bands
from strongroom.services.curve_bands import OTHER, Spread, bands
from strongroom.services.curves import Curve

VALUES = st.floats(-1e300, 1e300, allow_subnormal=False)
POINTS = st.lists(st.tuples(st.integers(0, 30), VALUES), min_size=1, max_size=25)


def curve(run_id: str, x: list[float], y: list[float]) -> Curve:
    values = np.array(y, float)
    return Curve(
        run_id=run_id, key="loss", x=np.array(x, float), raw=values, smooth=values, is_live=False
    )


def test_mean_and_std_of_equal_steps_are_those_of_the_columns() -> None:
    rows = np.random.default_rng(1).normal(size=(5, 40))
    given = [curve(str(row), list(range(40)), list(values)) for row, values in enumerate(rows)]
    (band,) = bands(given, dict.fromkeys("01234", "a"), Spread.STD)
    assert band.run_ids == ("0", "1", "2", "3", "4")
    assert band.middle == pytest.approx(rows.mean(axis=0))
    assert band.high - band.middle == pytest.approx(rows.std(axis=0, ddof=1))


def test_quartiles_are_those_of_the_runs_that_are_there() -> None:
    rows = np.random.default_rng(2).normal(size=(7, 10))
    given = [curve(str(row), list(range(10)), list(values)) for row, values in enumerate(rows)]
    given.append(curve("short", [0, 1], [5.0, 5.0]))
    (band,) = bands(given, {}, Spread.QUARTILES)
    low, middle, high = np.quantile(rows, (0.25, 0.5, 0.75), axis=0)
    assert band.name == OTHER
    assert band.middle[5:] == pytest.approx(middle[5:])
    assert band.low[5:] == pytest.approx(low[5:])
    assert band.high[5:] == pytest.approx(high[5:])


def test_groups_keep_their_order_and_ungrouped_runs_come_last_under_other() -> None:
    given = [curve(name, [0, 1], [1, 2]) for name in "abcd"]
    groups = {"a": None, "b": "gbdt", "c": "dart", "d": "gbdt"}
    found = bands(given, groups, Spread.RANGE)
    assert [(band.name, band.run_ids) for band in found] == [
        ("gbdt", ("b", "d")),
        ("dart", ("c",)),
        (OTHER, ("a",)),
    ]


def test_runs_meet_on_the_union_of_their_steps_and_go_straight_between() -> None:
    given = [curve("a", [0, 10], [0, 10]), curve("b", [5, 20], [15, 0])]
    (band,) = bands(given, {}, Spread.RANGE)
    assert band.x.tolist() == [0, 5, 10, 20]
    assert band.low.tolist() == [0, 5, 10, 0]
    assert band.high.tolist() == [0, 15, 10, 0]


@settings(deadline=None, max_examples=80)
@given(st.lists(POINTS, min_size=1, max_size=5), st.sampled_from(Spread))
def test_the_middle_never_leaves_the_lowest_and_the_highest_run(
    runs: list[list[tuple[int, float]]], spread: Spread
) -> None:
    given = []
    for number, points in enumerate(runs):
        points.sort(key=lambda point: point[0])
        given.append(curve(str(number), [x for x, _ in points], [y for _, y in points]))
    (band,) = bands(given, {}, spread)
    lowest = min(y for points in runs for _, y in points)
    highest = max(y for points in runs for _, y in points)
    size = max(abs(lowest), abs(highest)) * 1e-12
    has = ~np.isnan(band.middle)
    assert (band.middle[has] >= lowest - size).all()
    assert (band.middle[has] <= highest + size).all()
    assert (band.low[has] <= band.middle[has] + size).all()
    assert (band.middle[has] <= band.high[has] + size).all()


@pytest.mark.parametrize("value", [0.1, -3.5, 1e308, 5e-324])
@pytest.mark.parametrize("spread", list(Spread))
def test_equal_runs_are_their_own_band(value: float, spread: Spread) -> None:
    given = [curve(name, [0, 1, 2], [value] * 3) for name in "abc"]
    (band,) = bands(given, {}, spread)
    assert band.middle == pytest.approx([value] * 3, rel=1e-15)
    assert band.low == pytest.approx([value] * 3, rel=1e-15)
    assert band.high == pytest.approx([value] * 3, rel=1e-15)


def test_too_many_different_steps_meet_on_cells_and_lose_no_extreme(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(curve_bands, "MAX_GRID", 100)
    monkeypatch.setattr(curve_bands, "CHUNK", 33)
    draw = np.random.default_rng(5)
    given = []
    for name in "abc":
        x = np.sort(draw.uniform(0, 1000, 5000))
        given.append(curve(name, list(x), list(draw.normal(size=5000))))
    (band,) = bands(given, {}, Spread.RANGE)
    assert band.is_on_cells
    assert len(band.x) == 100
    assert np.nanmin(band.low) == min(one.raw.min() for one in given)
    assert np.nanmax(band.high) == max(one.raw.max() for one in given)
    assert np.abs(band.middle).max() < 0.5


def test_gaps_and_runs_of_gaps_only_leave_the_others_alone() -> None:
    given = [curve("a", [0, 1, 2], [1, np.nan, 3]), curve("b", [0, 1], [np.nan, np.inf])]
    (band,) = bands(given, {}, Spread.STD)
    assert band.x.tolist() == [0, 2]
    assert band.middle.tolist() == [1, 3]
    assert bands([curve("b", [0], [np.nan])], {}, Spread.STD)[0].x.tolist() == []
