# SPDX-License-Identifier: Apache-2.0
"""The numbers behind a chart as a table: one row an x, and for each line its value, and raw.

Laws: a cell is made when it is looked at, so a million rows open at once; nothing is rounded in
what is copied; a run without a point at an x has an empty cell; text from data is plain text.
"""

import math
from collections.abc import Sequence

import numpy as np

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from strongroom.desktop.charts.series import ChartSeries, FloatArray
from strongroom.desktop.charts.ticks import XAxis, value_text, x_text
from strongroom.desktop.kit.number_table import dress
from strongroom.desktop.kit.theme import theme

MOST_COPIED = 500_000  # cells; more than any sheet is pasted with, and half a second of work
X_TITLES = {
    XAxis.STEP: "Step",
    XAxis.RELATIVE: "Time since the start",
    XAxis.TIME: "Time (UTC)",
    XAxis.METRIC: "x",
}
Index = QModelIndex | QPersistentModelIndex
_NOTHING = QModelIndex()


class PointsModel(QAbstractTableModel):
    """The visible points of some lines."""

    def __init__(
        self,
        series: Sequence[ChartSeries],
        axis: XAxis,
        x_title: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._axis = axis
        steps = [one.x for one in series]
        self._x: FloatArray = np.unique(np.concatenate(steps)) if steps else np.empty(0)
        self._titles = [x_title or X_TITLES[axis]]
        self._columns: list[tuple[FloatArray, FloatArray]] = []
        for one in series:
            parts = [("", one.y), (" raw", one.raw_y), (" low", one.low), (" high", one.high)]
            for word, values in parts:
                if values is not None:
                    self._titles.append(f"{one.label}{word}")
                    self._columns.append((one.x, values))
        self._order: np.ndarray[tuple[int], np.dtype[np.intp]] = np.arange(len(self._x))

    def rowCount(self, parent: Index = _NOTHING) -> int:
        """Returns how many different x there are."""
        return 0 if parent.isValid() else len(self._x)

    def columnCount(self, parent: Index = _NOTHING) -> int:
        """Returns x and the columns of the lines."""
        return 0 if parent.isValid() else len(self._titles)

    def number(self, row: int, column: int) -> float:
        """Returns the number in a cell, NaN for none."""
        x = self._x[self._order[row]]
        if column == 0:
            return float(x)
        steps, values = self._columns[column - 1]
        at = int(np.searchsorted(steps, x, "right")) - 1
        return float(values[at]) if at >= 0 and steps[at] == x else math.nan

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Returns the words of a cell."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role not in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return None
        number = self.number(index.row(), index.column())
        if index.column() == 0:
            return x_text(number, self._axis)
        return "" if math.isnan(number) else value_text(number)

    def headerData(
        self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Returns the title of a column."""
        if role == Qt.ItemDataRole.DisplayRole and way is Qt.Orientation.Horizontal:
            return self._titles[section]
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sorts by a column, rows without a value last."""
        self.layoutAboutToBeChanged.emit()
        values = self._x if column == 0 else self._column(column)
        is_down = order is Qt.SortOrder.DescendingOrder
        self._order = np.argsort(-values if is_down else values, kind="stable")
        self.layoutChanged.emit()

    def as_text(self, cells: Sequence[tuple[int, int]]) -> str:
        """Returns cells (row, column) as lines with tabs, every digit kept, titles above."""
        rows = sorted({row for row, _ in cells})
        columns = sorted({column for _, column in cells})
        lines = ["\t".join(" ".join(self._titles[column].split()) for column in columns)]
        for row in rows:
            numbers = [self.number(row, column) for column in columns]
            lines.append("\t".join("" if math.isnan(one) else repr(one) for one in numbers))
        return "\n".join(lines) + "\n"

    def _column(self, column: int) -> FloatArray:
        steps, values = self._columns[column - 1]
        found = np.full(len(self._x), np.nan)
        if len(steps):
            at = np.searchsorted(steps, self._x, "right") - 1
            has = (at >= 0) & (steps[np.maximum(at, 0)] == self._x)
            found[has] = values[at[has]]
        return found


class PointsTable(QTableView):
    """Shows them; Ctrl+C copies the selected cells."""

    def __init__(self, model: PointsModel, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        dress(self)
        model.setParent(self)
        self.setModel(model)
        self.setAccessibleName(name)
        self.setSortingEnabled(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        header.sortIndicatorChanged.connect(model.sort)
        header.setDefaultSectionSize(theme().scaled(128))

    def copy(self) -> bool:
        """Copies the selected cells, all of them without a selection; False if too many."""
        model = self.model()
        picked = self.selectionModel().selectedIndexes()
        rows, columns = model.rowCount(), model.columnCount()
        if (len(picked) or rows * columns) > MOST_COPIED or not isinstance(model, PointsModel):
            return False
        cells = [(index.row(), index.column()) for index in picked] or [
            (row, column) for row in range(rows) for column in range(columns)
        ]
        QGuiApplication.clipboard().setText(model.as_text(cells))
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copies."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)
