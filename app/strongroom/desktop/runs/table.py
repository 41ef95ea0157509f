# SPDX-License-Identifier: Apache-2.0
"""The runs table: native header, selection, keyboard and accessibility; cells painted by columns.

* A frame costs what is in sight, whatever the number of rows (rendering.md 5).
* Boxes and names are pinned: a second view on the same model and selection lies over the first.
* Signals carry run ids, never row numbers. The ticked box is the chart selection.
"""

from collections.abc import Sequence

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QTableView, QToolTip, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.labels import plain_tooltip
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.cells import CellPainter, Stretch, paint_ring
from strongroom.desktop.runs.header import RunsHeader
from strongroom.desktop.runs.model import RunsModel
from strongroom.desktop.runs.sheet import PINNED, Sheet

Index = QModelIndex | QPersistentModelIndex
SCROLLED_BY_KEY = 96  # px that Left and Right move the columns


class RunsView(QTableView):
    """One of the two views: paints what is in sight straight from the sheet.

    Signals:
        opened: Enter or double click on a row (run id).
        ticked: A box was clicked (run id).
        context_requested: A menu was asked for (run id, global position).
    """

    opened = Signal(str)
    ticked = Signal(str)
    context_requested = Signal(str, QPoint)

    def __init__(self, model: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.runs = model
        self.cells = CellPainter()
        self.setModel(model)
        self.setHorizontalHeader(RunsHeader(model, self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setCornerWidget(QWidget())
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(16)
        self.doubleClicked.connect(self._on_double_clicked)
        self.shape_rows()

    def shape_rows(self) -> None:
        """Gives rows the height of the look in force."""
        height = theme().height("row")
        self.verticalHeader().setDefaultSectionSize(height)
        self.verticalScrollBar().setSingleStep(height)

    def run_id(self, row: int) -> str:
        """Returns the run of a row."""
        return self.runs.sheet.runs[row].run_id

    def seen(self, area: QRect) -> Stretch:
        """Returns the rows that an area of the viewport shows."""
        height = self.verticalHeader().defaultSectionSize()
        offset = self.verticalOffset()
        first = max(0, (offset + area.top()) // height)
        end = min(len(self.runs.sheet.runs), (offset + area.bottom()) // height + 1)
        return Stretch(first, max(first, end), first * height - offset, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints grounds, then columns, then the ring."""
        painter = QPainter(self.viewport())
        area: QRect = event.rect()
        painter.fillRect(area, theme().colour("bg_surface"))
        rows = self.seen(area)
        width = min(self.viewport().width(), self.horizontalHeader().length())
        self._grounds(painter, rows)
        sheet = self.runs.sheet
        for column in range(len(sheet.columns)):
            left, wide = self.columnViewportPosition(column), self.columnWidth(column)
            hidden = self.isColumnHidden(column) or self.is_covered(column)
            if hidden or left > area.right() or left + wide < area.left():
                continue
            self.cells.column(painter, sheet, column, (left, wide), rows, self.runs.charted)
        current = self.currentIndex().row()
        if rows.first <= current < rows.end and self.has_keyboard():
            top = rows.top + (current - rows.first) * rows.height
            across = QRect(0, top, max(width, self.viewport().width()), rows.height)
            paint_ring(painter, across, starts=self.is_leading(), ends=self.is_trailing())

    def is_covered(self, _column: int) -> bool:
        """Returns whether another view lies over a column."""
        return False

    def has_keyboard(self) -> bool:
        """Returns whether the ring is shown."""
        return self.hasFocus()

    def is_leading(self) -> bool:
        """Returns whether the ring begins here."""
        return True

    def is_trailing(self) -> bool:
        """Returns whether the ring ends here."""
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Ticks a box without changing the selection."""
        index = self.indexAt(event.position().toPoint())
        is_box = index.isValid() and self.runs.sheet.columns[index.column()].kind == "check"
        if is_box and event.button() == Qt.MouseButton.LeftButton:
            self.ticked.emit(self.run_id(index.row()))
            event.accept()
            return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Takes a fast second click on a box as a click."""
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and self.runs.sheet.columns[index.column()].kind == "check":
            self.mousePressEvent(event)
            return
        super().mouseDoubleClickEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Asks for the menu of the row under the mouse, or of the current row."""
        place, at = event.globalPos(), event.pos()
        index = self.indexAt(at)
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
            place = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
        if index.isValid():
            self.context_requested.emit(self.run_id(index.row()), place)

    def viewportEvent(self, event: QEvent) -> bool:
        """Says the whole of what a cell could not show."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.indexAt(event.pos())
            QToolTip.showText(event.globalPos(), plain_tooltip(self._whole(index)), self)
            return True
        return super().viewportEvent(event)

    def _whole(self, index: Index) -> str:
        if not index.isValid():
            return ""
        row, column, sheet = index.row(), index.column(), self.runs.sheet
        words, exact = sheet.text(row, column), sheet.exact(row, column)
        is_short = self.cells.is_short(sheet, row, column, self.columnWidth(column))
        return exact if exact != words or is_short else ""

    def _grounds(self, painter: QPainter, rows: Stretch) -> None:
        look = theme()
        width = self.viewport().width()
        is_active = self.has_keyboard() or self.isActiveWindow()
        chosen = look.colour("bg_selected" if is_active else "bg_selected_idle")
        selection = self.selectionModel()
        line = look.colour("border_subtle")
        top = rows.top
        for row in range(rows.first, rows.end):
            if selection.isRowSelected(row):
                painter.fillRect(0, top, width, rows.height, chosen)
            painter.fillRect(0, top + rows.height - 1, width, 1, line)
            top += rows.height

    def _on_double_clicked(self, index: Index) -> None:
        self.opened.emit(self.run_id(index.row()))


class RunsTable(RunsView):
    """The table with its pinned columns.

    Signals:
        selection_changed: Other rows are selected.
        sort_requested: A title was pressed (column key, descending).
        all_ticked: The box in the header was pressed.
    """

    selection_changed = Signal()
    sort_requested = Signal(str, bool)
    all_ticked = Signal()

    def __init__(self, model: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self.setAccessibleName("Runs")
        self.setObjectName("runs.table")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.pinned = _PinnedView(model, self)
        self.pinned.setSelectionModel(self.selectionModel())
        self._join()
        self.horizontalHeader().sectionClicked.connect(self._on_header_clicked)
        self.pinned.horizontalHeader().sectionClicked.connect(self._on_header_clicked)
        self.selectionModel().selectionChanged.connect(self._on_selection_changed)
        self.selectionModel().currentRowChanged.connect(self._repaint)
        model.modelReset.connect(self._shape_columns)
        self._shape_columns()

    # ------------------------------------------------------------ content

    def set_sheet(self, sheet: Sheet, *, keeps_place: bool = False) -> None:
        """Shows other rows and columns; what is selected stays selected where it is there."""
        selected, current = self.selected(), self.current_id()
        at = self.verticalScrollBar().value() if keeps_place else 0
        widths = {
            column.key: self.columnWidth(at) for at, column in enumerate(self.runs.sheet.columns)
        }
        self.runs.set_sheet(sheet)
        for number, column in enumerate(sheet.columns):
            if column.key in widths:
                self.setColumnWidth(number, widths[column.key])
        self._fit_pinned()
        self._restore(selected, current)
        self.verticalScrollBar().setValue(at)

    def selected(self) -> tuple[str, ...]:
        """Returns the selected runs from top to bottom."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return tuple(self.run_id(row) for row in rows)

    def current_id(self) -> str:
        """Returns the current run, "" for none."""
        row = self.currentIndex().row()
        return self.run_id(row) if 0 <= row < len(self.runs.sheet.runs) else ""

    def select(self, run_id: str) -> bool:
        """Makes a run current and selected; returns whether it is shown."""
        row = self.runs.sheet.row_of(run_id)
        if row < 0:
            return False
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().setCurrentIndex(
            self.runs.index(row, 0), flags.ClearAndSelect | flags.Rows
        )
        return True

    def apply_theme(self) -> None:
        """Takes over heights and widths of the look in force."""
        for view in (self, self.pinned):
            view.shape_rows()
            view.cells.forget()
        self._shape_columns()

    # ------------------------------------------------------------ Qt

    def is_covered(self, _column: int) -> bool:
        """Returns whether the pinned view lies over a column."""
        return _column < len(PINNED)

    def is_leading(self) -> bool:
        """Returns that the ring begins in the pinned view."""
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ticks with Space, opens with Enter, scrolls columns with Left and Right."""
        key = Qt.Key(event.key())
        bar = self.horizontalScrollBar()
        if key == Qt.Key.Key_Space:
            for run_id in self.selected() or filter(None, (self.current_id(),)):
                self.ticked.emit(run_id)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            if self.current_id():
                self.opened.emit(self.current_id())
        elif key in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            step = SCROLLED_BY_KEY if key == Qt.Key.Key_Right else -SCROLLED_BY_KEY
            bar.setValue(bar.value() + step)
        else:
            super().keyPressEvent(event)

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
            nothing = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(self.runs.index(0, 0), nothing)
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
        pinned.context_requested.connect(self.context_requested)
        pinned.horizontalHeader().sectionResized.connect(self._on_pinned_resized)

    def _shape_columns(self) -> None:
        look = theme()
        for at, column in enumerate(self.runs.sheet.columns):
            width = look.scaled(column.width)
            self.setColumnWidth(at, width)
            self.pinned.setColumnHidden(at, at >= len(PINNED))
            self.pinned.setColumnWidth(at, width)
        self._fit_pinned()

    def _fit_pinned(self) -> None:
        width = 0
        for at in range(min(len(PINNED), len(self.runs.sheet.columns))):
            wide = self.pinned.columnWidth(at)
            self.setColumnWidth(at, wide)
            width += wide
        height = self.viewport().height() + self.horizontalHeader().height()
        self.pinned.setGeometry(0, 0, width + 1, height)

    def _restore(self, selected: Sequence[str], current: str) -> None:
        flags = QItemSelectionModel.SelectionFlag
        model = self.selectionModel()
        for run_id in selected:
            row = self.runs.sheet.row_of(run_id)
            if row >= 0:
                model.select(self.runs.index(row, 0), flags.Select | flags.Rows)
        row = self.runs.sheet.row_of(current) if current else -1
        if row >= 0:
            model.setCurrentIndex(self.runs.index(row, 0), flags.NoUpdate)
        self._on_selection_changed()

    def _on_pinned_resized(self, column: int, _before: int, after: int) -> None:
        if column < len(PINNED):
            self.setColumnWidth(column, after)
            self._fit_pinned()

    def _on_header_clicked(self, at: int) -> None:
        column = self.runs.sheet.columns[at]
        if column.kind == "check":
            self.all_ticked.emit()
        elif column.order:
            sorting = self.runs.sorting
            is_same = sorting is not None and sorting[0] == column.key
            descending = not sorting[1] if is_same and sorting else column.is_right
            self.sort_requested.emit(column.key, descending)

    def _on_selection_changed(self) -> None:
        self._repaint()
        self.selection_changed.emit()

    def _repaint(self) -> None:
        self.viewport().update()
        self.pinned.viewport().update()


class _PinnedView(RunsView):
    """The first columns, over those of the table; the table keeps the keyboard."""

    def __init__(self, model: RunsModel, table: RunsTable) -> None:
        super().__init__(model, table)
        self._table = table
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFocusProxy(table)
        self.setAccessibleName("Runs, pinned columns")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def has_keyboard(self) -> bool:
        """Returns whether the table has the keyboard."""
        return self._table.hasFocus()

    def is_trailing(self) -> bool:
        """Returns that the ring goes on in the table."""
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Gives the keyboard to the table."""
        self._table.setFocus(Qt.FocusReason.MouseFocusReason)
        super().mousePressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the cells and the line that pins them."""
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        right = self.viewport().width() - 1
        paint.hairline(painter, QRectF(right, 0, 1, self.viewport().height()), "border_pin")
