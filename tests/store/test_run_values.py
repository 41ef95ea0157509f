# SPDX-License-Identifier: Apache-2.0
"""Columns of values over a question say what the runs say."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import Cancelled
from strongroom.domain.progress import Silent
from strongroom.domain.query import Attribute, Field, FieldKind
from strongroom.domain.run import Run
from strongroom.services.run_values import RunValues, ValueColumn
from strongroom.services.runs import Runs, open_runs
from strongroom.store import run_values as reading
from strongroom.store.search import condition
from support.runs_on_disk import START_US, random_bytes, write_run


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    opened = open_runs(tmp_path / "store", FixedClock(START_US + 60_000_000), random_bytes)
    yield opened
    opened.catalog.close()


def field(text: str) -> Field:
    kind, _, key = text.partition(".")
    return Field(kind=FieldKind(kind), key=key)


def fill(runs: Runs, count: int) -> None:
    for number in range(1, count + 1):
        params: dict[str, Any] = {"lr": number / 10, "kind": ("tree", "net")[number % 2]}
        if number % 3:
            params["depth"] = number if number % 4 else "deep"
        write_run(
            runs.folder.root,
            number,
            experiment="iris" if number % 2 else "wine",
            params=params,
            metrics={"acc": [0.5, number / 100]} | ({"odd": [math.nan]} if number % 2 else {}),
            tags={"owner": "ada" if number % 5 else "<b>bob</b>"},
            status="FINISHED" if number % 4 else "FAILED",
        )
    runs.refresh()


def said_by(run: Run, field: Field) -> object:
    """Returns what the run itself says: a number, a text, or None."""
    if field.kind is FieldKind.METRIC:
        summary = run.metrics.get(field.key)
        return None if summary is None or math.isnan(summary.last) else summary.last
    if field.kind is FieldKind.PARAM:
        return run.params.get(field.key)
    if field.kind is FieldKind.TAG:
        return run.tags.get(field.key)
    times = {"start_time": run.started_us, "end_time": run.ended_us, "duration": run.duration_us}
    if field.key in times:
        value = times[field.key]
        return None if value is None else value / 1e6
    texts = {"name": run.name, "status": run.status.value, "experiment": run.experiment}
    return texts.get(field.key, getattr(run, field.key, None))


def said_in(column: ValueColumn, row: int) -> object:
    if len(column.codes):
        code = int(column.codes[row])
        return None if code < 0 else column.texts[code]
    value = float(column.numbers[row])
    return None if math.isnan(value) else value


FIELDS = tuple(
    field(text)
    for text in (
        "metrics.acc",
        "metrics.odd",
        "metrics.nobody",
        "params.lr",
        "params.depth",
        "params.nobody",
        "tags.owner",
    )
) + tuple(Field(kind=FieldKind.ATTRIBUTE, key=each.value) for each in Attribute)


@pytest.mark.parametrize("few_share", [0, 10_000])
@pytest.mark.parametrize("filter_", ["", "params.kind = 'net'", "params.lr > 1e6"])
def test_every_column_says_what_each_run_says(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, few_share: int, filter_: str
) -> None:
    monkeypatch.setattr(reading, "FEW_SHARE", few_share)  # both ways of asking the catalog
    monkeypatch.setattr(reading, "BLOCK", 3)
    fill(runs, 12)
    table = RunValues(runs.catalog, runs.questions).read(FIELDS, filter_)
    found = runs.search(filter_).runs
    assert table.run_ids == tuple(run.run_id for run in found)
    assert table.names == tuple(run.name for run in found)
    assert table.total == len(found)
    for asked, column in zip(FIELDS, table.columns, strict=True):
        assert column.field == asked
        for row, run in enumerate(found):
            assert said_in(column, row) == said_by(run, asked), (asked, run.name)


def test_numbers_come_before_words_and_a_column_knows_whether_it_is_numeric(runs: Runs) -> None:
    fill(runs, 12)
    lr, depth = (
        RunValues(runs.catalog, runs.questions)
        .read([field("params.lr"), field("params.depth")])
        .columns
    )
    assert lr.is_numeric
    assert lr.numbers.tolist() == [float(text) for text in (lr.texts[code] for code in lr.codes)]
    assert not depth.is_numeric
    assert depth.texts == ("1", "2", "5", "7", "10", "11", "deep")
    assert np.isnan(depth.numbers[depth.codes == depth.texts.index("deep")]).all()


def test_more_runs_than_a_plot_holds_are_cut_to_the_newest_and_counted(
    runs: Runs,
) -> None:
    fill(runs, 9)
    newest = [run.run_id for run in runs.search(limit=4).runs]
    with runs.catalog.read() as connection:
        table = reading.read_values(
            connection, condition(), [field("metrics.acc")], Silent(), limit=4
        )
    assert list(table.run_ids) == newest
    assert table.total == 9


def test_reading_stops_when_somebody_cancels(runs: Runs) -> None:
    class Impatient:
        def step(self, done: int, total: int, what: str = "") -> None:
            raise Cancelled

    fill(runs, 2)
    with pytest.raises(Cancelled):
        RunValues(runs.catalog, runs.questions).read([field("metrics.acc")], progress=Impatient())


def test_the_spread_counts_runs_and_values(runs: Runs) -> None:
    fill(runs, 12)
    spread = {
        (s.field.kind, s.field.key): s for s in RunValues(runs.catalog, runs.questions).spread()
    }
    lr = spread[FieldKind.PARAM, "lr"]
    assert (lr.run_count, lr.value_count, lr.is_numeric) == (12, 12, True)
    depth = spread[FieldKind.PARAM, "depth"]
    assert (depth.run_count, depth.value_count, depth.is_numeric) == (8, 7, False)
    assert spread[FieldKind.METRIC, "acc"].value_count == 12
    assert not any(kind is FieldKind.TAG for kind, _ in spread)


@given(seed=st.integers(0, 2**32), count=st.integers(0, 40))
@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_each_run_finds_its_own_row(seed: int, count: int) -> None:
    chance = np.random.default_rng(seed)
    ids = chance.choice(100, size=count, replace=False).astype(np.int64)
    chosen = reading._Chosen(ids, is_few=False)
    asked = chance.integers(0, 120, 60)
    for run, place in zip(asked.tolist(), chosen.places(asked).tolist(), strict=True):
        assert (ids[place] == run) if place >= 0 else run not in ids.tolist()
