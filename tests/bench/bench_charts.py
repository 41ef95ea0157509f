# SPDX-License-Identifier: Apache-2.0
"""What moving charts costs, with the product's widgets and pyqtgraph's curves in the same run.

Goal J: pan, zoom, settle and hover at 1600 × 900 in the five shapes, and a board of six charts.
"""

import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.charts.link import ChartLink
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.series import ChartSeries
from strongroom.desktop.kit.theme import theme
from support.figures import Figure, report
from support.frames import cpu_ms, median_frame

SIZE = (1600, 900)
SHAPES = [(20, 100_000), (1, 10_000_000), (20, 1_000_000), (100, 10_000), (200, 1_000)]
FRAMES = 40
EACH_LINE = "It grows with the lines, hardly with their points: each is asked and drawn by itself."
PEER_POINTS = 2_000_000  # beyond, one frame of the peer takes seconds


def curves(lines: int, points: int) -> list[ChartSeries]:
    """Returns random walks, half of them noisy: the worst for filling pixels."""
    chance = np.random.default_rng(5)
    x = np.arange(points, dtype=float)
    made = []
    for number in range(lines):
        noise = chance.standard_normal(points).astype(np.float64)
        y = noise.cumsum() / np.sqrt(points) if number % 2 else np.exp(-x / points * 3) + noise / 20
        made.append(
            ChartSeries(
                run_id=f"r{number}", label=f"run {number}", colour_index=number % 8, x=x, y=y
            )
        )
    return made


def settle(charts: list[LineChart]) -> None:
    for _ in range(4):
        for chart in charts:
            chart.wait_for_picture()
        QApplication.processEvents()


