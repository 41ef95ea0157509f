# SPDX-License-Identifier: Apache-2.0
"""Runs read back in a script: tables with typed columns, one run, its points, a comparison."""

import math
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import strongroom as sr
from strongroom.domain.errors import BadInput
from strongroom.services.run_html import BARS, bars

HOSTILE = "<script>alert(1)</script><img src=//evil/x onerror=alert(2)>\u202e\x1b[31m\n& \"'"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for number in range(3):
        with sr.start_run("read", name=f"run {number}", store=tmp_path) as run:
            sr.log_params({"depth": number, "rate": 0.5 + number, "fast": number == 1})
            sr.log_param("code", f"00{number}")
            sr.log_params({"mixed": "auto" if number else 3})
            sr.log_batch({"loss": [3.0, 1.0, 2.0 + number]}, steps=[0, 2, 1])
            if number:
                sr.log_metric("nan", math.nan)
                sr.log_param("only", 2**40)
                sr.set_tag("kind", "late")
            assert not run.losses.counts
    return tmp_path


def test_search_gives_arrow_with_typed_columns(store: Path) -> None:
    found = sr.search_runs(order_by="params.depth", store=store)
    table = found.to_arrow()
    kinds = {field.name: field.type for field in table.schema}
    assert kinds["params.depth"] == pa.int64()
    assert kinds["params.rate"] == pa.float64()
    assert kinds["params.fast"] == pa.bool_()
    assert kinds["params.code"] == pa.string()
    assert kinds["params.mixed"] == pa.string()
    assert kinds["metrics.loss"] == pa.float64()
    assert kinds["started"] == pa.timestamp("us", tz="UTC")
    assert table["params.depth"].to_pylist() == [0, 1, 2]
    assert table["params.code"].to_pylist() == ["000", "001", "002"]
    assert table["params.only"].to_pylist() == [None, 2**40, 2**40]
    assert table["metrics.loss"].to_pylist() == [1.0, 1.0, 1.0]
    assert found.to_arrow("max")["metrics.loss"].to_pylist() == [3.0, 3.0, 4.0]
    missing, nan, _ = table["metrics.nan"].to_pylist()
    assert missing is None
    assert math.isnan(nan)  # NaN was logged, nothing was not
    with pytest.raises(BadInput):
        found.to_arrow("mean")  # type: ignore[arg-type]


def test_search_gives_pandas_that_keeps_whole_numbers_where_one_is_missing(store: Path) -> None:
    frame = sr.search_runs(order_by="params.depth", store=store).to_pandas()
    assert str(frame["params.only"].dtype) == "Int64"
    assert frame["params.only"].tolist() == [pd.NA, 2**40, 2**40]
    assert str(frame["params.fast"].dtype) == "boolean"
    assert frame["started"].dt.tz is not None
    assert frame["tags.kind"].isna().tolist() == [True, False, False]
    assert frame.set_index("name").loc["run 2", "metrics.loss"] == 1.0


def test_found_runs_are_a_sequence_that_knows_how_many_there_are(store: Path) -> None:
    found = sr.search_runs(order_by="params.depth", limit=2, store=store)
    assert (len(found), found.total) == (2, 3)
    assert [run.name for run in found] == ["run 0", "run 1"]
    assert found[1].name == "run 1"
    assert [run.name for run in found[1:]] == ["run 1"]
    assert found == sr.search_runs(order_by="params.depth", limit=2, store=store)
    assert len(sr.search_runs("params.depth > 9", store=store)) == 0
    empty = sr.search_runs("params.depth > 9", store=store)
    assert empty.to_arrow().num_rows == 0
    assert "0 runs" in repr(empty)


