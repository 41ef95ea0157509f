# SPDX-License-Identifier: Apache-2.0
"""The table of small and middle lists: typed cells, groups, keyboard, selection by key.

* Signals carry keys of rows, never row numbers.
* Space ticks, Enter activates, Left and Right fold a group, the menu key asks for a menu.
* The selection survives an update as long as its keys do.
"""

from collections.abc import Callable, Sequence
from typing import Literal

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QToolTip, QWidget

from strongroom.desktop.kit.cells import CheckCell, Column, Group, Line, Row, TextCell
from strongroom.desktop.kit.labels import plain_tooltip
from strongroom.desktop.kit.scroll_bar import thin_bars
from strongroom.desktop.kit.table_header import Header
from strongroom.desktop.kit.table_model import CELL_ROLE, TableModel
from strongroom.desktop.kit.table_paint import TablePainter
from strongroom.desktop.kit.theme import theme

Selection = Literal["one", "many", "none"]
_MODES = {
    "one": QAbstractItemView.SelectionMode.SingleSelection,
    "many": QAbstractItemView.SelectionMode.ExtendedSelection,
    "none": QAbstractItemView.SelectionMode.NoSelection,
}


class Table(QTableView):
    """A table over frozen lines.

    Args:
        columns: The columns.
        name: What it lists, for people who cannot see it.
        row_height: Px at 100 %: 28, 24 compact, 36 comfortable, 48 with a second line.
        selection: ``one``, ``many`` or ``none``.
        edge: Px at the outer sides; 16 on a page, 20 in a dialog, 0 inside a section.
        plain: Header without sunken ground, for tables inside a section.
        fit: As high as its rows, without scroll bars.

    Signals:
        activated_row: Enter or double click on a row (key).
        selection_changed: The keys that are selected now (tuple).
        checked: A box was ticked or unticked (key of the row, new state).
        all_checked: The box in the header was pressed (new state).
        sort_requested: A sortable header was pressed (column key, descending).
        context_requested: A menu was asked for (key of the row, global position).
        link_followed: A `TextCell` link was pressed (key of the row, column key).
        group_folded: A group was folded or unfolded (key, folded).
    """

    activated_row = Signal(str)
    selection_changed = Signal(object)
    checked = Signal(str, bool)
    all_checked = Signal(bool)
    sort_requested = Signal(str, bool)
    context_requested = Signal(str, QPoint)
    link_followed = Signal(str, str)
    group_folded = Signal(str, bool)

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        name: str,
        row_height: int = 28,
        selection: Selection = "one",
        edge: int = 16,
        plain: bool = False,
        fit: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        thin_bars(self)
        self._row_height, self._fit = row_height, fit
        self._keys: tuple[str, ...] = ()
        self._is_filling = False
        self._table = TableModel(columns, self)
        self.painting = TablePainter(self, self._table, 12, edge)
        self._header = Header(12, edge, plain=plain, parent=self)
        self.setModel(self._table)
        self.setHorizontalHeader(self._header)
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(_MODES[selection])
        self._plain_view()
        self._header.sectionClicked.connect(self._on_header_clicked)
        self.selectionModel().selectionChanged.connect(self._on_selection_changed)
        self.doubleClicked.connect(self._on_double_clicked)
        self.clicked.connect(self._on_clicked)
        self._shape_columns()
        self.apply_theme()
        theme().follow(self)

    def set_lines(self, lines: Sequence[Line]) -> None:
        """Shows other lines and keeps what is selected, current and scrolled to."""
        at = self.verticalScrollBar().value()
        self._refill(lambda: self._table.set_lines(lines))
        self.verticalScrollBar().setValue(at)

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Changes the columns; lines have to be set again."""
        self._table.set_columns(columns)
        self._shape_columns()
        self._header.apply_theme()

    def columns(self) -> tuple[Column, ...]:
        """Returns the columns."""
        return self._table.columns

    def lines(self) -> Sequence[Line]:
        """Returns the lines shown now (folded rows are left out)."""
        return self._table.lines()

    def selected(self) -> tuple[str, ...]:
        """Returns the keys of the selected rows, from top to bottom."""
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
        lines = [self._table.line(row) for row in rows]
        return tuple(line.key for line in lines if isinstance(line, Row))

    def current_key(self) -> str:
        """Returns the key of the current line, "" for none."""
        row = self.currentIndex().row()
        return self._table.line(row).key if 0 <= row < self._table.rowCount() else ""

    def select(self, key: str) -> bool:
        """Makes a row current and selected; returns whether it is there."""
        row = self._table.row_of(key)
        if row < 0:
            return False
        index, flags = self._table.index(row, 0), QItemSelectionModel.SelectionFlag
        chooses = self.selectionMode() != QAbstractItemView.SelectionMode.NoSelection
        how = flags.ClearAndSelect | flags.Rows if chooses else flags.NoUpdate
        self.selectionModel().setCurrentIndex(index, how)  # whatever key is held down meanwhile
        self.scrollTo(index)
        return True

    def fold(self, key: str, *, folded: bool) -> None:
        """Folds or unfolds a group."""
        self._refill(lambda: self._table.set_folded(key, folded=folded))
        self.group_folded.emit(key, folded)

    def folded(self) -> frozenset[str]:
        """Returns the keys of the folded groups."""
        return self._table.folded()

    def sort_by(self, key: str, *, descending: bool) -> None:
        """Sorts by `Row.order` inside groups."""
        self._refill(lambda: self._table.sort_by(key, descending=descending))

    def apply_theme(self) -> None:
        """Takes over the sizes of the look in force."""
        self._header.apply_theme()
        self._shape_widths()
        self._shape_rows()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Adds Enter, Space, Left and Right to the arrows of the view."""
        row = self.currentIndex().row()
        line = self._table.line(row) if 0 <= row < self._table.rowCount() else None
        key = event.key()
        if isinstance(line, Group) and key in {
            Qt.Key.Key_Left,
            Qt.Key.Key_Right,
            Qt.Key.Key_Return,
            Qt.Key.Key_Enter,
            Qt.Key.Key_Space,
        }:
            toggled = not self._table.is_folded(line.key)
            folded = {Qt.Key.Key_Left: True, Qt.Key.Key_Right: False}.get(Qt.Key(key), toggled)
            self.fold(line.key, folded=folded)
        elif isinstance(line, Row) and key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.activated_row.emit(line.key)
        elif isinstance(line, Row) and key == Qt.Key.Key_Space and self._tick(row):
            event.accept()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Asks for a menu at the row under the mouse or, from the keyboard, the current one."""
        index = self.indexAt(event.pos())
        place = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
            below = self.visualRect(index).bottomLeft() + QPoint(24, 0)
            place = self.viewport().mapToGlobal(below)
        if index.isValid() and isinstance(line := self._table.line(index.row()), Row):
            self.select(line.key)
            self.context_requested.emit(line.key, place)

    def viewportEvent(self, event: QEvent) -> bool:
        """Says the whole of what a cell could not show."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.indexAt(event.pos())
            words = ""
            if index.isValid() and self.painting.is_short(index.row(), index.column()):
                words = str(index.data(Qt.ItemDataRole.DisplayRole))
            QToolTip.showText(event.globalPos(), plain_tooltip(words), self)
            return True
        return super().viewportEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the lines in sight."""
        painter = QPainter(self.viewport())
        self.painting.paint(painter, event.rect())

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Makes the first line current, so that the keyboard has somewhere to start."""
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self._table.rowCount():
            start = self._table.index(0, 0)
            nothing = QItemSelectionModel.SelectionFlag.NoUpdate
            scrolls = self.hasAutoScroll()
            self.setAutoScroll(False)  # else a press meets another row than the one it was aimed at
            self.selectionModel().setCurrentIndex(start, nothing)
            self.setAutoScroll(scrolls)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Takes the ring away."""
        super().focusOutEvent(event)
        self.viewport().update()

    def _plain_view(self) -> None:
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setCornerWidget(QWidget())  # plain ground where two scroll bars meet
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        rows = self.verticalHeader()
        rows.hide()
        rows.setMinimumSectionSize(16)
        if self._fit:
            self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _shape_columns(self) -> None:
        for at, column in enumerate(self._table.columns):
            mode = QHeaderView.ResizeMode.Interactive
            if column.stretch:
                mode = QHeaderView.ResizeMode.Stretch
            self._header.setSectionResizeMode(at, mode)
        self._shape_widths()

    def _shape_widths(self) -> None:
        look = theme()
        for at, column in enumerate(self._table.columns):
            if not column.stretch:
                self.setColumnWidth(at, look.scaled(column.width))

    def _shape_rows(self) -> None:
        """Gives rows their heights and lets groups and notices reach across."""
        look = theme()
        grown = look.height("row") - 28
        rows = self.verticalHeader()
        rows.setDefaultSectionSize(self._row_height + grown)
        self.clearSpans()
        columns = self._table.columns
        total = 0
        for at, line in enumerate(self._table.lines()):
            height = self._row_height + grown
            if isinstance(line, Row):
                height = (line.height or self._row_height) + grown
            else:
                height = 28 + grown
                across = len(columns)
                if isinstance(line, Group) and line.aggregates:
                    keys = [column.key in line.aggregates for column in columns]
                    across = max(1, keys.index(True)) if True in keys else across
                if across > 1:
                    self.setSpan(at, 0, 1, across)
            self.setRowHeight(at, height)
            total += height
        if self._fit:
            self.setFixedHeight(self._header.height() + total)

    def _refill(self, change: Callable[[], None]) -> None:
        """Changes what is shown and puts selection and current row back where they still exist."""
        current, keys = self.current_key(), self._keys
        self._is_filling = True
        change()
        self._shape_rows()
        self._restore(current, keys)
        self._is_filling = False
        self._on_selection_changed()

    def _restore(self, current: str, keys: tuple[str, ...]) -> None:
        model = self.selectionModel()
        flags = QItemSelectionModel.SelectionFlag
        model.clearSelection()
        for key in keys:
            row = self._table.row_of(key)
            if row >= 0:
                model.select(self._table.index(row, 0), flags.Select | flags.Rows)
        row = self._table.row_of(current) if current else -1
        if row >= 0:
            model.setCurrentIndex(self._table.index(row, 0), flags.NoUpdate)

    def _tick(self, row: int) -> bool:
        for at in range(len(self._table.columns)):
            cell = self._table.index(row, at).data(CELL_ROLE)
            if isinstance(cell, CheckCell) and cell.enabled:
                self.checked.emit(self._table.line(row).key, cell.state is not True)
                return True
        return False

    def _on_clicked(self, index: QModelIndex) -> None:
        line, cell = self._table.line(index.row()), index.data(CELL_ROLE)
        if isinstance(line, Group) and index.column() == 0:
            self.fold(line.key, folded=not self._table.is_folded(line.key))
        elif isinstance(cell, CheckCell) and cell.enabled:
            self.checked.emit(line.key, cell.state is not True)
        elif isinstance(cell, TextCell) and cell.link:
            self.link_followed.emit(line.key, self._table.columns[index.column()].key)

    def _on_double_clicked(self, index: QModelIndex) -> None:
        line, cell = self._table.line(index.row()), index.data(CELL_ROLE)
        if isinstance(line, Row) and not isinstance(cell, CheckCell):
            self.activated_row.emit(line.key)

    def _on_header_clicked(self, at: int) -> None:
        column = self._table.columns[at]
        if column.checks:
            self.all_checked.emit(self._table.check_state(at) is not True)
        elif column.sortable:
            sorting = self._table.sorting()
            descending = not sorting[1] if sorting and sorting[0] == column.key else True
            self.sort_by(column.key, descending=descending)
            self.sort_requested.emit(column.key, descending)

    def _on_selection_changed(self) -> None:
        if self._is_filling:
            return
        keys = self.selected()
        if keys != self._keys:
            self._keys = keys
            self.selection_changed.emit(keys)

    def row_rect(self, key: str) -> QRect:
        """Returns where a row is in the viewport, empty when it is not shown."""
        row = self._table.row_of(key)
        if row < 0:
            return QRect()
        first = self.visualRect(self._table.index(row, 0))
        return QRect(0, first.y(), self.viewport().width(), self.rowHeight(row))
