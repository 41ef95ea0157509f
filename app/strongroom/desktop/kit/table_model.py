# SPDX-License-Identifier: Apache-2.0
"""The item model of the small and middle tables: frozen lines, folded groups, sorted rows.

* Lines are values: an update that keeps the keys repaints, everything else resets.
* Each cell answers display text and accessible text; the delegate asks for the cell itself.
"""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from strongroom.desktop.kit.cells import Cell, CheckCell, Column, Group, Line, Notice, Row
from strongroom.desktop.kit.labels import plain_tooltip

Index = QModelIndex | QPersistentModelIndex
CELL_ROLE = int(Qt.ItemDataRole.UserRole) + 1
LINE_ROLE = int(Qt.ItemDataRole.UserRole) + 2
_NOTHING = QModelIndex()


class TableModel(QAbstractTableModel):
    """Lines and columns of a `Table`."""

    def __init__(self, columns: Sequence[Column], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._all: tuple[Line, ...] = ()
        self._shown: list[Line] = []
        self._folded: set[str] = set()
        self._sort: tuple[str, bool] | None = None

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Changes the columns; the lines go, because their cells belong to the old ones."""
        self.beginResetModel()
        self.columns = tuple(columns)
        self._all, self._shown = (), []
        self.endResetModel()

    def set_lines(self, lines: Sequence[Line]) -> None:
        """Shows other lines; with the same keys in the same order only repaints."""
        before = [line.key for line in self._shown]
        self._all = tuple(lines)
        shown = self._visible()
        if before and before == [line.key for line in shown]:
            self._shown = shown
            last = self.index(len(shown) - 1, len(self.columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last)
            return
        self.beginResetModel()
        self._shown = shown
        self.endResetModel()

    def set_folded(self, key: str, *, folded: bool) -> None:
        """Folds or unfolds a group."""
        (self._folded.add if folded else self._folded.discard)(key)
        self.beginResetModel()
        self._shown = self._visible()
        self.endResetModel()

    def is_folded(self, key: str) -> bool:
        """Returns whether a group is folded."""
        return key in self._folded

    def folded(self) -> frozenset[str]:
        """Returns the keys of the folded groups, whether they are there now or not."""
        return frozenset(self._folded)

    def sort_by(self, key: str, *, descending: bool) -> None:
        """Sorts the rows of each group by `Row.order`; rows without a value come last."""
        self._sort = (key, descending)
        self.beginResetModel()
        self._shown = self._visible()
        self.endResetModel()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, max(0, len(self.columns) - 1))

    def sorting(self) -> tuple[str, bool] | None:
        """Returns the column key and whether it descends, or None."""
        return self._sort

    def line(self, row: int) -> Line:
        """Returns the line shown at a row."""
        return self._shown[row]

    def lines(self) -> Sequence[Line]:
        """Returns the lines shown now."""
        return self._shown

    def row_of(self, key: str) -> int:
        """Returns the row that shows a key, -1 for none."""
        return next((at for at, line in enumerate(self._shown) if line.key == key), -1)

    def check_state(self, column: int) -> bool | None:
        """Returns whether all, none or (None) some boxes of a column are ticked."""
        states = {
            cell.state
            for line in self._all
            if isinstance(line, Row) and isinstance(cell := line.cells[column], CheckCell)
        }
        if not states:
            return False
        return states.pop() if len(states) == 1 else None

    def rowCount(self, parent: Index = _NOTHING) -> int:
        """Returns how many lines are shown."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NOTHING) -> int:
        """Returns how many columns there are."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Returns the words, the cell, or the line."""
        if not index.isValid():
            return None
        line = self._shown[index.row()]
        if role == LINE_ROLE:
            return line
        cell = self._cell(line, index.column())
        if role == CELL_ROLE:
            return cell
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(line, index.column(), cell)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(line, index.column(), cell)
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        """Returns the title of a column."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            column = self.columns[section]
            return f"{column.title}, {column.sub}" if column.sub else column.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tooltip(self.columns[section].hint) or None
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Returns that every line can be current and rows can be selected."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def _cell(self, line: Line, column: int) -> Cell | None:
        if isinstance(line, Row) and column < len(line.cells):
            return line.cells[column]
        return None

    def _words(self, line: Line, column: int, cell: Cell | None) -> str:
        if isinstance(line, Row):
            return cell.words if cell is not None else ""
        if column == 0:
            return line.title if isinstance(line, Group) else line.text
        if isinstance(line, Group):
            return line.aggregates.get(self.columns[column].key, "")
        return ""

    def _spoken(self, line: Line, column: int, cell: Cell | None) -> str:
        if isinstance(line, Group) and column == 0:
            state = "folded" if line.key in self._folded else "open"
            return ", ".join(part for part in ("Group " + line.title, line.note, state) if part)
        words = self._words(line, column, cell)
        if isinstance(line, Notice) or not words:
            return words or "empty"
        title = self.columns[column].title
        return f"{title}: {words}" if title else words

    def _visible(self) -> list[Line]:
        """Returns sorted rows under their groups, without those of folded groups."""
        shown: list[Line] = []
        block: list[Line] = []
        folded_at: int | None = None  # the depth of the folded group these lines belong to
        for line in self._all:
            if isinstance(line, Group):
                shown += self._sorted(block)
                block = []
                if folded_at is not None and line.depth > folded_at:
                    continue
                folded_at = line.depth if line.key in self._folded else None
                shown.append(line)
            elif folded_at is None or (isinstance(line, Notice) and not line.folds):
                block.append(line)
        return shown + self._sorted(block)

    def _sorted(self, block: list[Line]) -> list[Line]:
        if self._sort is None or not all(isinstance(line, Row) and line.order for line in block):
            return block
        key, descending = self._sort
        orders: list[tuple[Line, Mapping[str, float | str]]] = [
            (line, line.order) for line in block if isinstance(line, Row)
        ]
        known = [line for line, order in orders if key in order]
        missing = [line for line, order in orders if key not in order]
        values = {line.key: order[key] for line, order in orders if key in order}
        known.sort(key=lambda line: _rank(values[line.key]), reverse=descending)
        return known + missing


def _rank(value: float | str) -> tuple[int, float, str]:
    """Returns a key that orders numbers before words."""
    return (1, 0.0, value) if isinstance(value, str) else (0, value, "")
