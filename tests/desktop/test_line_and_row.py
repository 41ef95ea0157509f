# SPDX-License-Identifier: Apache-2.0
"""A run is one thing in table and charts: line and row light each other, by mouse and keyboard."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.page import RunsPage
from strongroom.desktop.runs.view import AIM_BAR
from support.runs_page import fill_two_dozen, runs_page
from support.settling import settle


@pytest.fixture
def page(tmp_path: Path, qtbot: QtBot, tasks: Tasks) -> Iterator[RunsPage]:
    with runs_page(tmp_path / "store", qtbot, tasks, fill_two_dozen) as shown:
        yield shown


def row_of(page: RunsPage, run_id: str) -> int:
    return page.model.sheet.rows.row_of(page.model.windows.id_of(run_id))


def ground(page: RunsPage, run_id: str) -> tuple[str, str]:
    """Returns the colours of a row's edge in the pinned view and of its ground in the table."""

    QApplication.processEvents()
    top = page.table.rowViewportPosition(row_of(page, run_id)) + 3
    edge = page.table.pinned.viewport().grab().toImage().pixelColor(AIM_BAR - 2, top).name()
    port = page.table.viewport()
    return edge, port.grab().toImage().pixelColor(port.width() - 3, top).name()


def hover_row(page: RunsPage, run_id: str) -> None:
    port = page.table.viewport()
    spot = QPoint(port.width() - 10, page.table.rowViewportPosition(row_of(page, run_id)) + 8)
    QTest.mouseMove(port, spot - QPoint(4, 0))
    QTest.mouseMove(port, spot)


def lit(page: RunsPage) -> str | None:
    """Returns the run whose lines are drawn thicker on every chart."""
    return page.charts.board._cards._highlight


def test_the_row_under_the_mouse_lights_its_line_and_the_selected_one_is_lit_otherwise(
    page: RunsPage, tasks: Tasks
) -> None:
    first, second, *_ = page.charted()
    unticked = next(
        each for row in range(24) if (each := page.table.run_id(row)) not in page.charted()
    )
    plain = ground(page, first)
    page.table.clearSelection()
    hover_row(page, first)
    assert lit(page) == first
    assert ground(page, first) == (
        theme().colour("accent").name(), theme().colour("bg_hover").name()
    )  # fmt: skip
    hover_row(page, second)
    assert (lit(page), ground(page, first)) == (second, plain)
    hover_row(page, unticked)
    assert lit(page) is None
    assert ground(page, unticked) == plain
    page.table.select(first)  # the keyboard's way
    settle(tasks)
    assert lit(page) == first
    hover_row(page, second)
    assert lit(page) == second
    QApplication.sendEvent(page.table.viewport(), QEvent(QEvent.Type.Leave))
    assert lit(page) == first
    page.table.setFocus()
    row = page.table.currentIndex().row()
    QTest.keyClick(page.table, Qt.Key.Key_Down)
    assert lit(page) == page.table.run_id(row + 1)


def test_the_line_under_the_mouse_lights_its_row(page: RunsPage, qtbot: QtBot) -> None:
    chart = page.charts.exportable()
    assert chart is not None
    qtbot.waitUntil(lambda: bool(chart.series()))
    chart.set_crosshair(0.5)
    reading = next(each for each in chart.readings() if each.y_px is not None)
    assert reading.y_px is not None
    area = chart._overlay.area
    spot = QPoint(area.center().x(), round(reading.y_px)) + chart._overlay.pos()
    spot -= chart._view.pos()
    QTest.mouseMove(chart._view.viewport(), spot - QPoint(0, 1))
    QTest.mouseMove(chart._view.viewport(), spot)
    qtbot.waitUntil(lambda: bool(page.model.aimed), timeout=2000)
    aimed = page.model.aimed
    assert aimed in page.charted()
    assert ground(page, aimed)[0] == theme().colour("accent").name()
    chart._view.hovered.emit(None)
    qtbot.waitUntil(lambda: not page.model.aimed, timeout=2000)
    assert ground(page, aimed)[0] != theme().colour("accent").name()
