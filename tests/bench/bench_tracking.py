"""What tracking costs through the public interface, with the goals of the design beside it.

Nothing here fails for being slow: a noisy machine says nothing about the code. The figures are
medians of one process; the write a point costs anyway is timed in the same run.
"""

import _thread
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from statistics import median, quantiles

import numpy as np
import pytest

import strongroom as sr
from strongroom.bootstrap import open_services
from strongroom.journal.reader import read_run
from support.figures import Figure, report

POINTS = 200_000
CHILD = """
import sys, strongroom as sr
with sr.start_run("bench", store=sys.argv[1]) as run:
    print(run.folder, flush=True)
    for step in range(10_000_000):
        sr.log_metric("loss", 1.0 / (step + 1), step=step)
        if step % 1000 == 999:
            print(step, flush=True)
"""


def test_log_metric(tmp_path: Path) -> None:
    times = []
    with sr.start_run("bench", name="one", store=tmp_path):
        for step in range(POINTS):
            start = time.perf_counter_ns()
            sr.log_metric("loss", 0.5, step=step)
            times.append((time.perf_counter_ns() - start) / 1000)
    descriptor = os.open(tmp_path / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    bare = []
    for _ in range(POINTS):
        start = time.perf_counter_ns()
        os.write(descriptor, bytes(32))
        bare.append((time.perf_counter_ns() - start) / 1000)
    os.close(descriptor)
    report(
        Figure("log_metric p50", median(times), "µs", "≤ 4 µs",
               f"{median(bare):.2f} µs, one write()"),
        Figure("log_metric p99", quantiles(times, n=100)[98], "µs", ""),
    )  # fmt: skip


def test_a_point_makes_no_new_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise AssertionError("a lock was made while logging")

    with sr.start_run("bench", store=tmp_path) as run:
        sr.log_metric("loss", 0.5, step=0)
        for module, name in ((threading, "Lock"), (threading, "RLock"), (_thread, "allocate_lock")):
            monkeypatch.setattr(module, name, refuse)
        for step in range(1, 1000):
            sr.log_metric("loss", 0.5, step=step)
        monkeypatch.undo()
        assert not run.losses.counts
    assert len(read_run(run.folder).metrics["loss"]) == 1000


def test_what_returned_survives_kill_9(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    folder = Path(child.stdout.readline().strip())
    returned = 0
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        returned = int(child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    returned = max([returned, *(int(line) for line in child.stdout if line.strip().isdigit())])
    child.wait()
    child.stdout.close()
    kept = len(read_run(folder).metrics["loss"])
    assert kept > returned
    report(
        Figure("points that had returned before kill -9", returned + 1, "points", ""),
        Figure("of these lost", max(0, returned + 1 - kept), "points", "0"),
    )


def test_log_batch(tmp_path: Path) -> None:
    values = [0.5] * POINTS
    with sr.start_run("bench", store=tmp_path):
        start = time.perf_counter()
        sr.log_batch({"loss": values})
        seconds = time.perf_counter() - start
    report(Figure("log_batch", POINTS / seconds / 1e6, "M points/s", "≥ 1 M points/s"))


def test_history_of_a_million_points(tmp_path: Path) -> None:
    chance = random.Random(7)
    for count in (100_000, 1_000_000):
        store = tmp_path / str(count)
        with sr.start_run("bench", name="long", store=store) as run:
            sr.log_batch({"loss": [chance.gauss(0.0, 1.0) for _ in range(count)]})
        services = open_services(store, tmp_path / "home")
        services.runs.refresh()
        times = []
        for _ in range(15):
            start = time.perf_counter()
            series = services.runs.history(run.run_id, "loss")
            times.append((time.perf_counter() - start) * 1000)
        assert len(series) == count
        parquet = next((store / "runs").rglob("metrics.parquet"))
        np.save(tmp_path / "bare.npy", np.arange(count * 3, dtype=float))
        bare = min(_load_ms(tmp_path / "bare.npy") for _ in range(9))
        report(
            Figure(f"history of {count:,} points", median(times), "ms",
                   "≤ 5 ms" if count == 100_000 else "≤ 50 ms",
                   f"{bare:.2f} ms, np.load of as many numbers"),
            Figure("bytes a point, sealed", parquet.stat().st_size / count, "B", "≤ 8 B"),
        )  # fmt: skip
        services.close()


def _load_ms(path: Path) -> float:
    start = time.perf_counter()
    np.load(path)
    return (time.perf_counter() - start) * 1000


def test_import() -> None:
    report(Figure("import strongroom", median(_import_ms() for _ in range(15)), "ms", "≤ 30 ms"))


def _import_ms() -> float:
    """Times the import alone, in an interpreter that has just started."""
    code = "import time; s = time.perf_counter(); import strongroom; print(time.perf_counter() - s)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(done.stdout) * 1000
