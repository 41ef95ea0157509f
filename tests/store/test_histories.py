# SPDX-License-Identifier: Apache-2.0
"""One metric of many runs in one call: to arrays, Arrow and pandas, in a terminal, as a file."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import strongroom as sr
from strongroom.cli.root import run as run_command
from strongroom.domain.errors import BadInput
from strongroom.services.found_runs import Histories
from support.runs_on_disk import START_US, run_id, write_run

HOSTILE = '=HYPERLINK("//evil")\x1b[31m\u202e<b>'


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Four runs: one that goes on, one with NaN, one with steps out of order, one without."""
    folder = tmp_path / "store"
    write_run(folder, 1, status="", name="live", metrics={"loss": [3.0, 2.0, 1.0]})
    write_run(folder, 2, name=HOSTILE, metrics={"loss": [math.nan, -0.0, math.inf], "acc": [1.0]})
    with sr.start_run("iris", name="turned", run_id=run_id(3), store=folder, capture=False):
        sr.log_batch({"loss": [0.5, 0.25]}, steps=[2**60, -5], times_us=[START_US, START_US + 1])
    write_run(folder, 4, name="other", metrics={"acc": [0.1]})
    return folder


def test_many_runs_are_read_in_their_order_and_those_without_the_metric_are_named(
    store: Path,
) -> None:
    asked = [run_id(3), "other", run_id(1), run_id(2)[:12]]
    found = sr.get_histories(asked, "loss", store=store)
    assert list(found) == [run_id(3), run_id(1), run_id(2)]
    assert found.without == (run_id(4),)
    assert found[run_id(3)].steps.tolist() == [-5, 2**60]
    assert found[run_id(1)].values.tolist() == [3.0, 2.0, 1.0]
    assert np.signbit(found[run_id(2)].values).tolist() == [False, True, False]
    assert repr(found).splitlines()[0] == "loss of 3 of 4 runs"
    assert "\u202e" not in repr(found) + found._repr_html_()
    assert "<b>" not in found._repr_html_().replace("<caption><b>", "")
    everything = sr.get_histories(sr.search_runs(store=store), "loss", store=store)
    assert set(everything) == {run_id(1), run_id(2), run_id(3)}
    for run in (run_id(1), run_id(2), run_id(3)):  # the same as one by one
        alone = sr.get_history(run, "loss", store=store)["loss"]
        assert everything[run].values.tobytes() == alone.values.tobytes()


def test_a_table_has_a_row_a_point_with_exact_numbers(store: Path) -> None:
    found = sr.get_histories([run_id(3), run_id(2)], "loss", store=store)
    table = found.to_arrow()
    assert table.column_names == ["run_id", "name", "step", "time", "value"]
    assert table["run_id"].to_pylist() == [run_id(3)] * 2 + [run_id(2)] * 3
    assert table["name"].to_pylist() == ["turned"] * 2 + [HOSTILE] * 3
    assert table["step"].to_pylist() == [-5, 2**60, 0, 1, 2]
    assert table["time"].type == pa.timestamp("us", tz="UTC")
    assert table["time"].cast(pa.int64()).to_pylist()[:2] == [START_US + 1, START_US]
    assert table["value"].null_count == 0  # NaN was logged; it is not missing
    frame = found.to_pandas()
    assert frame.groupby("run_id", observed=True)["value"].size().to_dict() == {
        run_id(3): 2, run_id(2): 3,
    }  # fmt: skip
    wide = frame.pivot_table(index="step", columns="run_id", values="value", observed=True)
    assert wide.loc[-5, run_id(3)] == 0.25
    assert isinstance(frame["name"].dtype, pd.CategoricalDtype)
    nothing = sr.get_histories([run_id(4)], "loss", store=store)
    assert (len(nothing), nothing.to_arrow().num_rows, len(nothing.to_pandas())) == (0, 0, 0)
    assert "0 of 1 run" in nothing._repr_html_()


def test_two_runs_of_one_name_stay_two(store: Path) -> None:
    write_run(store, 5, name="live", metrics={"loss": [9.0]})
    frame = sr.get_histories([run_id(1), run_id(5)], "loss", store=store).to_pandas()
    assert frame["run_id"].tolist() == [run_id(1)] * 3 + [run_id(5)]
    assert frame["name"].tolist() == ["live"] * 4


