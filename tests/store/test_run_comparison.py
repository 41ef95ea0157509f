# SPDX-License-Identifier: Apache-2.0
"""Runs side by side out of a real store: every row, whether it differs, and what is not there."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import strongroom as sr
from strongroom.domain.clock import FixedClock
from strongroom.domain.comparison import (
    MOST_COMPARED,
    ComparedRow,
    ComparedRuns,
    MetricChoice,
    NoiseBand,
    Section,
    Value,
    all_same,
    as_number,
    delta,
)
from strongroom.domain.errors import BadInput
from strongroom.domain.metric_schema import learned_rule
from strongroom.services.run_comparison import RunComparison
from strongroom.services.runs import Runs, open_runs
from strongroom.store.run_comparison import LONGEST_TEXT
from support.runs_on_disk import START_US, random_bytes, run_id, write_run


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    opened = open_runs(tmp_path / "store", FixedClock(START_US + 60_000_000), random_bytes)
    yield opened
    opened.catalog.close()


def compared(runs: Runs, *numbers: int, **how: Any) -> ComparedRuns:
    runs.refresh()
    return RunComparison(runs).compare([run_id(number) for number in numbers], **how)


def rows_of(comparison: ComparedRuns, section: Section) -> dict[str, ComparedRow]:
    return {row.key: row for row in comparison.rows if row.section is section}


def test_each_field_is_one_row_with_a_value_a_run_in_the_order_asked_for(runs: Runs) -> None:
    store = runs.folder.root
    write_run(store, 1, params={"lr": 0.1, "seed": 7}, metrics={"loss": [2.0, 1.0]})
    write_run(store, 2, params={"lr": 0.2, "seed": 7}, tags={"owner": "ada"})
    found = compared(runs, 2, 1)
    assert [run.name for run in found.runs] == ["run 2", "run 1"]
    params = rows_of(found, Section.PARAMS)
    assert params["lr"].values == ("0.2", "0.1")
    assert (params["lr"].is_same, params["seed"].is_same) == (False, True)
    assert rows_of(found, Section.METRICS)["loss"].values == (None, 1.0)
    assert rows_of(found, Section.METRICS)["loss"].points == 2
    assert rows_of(found, Section.TAGS)["owner"].values == ("ada", None)
    assert not rows_of(found, Section.TAGS)["owner"].is_same


def test_a_metric_is_its_last_lowest_highest_or_best_value(runs: Runs) -> None:
    history = {"loss": [2.0, 1.0, 3.0], "auc": [0.5, 0.9, 0.8], "odd": [1.0, 5.0, 2.0]}
    write_run(runs.folder.root, 1, metrics=history)
    got = {
        choice: {key: row.values[0] for key, row in rows_of(found, Section.METRICS).items()}
        for choice in MetricChoice
        for found in [compared(runs, 1, choice=choice)]
    }
    assert got[MetricChoice.LAST] == {"loss": 3.0, "auc": 0.8, "odd": 2.0}
    assert got[MetricChoice.MIN] == {"loss": 1.0, "auc": 0.5, "odd": 1.0}
    assert got[MetricChoice.MAX] == {"loss": 3.0, "auc": 0.9, "odd": 5.0}
    assert got[MetricChoice.BEST] == {"loss": 1.0, "auc": 0.9, "odd": 2.0}


def test_only_the_asked_sections_are_read(runs: Runs) -> None:
    write_run(runs.folder.root, 1, params={"lr": 1}, metrics={"loss": [1.0]}, tags={"a": "b"})
    found = compared(runs, 1, sections={Section.TAGS})
    assert {row.section for row in found.rows} == {Section.TAGS}


def test_unknown_runs_are_named_and_the_others_stay(runs: Runs) -> None:
    write_run(runs.folder.root, 1, params={"lr": 1})
    runs.refresh()
    found = RunComparison(runs).compare([run_id(9), run_id(1), run_id(1), "'; DROP TABLE run --"])
    assert [run.run_id for run in found.runs] == [run_id(1)]
    assert found.unknown == (run_id(9), "'; DROP TABLE run --")


def test_more_runs_than_fit_are_refused_in_words(runs: Runs) -> None:
    with pytest.raises(BadInput) as refused:
        RunComparison(runs).compare([run_id(number) for number in range(MOST_COMPARED + 1)])
    assert refused.value.code == "E-USAGE"


def test_texts_that_differ_only_at_their_end_are_not_the_same(runs: Runs) -> None:
    long = "x" * (LONGEST_TEXT + 10)
    write_run(runs.folder.root, 1, params={"long": long + "a", "short": "a"})
    write_run(runs.folder.root, 2, params={"long": long + "b", "short": "a"})
    row = rows_of(compared(runs, 1, 2), Section.PARAMS)["long"]
    assert row.values[0] == row.values[1] == "x" * LONGEST_TEXT + "…"
    assert not row.is_same


def test_code_machine_packages_data_and_files_are_rows_too(tmp_path: Path) -> None:
    for number, version in enumerate(("1.5.0", "1.6.1")):
        with sr.start_run("digits", name=f"run {number}", store=tmp_path / "store"):
            pins = f"scikit-learn[x]=={version}\n# note\nnumpy == 2.0\n-r other.txt\n"
            sr.log_text(pins, "model/requirements.txt")
            sr.log_input(name="orders", digest=f"d{number}", context="training")
            sr.log_text("weights", "weights.bin")
    runs = open_runs(tmp_path / "store", FixedClock(START_US), random_bytes)
    runs.refresh()
    ids = [run.run_id for run in runs.search(order_by="start_time ASC").runs]
    found = RunComparison(runs).compare(ids)
    packages = rows_of(found, Section.ENVIRONMENT)
    assert packages["scikit-learn"].values == ("1.5.0", "1.6.1")
    assert packages["numpy"].is_same
    assert rows_of(found, Section.DATASETS)["orders (training), digest"].values == ("d0", "d1")
    files = rows_of(found, Section.ARTIFACTS)
    assert files["weights.bin"].is_same
    assert not files["model/requirements.txt"].is_same
    assert "cwd" in rows_of(found, Section.SOURCE)
    runs.catalog.close()


def test_two_hundred_runs_are_compared_right(runs: Runs) -> None:
    for number in range(1, 201):
        write_run(
            runs.folder.root,
            number,
            params={"same": "a", "lr": number},
            metrics={f"m{key}": [1.0 if key % 2 else float(number)] for key in range(20)},
        )
    numbers = list(range(200, 0, -1))
    found = compared(runs, *numbers)
    assert len(found.runs) == 200
    metrics = rows_of(found, Section.METRICS)
    assert [key for key, row in metrics.items() if row.is_same] == sorted(
        f"m{key}" for key in range(20) if key % 2
    )
    assert metrics["m0"].values == tuple(float(number) for number in numbers)
    assert rows_of(found, Section.PARAMS)["lr"].values == tuple(str(number) for number in numbers)


values = st.none() | st.floats() | st.text(max_size=3)


@given(st.lists(values, min_size=1, max_size=5))
@settings(max_examples=200, deadline=None)
def test_rows_are_the_same_exactly_where_everybody_has_the_same_value(cells: list[Value]) -> None:
    by_words = {repr(cell) if cell != 0.0 else "0.0" for cell in cells}
    assert all_same(cells) == (len(by_words) == 1 and cells[0] is not None)


@given(
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from(["loss", "auc", "odd", "latency_ms"]),
)
@settings(max_examples=200, deadline=None)
def test_a_delta_is_judged_only_outside_the_noise_and_never_both_ways(
    value: float, base: float, key: str
) -> None:
    rule = learned_rule(key)
    there, back = delta(value, base, rule), delta(base, value, rule, NoiseBand(of_value=0))
    if there is None:
        assert not (math.isfinite(value) and math.isfinite(base) and math.isfinite(value - base))
        return
    if there.is_better is not None:
        assert abs(there.absolute) > NoiseBand().width(base, rule)
        assert key != "odd"
        if rule.low is None or rule.high is None:
            assert back is not None
            assert back.is_better is (not there.is_better)


@pytest.mark.parametrize(
    ("value", "base", "key", "better"),
    [
        (0.9471, 0.9487, "val/auc", None),
        (0.9402, 0.9487, "val/auc", False),
        (0.7204, 0.7120, "val/recall", True),
        (0.1978, 0.1962, "val/loss", None),
        (0.2118, 0.1962, "val/loss", False),
        (18.2, 17.9, "latency/p95", None),
        (25.2, 17.9, "latency/p95", False),
        (9.0, 17.9, "latency/p95", True),
        (9.0, 17.9, "anything", None),
    ],
)
def test_the_usual_noise_band_judges_as_a_person_would(
    value: float, base: float, key: str, better: bool | None
) -> None:
    found = delta(value, base, learned_rule(key))
    assert found is not None
    assert found.is_better is better


@given(st.text(max_size=8))
@settings(max_examples=200, deadline=None)
def test_words_are_numbers_only_where_python_reads_a_finite_one(text: str) -> None:
    number = as_number(text)
    if number is not None:
        assert number == float(text)
        assert math.isfinite(number)
