# SPDX-License-Identifier: Apache-2.0
"""How long the program takes from its start to its first frame, and to a table of runs (goal L).

Each start is `strongroom desktop` in a process of its own, on a store with real run folders. The
first frame is the window with the ground of its table; "rows" is the first frame with runs in it,
"whole" is when every page is there. Beside it stands an empty window of PySide6: the floor.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

from support.big_store import Shape, build_store
from support.figures import Figure, report

STARTS = 3
FLOOR = """
import time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, told)

def told():
    print(time.time(), time.process_time(), flush=True)
    app.quit()

app = QApplication(["empty"])
window = Window()
window.resize(1440, 900)
window.show()
app.exec()
"""
CHILD = """
import sys, time
from PySide6.QtCore import QTimer
from strongroom.__main__ import main
from strongroom.desktop.shell.desk import Desk

told, show = {}, Desk.open

def note(name):
    told.setdefault(name, (time.time(), time.process_time()))
    if len(told) == 3:
        print(*(each for name in ("painted", "rows", "whole") for each in told[name]), flush=True)
        QTimer.singleShot(0, desks[0].window.close_at_once)

def look():
    table = getattr(desks[0].window.page(), "table", None)
    if table is not None and table.run_id(0) and table.isVisible():
        QTimer.singleShot(0, lambda: note("rows"))
    else:
        QTimer.singleShot(2, look)

def open_(desk):
    desks.append(desk)
    window = show(desk)
    window.painted.connect(lambda: note("painted"))
    desk.opened.connect(lambda _window: note("whole"))
    look()
    return window

desks, Desk.open = [], open_
sys.exit(main())
"""


def _started(script: str, folder: Path, *arguments: str) -> list[list[float]]:
    """Returns what some starts printed, wall times counted from the start of the process."""
    environment = os.environ | {"STRONGROOM_HOME": str(folder / "home")}
    environment |= {f"XDG_{name}_HOME": str(folder / name) for name in ("STATE", "CONFIG", "DATA")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as on a machine that started it before
    timed = []
    for number in range(STARTS + 1):
        began = time.time()
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            capture_output=True, text=True, check=False, env=environment, cwd=folder,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        if number:  # the first start also reads files from the disk and writes byte code
            found = [float(each) for each in done.stdout.split()]
            timed.append([each - began * (at % 2 == 0) for at, each in enumerate(found)])
    return timed


def test_an_empty_window(tmp_path: Path) -> None:
    wall, cpu = (median(each) for each in zip(*_started(FLOOR, tmp_path), strict=True))
    name = "start of an empty window of PySide6"
    report(
        Figure(f"{name}: first frame", wall, "s wall", ""),
        Figure(f"{name}: of it processor time", cpu, "s CPU", ""),
    )


@pytest.mark.parametrize("runs", [1_000, 10_000, 100_000], ids=["1k", "10k", "100k"])
def test_start(tmp_path: Path, runs: int, is_big: bool, sized: Callable[[int], int]) -> None:
    if runs > 10_000 and not is_big:
        pytest.skip("a hundred thousand run folders take minutes to make here: --big")
    store, runs = tmp_path / "store", sized(runs)
    start = time.perf_counter()
    build_store(store, Shape(runs=runs))
    made = time.perf_counter() - start
    timed = _started(CHILD, tmp_path, "desktop", "--store", str(store))
    painted, spent, rows, _, whole, everything = (median(each) for each in zip(*timed, strict=True))
    name = f"start on {runs:,} runs"
    report(
        Figure(f"{name}: first painted window", painted, "s wall", "≤ 1.0 s"),
        Figure(f"{name}: of it processor time", spent, "s CPU", ""),
        Figure(f"{name}: first rows painted", rows, "s wall", ""),
        Figure(f"{name}: every page made", whole, "s wall", ""),
        Figure(f"{name}: of it processor time, all threads", everything, "s CPU", ""),
        Figure(f"{name}: folders and catalog made by the generator", runs / made, "runs/s", ""),
    )
