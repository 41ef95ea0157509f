# SPDX-License-Identifier: Apache-2.0
"""Parallel coordinates below the runs table: brushes by mouse and keyboard filter the table."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from strongroom.desktop.charts.parallel import ParallelPlot
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.page import RunsPage
from strongroom.desktop.runs.parallel_panel import ParallelPanel
from support.runs_page import RUNS, drag, fill_two_dozen, names_in_table, runs_page
from support.settling import settle


@pytest.fixture
def page(app: QApplication, qtbot: QtBot, tasks: Tasks, tmp_path: Path) -> Iterator[RunsPage]:
    with runs_page(tmp_path / "store", qtbot, tasks, fill_two_dozen) as shown:
        yield shown


def parallel(page: RunsPage, tasks: Tasks) -> ParallelPlot:
    page.below.open("parallel")
    settle(tasks)
    chart = page.below.plots.current().plot()
    assert isinstance(chart, ParallelPlot)
    return chart


def keys_of(chart: ParallelPlot) -> list[str]:
    strands = chart.strands()
    assert strands is not None
    return [each.key for each in strands.dimensions]


def on_axis(chart: ParallelPlot, key: str, share: float) -> QPoint:
    layout = chart.layout_now()
    area = layout.area
    x = layout.x(keys_of(chart).index(key))
    return QPoint(round(x), round(area.bottom() - share * area.height()))


def test_parallel_coordinates_start_with_the_params_that_vary(page: RunsPage, tasks: Tasks) -> None:
    chart = parallel(page, tasks)
    assert keys_of(chart) == ["params.lr", "params.opt", "metrics.loss", "metrics.val/auc"]
    strands = chart.strands()
    assert strands is not None
    assert strands.dimensions[0].is_log
    assert strands.dimensions[1].is_category


def test_a_brush_drawn_with_the_mouse_filters_the_table(page: RunsPage, tasks: Tasks) -> None:
    chart = parallel(page, tasks)
    key = "metrics.val/auc"
    drag(chart, on_axis(chart, key, 0.4), on_axis(chart, key, 0.6), on_axis(chart, key, 0.9))
    assert page.query.text().startswith("metrics.val/auc >= 0.4")
    marked = {page.below.plots.current().run_id(row) for row in chart.brushed_rows()}
    assert 5 < len(marked) < RUNS
    assert names_in_table(page, tasks) == marked
    strands = chart.strands()
    assert strands is not None
    assert len(strands.names) == RUNS  # the others are faint, not gone
    QTest.mouseClick(chart, Qt.MouseButton.LeftButton, pos=on_axis(chart, "params.opt", 0.75))
    assert "params.opt IN ('it''s')" in page.query.text()
    both = {page.below.plots.current().run_id(row) for row in chart.brushed_rows()}
    assert names_in_table(page, tasks) == both < marked
    QTest.mouseClick(chart, Qt.MouseButton.LeftButton, pos=on_axis(chart, key, 0.6))
    assert page.query.text() == "params.opt IN ('it''s')"
    assert names_in_table(page, tasks) > both


def test_a_brush_is_moved_whole_and_by_one_end(page: RunsPage, tasks: Tasks) -> None:
    chart = parallel(page, tasks)
    key = "metrics.val/auc"
    drag(chart, on_axis(chart, key, 0.2), on_axis(chart, key, 0.3), on_axis(chart, key, 0.4))
    drag(chart, on_axis(chart, key, 0.3), on_axis(chart, key, 0.4), on_axis(chart, key, 0.5))
    span = chart.brushes()[key].span
    assert span is not None
    strands = chart.strands()
    assert strands is not None
    low, high = strands.dimensions[-1].extent() or (0.0, 1.0)
    shares = [(place - low) / (high - low) for place in span]
    assert shares == pytest.approx([0.4, 0.6], abs=0.02)
    drag(chart, on_axis(chart, key, 0.6), on_axis(chart, key, 0.7), on_axis(chart, key, 0.8))
    span = chart.brushes()[key].span
    assert span is not None
    assert (span[1] - low) / (high - low) == pytest.approx(0.8, abs=0.02)
    assert (span[0] - low) / (high - low) == pytest.approx(0.4, abs=0.02)


def test_axes_are_brushed_turned_and_moved_by_keyboard(
    page: RunsPage, tasks: Tasks, qtbot: QtBot
) -> None:
    chart = parallel(page, tasks)
    chart.setFocus()
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chart.accessibleDescription().startswith("Axis opt, 2 of 4, not brushed")
    with qtbot.waitSignal(chart.brushes_changed):
        QTest.keyClick(chart, Qt.Key.Key_Space)
    assert page.query.text() == "params.opt IN ('adam')"
    assert len(names_in_table(page, tasks)) == RUNS // 2
    with qtbot.waitSignal(chart.brushes_changed):
        QTest.keyClick(chart, Qt.Key.Key_Up)
    assert page.query.text() == "params.opt IN ('adam', 'it''s')"
    QTest.keyClick(chart, Qt.Key.Key_Delete)
    assert page.query.text() == ""
    QTest.keyClick(chart, Qt.Key.Key_F)
    assert chart.flipped() == {"params.opt"}
    QTest.keyClick(chart, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert keys_of(chart)[:2] == ["params.opt", "params.lr"]
    QTest.keyClick(chart, Qt.Key.Key_Right)
    with qtbot.waitSignal(chart.brushes_changed):
        QTest.keyClick(chart, Qt.Key.Key_Space)
        QTest.keyClick(chart, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    text = page.query.text()
    assert text.startswith("params.lr >= ")
    marked = {page.below.plots.current().run_id(row) for row in chart.brushed_rows()}
    assert names_in_table(page, tasks) == marked
    QTest.keyClick(chart, Qt.Key.Key_PageUp)
    assert "<b>run" in chart.accessibleDescription()
    QTest.keyClick(chart, Qt.Key.Key_Return)
    assert len(page.selection()) == 1


def test_an_axis_is_dragged_to_another_place(page: RunsPage, tasks: Tasks) -> None:
    chart = parallel(page, tasks)
    layout = chart.layout_now()
    start, end = layout.title_place(0).center().toPoint(), layout.title_place(2).center().toPoint()
    drag(chart, start, QPoint((start.x() + end.x()) // 2, start.y()), end)
    settle(tasks)
    assert keys_of(chart) == ["params.opt", "metrics.loss", "params.lr", "metrics.val/auc"]
    choices = page.below.plots.current().choices()
    assert isinstance(choices, dict)
    assert choices["fields"] == keys_of(chart)


def test_axes_are_added_and_taken_off(page: RunsPage, tasks: Tasks) -> None:
    chart = parallel(page, tasks)
    panel = page.below.plots.current()
    assert isinstance(panel, ParallelPanel)
    names = panel.adder.open_list()
    QTest.keyClicks(names.search.edit, "duration")
    QTest.keyClick(names.search.edit, Qt.Key.Key_Return)
    settle(tasks)
    assert keys_of(chart)[-1] == "duration"
    panel.axes.choose("off:params.lr")
    settle(tasks)
    assert "params.lr" not in keys_of(chart)
    panel.axes.choose("log:metrics.loss")
    strands = chart.strands()
    assert strands is not None
    assert next(each for each in strands.dimensions if each.key == "metrics.loss").is_log


def test_plots_are_saved_as_picture_drawing_and_rows(
    page: RunsPage, tasks: Tasks, tmp_path: Path
) -> None:
    for view in ("scatter", "parallel"):
        page.below.open(view)
        settle(tasks)
        plot = page.below.plots.current().plot()
        for form, start in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("csv", b'"run","')):
            path = tmp_path / f"{view}.{form}"
            page.below.plots.write(plot, form, path)
            settle(tasks)
            assert path.read_bytes().startswith(start)
        rows = (tmp_path / f"{view}.csv").read_text("utf-8").splitlines()
        assert len(rows) == RUNS + 1
        assert rows[1].startswith(f'"<b>run {RUNS}</b>",')
