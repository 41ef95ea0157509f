# SPDX-License-Identifier: Apache-2.0
"""The runs table: two views on one selection, the keyboard, and what survives other rows.

* Boxes and names are pinned: a second view on the same model and selection stands beside the
  first, where the same columns have no width.
* Other rows, another order: what was selected stays selected, and the row at the upper edge stays
  there unless the table stood at its top.
* A selection may be a million rows; it is ids then, and names only as far as they were read.
"""

from collections.abc import Iterable

import numpy as np

from PySide6.QtCore import (
    QElapsedTimer,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QWidget

from strongroom.desktop.kit.pinned_room import PinnedRoom
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.flat_rows import FlatRows
from strongroom.desktop.runs.model import RunsModel
from strongroom.desktop.runs.pinned import PinnedView
from strongroom.desktop.runs.sheet import Sheet
from strongroom.desktop.runs.view import Index, RunsView
from strongroom.services.run_table import Ids

SCROLLED_BY_KEY = 96  # px that Left and Right move the columns
MOST_NAMED = 500  # selected runs told by name; more are counted
MOST_STRETCHES = 2_000  # stretches of selected rows restored after another order
MANY_SPANS = 40  # stretches of rows that were selected or let go: then everything is painted again
_Flag = QItemSelectionModel.SelectionFlag
_Move = QAbstractItemView.CursorAction


class RunsTable(RunsView):
    """The table with its pinned columns.

    Signals:
        selection_changed: Other rows are selected.
        sort_requested: A title was pressed (column key, descending).
        all_ticked: The box in the header was pressed.
        name_sought: The start of a name was typed (text, catalog id of the current run or -1).
        column_resized: A person made a column wider or narrower (key, px at 100 %).
        column_moved: A title was dragged (key, place it was dropped at).
        title_menu_requested: The menu of a title was asked for (its place, global position).
    """

    selection_changed = Signal()
    sort_requested = Signal(str, bool)
    all_ticked = Signal()
    name_sought = Signal(str, int)
    column_resized = Signal(str, int)
    column_moved = Signal(str, int)
    title_menu_requested = Signal(int, QPoint)

    def __init__(self, model: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self.setAccessibleName("Runs")
        self.setObjectName("runs.table")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._room = PinnedRoom(self)
        self.setVerticalHeader(self._room)
        self.shape_rows()
        self.pinned = PinnedView(model, self)
        self.pinned.setSelectionModel(self.selectionModel())
        self._typed, self._typing = "", QElapsedTimer()
        self._is_unnamed = self._is_shaping = False
        self._join()
        self._shape_columns()
        theme().follow(self)

    # ------------------------------------------------------------ content

    def set_sheet(self, sheet: Sheet, *, keeps_place: bool = False) -> None:
        """Shows other rows and columns; what is selected stays selected where it is there."""
        before, current = self.runs.sheet.rows, self._id_at(self.currentIndex().row())
        is_all = len(before) > 0 and not before.closed and self._count_selected() == len(before)
        selected = before.order.ids if is_all else self.selected_ids()
        bar = self.verticalScrollBar()
        at, across = bar.value(), self.horizontalScrollBar().value()
        top = self._id_at(self.rowAt(1)) if at else -1
        offset = self.rowViewportPosition(self.rowAt(1)) if top >= 0 else 0
        self.runs.set_sheet(sheet)
        self._restore(selected, current, before=before if is_all else None)
        row = self.runs.sheet.rows.row_of(top) if top >= 0 else -1
        if keeps_place and row >= 0:
            at = row * self.verticalHeader().defaultSectionSize() - offset
        bar.setValue(at if keeps_place else 0)
        self.horizontalScrollBar().setValue(across)

    def selected_ids(self) -> Ids:
        """Returns the catalog ids of the selected runs from top to bottom."""
        rows = self.runs.sheet.rows
        parts = [rows.runs(top, bottom + 1) for top, bottom in self._spans()]
        return np.concatenate(parts) if parts else np.empty(0, np.int64)

    def selected(self) -> tuple[str, ...]:
        """Returns the selected runs by name, the first `MOST_NAMED` of many.

        Nothing is returned while names are still being read.
        """
        ids: list[int] = []
        for top, bottom in self._spans():
            end = min(bottom + 1, top + 2 * MOST_NAMED)  # every other row at least is a run
            ids += self.runs.sheet.rows.runs(top, end)[: MOST_NAMED - len(ids)].tolist()
            if len(ids) >= MOST_NAMED:
                break
        loaded = [self.runs.windows.get(id_) for id_ in ids]
        self._is_unnamed = None in loaded
        if self._is_unnamed:
            self.runs.windows.keep_in_mind(ids)
            return ()
        return tuple(each.row.run.run_id for each in loaded if each is not None)

    def current_id(self) -> str:
        """Returns the current run, "" for none."""
        return self.run_id(self.currentIndex().row())

    def select(self, run_id: str) -> bool:
        """Makes a run current and selected; returns whether it is shown."""
        return self.select_row(self.runs.sheet.rows.row_of(self.runs.windows.id_of(run_id)))

    def select_row(self, row: int) -> bool:
        """Makes a row current and selected and brings it into sight; -1 does nothing."""
        if row < 0:
            return False
        index = self.runs.index(row, 0)
        self.selectionModel().setCurrentIndex(index, _Flag.ClearAndSelect | _Flag.Rows)
        self.scrollTo(index)
        return True

    def set_aimed(self, run_id: str) -> None:
        """Lights the row of a run, "" for none."""
        before, self.runs.aimed = self.runs.aimed, run_id
        for each in {before, run_id} - {""}:
            row = self.runs.sheet.rows.row_of(self.runs.windows.id_of(each))
            if row >= 0 and before != run_id:
                self._repaint_rows(row, row)

    def apply_theme(self) -> None:
        """Takes over heights and widths of the look in force."""
        for view in (self, self.pinned):
            view.shape_rows()
            view.cells.forget()
        self._shape_columns()

    # ------------------------------------------------------------ Qt

    def is_leading(self) -> bool:
        """Returns that the ring begins in the pinned view."""
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ticks with Space, opens with Enter, folds groups or scrolls with Left and Right."""
        key, row = Qt.Key(event.key()), self.currentIndex().row()
        if key == Qt.Key.Key_Space and self._typed_lately():
            self.keyboardSearch(" ")
        elif key == Qt.Key.Key_Space:
            self._tick(row)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            if self.is_header(row):
                self.toggled.emit(self.runs.sheet.rows.group_of(row))
            elif self.current_id():
                self.opened.emit(self.current_id())
        elif key in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            self._go_across(row, forward=key == Qt.Key.Key_Right)
        else:
            super().keyPressEvent(event)

    def moveCursor(self, action: _Move, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Takes Home and End to the first and the last row."""
        last = len(self.runs.sheet.rows) - 1
        if action in {_Move.MoveHome, _Move.MoveEnd} and last >= 0:
            return self.runs.index(0 if action == _Move.MoveHome else last, 0)
        return super().moveCursor(action, modifiers)

    def keyboardSearch(self, search: str) -> None:
        """Collects what is typed and asks for the next run whose name begins so."""
        if not self._typed_lately():
            self._typed = ""
        self._typed += search
        self._typing.start()
        self.name_sought.emit(self._typed, self._id_at(self.currentIndex().row()))

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """Brings a row into sight and leaves the columns where they are."""
        at = self.horizontalScrollBar().value()
        super().scrollTo(index, hint)
        self.horizontalScrollBar().setValue(at)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Makes the first row current, so that the keyboard has somewhere to start."""
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self.runs.rowCount():
            self.selectionModel().setCurrentIndex(self.runs.index(0, 0), _Flag.NoUpdate)
        self._repaint()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Takes the ring away."""
        super().focusOutEvent(event)
        self._repaint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the pinned view over the first columns."""
        super().resizeEvent(event)
        self._fit_pinned()

    # ------------------------------------------------------------ inside

    def _join(self) -> None:
        pinned = self.pinned
        pinned.verticalScrollBar().valueChanged.connect(self.verticalScrollBar().setValue)
        self.verticalScrollBar().valueChanged.connect(pinned.verticalScrollBar().setValue)
        pinned.opened.connect(self.opened)
        pinned.ticked.connect(self.ticked)
        pinned.toggled.connect(self.toggled)
        pinned.context_requested.connect(self.context_requested)
        pinned.horizontalHeader().sectionResized.connect(self._on_pinned_resized)
        self.horizontalHeader().sectionResized.connect(self._on_resized)
        for view in (self, pinned):
            head = view.head
            head.sectionClicked.connect(self._on_header_clicked)
            head.pressed.connect(self._on_header_clicked)
            head.moved.connect(self._on_header_moved)
            head.menu_requested.connect(self.title_menu_requested)
        self.head.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.head.setAccessibleName("Columns")
        pinned.head.has_keyboard = self.head.hasFocus
        self.runs.headerDataChanged.connect(self._tell_title)
        self.selectionModel().selectionChanged.connect(self._on_selection_changed)
        self.selectionModel().currentRowChanged.connect(self._on_current_row_changed)
        self.runs.modelReset.connect(self._shape_columns)
        self.runs.windows.arrived.connect(self._on_arrived)

    def _shape_columns(self) -> None:
        look, pinned = theme(), self.runs.sheet.pinned_count
        self._is_shaping = True
        for at, column in enumerate(self.runs.sheet.columns):
            width, is_pinned = look.scaled(column.width), at < pinned
            self.setColumnWidth(at, 0 if is_pinned else width)
            self.pinned.setColumnHidden(at, not is_pinned)
            self.pinned.setColumnWidth(at, width)
        self._is_shaping = False
        self._fit_pinned()

    def _fit_pinned(self) -> None:
        width = sum(self.pinned.columnWidth(at) for at in range(self.runs.sheet.pinned_count))
        if self._room.make(width):
            self.updateGeometries()
        height = self.viewport().height() + self.horizontalHeader().height()
        self.pinned.setGeometry(0, 0, width, height)

    def _restore(self, selected: Ids, current: int, *, before: FlatRows | None) -> None:
        """Selects what was; ``before`` are the rows that were selected one and all."""
        model, rows = self.selectionModel(), self.runs.sheet.rows
        if before is not None and before.holds(rows.order.ids).all():
            firsts, lasts = rows.stretches()
        else:
            firsts, lasts = _stretches(rows.rows_of(selected), len(rows))
        if len(firsts) < MOST_STRETCHES:
            chosen, right = QItemSelection(), len(self.runs.sheet.columns) - 1
            for first, last in zip(firsts, lasts, strict=True):
                chosen.select(self.runs.index(first, 0), self.runs.index(last, right))
            model.select(chosen, _Flag.Select)
        row = rows.row_of(current) if current >= 0 else -1
        if row >= 0:
            model.setCurrentIndex(self.runs.index(row, 0), _Flag.NoUpdate)
        self._on_selection_changed()

    def _spans(self) -> list[tuple[int, int]]:
        """Returns the first and last rows of what is selected, from top to bottom."""
        chosen = self.selectionModel().selection()
        spans = {(chosen.at(at).top(), chosen.at(at).bottom()) for at in range(chosen.count())}
        return sorted(spans)

    def _count_selected(self) -> int:
        return sum(bottom - top + 1 for top, bottom in self._spans())

    def _id_at(self, row: int) -> int:
        """Returns the catalog id of a row, -1 for none and for a header."""
        if not 0 <= row < len(self.runs.sheet.rows):
            return -1
        return max(-1, self.runs.sheet.rows.one(row))

    def _tick(self, row: int) -> None:
        if self.is_header(row):
            self.toggled.emit(self.runs.sheet.rows.group_of(row))
            return
        for run_id in self.selected() or filter(None, (self.current_id(),)):
            self.ticked.emit(run_id)

    def _go_across(self, row: int, *, forward: bool) -> None:
        """Folds or unfolds a header, goes from a run to its header, else scrolls the columns."""
        rows, bar = self.runs.sheet.rows, self.horizontalScrollBar()
        group = rows.group_of(row) if row >= 0 else -1
        if self.is_header(row):
            if (group in rows.closed) == forward:
                self.toggled.emit(group)
        elif group >= 0 and not forward and bar.value() == 0:
            self.select_row(rows.header_of(group))
        else:
            bar.setValue(bar.value() + (SCROLLED_BY_KEY if forward else -SCROLLED_BY_KEY))

    def _typed_lately(self) -> bool:
        pause = QApplication.keyboardInputInterval()
        return self._typing.isValid() and self._typing.elapsed() < pause

    def _on_pinned_resized(self, column: int, _before: int, after: int) -> None:
        if column < self.runs.sheet.pinned_count and not self._is_shaping:
            self._fit_pinned()
            self._tell_width(column, after)

    def _on_resized(self, column: int, _before: int, after: int) -> None:
        if self._is_shaping or not after:
            return
        if column < self.runs.sheet.pinned_count:
            self.setColumnWidth(column, 0)  # its edge was caught beside the pinned view
        else:
            self._tell_width(column, after)

    def _tell_width(self, column: int, width: int) -> None:
        key = self.runs.sheet.columns[column].key
        self.column_resized.emit(key, round(width / theme().scale))

    def _on_header_clicked(self, at: int) -> None:
        column = self.runs.sheet.columns[at]
        if column.kind == "check":
            self.all_ticked.emit()
        elif column.order:
            sorting = self.runs.sorting
            is_same = sorting is not None and sorting[0] == column.key
            descending = not sorting[1] if is_same and sorting else column.is_right
            self.sort_requested.emit(column.key, descending)

    def _on_header_moved(self, at: int, to: int) -> None:
        self.column_moved.emit(self.runs.sheet.columns[at].key, to)

    def _tell_title(self) -> None:
        at = self.runs.title_at
        spoken = self.runs.headerData(
            at, Qt.Orientation.Horizontal, Qt.ItemDataRole.AccessibleTextRole
        )
        self.head.setAccessibleDescription(str(spoken or ""))
        if self.head.hasFocus() and at >= self.runs.sheet.pinned_count:
            self._show_column(at)

    def _show_column(self, at: int) -> None:
        """Scrolls a column that a title became current of into sight, beside the pinned ones."""
        left, wide = self.columnViewportPosition(at), self.columnWidth(at)
        bar = self.horizontalScrollBar()
        if left < 0:
            bar.setValue(bar.value() + left)
        elif left + wide > self.viewport().width():
            bar.setValue(bar.value() + left + wide - self.viewport().width())

    def _on_selection_changed(self, *changed: QItemSelection) -> None:
        spans = [part.at(at) for part in changed for at in range(min(part.count(), MANY_SPANS))]
        if 0 < len(spans) < MANY_SPANS:
            for span in spans:
                self._repaint_rows(span.top(), span.bottom())
        else:
            self._repaint()
        self.selection_changed.emit()

    def _on_current_row_changed(self, now: Index, before: Index) -> None:
        for index in (now, before):
            self._repaint_rows(index.row(), index.row())

    def _repaint_rows(self, first: int, last: int) -> None:
        """Paints rows again from edge to edge; Qt alone would stop at the last column."""
        for view in (self, self.pinned):
            view.viewport().update(view.across(first, last))

    def _on_arrived(self, _ids: Iterable[int]) -> None:
        if self._is_unnamed:
            self.selection_changed.emit()

    def _repaint(self) -> None:
        self.viewport().update()
        self.pinned.viewport().update()


def _stretches(found: Ids, many: int) -> tuple[list[int], list[int]]:
    """Returns the first and last rows of each stretch among rows found in any order, -1 for none.

    Marks them on the table instead of sorting: a million are marked in a fifth of the time.
    """
    marked = np.zeros(many + 2, np.int8)
    marked[found[found >= 0] + 1] = 1
    edges = np.diff(marked)
    return np.flatnonzero(edges == 1).tolist(), (np.flatnonzero(edges == -1) - 1).tolist()