def test_one_run_its_points_and_a_comparison(store: Path) -> None:
    first = sr.search_runs(order_by="params.depth", store=store)[0]
    run = sr.get_run(first, store=store)
    assert (run.name, run.status, run.params["depth"]) == ("run 0", "FINISHED", "0")
    assert run.metrics["loss"].maximum == 3.0
    assert sr.get_run("run 0", store=store).run_id == run.run_id
    history = sr.get_history(run, "loss", store=store)
    assert history["loss"].steps.tolist() == [0, 1, 2]
    assert history["loss"].values.tolist() == [3.0, 2.0, 1.0]
    assert history.to_arrow()["value"].to_pylist() == [3.0, 2.0, 1.0]
    everything = sr.get_history("run 1", store=store)
    assert set(everything) == {"loss", "nan"}
    frame = everything.to_pandas()
    assert len(frame) == 4
    assert frame.loc[frame["key"] == "loss", "value"].tolist() == [3.0, 3.0, 1.0]
    compared = sr.compare_runs("run 0", "run 1", store=store)
    assert compared.differing["params.depth"] == ("0", "1")
    assert "params.code" in compared.differing
    assert (
        compared.differing.keys()
        == sr.compare_runs(["run 0", "run 1"], store=store).differing.keys()
    )
    with pytest.raises(BadInput, match="nothing"):
        sr.get_run("nothing", store=store)
    with pytest.raises(BadInput) as caught:
        sr.get_history("run 0", "nan", store=store)
    assert caught.value.code == "E-METRIC"


class _Tags(HTMLParser):
    """Collects the elements of a page and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_what_a_notebook_shows_is_escaped_and_needs_neither_script_nor_network(
    tmp_path: Path,
) -> None:
    runs = []
    for number in range(2):
        with sr.start_run(HOSTILE, name=HOSTILE, store=tmp_path) as run:
            sr.log_param(HOSTILE, f"{HOSTILE}{number}")
            sr.log_metric(HOSTILE, number)
            sr.set_tag(HOSTILE, HOSTILE)
            sr.log_input(None, name=HOSTILE, digest="d")
            runs.append(run)
    shown = [
        sr.search_runs(store=tmp_path),
        sr.get_run(runs[0], store=tmp_path),
        sr.get_history(runs[0], store=tmp_path),
        sr.compare_runs(runs, store=tmp_path),
    ]
    for each in shown:
        bundle = each._repr_mimebundle_()
        assert set(bundle) == {"text/plain", "text/html"}
        page = _Tags()
        page.feed(bundle["text/html"])
        assert page.names <= {
            "div", "table", "caption", "b", "thead", "tbody", "tr", "th", "td", "p",
        }  # fmt: skip
        assert page.attributes <= {"scope"}
        words = "".join(page.text)
        assert "<script>alert(1)" in words  # there to be read, as text
        for text in (words, bundle["text/plain"]):
            assert "\x1b" not in text
            assert "\u202e" not in text
    page = _Tags()
    page.feed(runs[0]._repr_html_())
    assert page.names <= {"table", "caption", "b", "tr", "th", "td"}
    assert "\u202e" not in runs[0]._repr_html_()


def test_a_crowded_answer_is_bounded(tmp_path: Path) -> None:
    with sr.start_run(store=tmp_path) as run:
        sr.log_params({f"param {n}": "x" * 5_000 for n in range(300)})
        sr.log_metrics({f"metric {n}": n for n in range(300)})
    assert len(sr.search_runs(store=tmp_path)._repr_html_()) < 20_000
    shown = sr.get_run(run, store=tmp_path)._repr_html_()
    assert len(shown) < 60_000
    assert "more lines are left out" in shown


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.floats(), max_size=80))
def test_any_curve_is_a_row_of_blocks(values: list[float]) -> None:
    drawn = bars(values)
    assert len(drawn) <= 24
    assert set(drawn) <= {*BARS, " "}
    if len(values) <= 24 and any(math.isfinite(value) for value in values):
        assert [each == " " for each in drawn] == [not math.isfinite(value) for value in values]


def test_a_curve_rises_where_its_numbers_do() -> None:
    assert bars([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]) == BARS
    assert bars([1.0, math.nan, 2.0]) == "▁ █"
    assert bars([5.0, 5.0]) == "▁▁"