def test_a_range_and_a_number_of_points_are_pushed_down(tmp_path: Path) -> None:
    values = np.sin(np.arange(5_000) / 50)
    values[1_234] = 99.0
    for number in (1, 2, 3):
        write_run(tmp_path, number, metrics={"loss": (values * number).tolist()})
    found = sr.get_histories(
        [run_id(n) for n in (1, 2, 3)], "loss", first=1_000, last=3_999, points=200, store=tmp_path
    )
    for number, series in enumerate(found.values(), start=1):
        assert len(series) <= 200
        assert (series.steps.min(), series.steps.max()) == (1_000, 3_999)
        assert series.values.max() == 99.0 * number  # no extreme is lost
        assert series.values.tobytes() == (values * number)[series.steps].tobytes()
    one = sr.get_history(run_id(2), "loss", first=1_000, last=3_999, points=200, store=tmp_path)
    assert one["loss"].values.tobytes() == found[run_id(2)].values.tobytes()


def test_what_cannot_be_asked_is_said(store: Path) -> None:
    for runs, stretch, code in (
        (["nobody"], {}, "E-RUN"),
        ([run_id(1)], {"points": 0}, "E-USAGE"),
        ([run_id(1)], {"first": 5, "last": 4}, "E-USAGE"),
    ):
        with pytest.raises(BadInput) as caught:
            sr.get_histories(runs, "loss", store=store, **stretch)
        assert caught.value.code == code
    assert isinstance(sr.get_histories("live", "loss", store=store), Histories)  # one is many


@pytest.fixture
def ask(store: Path, capsys: pytest.CaptureFixture[str]):
    def run(*arguments: str) -> tuple[int, str, str]:
        code = run_command(["runs", "histories", *arguments, "--store", str(store)], lambda _: 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_the_terminal_prints_points_run_after_run(ask) -> None:
    code, out, _ = ask("loss", "live", "other", run_id(2), "--json")
    assert code == 0
    told = json.loads(out)
    assert (told["metric"], told["without"]) == ("loss", [run_id(4)])
    assert [each["run_id"] for each in told["runs"]] == [run_id(1), run_id(2)]
    assert told["runs"][1]["name"] == HOSTILE
    assert [point[:2] for point in told["runs"][1]["points"]] == [
        [0, "NaN"], [1, -0.0], [2, "Infinity"],
    ]  # fmt: skip
    code, out, _ = ask("loss", "--filter", "name = 'live'", "--from", "1", "--to", "1")
    (line,) = out.splitlines()
    assert line.split()[:3] == [run_id(1)[:8], "1", "2.0"]
    assert ask("loss", "live", "--filter", "")[0] == 2
    assert ask("loss")[0] == 2
    assert ask("loss", "--filter", "nonsense >")[0] == 2


def test_a_file_of_all_of_them_reads_back_exactly_and_starts_no_formula(
    ask, tmp_path: Path
) -> None:
    for name in ("points.parquet", "points.csv"):
        code, out, _ = ask("loss", "--filter", "", "-o", str(tmp_path / name), "--json")
        assert (code, json.loads(out)) == (
            0, {"path": str(tmp_path / name), "runs": 3, "points": 8},
        )  # fmt: skip
    table = pq.read_table(tmp_path / "points.parquet")
    with (tmp_path / "points.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == table.num_rows == 8
    for row, step, run, value in zip(
        rows, table["step"].to_pylist(), table["run_id"].to_pylist(), table["value"].to_numpy(),
        strict=True,
    ):  # fmt: skip
        assert (int(row["step"]), row["run_id"]) == (step, run)
        assert np.float64(row["value"]).tobytes() == value.tobytes()
    assert {row["name"][0] for row in rows} == {"l", "'", "t"}
    assert HOSTILE in table["name"].to_pylist()
    before = (tmp_path / "points.csv").read_bytes()
    code, _, err = ask("loss", "nobody", "-o", str(tmp_path / "points.csv"))
    assert (code, err[:5]) == (2, "E-RUN")
    assert ask("loss", "live", "-o", str(tmp_path / "points.xlsx"))[0] == 2
    assert (tmp_path / "points.csv").read_bytes() == before
