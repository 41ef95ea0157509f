# SPDX-License-Identifier: Apache-2.0
"""The extremes of a long series: every finite one, points that were logged, gaps where they are."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom.journal.pyramid import Pyramid, PyramidBuilder, Rows, agrees
from strongroom.journal.series import Series
from strongroom.store.pyramid_files import pack, unpack
from support.long_metrics import BLOCK, CELL, make_small

RELAXED = settings(deadline=None, max_examples=120, suppress_health_check=list(HealthCheck))
VALUES = st.one_of(
    st.floats(),
    st.sampled_from([0.0, -0.0, float("nan"), float("inf"), -float("inf"), 5e-324, 1.0, 2.0]),
)
NAME = ("run", "seal", "loss", "")


@pytest.fixture(scope="module", autouse=True)
def _small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        make_small(patch)
        yield


def _series(values: list[float], steps: list[int] | None = None) -> Series:
    where = np.arange(len(values)) if steps is None else np.array(steps, np.int64)
    return Series(where, np.arange(len(values)) * 3, np.array(values, np.float64))


def _built(series: Series, cuts: list[int], *, smooth: bool = False) -> Pyramid:
    builder = PyramidBuilder()
    more = [-series.values] if smooth else []
    for part in np.split(np.arange(len(series)), sorted(cut % len(series) for cut in cuts)):
        if len(part):
            inside = slice(int(part[0]), int(part[-1]) + 1)
            builder.add(series.cut(inside), *(column[inside] for column in more))
    return builder.built()


@RELAXED
@given(values=st.lists(VALUES, min_size=1, max_size=150), cuts=st.lists(st.integers(0, 200)))
def test_every_cell_keeps_its_finite_extremes_and_they_were_logged(
    values: list[float], cuts: list[int]
) -> None:
    series = _series(values)
    made = _built(series, cuts)
    assert made.count == len(values)
    for place, level in enumerate(made.levels):
        cell = CELL * 2**place
        assert len(level) == 2 * -(-len(values) // cell)
        assert level.columns[0].tobytes() == series.values[level.steps].tobytes()
        assert (np.diff(level.steps) >= 0).all(), "in the order they were written"
        for start in range(0, len(values), cell):
            logged = series.values[start : start + cell]
            kept = level.columns[0][start // cell * 2 : start // cell * 2 + 2]
            known = logged[np.isfinite(logged)]
            if len(known):
                assert (kept.min(), kept.max()) == (known.min(), known.max())
            else:
                assert not np.isfinite(kept).any(), "a gap stays a gap"
    assert made.blocks.known.sum() == np.isfinite(series.values).sum()


@RELAXED
@given(values=st.lists(VALUES, min_size=1, max_size=100), cuts=st.lists(st.integers(0, 200)))
def test_how_points_come_changes_nothing(values: list[float], cuts: list[int]) -> None:
    series = _series(values)
    assert pack(_built(series, cuts), NAME) == pack(_built(series, []), NAME)


@RELAXED
@given(
    steps=st.lists(st.integers(-50, 50), min_size=1, max_size=100),
    low=st.integers(-60, 60),
    wide=st.integers(0, 40),
)
def test_a_range_of_steps_finds_every_block_that_has_one(
    steps: list[int], low: int, wide: int
) -> None:
    made = _built(_series([1.0] * len(steps), steps), [])
    found = made.blocks_with("step", low, low + wide).tolist()
    holding = {at // BLOCK for at, step in enumerate(steps) if low <= step <= low + wide}
    assert holding <= set(found)
    assert made.is_ordered[0] == (sorted(steps) == steps)
    assert made.points_in(np.arange(len(made.blocks.known))) == len(steps)


@RELAXED
@given(values=st.lists(VALUES, min_size=1, max_size=80), smooth=st.booleans())
def test_a_pyramid_comes_back_from_its_file(values: list[float], smooth: bool) -> None:
    made = _built(_series(values), [], smooth=smooth)
    back = unpack(pack(made, NAME), NAME)
    assert back is not None
    assert pack(back, NAME) == pack(made, NAME)
    assert unpack(pack(made, NAME), ("run", "another seal", "loss", "")) is None


@RELAXED
@given(values=st.lists(VALUES, min_size=1, max_size=80), data=st.data())
def test_no_flipped_bit_of_its_file_is_believed(values: list[float], data: st.DataObject) -> None:
    whole = bytearray(pack(_built(_series(values), []), NAME))
    at = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[at // 8] ^= 1 << at % 8
    assert unpack(bytes(whole), NAME) is None
    assert unpack(bytes(whole[: at // 8]), NAME) is None


def test_nothing_is_drawn_twice_and_few_points_are_enough() -> None:
    made = _built(_series([float(each % 7) for each in range(400)]), [])
    whole = made.drawn()
    assert 8 <= len(whole) < 400 // CELL * 2
    assert (np.diff(whole.steps) > 0).all()
    some = made.drawn(np.array([3]))
    assert some.steps.min() >= 3 * BLOCK
    assert some.steps.max() < 4 * BLOCK


def test_extremes_that_were_written_by_somebody_else_do_not_agree() -> None:
    values = [float(each % 7) for each in range(64)]
    made = _built(_series(values), [])
    column = np.array(values[BLOCK : 2 * BLOCK])
    where = np.arange(BLOCK, 2 * BLOCK)
    assert agrees(made, 1, Rows(steps=where, times_us=where * 3, columns=(column,)))
    column[5] = 99.0
    assert not agrees(made, 1, Rows(steps=where, times_us=where * 3, columns=(column,)))
