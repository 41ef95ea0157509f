# SPDX-License-Identifier: Apache-2.0
"""The item model of the runs table: what keyboard, selection and screen readers ask.

* Painting does not come through here: the view reads the sheet.
* New rows are inserted and changed rows are told; nothing is reset while runs tick.
"""

from collections.abc import Iterable

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.sheet import PINNED, Sheet
from strongroom.domain.run import Run

Index = QModelIndex | QPersistentModelIndex
_NOTHING = QModelIndex()


class RunsModel(QAbstractTableModel):
    """Rows are runs, columns are those of the sheet.

    Args:
        charted: Which runs are charted.
    """

    def __init__(self, charted: Charted, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.charted = charted
        self.sheet = Sheet(PINNED, 0)
        self.sorting: tuple[str, bool] | None = None

    def set_sheet(self, sheet: Sheet) -> None:
        """Shows other rows and columns."""
        self.beginResetModel()
        self.sheet = sheet
        self.endResetModel()

    def extend(self, runs: Iterable[Run]) -> None:
        """Adds the next page of an answer."""
        fresh = [run for run in runs if self.sheet.row_of(run.run_id) < 0]
        if not fresh:
            return
        first = len(self.sheet.runs)
        self.beginInsertRows(_NOTHING, first, first + len(fresh) - 1)
        self.sheet.extend(fresh)
        self.endInsertRows()

    def replace(self, runs: Iterable[Run]) -> None:
        """Takes over newer states of runs that are shown."""
        last = len(self.sheet.columns) - 1
        for run in runs:
            row = self.sheet.replace(run)
            if row >= 0:
                self.dataChanged.emit(self.index(row, 0), self.index(row, last))

    def set_sorting(self, sorting: tuple[str, bool] | None) -> None:
        """Remembers what the rows are ordered by: a column key, and whether it descends."""
        self.sorting = sorting
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.sheet.columns) - 1)

    def tell_charted(self) -> None:
        """Tells views that other boxes are ticked."""
        rows = len(self.sheet.runs)
        if rows:
            self.dataChanged.emit(self.index(0, 0), self.index(rows - 1, 1))
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, 0)

    def check_state(self) -> bool | None:
        """Returns whether all, none or (None) some of the shown runs are charted."""
        count = len(self.charted)
        if not count:
            return False
        return True if count >= len(self.sheet.runs) else None

    def rowCount(self, parent: Index = _NOTHING) -> int:
        """Returns how many runs are shown."""
        return 0 if parent.isValid() else len(self.sheet.runs)

    def columnCount(self, parent: Index = _NOTHING) -> int:
        """Returns how many columns there are."""
        return 0 if parent.isValid() else len(self.sheet.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Returns the words of a cell, or what a screen reader says of it."""
        if not index.isValid():
            return None
        row, column = index.row(), index.column()
        chosen = self.sheet.columns[column]
        if chosen.kind == "check":
            return self._box(self.sheet.runs[row], role)
        if role == Qt.ItemDataRole.DisplayRole:
            return self.sheet.text(row, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{chosen.title}: {self.sheet.text(row, column)}"
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        """Returns the title of a column."""
        if orientation != Qt.Orientation.Horizontal or section >= len(self.sheet.columns):
            return None
        column = self.sheet.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            title = column.title or "Charted"
            return f"{column.group}, {title}" if column.group else title
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Returns that every row can be current and selected."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def _box(self, run: Run, role: int) -> object:
        is_charted = run.run_id in self.charted
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return "Charted" if is_charted else "Not charted"
        return None
