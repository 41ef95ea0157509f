# SPDX-License-Identifier: Apache-2.0
"""One view of the runs table: native selection and accessibility; cells painted by columns.

* A frame costs what is in sight, whatever the number of rows (rendering.md 5).
* Rows that are painted are asked for, with some screens around them; nothing else ever is.
* Signals carry run ids, never row numbers. The ticked box is the chart selection.
"""

from collections.abc import Sequence

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QTableView, QToolTip, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.labels import plain_tooltip
from strongroom.desktop.kit.scroll_bar import thin_bars
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.cell_marks import Stretch
from strongroom.desktop.runs.cells import CellPainter
from strongroom.desktop.runs.header import RunsHeader
from strongroom.desktop.runs.model import RunsModel
from strongroom.desktop.runs.row_windows import AROUND, LoadedRow

AIM_BAR = 3  # px
Index = QModelIndex | QPersistentModelIndex


class RunsView(QTableView):
    """One of the two views: paints what is in sight straight from the sheet.

    Signals:
        opened: Enter or double click on a row (run id).
        ticked: A box was clicked (run id).
        toggled: A group is to collapse or to expand (its number).
        context_requested: A menu was asked for (run id or "" for a group, global position).
        run_hovered: The mouse lies on the row of another run (its id, "" for none).
    """

    opened = Signal(str)
    ticked = Signal(str)
    toggled = Signal(int)
    context_requested = Signal(str, QPoint)
    run_hovered = Signal(str)

    def __init__(self, model: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        thin_bars(self)
        self.runs = model
        self.cells = CellPainter()
        self.setModel(model)
        self.head = RunsHeader(model, self)
        self.setHorizontalHeader(self.head)
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
        self._hovered = ""
        self.setMouseTracking(True)
        self.shape_rows()

    def shape_rows(self) -> None:
        """Gives rows the height of the look in force."""
        height = theme().height("row")
        self.verticalHeader().setDefaultSectionSize(height)
        self.verticalScrollBar().setSingleStep(height)

    def run_id(self, row: int) -> str:
        """Returns the run of a row, "" for a header and for a row not read yet."""
        run = self.runs.sheet.run(row) if 0 <= row < len(self.runs.sheet.rows) else None
        return "" if run is None else run.run_id

    def is_header(self, row: int) -> bool:
        """Returns whether a row is the header of a group."""
        return 0 <= row < len(self.runs.sheet.rows) and self.runs.sheet.rows.one(row) < 0

    def seen(self, area: QRect) -> Stretch:
        """Returns the rows that an area of the viewport shows."""
        height = self.verticalHeader().defaultSectionSize()
        offset = self.verticalOffset()
        first = max(0, (offset + area.top()) // height)
        end = min(len(self.runs.sheet.rows), (offset + area.bottom()) // height + 1)
        return Stretch(first, max(first, end), first * height - offset, height)

    def across(self, first: int, last: int) -> QRect:
        """Returns where rows are in the viewport from edge to edge, empty if out of sight."""
        height, port = self.verticalHeader().defaultSectionSize(), self.viewport()
        top = first * height - self.verticalOffset()
        bottom = min((last + 1) * height - self.verticalOffset(), port.height())
        return QRect(0, max(0, top), port.width(), bottom - max(0, top))

    def repaint_lines(self) -> None:
        """Paints the columns of lines by step again, after some were read."""
        for at, column in enumerate(self.runs.sheet.columns):
            if column.kind == "spark" and (wide := self.columnWidth(at)):
                place = QRect(self.columnViewportPosition(at), 0, wide, self.viewport().height())
                self.viewport().update(place)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints grounds, then columns, then the ring."""
        painter = QPainter(self.viewport())
        area: QRect = event.rect()
        painter.fillRect(area, theme().colour("bg_surface"))
        rows = self.seen(area)
        sheet = self.runs.sheet
        items = sheet.items(rows.first, rows.end)
        self._grounds(painter, rows, items)
        for at in range(max(0, self.head.logicalIndexAt(area.left())), len(sheet.columns)):
            place = (self.columnViewportPosition(at), self.columnWidth(at))
            if place[0] > area.right():
                break
            if place[1]:
                column = sheet.columns[at]
                self.cells.column(painter, sheet, column, place, rows, items, self.runs.charted)
        current = self.currentIndex().row()
        if rows.first <= current < rows.end and self.has_keyboard():
            top = rows.top + (current - rows.first) * rows.height
            ring = QRect(0, top, self.viewport().width(), rows.height)
            paint.row_ring(painter, ring, starts=self.is_leading(), ends=self.is_trailing())
        painter.end()
        self.look_around()

    def look_around(self) -> None:
        """Asks for the rows in sight and some screens of them on either side."""
        rows = self.seen(self.viewport().rect())
        many = AROUND * max(1, rows.end - rows.first)
        flat = self.runs.sheet.rows
        near = flat.runs(max(0, rows.first - many), min(len(flat), rows.end + many))
        self.runs.windows.want(near.tolist())

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
        """Ticks a box or turns a chevron without changing the selection."""
        index = self.indexAt(event.position().toPoint())
        is_box = index.isValid() and self.runs.sheet.columns[index.column()].kind == "check"
        if is_box and event.button() == Qt.MouseButton.LeftButton:
            self._press_box(index.row())
            event.accept()
            return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Says whose row the mouse lies on."""
        super().mouseMoveEvent(event)
        self._hover(self.run_id(self.rowAt(round(event.position().y()))))

    def _hover(self, run_id: str) -> None:
        if run_id != self._hovered:
            self._hovered = run_id
            self.run_hovered.emit(run_id)

    def _press_box(self, row: int) -> None:
        if self.is_header(row):
            self.toggled.emit(self.runs.sheet.rows.group_of(row))
        elif self.run_id(row):
            self.ticked.emit(self.run_id(row))

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
        if index.isValid() and (self.run_id(index.row()) or self.is_header(index.row())):
            self.context_requested.emit(self.run_id(index.row()), place)
        else:
            event.ignore()  # below the last row the page is meant

    def viewportEvent(self, event: QEvent) -> bool:
        """Says the whole of what a cell could not show."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.indexAt(event.pos())
            QToolTip.showText(event.globalPos(), plain_tooltip(self._whole(index)), self)
            return True
        if event.type() == QEvent.Type.Leave:
            self._hover("")
        return super().viewportEvent(event)

    def _whole(self, index: Index) -> str:
        if not index.isValid():
            return ""
        row, column, sheet = index.row(), index.column(), self.runs.sheet
        words, exact = sheet.text(row, column), sheet.exact(row, column)
        is_short = self.cells.is_short(sheet, row, column, self.columnWidth(column))
        return exact if exact != words or is_short else ""

    def _grounds(self, painter: QPainter, rows: Stretch, items: Sequence[LoadedRow | int]) -> None:
        look = theme()
        width = self.viewport().width()
        is_active = self.has_keyboard() or self.isActiveWindow()
        chosen = look.colour("bg_selected" if is_active else "bg_selected_idle")
        selected = self._selected(rows)
        line = look.colour("border_subtle")
        top = rows.top
        sunken = look.colour("bg_sunken")
        aimed = self.runs.aimed
        for row, item in zip(range(rows.first, rows.end), items, strict=True):
            if row in selected:
                painter.fillRect(0, top, width, rows.height, chosen)
            elif not isinstance(item, LoadedRow) and item >= 0:
                painter.fillRect(0, top, width, rows.height, sunken)
            if aimed and isinstance(item, LoadedRow) and item.row.run.run_id == aimed:
                if row not in selected:
                    painter.fillRect(0, top, width, rows.height, look.colour("bg_hover"))
                if self.is_leading():  # a bar as well, for ground alone is hard to see
                    painter.fillRect(0, top, AIM_BAR, rows.height, look.colour("accent"))
            painter.fillRect(0, top + rows.height - 1, width, 1, line)
            top += rows.height

    def _selected(self, rows: Stretch) -> set[int]:
        """Returns the selected rows among those to paint; rows are selected whole."""
        shown, model = range(rows.first, rows.end), self.selectionModel()
        chosen = model.selection()
        if chosen.count() > len(shown):
            return {row for row in shown if model.isRowSelected(row)}
        found: set[int] = set()
        for at in range(chosen.count()):
            span = chosen.at(at)
            found.update(range(max(rows.first, span.top()), min(rows.end, span.bottom() + 1)))
        return found

    def _on_double_clicked(self, index: Index) -> None:
        if self.is_header(index.row()):
            self.toggled.emit(self.runs.sheet.rows.group_of(index.row()))
        elif self.run_id(index.row()):
            self.opened.emit(self.run_id(index.row()))
