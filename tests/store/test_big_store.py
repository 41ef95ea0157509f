# SPDX-License-Identifier: Apache-2.0
"""What the generator of big stores writes is what discovery and sealing would have written."""

import os
from pathlib import Path

import pytest

from strongroom.bootstrap import open_services
from strongroom.domain.clock import SystemClock
from strongroom.domain.run import RunStatus
from strongroom.services.runs import Runs, open_runs
from support.big_store import Shape, build_store, fasttrackml, run_id_of
from support.catalog_dump import dump

SMALL = Shape(runs=60, experiments=4, params=6, metrics=5, points=4)


@pytest.fixture
def runs(tmp_path: Path):
    build_store(tmp_path / "big", SMALL)
    opened = open_runs(tmp_path / "big", SystemClock(), os.urandom)
    yield opened
    opened.catalog.close()


def test_a_look_at_the_store_finds_nothing_to_do(runs: Runs) -> None:
    assert not runs.refresh()
    assert runs.findings() == ()
    assert runs.search().total == SMALL.runs


def test_discovery_writes_the_same_rows_from_the_same_folders(runs: Runs) -> None:
    made = dump(runs.catalog)
    assert len(made["metric"]) == SMALL.runs * SMALL.metrics
    assert len(made["value"]) == SMALL.runs * (SMALL.params + 1)
    with runs.rebuilding():
        pass
    assert dump(runs.catalog) == made


def test_every_byte_holds_and_every_point_can_be_read(runs: Runs) -> None:
    assert list(runs.verify()) == []
    series = runs.history(run_id_of(7), "val/auc")
    assert len(series) == SMALL.points
    shown = runs.show(run_id_of(7)).run
    assert shown.metrics["val/auc"].last == series.values[-1]


def test_long_and_live_runs_are_sealed_and_alive(tmp_path: Path) -> None:
    shape = Shape(runs=3, params=2, metrics=2, long_runs=2, long_points=5_000, live_runs=1)
    build_store(tmp_path / "big", shape)
    services = open_services(tmp_path / "big", tmp_path / "home")
    found = {run.name: run for run in services.runs.search().runs}
    assert found["long-01"].is_sealed
    assert found["long-01"].metrics["train/loss"].count == 5_000
    assert found["live-00"].status is RunStatus.RUNNING
    assert not found["live-00"].is_lost
    assert not services.runs.refresh()
    services.close()


def test_the_shape_of_fasttrackml_860_keeps_its_columns(tmp_path: Path) -> None:
    shape = fasttrackml(0.0001)
    assert (shape.runs, shape.experiments, shape.metrics, shape.params) == (50, 50, 1_500, 150)
    assert fasttrackml(1.0).runs == 75_000
    build_store(tmp_path / "big", shape, has_folders=False)
    runs = open_runs(tmp_path / "big", SystemClock(), os.urandom)
    kinds = [column.field.kind.value for column in runs.columns()]
    assert (kinds.count("metrics"), kinds.count("params")) == (1_500, 150)
    runs.catalog.close()
