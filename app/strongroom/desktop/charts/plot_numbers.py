# SPDX-License-Identifier: Apache-2.0
"""The numbers behind a plot over runs as a table: one row a run, or a box.

Laws: what is copied is what the plot's CSV holds, digit for digit; at most
`MOST_LISTED` rows, and the line below says so; text from data is plain text.
"""

import math
from collections.abc import Sequence
from itertools import islice

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from strongroom.desktop.charts.runs_plot import RunsPlot
from strongroom.desktop.charts.ticks import value_text
from strongroom.desktop.kit import wording
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.number_table import dress
from strongroom.desktop.kit.shown import shown
from strongroom.desktop.kit.theme import theme

MOST_LISTED = 20_000  # rows made at once, some 50 ms; the CSV has all of them
Index = QModelIndex | QPersistentModelIndex
_NOTHING = QModelIndex()


class RowsModel(QAbstractTableModel):
    """Rows of text below a heading."""

    def __init__(self, rows: Sequence[Sequence[str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles, self._rows = rows[0] if rows else (), rows[1:]

    def rowCount(self, parent: Index = _NOTHING) -> int:
        """Returns how many rows there are."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOTHING) -> int:
        """Returns how many columns there are."""
        return 0 if parent.isValid() else len(self._titles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Returns the words of a cell; all but the first column stand at the right."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if index.column() else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            words = self._rows[index.row()][index.column()]
            return _short(words) if index.column() else shown(words)
        return None

    def headerData(
        self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Returns the title of a column."""
        if role == Qt.ItemDataRole.DisplayRole and way is Qt.Orientation.Horizontal:
            title = shown(self._titles[section])
            return title if section else title.capitalize()
        return None

    def as_text(self) -> str:
        """Returns everything as lines with tabs."""
        rows = [self._titles, *self._rows]
        return "\n".join("\t".join(" ".join(cell.split()) for cell in row) for row in rows) + "\n"


class PlotNumbers(Dialog):
    """What a plot shows, in rows."""

    def __init__(self, plot: RunsPlot, parent: QWidget | None = None) -> None:
        name = plot.accessibleName()
        super().__init__(
            f"Numbers: {name}", title=name, width=760, height=520, cancel="Close", parent=parent
        )
        rows = list(islice(plot.rows(), MOST_LISTED + 2))
        is_cut = len(rows) > MOST_LISTED + 1
        self.model = RowsModel(rows[: MOST_LISTED + 1], self)
        self.table = QTableView()
        dress(self.table)
        self.table.setModel(self.model)
        self.table.setAccessibleName(f"Numbers of {name}")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.horizontalHeader().setDefaultSectionSize(theme().scaled(132))
        if self.model.columnCount():
            header = self.table.horizontalHeader()
            header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        copy = self.add_action("Copy", "primary", "copy")
        copy.clicked.connect(self.copy)
        self.set_body(self.table, margins=(0, 0, 0, 0))
        count = wording.count(self.model.rowCount(), "row")
        cut = "; save the plot as CSV for all of them" if is_cut else ""
        self.set_reason(f"The first {count}{cut}" if is_cut else count)

    def copy(self) -> None:
        """Copies everything that is listed."""
        QGuiApplication.clipboard().setText(self.model.as_text())
        self.set_reason("Copied", "ok")


def _short(words: str) -> str:
    """Returns a number as charts write it; other words as they are."""
    try:
        number = float(words)
    except ValueError:
        return shown(words)
    return value_text(number) if math.isfinite(number) else shown(words)
