# SPDX-License-Identifier: Apache-2.0
"""The first minutes with a fresh store: the snippet of the page, a real script, a live curve."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.runs.page import RunsPage
from strongroom.desktop.shell.desk import Desk
from support.no_internet import GUARDED
from support.tour import live, live_until_idle

PATIENCE_S = 180  # the promise: three minutes from a bare store
LOGS = "        sr.log_metric("


@pytest.fixture
def desk(app: QApplication, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(app, tmp_path / "store", tmp_path / "home")
    yield made
    made.close()


def test_the_snippet_of_a_fresh_store_draws_a_live_curve(desk: Desk, tmp_path: Path) -> None:
    began = time.monotonic()
    window = desk.open()
    assert desk.tasks is not None
    live_until_idle(desk.tasks)
    page = window.page()
    assert isinstance(page, RunsPage)
    assert page.body.no_runs.isVisible()
    QTest.mouseClick(page.body.no_runs.block.copy_button, Qt.MouseButton.LeftButton)
    pasted = QApplication.clipboard().text()
    assert pasted.startswith("import strongroom as sr")
    assert LOGS in pasted
    script = tmp_path / "train.py"
    # Training takes time; nothing else of what was pasted is changed.
    slow = "        __import__('time').sleep(0.08)\n"
    script.write_text(pasted.replace(LOGS, slow + LOGS), "utf-8")
    environ = os.environ | {"PYTHONPATH": GUARDED}
    training = subprocess.Popen([sys.executable, str(script)], env=environ, cwd=tmp_path)
    try:
        first = _picture_with_points(page, began, 5)
        assert training.poll() is None, "the run had ended before its curve was seen"
        later = _picture_with_points(page, began, 30)
        assert first != later
        training.wait(60)
        last = _picture_with_points(page, began, 100)
        assert later != last
    finally:
        training.kill()
        training.wait()
    assert training.returncode == 0
    assert time.monotonic() - began < PATIENCE_S
    assert page.model.rowCount() == 1
    live_until_idle(desk.tasks)


def _picture_with_points(page: RunsPage, began: float, points: int) -> bytes:
    """Returns the pixels of the chart of the loss once it shows so many points."""
    while time.monotonic() - began < PATIENCE_S:
        live(50)
        charts = [each for each in page.findChildren(LineChart) if each.isVisible()]
        for chart in charts:
            if chart.title() == "loss" and max((len(s.x) for s in chart.series()), default=0) >= (
                points
            ):
                chart.wait_for_picture()
                live(50)
                return bytes(chart.picture(1.0).constBits())
    raise AssertionError(f"no curve of {points} points within {PATIENCE_S} s")