def mouse(chart: LineChart, kind: QEvent.Type, at: QPointF, *, is_down: bool) -> None:
    port = chart._view.viewport()
    left = Qt.MouseButton.LeftButton
    none = Qt.MouseButton.NoButton
    is_move = kind is QEvent.Type.MouseMove
    event = QMouseEvent(
        kind, at, QPointF(port.mapToGlobal(at)), none if is_move else left,
        left if is_down else none, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(port, event)


def wheel(chart: LineChart, turn: int) -> None:
    port = chart._view.viewport()
    at = chart._view.area().center()
    event = QWheelEvent(
        at, QPointF(port.mapToGlobal(at)), QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(port, event)


def pan(charts: list[LineChart]) -> float:
    """Returns ms a frame of dragging the first chart by the mouse."""
    chart = charts[0]
    start = chart._view.area().center()
    mouse(chart, QEvent.Type.MouseButtonPress, start, is_down=True)

    def drag(number: int) -> None:
        across = (number % 20) * 9 if number // 20 % 2 == 0 else (20 - number % 20) * 9
        at = start + QPointF(across, 0)
        mouse(chart, QEvent.Type.MouseMove, at, is_down=True)

    found = median_frame(drag, FRAMES)
    mouse(chart, QEvent.Type.MouseButtonRelease, start, is_down=False)
    return found


def zoom(charts: list[LineChart]) -> float:
    return median_frame(lambda number: wheel(charts[0], 120 if number % 8 < 4 else -120), FRAMES)


def hover(charts: list[LineChart]) -> float:
    chart, area = charts[0], charts[0]._view.area()

    def move(number: int) -> None:
        at = QPointF(area.left() + 40 + number * 11 % (area.width() - 80), area.center().y())
        mouse(chart, QEvent.Type.MouseMove, at, is_down=False)

    return median_frame(move, FRAMES)


@pytest.fixture
def chart(app: QApplication) -> Iterator[LineChart]:
    made = LineChart(ChartLook.from_theme(theme()), title="val/loss")
    made.resize(*SIZE)
    made.show()
    QTest.qWaitForWindowExposed(made)
    yield made
    made.wait_for_picture()
    made.close()
    made.deleteLater()


@pytest.mark.parametrize(("lines", "points"), SHAPES)
def test_a_chart(chart: LineChart, lines: int, points: int, sized: Callable[[int], int]) -> None:
    points = sized(points)
    name = f"{lines} × {points:,} points"
    given = curves(lines, points)
    start = time.perf_counter()
    chart.set_series(given)
    settle([chart])
    opened = (time.perf_counter() - start) * 1000
    chart.set_x_range(points * 0.25, points * 0.75)
    settle([chart])
    panned, zoomed = pan([chart]), zoom([chart])
    settle([chart])
    hovered = hover([chart])
    chart.set_x_range(points * 0.2, points * 0.7)
    start = time.perf_counter()
    settle([chart])
    settled = (time.perf_counter() - start) * 1000
    report(
        Figure(f"{name}: pan, a frame", panned, "ms CPU", "≤ 12 ms", "", EACH_LINE),
        Figure(f"{name}: zoom, a frame", zoomed, "ms CPU", "≤ 16 ms", "", EACH_LINE),
        Figure(f"{name}: hover", hovered, "ms CPU", "≤ 2 ms", "", EACH_LINE),
        Figure(f"{name}: settled fine picture", settled, "ms wall", "≤ 150 ms"),
        Figure(f"{name}: from arrays to the first fine picture", opened, "ms wall",
               "≤ 200 ms" if lines * points == 2_000_000 else ""),
    )  # fmt: skip
    if lines * points <= PEER_POINTS:
        for kind, cost in _peers(given).items():
            report(Figure(f"{name}: pan, {kind}", cost, "ms CPU", ""),
                   Figure(f"{name}: {kind} ÷ ours", cost / panned, "times", ""))  # fmt: skip


def _peers(given: list[ChartSeries]) -> dict[str, float]:
    """Returns ms a frame of pyqtgraph's own items in a plot of the same size."""
    found = {}
    for kind in ("PlotCurveItem", "PlotDataItem"):
        widget = pg.PlotWidget()
        widget.resize(*SIZE)
        for one in given:
            if kind == "PlotCurveItem":
                widget.addItem(pg.PlotCurveItem(one.x, one.y))
            else:
                item = pg.PlotDataItem(autoDownsample=True, downsampleMethod="peak")
                widget.addItem(item)
                item.setData(one.x, one.y)
                item.setClipToView(True)
        widget.show()
        QApplication.processEvents()
        points = len(given[0].x)
        box = widget.getViewBox()
        box.setXRange(points * 0.25, points * 0.75, padding=0)

        def shift(number: int, box: pg.ViewBox = box, points: int = points) -> None:
            by = points * (0.25 + 0.003 * (number % 20))
            box.setXRange(by, by + points * 0.5, padding=0)

        found[kind] = median_frame(shift, FRAMES, most_seconds=2.0)
        widget.close()
        widget.deleteLater()
        QApplication.processEvents()
    return found


def test_a_board_of_six_linked_charts(app: QApplication) -> None:
    link = ChartLink()
    charts = []
    for number in range(6):
        made = LineChart(ChartLook.from_theme(theme()), title=f"metric {number}")
        made.resize(500, 300)
        made.move(number % 3 * 510, number // 3 * 310)
        made.set_link(link)
        made.show()
        made.set_series(curves(20, 10_000))
        charts.append(made)
    settle(charts)
    charts[0].set_x_range(2_500.0, 7_500.0)
    settle(charts)
    panned = pan(charts)
    zoomed = zoom(charts)
    settle(charts)
    report(
        Figure("board of 6 × 20 curves: pan, a frame of all six", panned, "ms CPU", "≤ 16 ms",
               "", EACH_LINE),
        Figure("board of 6 × 20 curves: zoom, a frame of all six", zoomed, "ms CPU", "≤ 16 ms",
               "", EACH_LINE),
        Figure("a frame in which nothing moves", cpu_ms(lambda: None), "ms CPU", ""),
    )  # fmt: skip
    for one in charts:
        one.wait_for_picture()
        one.close()
        one.deleteLater()
    QApplication.processEvents()
