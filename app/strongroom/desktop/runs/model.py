# SPDX-License-Identifier: Apache-2.0
"""The item model of the runs table: what keyboard, selection and screen readers ask.

* Painting does not come through here: the view reads the sheet.
* The number of rows is known at once; words come when a row was read.
* A row that was read again is told where it stands; nothing is reset while runs tick.
"""

from collections.abc import Iterable

import numpy as np

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from strongroom.desktop.kit import wording
from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.columns import PINNED, SheetColumn
from strongroom.desktop.runs.flat_rows import FlatRows
from strongroom.desktop.runs.row_windows import LoadedRow, RowReader, RowWindows
from strongroom.desktop.runs.sheet import Sheet, plain_sheet
from strongroom.services.run_table import RowOrder

Index = QModelIndex | QPersistentModelIndex
_NOTHING = QModelIndex()
_NO_ROWS = RowOrder(ids=np.empty(0, np.int64))
FAR = 64  # rows read again further apart than this are told one by one


class RunsModel(QAbstractTableModel):
    """Rows are group headers and runs, columns are those of the sheet.

    Args:
        charted: Which runs are charted.
        reader: Where rows come from.
    """

    def __init__(self, charted: Charted, reader: RowReader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.charted = charted
        self.windows = RowWindows(reader, self)
        self.sheet = plain_sheet(PINNED, self.windows, _NO_ROWS)
        self.sorting: tuple[str, bool] | None = None
        self.title_at = -1
        self.aimed = ""  # the run whose line lies under the mouse
        self.windows.arrived.connect(self._on_arrived)

    def set_sheet(self, sheet: Sheet) -> None:
        """Shows other rows and columns."""
        self.beginResetModel()
        self.sheet = sheet
        self.windows.set_fields(column.field for column in sheet.columns if column.field)
        self.endResetModel()

    def grow(self, rows: FlatRows) -> None:
        """Takes over the rest of an answer whose first rows are shown."""
        many = len(self.sheet.rows)
        if len(rows) <= many:
            return
        self.beginInsertRows(_NOTHING, many, len(rows) - 1)
        self.sheet.rows = rows
        self.endInsertRows()

    def set_sorting(self, sorting: tuple[str, bool] | None) -> None:
        """Remembers what the rows are ordered by: a column key, and whether it descends."""
        self.sorting = sorting
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.sheet.columns) - 1)

    def set_title_at(self, at: int) -> None:
        """Makes a title current: the one that commands on columns act on."""
        self.title_at = at
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.sheet.columns) - 1)

    def tell_charted(self) -> None:
        """Tells views that other boxes are ticked."""
        rows = len(self.sheet.rows)
        if rows:
            self.dataChanged.emit(self.index(0, 0), self.index(rows - 1, 1))
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, 0)

    def tell_all(self) -> None:
        """Tells views that cells of any row may be others, such as the figures of groups."""
        rows, columns = len(self.sheet.rows), len(self.sheet.columns)
        if rows:
            self.dataChanged.emit(self.index(0, 0), self.index(rows - 1, columns - 1))

    def check_state(self) -> bool | None:
        """Returns whether all, none or (None) some of the shown runs are charted."""
        count = len(self.charted)
        if not count:
            return False
        return True if count >= len(self.sheet.rows.order.ids) else None

    def rowCount(self, parent: Index = _NOTHING) -> int:
        """Returns how many rows there are, read or not."""
        return 0 if parent.isValid() else len(self.sheet.rows)

    def columnCount(self, parent: Index = _NOTHING) -> int:
        """Returns how many columns there are."""
        return 0 if parent.isValid() else len(self.sheet.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Returns the words of a cell, or what a screen reader says of it."""
        spoken = role == Qt.ItemDataRole.AccessibleTextRole
        if not index.isValid() or not (spoken or role == Qt.ItemDataRole.DisplayRole):
            return None
        row, chosen = index.row(), self.sheet.columns[index.column()]
        group = self.sheet.rows.one(row)
        if group < 0:
            return self._header(-1 - group, index.column(), spoken=spoken)
        loaded = self.sheet.loaded(row)
        if loaded is None:
            self.windows.keep_in_mind((group,))
            return f"{chosen.title}: being read" if spoken else ""
        words = self.sheet.words(loaded, chosen)
        return self._spoken(loaded, chosen, words or "") if spoken else words

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
            title = column.title or ("Trust" if column.kind == "trust" else "Charted")
            return f"{column.group}, {title}" if column.group else title
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Returns that every row can be current and selected."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def _spoken(self, loaded: LoadedRow, chosen: SheetColumn, words: str) -> str:
        if chosen.kind == "check":
            return "Charted" if loaded.row.run.run_id in self.charted else "Not charted"
        is_new = chosen.kind == "run" and loaded.row.id > self.sheet.seen_id
        breach = self.sheet.breach(loaded, chosen)
        more = ", new" if is_new else f". {breach}" if breach else ""
        return f"{chosen.title or 'Trust'}: {words}{more}"

    def _header(self, group: int, column: int, *, spoken: bool) -> str:
        chosen = self.sheet.columns[column]
        if not spoken:
            return self.sheet.group_text(group, chosen)
        if chosen.kind == "run":
            name, count = self.sheet.group_words(group)
            state = "collapsed" if group in self.sheet.rows.closed else "expanded"
            return f"Group {name}, {count}, {state}"
        return f"{chosen.title}: {self.sheet.group_text(group, chosen) or wording.DASH}"

    def _on_arrived(self, ids: Iterable[int]) -> None:
        rows = self.sheet.rows.rows_of(np.array(list(ids), np.int64))
        shown = sorted(rows[rows >= 0].tolist())
        last = len(self.sheet.columns) - 1
        start = 0
        for at, row in enumerate(shown):
            if at + 1 == len(shown) or shown[at + 1] - row > FAR:
                self.dataChanged.emit(self.index(shown[start], 0), self.index(row, last))
                start = at + 1
