# SPDX-License-Identifier: Apache-2.0
"""Parallel coordinates: thousands of lines never hold the window up."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from strongroom.desktop.charts.brush import Brush
from strongroom.desktop.charts.dimension import Dimension
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.parallel import ParallelPlot
from strongroom.desktop.charts.parallel_picture import Lines
from strongroom.desktop.charts.parallel_scene import Strands
from strongroom.desktop.kit.theme import theme

RUNS = 1_200


@pytest.fixture
def plot(qtbot: QtBot, app: QApplication) -> Iterator[ParallelPlot]:
    made = ParallelPlot(ChartLook.from_theme(theme()))
    qtbot.addWidget(made)
    made.resize(640, 320)
    made.show()
    yield made
    made.wait_for_picture()
    made.hide()


def strands(runs: int = RUNS) -> Strands:
    chance = np.random.default_rng(3)
    dimensions = tuple(
        Dimension(key=key, title=key, numbers=chance.random(runs)) for key in ("lr", "depth", "auc")
    )
    names = tuple(f"run {number}" for number in range(runs))
    return Strands(dimensions=dimensions, names=names, colour=dimensions[-1])


def inked(plot: ParallelPlot) -> int:
    """Returns how many pixels between the first two axes are not the ground."""
    image = plot.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    layout = plot.layout_now()
    left, right = round(layout.x(0)) + 60, round(layout.x(1)) - 60
    rows = range(round(layout.area.top()) + 30, round(layout.area.bottom()) - 30, 3)
    ground = plot.look.surface.rgb()
    return sum(image.pixel(x, y) != ground for y in rows for x in range(left, right, 3))


def test_lines_are_painted_by_a_worker_and_meanwhile_that_is_said(
    plot: ParallelPlot, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    may_paint = threading.Event()
    paint = Lines.picture

    def noting(self: Lines, ground: QImage | None) -> QImage:
        threads.append(threading.get_ident())
        assert may_paint.wait(20)
        return paint(self, ground)

    monkeypatch.setattr(Lines, "picture", noting)
    plot.set_strands(strands())
    QApplication.processEvents()
    empty = inked(plot)  # the window is painted while the worker works
    may_paint.set()
    qtbot.waitUntil(lambda: inked(plot) > 50 * (empty + 1), timeout=10_000)
    assert threading.get_ident() not in threads
    assert threads


def test_the_last_lines_stand_until_those_of_another_brush_are_there(
    plot: ParallelPlot, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    plot.set_strands(strands())
    qtbot.waitUntil(lambda: inked(plot) > 500, timeout=10_000)
    whole = inked(plot)
    may_paint = threading.Event()
    paint = Lines.picture

    def held(self: Lines, ground: QImage | None) -> QImage:
        assert may_paint.wait(20)
        return paint(self, ground)

    monkeypatch.setattr(Lines, "picture", held)
    plot.set_brushes({"lr": Brush(span=(0.4, 0.6))})
    QApplication.processEvents()
    assert inked(plot) == whole
    before = plot.grab().toImage()
    may_paint.set()
    qtbot.waitUntil(lambda: plot.grab().toImage() != before, timeout=10_000)
    assert "brushed" in plot.accessibleDescription()


def test_a_saved_picture_never_lacks_the_lines(plot: ParallelPlot, tmp_path: Path) -> None:
    plot.set_strands(strands())
    plot.export_png(1.0)(tmp_path / "lines.png")
    saved = QImage(str(tmp_path / "lines.png"))
    layout = plot.layout_now()
    middle = round((layout.x(0) + layout.x(1)) / 2)
    rows = range(round(layout.area.top()) + 20, round(layout.area.bottom()) - 20)
    ground = plot.look.surface.rgb()
    assert sum(saved.pixel(middle, y) != ground for y in rows) > len(rows) // 2


def test_a_plot_that_is_closed_drops_the_answer_of_its_worker(app: QApplication) -> None:
    closed = ParallelPlot(ChartLook.from_theme(theme()))
    closed.resize(640, 320)
    closed.show()
    closed.set_strands(strands())
    QApplication.processEvents()
    closed.close()
    closed.deleteLater()
    for _ in range(5):
        QApplication.processEvents()
