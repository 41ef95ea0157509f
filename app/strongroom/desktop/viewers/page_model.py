# SPDX-License-Identifier: Apache-2.0
"""The item model of one loaded page of a table: filter and sort stay within the page.

* Cells are plain values that were bounded by who read them; the words are made when painted.
"""

import math
from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from strongroom.desktop.kit import wording
from strongroom.services.views.shapes import TableColumn, TableValue, TableView

Index = QModelIndex | QPersistentModelIndex
_NOTHING = QModelIndex()


class PageModel(QAbstractTableModel):
    """Rows of one page; ``row_numbers`` are those of the file."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns: tuple[TableColumn, ...] = ()
        self.row_numbers: list[int] = []
        self._all: tuple[tuple[TableValue, ...], ...] = ()
        self._start = 0
        self._shown: list[int] = []
        self._words = ""
        self._sort: tuple[int, bool] | None = None

    def set_page(self, view: TableView) -> None:
        """Takes over a page; filter and order stay."""
        if view.columns != self.columns:
            self._sort = None
        self.beginResetModel()
        self.columns, self._all, self._start = view.columns, view.rows, view.start
        self._arrange()
        self.endResetModel()

    def filter(self, words: str) -> None:
        """Shows only rows in which some cell holds the words."""
        self.beginResetModel()
        self._words = words.casefold()
        self._arrange()
        self.endResetModel()

    def order(self, column: int, *, descending: bool) -> None:
        """Sorts the rows of the page; -1 brings the order of the file back."""
        self.beginResetModel()
        self._sort = None if column < 0 else (column, descending)
        self._arrange()
        self.endResetModel()

    def sorting(self) -> tuple[int, bool] | None:
        """Returns the column that is sorted by and whether it descends, or None."""
        return self._sort

    def value(self, row: int, column: int) -> TableValue:
        """Returns what a cell holds."""
        cells = self._all[self._shown[row]]
        return cells[column] if column < len(cells) else None

    def rowCount(self, parent: Index = _NOTHING) -> int:
        """Returns how many rows are shown."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NOTHING) -> int:
        """Returns how many columns there are."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Returns the words of a cell."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return words_of(self.value(index.row(), index.column()))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            title = self.columns[index.column()].name
            return f"{title}: {words_of(self.value(index.row(), index.column())) or 'no value'}"
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Returns a column's name and type, or a row's number in the file."""
        if role not in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return None
        if orientation == Qt.Orientation.Vertical:
            return f"{self.row_numbers[section]:,}" if section < len(self.row_numbers) else None
        if section >= len(self.columns):
            return None
        column = self.columns[section]
        return f"{column.name}, {column.type}"

    def _arrange(self) -> None:
        shown = list(range(len(self._all)))
        if self._words:
            shown = [at for at in shown if _holds(self._all[at], self._words)]
        if self._sort is not None:
            column, descending = self._sort
            is_number = self.columns[column].is_number
            keyed = [(_key(self._all[at], column, is_number=is_number), at) for at in shown]
            known = [(key, at) for key, at in keyed if key is not None]
            known.sort(key=lambda each: each[0], reverse=descending)
            shown = [at for _, at in known] + [at for key, at in keyed if key is None]
        self._shown = shown
        self.row_numbers = [self._start + at + 1 for at in shown]


def words_of(value: TableValue) -> str:
    """Returns what a cell says; nothing for a missing value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else wording.number(value)
    return str(value)


def _holds(row: Sequence[TableValue], words: str) -> bool:
    return any(words in words_of(value).casefold() for value in row)


def _key(
    row: Sequence[TableValue], column: int, *, is_number: bool
) -> tuple[int, float, str] | None:
    value = row[column] if column < len(row) else None
    if value is None or value == "":
        return None
    if is_number or isinstance(value, (int, float)):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = float("nan")
        return None if math.isnan(number) else (0, number, "")
    return (1, 0.0, str(value).casefold())
