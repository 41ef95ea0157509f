# SPDX-License-Identifier: Apache-2.0
"""A chart follows a run while it is written, and does not notice when it is sealed."""

import os
from pathlib import Path

import pytest

from strongroom.domain.clock import FixedClock
from strongroom.journal.writer import JournalWriter
from strongroom.services.curves import Axis, Curves, MetricAxis
from strongroom.services.runs import open_runs
from strongroom.services.smoothing import ema
from support.runs_on_disk import START_US, random_bytes, write_run


def test_points_appear_as_they_are_logged_and_stay_after_sealing(tmp_path: Path) -> None:
    clock = FixedClock(START_US)
    folder = write_run(tmp_path, status="", metrics={"other": [1.0]})
    for journal in folder.glob("*.srj"):
        journal.unlink()
    writer = JournalWriter(folder, folder.name, random_bytes=os.urandom, clock=clock)
    runs = open_runs(tmp_path, clock, random_bytes)
    runs.refresh()
    curves = Curves(runs)
    assert curves.curves(["run 1"], ["acc"]) == ()
    for step in range(5):
        writer.metric("acc", step / 2, step, START_US + step * 1_000_000)
        (curve,) = curves.curves(["run 1"], ["acc", "unknown"], x=Axis.RELATIVE, smoothing=ema(0.5))
        assert curve.is_live
        assert curve.raw.tolist() == [each / 2 for each in range(step + 1)]
        assert curve.x[-1] == pytest.approx(step, abs=1e-5)
    writer.close("FINISHED")
    runs.refresh()
    assert not list(folder.glob("*.srj"))
    (sealed,) = curves.curves(["run 1"], ["acc"], smoothing=ema(0.5))
    assert not sealed.is_live
    assert sealed.raw.tolist() == curve.raw.tolist()
    assert sealed.smooth.tolist() == curve.smooth.tolist()
    runs.catalog.close()


def test_points_out_of_order_are_drawn_in_order(tmp_path: Path) -> None:
    folder = write_run(tmp_path, status="")
    writer = JournalWriter(folder, folder.name, random_bytes=os.urandom)
    for step in (3, 1, 2):
        writer.metric("acc", float(step), step)
    writer.close("FINISHED")
    runs = open_runs(tmp_path, FixedClock(START_US), random_bytes)
    runs.refresh()
    (curve,) = Curves(runs).curves(["run 1"], ["acc"])
    assert (curve.x.tolist(), curve.raw.tolist()) == ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    assert runs.history("run 1", "acc").steps.tolist() == [1, 2, 3]
    runs.catalog.close()


def test_over_another_metric_points_are_joined_by_step_and_the_others_counted(
    tmp_path: Path,
) -> None:
    folder = write_run(tmp_path, status="")
    writer = JournalWriter(folder, folder.name, random_bytes=os.urandom)
    for step in range(10):
        writer.metric("acc", float(step), step)
        if step % 2:
            writer.metric("seen", 1000.0 - step, step)
    writer.metric("seen", 5.0, 9)
    writer.close("FINISHED")
    runs = open_runs(tmp_path, FixedClock(START_US), random_bytes)
    runs.refresh()
    curves = Curves(runs)
    (curve,) = curves.curves(["run 1"], ["acc"], x=MetricAxis("seen"))
    assert curve.x.tolist() == [5.0, 993.0, 995.0, 997.0, 999.0]
    assert curve.raw.tolist() == [9.0, 7.0, 5.0, 3.0, 1.0]
    assert curve.left_out == 5
    (nowhere,) = curves.curves(["run 1"], ["acc"], x=MetricAxis("unknown"))
    assert (len(nowhere.x), nowhere.left_out) == (0, 10)
    runs.catalog.close()
