# SPDX-License-Identifier: Apache-2.0
"""Lists in the look of the house: ticked by mouse and key, painted as plain text."""

from collections.abc import Iterator

import pytest

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from strongroom.desktop.kit.list_rows import RowList, list_item


@pytest.fixture
def rows(app: QApplication) -> Iterator[RowList]:
    made = RowList("Metrics")
    for title in ("val/loss", "<b>accuracy</b>"):
        item = list_item(title, note="metric")
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Unchecked)
        made.addItem(item)
    made.resize(300, 120)
    made.show()
    QTest.qWaitForWindowExposed(made)
    yield made
    made.close()


def test_a_click_anywhere_in_a_row_ticks_it_once(rows: RowList) -> None:
    item = rows.item(1)
    box = rows.visualItemRect(item)
    for place in (QPoint(16, box.center().y()), QPoint(200, box.center().y())):
        before = item.checkState()
        QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert item.checkState() is not before
    assert rows.item(0).checkState() is Qt.CheckState.Unchecked


def test_the_space_bar_ticks_the_row_that_has_the_keyboard(rows: RowList) -> None:
    rows.setCurrentRow(0)
    rows.setFocus()
    QTest.keyClick(rows, Qt.Key.Key_Space)
    assert rows.item(0).checkState() is Qt.CheckState.Checked


def test_a_name_is_painted_as_it_is_written(rows: RowList) -> None:
    marked = rows.grab().toImage()
    spoken = rows.item(1).data(int(Qt.ItemDataRole.AccessibleTextRole))
    rows.item(1).setText("accuracy")  # what a reader of HTML would have made of it
    assert rows.grab().toImage() != marked
    assert spoken == "<b>accuracy</b>, metric"
