# SPDX-License-Identifier: Apache-2.0
"""How long the program takes from its start to a window that shows runs (goal L).

Each start is a process of its own on a store with real run folders. "Painted" is the first frame
of the window, "runs" is the first frame with rows in the table.
"""

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import pytest

from support.big_store import Shape, build_store
from support.figures import Figure, report

STARTS = 3
CHILD = """
import sys, time
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from strongroom.desktop.kit.theme import Theme
from strongroom.desktop.shell.desk import Desk
app = QApplication(["strongroom"])
Theme.install(app, "light", 1.0)
imported = time.time()
desk = Desk(app, Path(sys.argv[1]), Path(sys.argv[2]))
window = desk.open()
app.processEvents()
painted, cpu = time.time(), time.process_time()
page = window.page()
while not page.table.run_id(0):
    app.processEvents()
    time.sleep(0.001)
app.processEvents()
print(imported, painted, time.time(), cpu, flush=True)
desk.close()
"""


@pytest.mark.parametrize("runs", [1_000, 10_000, 100_000], ids=["1k", "10k", "100k"])
def test_start(tmp_path: Path, runs: int, is_big: bool) -> None:
    if runs > 10_000 and not is_big:
        pytest.skip("a hundred thousand run folders take minutes to make here: --big")
    store = tmp_path / "store"
    start = time.perf_counter()
    build_store(store, Shape(runs=runs))
    made = time.perf_counter() - start
    timed = []
    for number in range(STARTS + 1):
        command = [sys.executable, "-c", CHILD, str(store), str(tmp_path / "home")]
        began = time.time()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        if number:  # the first start also reads files from the disk and writes byte code
            *walls, cpu = map(float, done.stdout.split())
            timed.append([*(wall - began for wall in walls), cpu])
    imported, painted, filled, spent = (median(each) for each in zip(*timed, strict=True))
    name = f"start on {runs:,} runs"
    report(
        Figure(f"{name}: the program is loaded", imported, "s wall", ""),
        Figure(f"{name}: first painted window", painted, "s wall", "≤ 1.0 s"),
        Figure(f"{name}: of it processor time, all threads", spent, "s CPU", ""),
        Figure(f"{name}: first rows painted", filled, "s wall", ""),
        Figure(f"{name}: folders and catalog made by the generator", runs / made, "runs/s", ""),
    )
