# SPDX-License-Identifier: Apache-2.0
"""What a chart shows, on disk: no formula, every bit of a number, the old file after a failure."""

import csv
import errno
import math
import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from strongroom.services.chart_data import WRITERS, ChartLine

ODD = np.array([1.0, math.nan, math.inf, -math.inf, 5e-324, 1e308, -0.0, 0.1 + 0.2])


def lines() -> list[ChartLine]:
    x = np.arange(8.0)
    return [
        ChartLine(run_id="@x", run="=HYPERLINK(1)", metric="+loss", x=x, value=ODD, raw=ODD),
        ChartLine(
            run_id="", run="gbdt", metric="+loss", x=x[:2], value=x[:2], low=x[:2], high=x[:2]
        ),
    ]


def test_csv_holds_every_bit_and_no_formula(tmp_path: Path) -> None:
    WRITERS["csv"](lines(), "step", tmp_path / "chart.csv")
    raw = (tmp_path / "chart.csv").read_text()
    assert all(line.startswith('"') for line in raw.splitlines())
    heading, *rows = csv.reader(raw.splitlines())
    assert heading == ["run_id", "run", "metric", "step", "value", "raw", "low", "high"]
    assert rows[0][:4] == ["'@x", "'=HYPERLINK(1)", "'+loss", "0.0"]
    assert np.array_equal([float(row[4]) for row in rows[:8]], ODD, equal_nan=True)
    assert rows[8] == ["", "gbdt", "'+loss", "0.0", "0.0", "", "0.0", "0.0"]
    assert [path.name for path in tmp_path.iterdir()] == ["chart.csv"]


def test_parquet_holds_names_as_they_are_and_every_bit(tmp_path: Path) -> None:
    WRITERS["parquet"](lines(), "seconds", tmp_path / "chart.parquet")
    table = pq.read_table(tmp_path / "chart.parquet", page_checksum_verification=True)
    assert table.column_names == [
        "run_id",
        "run",
        "metric",
        "seconds",
        "value",
        "raw",
        "low",
        "high",
    ]
    assert table["run"].to_pylist() == ["=HYPERLINK(1)"] * 8 + ["gbdt"] * 2
    assert np.array_equal(table["value"].to_numpy()[:8], ODD, equal_nan=True)
    assert table["raw"].null_count == 0
    assert np.isnan(table["raw"].to_numpy()[8:]).all()


@pytest.mark.parametrize("name", ["value", "run", "raw"])
def test_a_metric_along_x_named_as_a_column_does_not_hide_it(tmp_path: Path, name: str) -> None:
    WRITERS["parquet"](lines(), name, tmp_path / "chart.parquet")
    table = pq.read_table(tmp_path / "chart.parquet")
    assert table.column_names[3] == "x"
    assert table["x"].to_pylist()[:3] == [0.0, 1.0, 2.0]


@pytest.mark.parametrize("form", sorted(WRITERS))
def test_nothing_visible_is_a_file_with_its_columns(tmp_path: Path, form: str) -> None:
    WRITERS[form]([], "step", tmp_path / "empty")
    assert (tmp_path / "empty").stat().st_size > 0


@pytest.mark.parametrize("form", sorted(WRITERS))
def test_a_failed_export_leaves_the_old_file(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    place = tmp_path / "chart"
    place.write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        WRITERS[form](lines(), "step", place)
    assert place.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["chart"]
