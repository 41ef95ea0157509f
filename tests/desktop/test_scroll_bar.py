# SPDX-License-Identifier: Apache-2.0
"""The thin scroll bar by mouse: dragged, paged, given up; and the look costs no style sheet."""

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QScrollBar, QWidget

from strongroom.desktop.kit.scroll_bar import AIR, EXTENT, SHORTEST, ScrollBar, thin_bars
from strongroom.desktop.kit.theme import theme

LINES = 400


@pytest.fixture
def text(app: QApplication, qtbot: QtBot) -> QPlainTextEdit:
    made = QPlainTextEdit("\n".join(f"line {number}" for number in range(LINES)))
    thin_bars(made)
    made.resize(300, 400)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def _bar(text: QPlainTextEdit) -> ScrollBar:
    bar: QScrollBar = text.verticalScrollBar()
    assert isinstance(bar, ScrollBar)
    return bar


def test_the_handle_shows_what_share_is_seen_and_is_never_too_short_to_take(
    text: QPlainTextEdit,
) -> None:
    bar = _bar(text)
    assert bar.width() == EXTENT
    assert bar.handle().height() == SHORTEST
    text.setPlainText("\n".join("x" for _ in range(40)))
    QApplication.processEvents()
    seen = bar.pageStep() / (bar.maximum() + bar.pageStep())
    assert bar.handle().height() == pytest.approx(seen * bar.height(), abs=1)
    pixel = bar.grab().toImage().pixelColor(EXTENT // 2, AIR + 6)
    assert pixel == theme().colour("border_pin")


def test_the_handle_follows_the_mouse_to_the_end_and_snaps_back_far_away(
    text: QPlainTextEdit,
) -> None:
    bar = _bar(text)
    at = bar.handle().center().toPoint()
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseMove(bar, QPoint(at.x(), bar.height() // 2))
    assert bar.maximum() * 0.4 < bar.value() < bar.maximum() * 0.6
    QTest.mouseMove(bar, QPoint(at.x() + 600, bar.height() // 2))
    assert bar.value() == 0
    QTest.mouseMove(bar, QPoint(at.x(), bar.height() + 50))
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=QPoint(at.x(), bar.height() + 50))
    assert bar.value() == bar.maximum()
    assert bar.handle().bottom() == bar.height()


def test_a_press_beside_the_handle_moves_by_pages_and_stops_under_the_mouse(
    text: QPlainTextEdit, qtbot: QtBot
) -> None:
    bar = _bar(text)
    goal = QPoint(EXTENT // 2, bar.height() // 3)
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=goal)
    assert bar.value() == bar.pageStep()
    qtbot.waitUntil(lambda: bar.handle().top() <= goal.y() <= bar.handle().bottom())
    assert bar.repeatAction() == QScrollBar.SliderAction.SliderNoAction
    assert bar.value() < bar.maximum() / 2
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=goal)
    QTest.mouseClick(bar, Qt.MouseButton.MiddleButton, pos=QPoint(5, bar.height()))
    assert bar.value() == bar.maximum()


def test_the_handle_is_darker_under_the_mouse(text: QPlainTextEdit) -> None:
    bar = _bar(text)
    at = bar.handle().center().toPoint()
    QTest.mouseMove(bar, at)
    assert bar.grab().toImage().pixelColor(at) == theme().colour("border_control")
    QTest.mouseMove(bar, QPoint(EXTENT // 2, bar.height() - 5))
    assert bar.grab().toImage().pixelColor(at) == theme().colour("border_pin")


def test_a_change_of_the_look_reaches_what_is_open_without_a_style_sheet(
    app: QApplication, text: QPlainTextEdit
) -> None:
    theme().switch("dark")
    assert app.styleSheet() == ""  # with one, a switch polishes every widget: half a second
    bar = _bar(text)
    pixel = bar.grab().toImage().pixelColor(bar.handle().center().toPoint())
    assert pixel == theme().colour("border_pin")
    window: QWidget = text.window()
    assert window.palette().window().color() == theme().colour("bg_surface")
