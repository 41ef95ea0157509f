# SPDX-License-Identifier: Apache-2.0
"""Long metrics that are short: limits so small that a test of a second passes them all."""

from pathlib import Path

import numpy as np
import pytest

from strongroom.domain.clock import FixedClock
from strongroom.journal import pyramid
from strongroom.services import curves, long_curves
from strongroom.services.runs import Runs, open_runs
from strongroom.store import pyramid_files
from support.runs_on_disk import START_US, random_bytes, write_run

CELL, WIDER, LEVELS = 4, 2, 3
BLOCK = CELL * WIDER ** (LEVELS - 1)


def make_small(monkeypatch: pytest.MonkeyPatch, long: int = 100, every_point: int = 64) -> None:
    """Makes a metric of more than ``long`` points a long one, with blocks of 16 points."""
    for module in (pyramid, pyramid_files, long_curves):
        for name, value in (("CELL", CELL), ("WIDER", WIDER), ("LEVELS", LEVELS), ("BLOCK", BLOCK)):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(pyramid, "ENOUGH", 60)
    monkeypatch.setattr(long_curves, "EVERY_POINT", every_point)
    monkeypatch.setattr(curves, "LONG", long)


def noisy(count: int, seed: int = 3) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Returns a falling curve with noise, one spike and a stretch of no numbers."""
    values = np.exp(-np.arange(count) / count) + np.random.default_rng(seed).normal(0, 0.1, count)
    values[count // 3] = 9.0
    values[count // 2 : count // 2 + count // 10] = np.nan
    return values


def sealed_run(
    store: Path, values: list[float], *, number: int = 1, key: str = "loss"
) -> tuple[Runs, Path]:
    """Writes a finished run, lets the store seal it; returns the store's runs and its folder."""
    folder = write_run(store, number, metrics={key: values})
    runs = open_runs(store, FixedClock(START_US + 3_600_000_000), random_bytes)
    runs.refresh()
    return runs, folder
