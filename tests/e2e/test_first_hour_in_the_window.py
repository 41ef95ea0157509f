# SPDX-License-Identifier: Apache-2.0
"""The first hour at a real screen: paste, train, watch; then four runs become a picture.

An act is one click, one key or combination, or one text that is typed.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.page import RunsPage
from support.no_internet import GUARDED
from support.pixels import dark, near, room_of
from support.real_window import RealWindow

pytestmark = pytest.mark.e2e

PATIENCE_S = 180  # the promise: three minutes from a bare store to a live curve
MOST_ACTS = 8
LOGS = "        sr.log_metric("
FOR = "    for step in range(100):"
RATES = (0.1, 0.2, 0.4, 0.8)


class Acts:
    """A person who counts what they do."""

    def __init__(self, real: RealWindow) -> None:
        self._hands = real.hands
        self.count = 0

    def click(self, widget: QWidget, at: QPoint, *, then: Callable[[], object]) -> None:
        """Clicks."""
        self.count += 1
        self._hands.click(widget, at, then=then)

    def press(self, keys: str, *, then: Callable[[], object]) -> None:
        """Presses a key or a combination."""
        self.count += 1
        self._hands.press(keys, then=then)

    def write(self, words: str) -> None:
        """Types a text."""
        self.count += 1
        self._hands.write(words)


def test_from_a_fresh_store_to_a_live_curve_and_on_to_a_picture(
    open_window: Callable[[Path, Path], RealWindow],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    shoot: Callable[[str], None],
) -> None:
    monkeypatch.chdir(tmp_path)  # where a picture is saved when nobody says otherwise
    began = time.monotonic()
    real = open_window(tmp_path / "store", tmp_path / "home")
    page = real.page()
    assert isinstance(page, RunsPage)
    pasted = _copied_from_the_page(real, page)
    shoot("1-fresh")
    slow = "        __import__('time').sleep(0.05)\n"  # training takes time
    training = _start(tmp_path / "train.py", pasted.replace(LOGS, slow + LOGS))
    try:
        first = _points_on_screen(real, page, 5)
        assert training.poll() is None, "the run had ended before its curve was seen"
        later = _points_on_screen(real, page, 40)
        assert time.monotonic() - began < PATIENCE_S
        shoot("2-live")
        assert first != later
        assert training.wait(60) == 0
    finally:
        training.kill()
        training.wait()
    _train_four(tmp_path, pasted)
    real.hands.until(lambda: page.model.rowCount() == 1 + len(RATES), "every run shows up")
    real.wait_idle()
    saved = _in_few_acts(real, page, tmp_path, shoot)
    colours = [QColor(theme().series_colour(at)) for at in map(page._charted.place, _ids(page))
               if at is not None]  # fmt: skip
    assert len(colours) == len(RATES)
    for colour in colours:
        assert near(saved, saved.rect(), colour) > 40


def _in_few_acts(
    real: RealWindow, page: RunsPage, folder: Path, shoot: Callable[[str], None]
) -> QImage:
    """Filters, groups, overlays and saves the picture."""
    acts, hands = Acts(real), real.hands
    hands.bring_to_front(real.window)
    acts.press("ctrl+f", then=page.query.editor.hasFocus)
    acts.write("params.lr > 0")
    hands.until(lambda: page.model.rowCount() == len(RATES), "the filter holds")
    acts.press("ctrl+g", then=lambda: page._group._list is not None)
    acts.write("lr")
    acts.press("Return", then=page.results.is_grouped)
    real.wait_idle()
    head = page.table.pinned.head
    box = QPoint(20, head.height() - 12)
    acts.click(head.viewport(), box, then=lambda: set(page.charted()) == _ids(page))
    real.wait_idle()
    hands.until(lambda: len(_chart(page).series()) == len(RATES), "four curves lie together")
    shoot("3-overlay")
    acts.press("ctrl+e", then=lambda: _file_dialog() is not None)
    acts.press("Return", then=lambda: _file_dialog() is None)
    assert acts.count <= MOST_ACTS
    hands.until(lambda: list(folder.glob("*.png")), "the picture is on the disk")
    real.wait_idle()
    (path,) = folder.glob("*.png")
    return QImage(str(path))


def _copied_from_the_page(real: RealWindow, page: RunsPage) -> str:
    fresh = page.body.no_runs
    real.hands.until(fresh.isVisible, "a fresh store says how to begin")
    real.hands.click(fresh.block.copy_button, then=QApplication.clipboard().text)
    pasted = QApplication.clipboard().text()
    assert pasted.startswith("import strongroom as sr")
    return pasted


def _train_four(folder: Path, pasted: str) -> None:
    """Trains once more with each rate: what was pasted, with a param and its effect."""
    for rate in RATES:
        script = pasted.replace(FOR, f'    sr.log_param("lr", {rate})\n{FOR}')
        script = script.replace("1 / (step + 1)", f"1 / (step * {rate} + 1)")
        assert script.count(str(rate)) == 2
        training = _start(folder / f"train-{rate}.py", script)
        assert training.wait(60) == 0


def _start(path: Path, script: str) -> subprocess.Popen[bytes]:
    path.write_text(script, "utf-8")
    environ = os.environ | {"PYTHONPATH": GUARDED}
    return subprocess.Popen([sys.executable, str(path)], env=environ, cwd=path.parent)


def _points_on_screen(real: RealWindow, page: RunsPage, points: int) -> bytes:
    """Waits until a curve of so many points is on the screen; returns what is seen of it."""

    def look() -> LineChart | None:
        found = page.charts.board.chart("loss")
        has = found is not None and found.isVisible() and len(found.series()) == 1
        return found if found is not None and has and len(found.series()[0].x) >= points else None

    chart = real.hands.until(look, f"a curve of {points} points", seconds=PATIENCE_S)
    assert chart is not None
    colour = QColor(theme().series_colour(chart.series()[0].colour_index))
    real.hands.until(
        lambda: near(real.hands.see(), room_of(chart), colour) > 30, "it is to be seen"
    )
    picture = real.hands.see().copy(room_of(chart))
    assert dark(picture, picture.rect()) > 20
    return bytes(picture.constBits())


def _chart(page: RunsPage) -> LineChart:
    chart = page.charts.board.chart("loss")
    assert chart is not None
    return chart


def _ids(page: RunsPage) -> set[str]:
    """The runs of the table."""
    table = page.table
    return set(filter(None, (table.run_id(row) for row in range(page.model.rowCount()))))


def _file_dialog() -> QFileDialog | None:
    shown = (each for each in QApplication.topLevelWidgets() if each.isVisible())
    return next((each for each in shown if isinstance(each, QFileDialog)), None)
