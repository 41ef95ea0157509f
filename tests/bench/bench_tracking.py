"""What tracking costs through the public interface, with the goals of the design beside it.

Nothing here fails for being slow: a noisy machine says nothing about the code. The figures are
medians of one process; the write a point costs anyway is timed in the same run.
"""

import _thread
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from zlib import crc32

import pytest

import strongroom as sr
from strongroom.journal.reader import read_run
from support.figures import Figure, report

POINTS = 200_000
IMPORTS = 25  # in turns: what the machine does meanwhile meets both
CHILD = """
import sys, strongroom as sr
with sr.start_run("bench", store=sys.argv[1]) as run:
    print(run.folder, flush=True)
    for step in range(10_000_000):
        sr.log_metric("loss", 1.0 / (step + 1), step=step)
        if step % 1000 == 999:
            print(step, flush=True)
"""


@pytest.mark.parametrize("before", [0, 1_000_000, 10_000_000])
def test_log_metric(tmp_path: Path, before: int, is_big: bool, sized: Callable[[int], int]) -> None:
    if before > 1_000_000 and not is_big:
        pytest.skip("ten million points before the first that is timed: --big")
    times: list[float] = []
    held = sized(before) if before else 0
    with sr.start_run("bench", name="one", store=tmp_path):
        if held:
            sr.log_batch({"loss": [0.5] * held})
        for step in range(sized(POINTS)):
            start = time.perf_counter_ns()
            sr.log_metric("loss", 0.5, step=step)
            times.append((time.perf_counter_ns() - start) / 1000)
    descriptor = os.open(tmp_path / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    bare: list[float] = []
    for _ in range(sized(POINTS)):
        start = time.perf_counter_ns()
        os.write(descriptor, bytes(32))
        bare.append((time.perf_counter_ns() - start) / 1000)
    os.close(descriptor)
    name = f"log_metric in a run of {held:,} points"
    report(
        Figure(f"{name}: p50", median(times), "µs", "≤ 4 µs",
               f"{median(bare):.2f} µs, one write()"),
        Figure(f"{name}: p99", quantiles(times, n=100)[98], "µs", ""),
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


@pytest.mark.parametrize("count", [1_000, 100_000, 2_000_000])
def test_log_batch(tmp_path: Path, count: int, sized: Callable[[int], int]) -> None:
    points = sized(count)
    values = [0.5] * points
    rates = []
    with sr.start_run("bench", store=tmp_path) as run:
        for _ in range(5):
            start = time.perf_counter()
            sr.log_batch({"loss": values})
            rates.append(points / (time.perf_counter() - start) / 1e6)
    assert not run.losses.counts
    report(Figure(f"log_batch of {points:,} points", median(rates), "M points/s",
                  "≥ 1 M points/s"))  # fmt: skip


@pytest.mark.parametrize("count", [1, 10, 100, 1_000])
def test_log_metrics(tmp_path: Path, count: int, sized: Callable[[int], int]) -> None:
    metrics = {f"m{number}": 0.5 for number in range(count)}
    calls, rates = sized(200_000 // count), []
    with sr.start_run("bench", store=tmp_path) as run:
        for part in range(5):
            start = time.perf_counter()
            for step in range(part * calls, (part + 1) * calls):
                sr.log_metrics(metrics, step)
            rates.append(calls * count / (time.perf_counter() - start) / 1e6)
    assert not run.losses.counts
    least = median(_least_of_rows(tmp_path / "bare", count, calls) for _ in range(5))
    report(Figure(f"log_metrics of {count:,} metrics a call", median(rates), "M points/s",
                  "≥ 1 M points/s" if count >= 100 else "",
                  f"{least:.2f} M points/s, a CRC-32 of each point and one write() a call",
                  "Names and values are copied out of a dict at each call."))  # fmt: skip


def _least_of_rows(path: Path, count: int, calls: int) -> float:
    """Returns millions of points a second for the checksums of rows and one write of each."""
    row, point = bytes(count * 32), bytes(28)
    with path.open("ab", buffering=0) as stream:
        start = time.perf_counter()
        for _ in range(calls):
            for _ in range(count):
                crc32(point)
            stream.write(row)
        return calls * count / (time.perf_counter() - start) / 1e6


def test_import() -> None:
    """Times the import alone, in new interpreters, in turns with one that imports nothing."""
    ours, floor = [], []
    _import_ms("import strongroom; strongroom.start_run")  # writes byte code, as on a used machine
    for _ in range(IMPORTS):
        ours.append(_import_ms("import strongroom"))
        floor.append(_import_ms("pass"))
    report(
        Figure("import strongroom", median(ours), "ms", "≤ 30 ms",
               f"{median(floor):.3f} ms, importing nothing"),
        Figure("import strongroom and make ready to log",
               median(_import_ms("import strongroom; strongroom.start_run") for _ in range(15)),
               "ms", "≤ 30 ms"),
    )  # fmt: skip


def _import_ms(what: str) -> float:
    code = f"import time; s = time.perf_counter(); {what}; print(time.perf_counter() - s)"
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environ)
    return float(done.stdout) * 1000
