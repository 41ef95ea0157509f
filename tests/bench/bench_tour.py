# SPDX-License-Identifier: Apache-2.0
"""The longest the event loop stands still on a tour through the window of a big store."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication

from strongroom.desktop.shell.desk import Desk
from support.big_store import Shape, build_store
from support.figures import Figure, report
from support.tour import live_until_idle, stops
from support.watchdog import Watchdog

FILTER = "metrics.`val/auc` > 0.3 AND params.optimizer IN ('adam', 'lion')"


def test_a_tour(
    app: QApplication, tmp_path: Path, is_big: bool, sized: Callable[[int], int]
) -> None:
    runs = sized(100_000 if is_big else 3_000)
    build_store(tmp_path / "store", Shape(runs=runs, long_runs=4, live_runs=1))
    desk = Desk(app, tmp_path / "store", tmp_path / "home")
    with Watchdog() as dog:
        dog.during = "opening"
        window = desk.open()
        assert desk.tasks is not None
        live_until_idle(desk.tasks)
        opening, dog.worst_ms = dog.worst_ms, 0.0
        for name, act in stops(window, filter_=FILTER, group_by="optimizer"):
            dog.during = name
            act()
            live_until_idle(desk.tasks)
    name = f"tour of {runs:,} run folders"
    report(
        Figure(f"{name}: longest stall while the window is built", opening, "ms", ""),
        Figure(f"{name}: longest stall afterwards", dog.worst_ms, "ms", "≤ 100 ms"),
        Figure(f"{name}: stalls over 100 ms", len(dog.over()), "stalls", ""),
    )
    for stall in dog.over():
        print(stall)
    desk.close()
    desk.deleteLater()
    QApplication.processEvents()
