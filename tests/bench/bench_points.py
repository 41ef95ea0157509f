# SPDX-License-Identifier: Apache-2.0
"""What reading points back costs, and what they weigh (goals E and H), at three sizes and more.

A metric of more than a million points is drawn from its extremes, which the cache keeps, and read
point by point where somebody zooms in; memory is that of a process that does nothing else.

Histories and charts are read from sealed runs through the services the window asks; nothing is
remembered from one question to the next but what the system keeps of files.
"""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

import strongroom as sr
from strongroom.bootstrap import Services, open_services
from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.series import ChartSeries
from strongroom.desktop.kit.theme import theme
from support.figures import Figure, report
from support.runs_on_disk import run_id, write_run

GOALS = {100_000: "≤ 5 ms", 1_000_000: "≤ 50 ms"}
ROUNDS = 15


@contextmanager
def opened(store: Path) -> Iterator[Services]:
    services = open_services(store, store.with_name("home"))
    try:
        yield services
    finally:
        services.close()


@pytest.mark.parametrize("count", [10_000, 100_000, 1_000_000, 10_000_000])
def test_history(tmp_path: Path, count: int, is_big: bool, sized: Callable[[int], int]) -> None:
    if count > 1_000_000 and not is_big:
        pytest.skip("ten million points: --big")
    chance, points = random.Random(7), sized(count)
    store = tmp_path / "store"
    values = [chance.gauss(0.0, 1.0) for _ in range(points)]
    with sr.start_run("bench", name="long", store=store) as run:
        sr.log_batch({"loss": values})
    journal = next((store / "runs").rglob("*.srj")).stat().st_size
    with opened(store) as services:
        start = time.perf_counter()
        services.runs.refresh()
        sealing = time.perf_counter() - start
        times = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            series = services.runs.history(run.run_id, "loss")
            times.append((time.perf_counter() - start) * 1000)
            assert len(series) == points
    parquet = next((store / "runs").rglob("metrics.parquet")).stat().st_size
    np.save(tmp_path / "bare.npy", np.arange(points * 3, dtype=float))
    bare = min(_load_ms(tmp_path / "bare.npy") for _ in range(9))
    report(
        Figure(f"history of {points:,} points", median(times), "ms", GOALS.get(points, ""),
               f"{bare:.2f} ms, np.load of as many numbers",
               "Steps, times and values are decoded from Parquet and their checksums verified."),
        Figure(f"bytes a point of {points:,} of pure noise, sealed", parquet / points, "B",
               "≤ 8 B" if points >= 10_000 else "",
               f"{_entropy(values):.2f} B, what is random in each value",
               "52 of the 64 bits of a random double are random; no encoding leaves them out."),
        Figure(f"bytes a point of {points:,}, in the journal", journal / points, "B", ""),
        Figure(f"discover and seal a run of {points:,} points", sealing, "s", ""),
    )  # fmt: skip


def _entropy(values: list[float]) -> float:
    """Returns the bytes that random values hold: sign and exponent as they occur, 52 bits more."""
    found = np.unique(np.array(values).view(np.uint64) >> np.uint64(52), return_counts=True)[1]
    share = found / found.sum()
    return float((52 - (share * np.log2(share)).sum()) / 8)


