# SPDX-License-Identifier: Apache-2.0
"""Parquet of a finished run: exact numbers back, or a refusal; never other numbers."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom.domain.errors import StrongroomError, Untrusted
from strongroom.journal.compact import write_metrics
from strongroom.journal.compacted import keys, read_metric, read_metrics
from strongroom.journal.series import Series, summarize

INT64 = st.integers(-(2**63), 2**63 - 1)


def _series(rows: list[tuple[int, int, int]]) -> Series:
    return Series(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2] for row in rows], np.uint64).view(np.float64),
    )


def _same(left: Series, right: Series) -> bool:
    return (
        left.steps.tobytes() == right.steps.tobytes()
        and left.times_us.tobytes() == right.times_us.tobytes()
        and left.values.tobytes() == right.values.tobytes()
    )


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    metrics=st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
        st.lists(st.tuples(INT64, INT64, st.integers(0, 2**64 - 1)), min_size=1, max_size=20),
        max_size=4,
    )
)
def test_any_points_come_back_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, metrics: dict[str, list[tuple[int, int, int]]]
) -> None:
    path = tmp_path_factory.mktemp("parquet") / "metrics.parquet"
    written = {key: _series(rows) for key, rows in metrics.items()}
    write_metrics(path, written)
    found = read_metrics(path)
    assert list(found) == sorted(written)
    assert keys(path) == tuple(sorted(written))
    assert all(_same(found[key], written[key]) for key in written)
    assert all(_same(read_metric(path, key), written[key]) for key in written)


def test_no_flipped_byte_reads_back_as_other_numbers(tmp_path: Path) -> None:
    path = tmp_path / "metrics.parquet"
    rng = np.random.default_rng(7)
    written = {
        f"m{i}": Series(
            np.arange(50), 1_700_000_000_000_000 + np.arange(50) * 997, rng.normal(size=50)
        )
        for i in range(3)
    }
    write_metrics(path, written)
    good = path.read_bytes()
    refused = 0
    for place in range(len(good)):
        data = bytearray(good)
        data[place] ^= int(rng.integers(1, 256))
        path.write_bytes(data)
        try:
            found = read_metrics(path)
        except StrongroomError:
            refused += 1
            continue
        assert list(found) == list(written), place
        assert all(_same(found[key], written[key]) for key in written), place
    assert refused > len(good) // 2


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "metrics.parquet"
    for data in (b"", b"PAR1", b"PAR1" + bytes(100) + b"PAR1", b"x" * 5000):
        path.write_bytes(data)
        with pytest.raises(Untrusted) as caught:
            read_metrics(path)
        assert caught.value.code == "E-HASH"


def test_a_huge_constant_series_is_written_so_that_it_can_be_read(tmp_path: Path) -> None:
    count = 3_000_000
    zeros = np.zeros(count, np.int64)
    path = tmp_path / "metrics.parquet"
    write_metrics(path, {"lr": Series(zeros, zeros, np.zeros(count))})
    assert len(read_metric(path, "lr")) == count


def test_a_summary_takes_the_last_step_and_leaves_nan_out_of_the_extremes() -> None:
    series = Series(
        np.array([5, 9, 9, 1]), np.array([1, 2, 3, 4]), np.array([1.0, 2.0, np.nan, -np.inf])
    )
    found = summarize(series)
    assert (found.count, found.last_step, found.minimum, found.maximum) == (4, 9, -np.inf, 2.0)
    assert np.isnan(found.last)
    everything = summarize(Series(np.array([0]), np.array([0]), np.array([np.nan])))
    assert np.isnan(everything.minimum)
    assert np.isnan(everything.maximum)
