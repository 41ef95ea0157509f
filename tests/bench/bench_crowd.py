# SPDX-License-Identifier: Apache-2.0
"""What logging costs while others log into the same store (goal A2): 1, 4 and 16 processes.

Each is a real process with an interpreter of its own and a run of its own. All begin together, and
each times every call itself; the machine's own least is as many bare writes by as many processes.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from strongroom.journal.reader import read_run
from support.figures import Figure, report

POINTS = 200_000
OURS = """
import sys, time
import strongroom as sr

store, count = sys.argv[1], int(sys.argv[2])
with sr.start_run("crowd", store=store) as run:
    sr.log_metric("loss", 0.5, 0)
    print("ready", flush=True)
    sys.stdin.readline()
    log, clock, worst, began = sr.log_metric, time.perf_counter_ns, 0, time.time()
    before = clock()
    for step in range(1, count + 1):
        log("loss", 0.5, step)
        now = clock()
        if now - before > worst:
            worst = now - before
        before = now
    print(began, time.time(), worst / 1e6, sum(run.losses.counts.values()))
"""
BARE = """
import os, sys, time

store, count = sys.argv[1], int(sys.argv[2])
file = os.open(f"{store}/bare-{os.getpid()}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
data, write, clock, worst = bytes(32), os.write, time.perf_counter_ns, 0
print("ready", flush=True)
sys.stdin.readline()
began, before = time.time(), clock()
for step in range(count):
    write(file, data)
    now = clock()
    if now - before > worst:
        worst = now - before
    before = now
print(began, time.time(), worst / 1e6, 0)
"""


def _crowd(script: str, store: Path, processes: int, points: int) -> tuple[float, float, int]:
    """Returns points a second of all together, the slowest call in ms, and how many failed."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(store), str(points)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(processes)
    ]  # fmt: skip
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    said = [list(map(float, child.communicate()[0].split())) for child in children]
    began, ended, worst, failed = zip(*said, strict=True)
    rate = processes * points / (max(ended) - min(began))
    return rate, max(worst), int(sum(failed))


@pytest.mark.parametrize("processes", [1, 4, 16])
def test_processes_that_log_into_one_store(
    tmp_path: Path, processes: int, sized: Callable[[int], int]
) -> None:
    store, points = tmp_path / "store", sized(POINTS)
    rate, worst, failed = _crowd(OURS, store, processes, points)
    bare, bare_worst, _ = _crowd(BARE, tmp_path, processes, points)
    folders = list((store / "runs").glob("*/*"))
    kept = sum(len(read_run(folder).metrics["loss"]) for folder in folders)
    assert len(folders) == processes
    has_goal = processes == 4
    name = f"{processes} processes into one store"
    cores = f"{os.cpu_count()} cores share the work of {processes} interpreters."
    report(
        Figure(f"{name}: points a second", rate, "points/s", "≥ 200,000" if has_goal else "",
               f"{bare:,.0f} points/s, bare writes", cores),
        Figure(f"{name}: slowest call", worst, "ms", "≤ 50 ms" if has_goal else "",
               f"{bare_worst:.2f} ms, the slowest bare write", cores),
        Figure(f"{name}: calls that failed", failed, "calls", "≤ 0"),
        Figure(f"{name}: points lost", processes * (points + 1) - kept, "points", "≤ 0"),
    )  # fmt: skip