def _trained(points: int, kind: type[np.floating[Any]]) -> tuple[list[float], list[int]]:
    """Returns the losses of a real training, step by step, and when each was known."""
    chance = np.random.default_rng(7)
    seen = chance.normal(size=(2_048, 16)).astype(kind)
    drawn = seen @ chance.normal(size=16).astype(kind) + chance.normal(size=2_048).astype(kind) / 4
    wanted, weights = (drawn > 0).astype(kind), np.zeros(16, kind)
    losses, times = [], []
    for step in range(points):
        rows = slice(step * 32 % 2_048, step * 32 % 2_048 + 32)
        guess = 1 / (1 + np.exp(-(seen[rows] @ weights)))
        sure = np.where(wanted[rows] > 0, guess, 1 - guess)
        losses.append(float(-np.log(sure + kind(1e-7)).mean()))
        weights -= kind(0.05) * (seen[rows].T @ (guess - wanted[rows])) / 32
        times.append(time.time_ns() // 1000)
    return losses, times


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("count", [10_000, 100_000, 1_000_000])
def test_bytes_a_point_of_a_real_training(
    tmp_path: Path,
    count: int,
    kind: type[np.floating[Any]],
    is_big: bool,
    sized: Callable[[int], int],
) -> None:
    """A logistic regression, its loss at every step, each with the time at which it was known."""
    if count > 100_000 and not is_big:
        pytest.skip("a training of a million steps: --big")
    store, points = tmp_path / "store", sized(count)
    losses, times = _trained(points, kind)
    with sr.start_run("bench", name="trained", store=store):
        sr.log_batch({"loss": losses}, times_us=times)
    with opened(store) as services:
        services.runs.refresh()
    parquet = next((store / "runs").rglob("metrics.parquet")).stat().st_size
    bits = np.dtype(kind).itemsize * 8
    report(
        Figure(f"bytes a point of {points:,} of a training in {bits}-bit numbers, with its times",
               parquet / points, "B", "≤ 8 B" if points >= 10_000 else "", "",
               "The last bits of each loss, and microseconds between two steps, are random."),
    )  # fmt: skip


@pytest.mark.parametrize("count", [10, 100, 1_000])
def test_one_metric_of_many_runs(tmp_path: Path, count: int, sized: Callable[[int], int]) -> None:
    runs = sized(count)
    for number in range(1, runs + 1):
        write_run(tmp_path / "store", number, metrics={"loss": [0.5 / number] * 1_000})
    with opened(tmp_path / "store") as services:
        services.runs.refresh()
        ids = [run_id(number) for number in range(1, runs + 1)]
        taken = {}
        for most in (None, 100):
            start = time.perf_counter()
            found = dict(services.runs.histories(ids, "loss", points=most))
            taken[most] = (time.perf_counter() - start) * 1000
            assert len(found) == runs
    files = list((tmp_path / "store" / "runs").rglob("metrics.parquet"))
    start = time.perf_counter()
    for path in files:
        path.read_bytes()
    bare = (time.perf_counter() - start) * 1000
    name = f"one metric of {runs:,} runs of 1,000 points in one call"
    least = f"{bare:.2f} ms, reading the files"
    report(
        Figure(name, taken[None], "ms", "", least),
        Figure(f"{name}, 100 points of each", taken[100], "ms", "", least),
    )


def _load_ms(path: Path) -> float:
    start = time.perf_counter()
    np.load(path)
    return (time.perf_counter() - start) * 1000


@pytest.mark.parametrize(("lines", "count"), [(20, 10_000), (20, 100_000), (20, 1_000_000)])
def test_a_chart_from_cold(
    tmp_path: Path,
    app: QApplication,
    lines: int,
    count: int,
    is_big: bool,
    sized: Callable[[int], int],
) -> None:
    """From runs in a store to the settled picture, everything made anew."""
    if lines * count > 2_000_000 and not is_big:
        pytest.skip("twenty million points: --big")
    store, points = tmp_path / "store", sized(count)
    waves = np.random.default_rng(7)
    for number in range(lines):
        with sr.start_run("bench", name=f"run-{number}", store=store):
            noise = waves.standard_normal(points)
            sr.log_batch({"loss": np.exp(-np.arange(points) / points * 3) + noise / 20})
    with opened(store) as services:
        services.runs.refresh()
        runs = [run.run_id for run in services.runs.search().runs]
    whole, reading = [], []
    for _ in range(5):
        with opened(store) as services:
            services.runs.search(limit=1)  # the catalog is open, as in a window
            chart = LineChart(ChartLook.from_theme(theme()), title="loss")
            chart.resize(1600, 900)
            chart.show()
            QTest.qWaitForWindowExposed(chart)
            start = time.perf_counter()
            found = services.curves.curves(runs, ["loss"])
            reading.append((time.perf_counter() - start) * 1000)
            chart.set_series(
                [
                    ChartSeries(
                        run_id=each.run_id, label=each.run_id, colour_index=number % 8,
                        x=each.x, y=each.raw,
                    )
                    for number, each in enumerate(found)
                ]
            )  # fmt: skip
            for _ in range(4):
                chart.wait_for_picture()
                QApplication.processEvents()
            whole.append((time.perf_counter() - start) * 1000)
            assert sum(len(each.x) for each in found) == lines * points
            chart.close()
            chart.deleteLater()
            QApplication.processEvents()
    name = f"chart of {lines} × {points:,} points from cold"
    report(
        Figure(name, median(whole), "ms wall", "≤ 200 ms" if lines * points == 2_000_000 else "",
               f"{median(reading):.0f} ms, reading the points",
               "Reading verifies every page's checksum; the first picture looks at every point."),
        Figure(f"{name}: of it reading the points", median(reading), "ms wall", ""),
    )  # fmt: skip


LONG_SIZES = [2_000_000, 5_000_000, 20_000_000, 50_000_000]
LOOK = """
import resource, sys, time
from pathlib import Path
from strongroom.bootstrap import open_services
from strongroom.services.smoothing import OFF, ema
import pyarrow.parquet
store = Path(sys.argv[1])
services = open_services(store, store.with_name("home"))
began = time.perf_counter()
services.runs.refresh()
print((time.perf_counter() - began) * 1000)
(run,) = [run.run_id for run in services.runs.search(limit=1).runs]
points = services.runs.show(run).run.metrics["loss"].count
services.runs.history(run, "loss", first=0, last=9)  # what reads points is loaded
middle = points / 2
for smoothing in (OFF, ema(0.7)):
    for within in (None, (middle, middle + points / 10), (middle, middle + 50_000)):
        began = time.perf_counter()
        services.curves.curves([run], ["loss"], smoothing=smoothing, within=within)
        print((time.perf_counter() - began) * 1000)
began = time.perf_counter()
services.runs.history(run, "loss", first=int(middle), last=int(middle) + 99_999)
print((time.perf_counter() - began) * 1000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
services.close()
"""


@pytest.mark.parametrize("count", LONG_SIZES)
def test_a_long_metric(
    tmp_path: Path, count: int, is_big: bool, sized: Callable[[int], int]
) -> None:
    """Sealed and looked at by one process, then by another that finds what the first one kept."""
    if count > 5_000_000 and not is_big:
        pytest.skip("more than five million points of one metric: --big")
    points, store = sized(count), tmp_path / "store"
    waves = np.random.default_rng(7)
    with sr.start_run("bench", name="long", store=store):
        for first in range(0, points, 1_000_000):
            steps = np.arange(first, min(first + 1_000_000, points))
            values = np.exp(-steps / points * 3) + waves.standard_normal(len(steps)) / 20
            sr.log_batch({"loss": values.tolist()}, steps.tolist())
    first_look, later = _looked(store), _looked(store)
    sealing, whole, tenth, near, smooth, _, smooth_near, history, held = first_look
    name = f"metric of {points:,} points"
    report(
        Figure(f"{name}: discover and seal", sealing, "ms wall", ""),
        Figure(f"{name}: the first chart of it", whole, "ms wall",
               "≤ 200 ms" if points == 2_000_000 else "", "",
               "Every point is read once, its checksum verified, and the extremes are kept."),
        Figure(f"{name}: the first chart of it, smoothed", smooth, "ms wall", "", "",
               "Smoothing sees every point."),
        Figure(f"{name}: a chart of it from then on", later[1], "ms wall", "≤ 200 ms", "",
               "65,536 points are decoded again and held against what was kept."),
        Figure(f"{name}: the same, smoothed", later[4], "ms wall", "≤ 200 ms"),
        Figure(f"{name}: zoom to a tenth", tenth, "ms wall", ""),
        Figure(f"{name}: zoom to every one of 50,000 points", near, "ms wall", ""),
        Figure(f"{name}: the same, smoothed", smooth_near, "ms wall", ""),
        Figure(f"{name}: history of 100,000 steps of it", history, "ms wall", ""),
        Figure(f"{name}: memory of the process at most, sealing included", held, "MB", ""),
        Figure(f"{name}: memory of a process that only looks", later[-1], "MB", ""),
    )  # fmt: skip


def _looked(store: Path) -> list[float]:
    told = subprocess.run(
        [sys.executable, "-c", LOOK, str(store)], check=True, capture_output=True, text=True
    )
    return [float(line) for line in told.stdout.split()]
