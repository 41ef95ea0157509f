# SPDX-License-Identifier: Apache-2.0
"""The header of the runs table: group names above titles, the sort arrow, the box for all boxes.

* A title can be reached by keyboard: arrows go from title to title, Enter sorts, the menu key
  opens its menu. The ring is where the keyboard is, in whichever of the two views that is.
* A title that was dragged goes back; the page moves the column and shows the table anew.
"""

from PySide6.QtCore import QItemSelection, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QHeaderView, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.columns import SheetColumn
from strongroom.desktop.runs.model import RunsModel

EDGE, PAD = 16, 10
_GROUP_LINE = 20  # px at 100 %: the line of the group names


class RunsHeader(QHeaderView):
    """The header of one of the two views.

    Signals:
        moved: A title was dragged (its place, the place where it was dropped).
        menu_requested: The menu of a title was asked for (its place, global position).
        pressed: A title was pressed by keyboard (its place).
    """

    moved = Signal(int, int)
    menu_requested = Signal(int, QPoint)
    pressed = Signal(int)

    def __init__(self, model: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._runs = model
        self._is_putting_back = False
        self.has_keyboard = self.hasFocus
        self.setSectionsClickable(True)
        self.setSectionsMovable(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(40)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.sectionMoved.connect(self._on_moved)
        self.apply_theme()
        theme().follow(self)

    def apply_theme(self) -> None:
        """Takes over the height of the look in force."""
        look = theme()
        more = look.scaled(_GROUP_LINE) - _GROUP_LINE  # the line of the group names grows too
        self.setFixedHeight(look.height("header_grouped") + more)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints sections, the ground behind the last one, and group names."""
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        width, end, height = self.viewport().width(), self.length() - self.offset(), self.height()
        if end < width:
            paint.hairline(painter, QRectF(end, 0, width - end, height), "bg_sunken")
            paint.hairline(painter, QRectF(end, height - 1, width - end, 1), "border_default")
        look = theme()
        columns = self._columns()
        for at, column in enumerate(columns):
            if self._begins_group(at):
                place = QRectF(
                    self.sectionViewportPosition(at) + PAD,
                    3,
                    look.scaled(220),
                    look.scaled(_GROUP_LINE),
                )
                font = look.font("caption")
                paint.text(painter, place, column.group, "text_secondary", font)

    def selectionChanged(self, _selected: QItemSelection, _deselected: QItemSelection) -> None:
        """Leaves the titles as they are: they do not tell which rows are selected."""

    def paintSection(self, painter: QPainter, rect: QRect, index: int) -> None:
        """Paints one title."""
        columns = self._columns()
        if not 0 <= index < len(columns) or rect.isEmpty():  # no width: it stands in the other view
            return
        column, area = columns[index], QRectF(rect)
        paint.hairline(painter, area, "bg_sunken")
        line = QRectF(area.x(), area.bottom() - 1, area.width(), 1)
        paint.hairline(painter, line, "border_default")
        if index and self._begins_group(index):
            upright = QRectF(area.x(), 6, 1, area.height() - 12)
            paint.hairline(painter, upright, "border_default")
        inside = area.adjusted(PAD, theme().scaled(_GROUP_LINE), -PAD, -1)
        if column.kind == "check":
            paint.check_box(painter, area.x() + EDGE, inside.center().y(), self._runs.check_state())
        elif column.kind == "trust":
            middle = area.center().x() - 8
            paint.icon(painter, "shield", middle, inside.center().y() - 8, "text_secondary")
        else:
            self._title(painter, inside, column)
        if index == self._runs.title_at and self.has_keyboard():
            paint.focus_ring(painter, area.adjusted(1, theme().scaled(_GROUP_LINE) - 2, -1, -2), 4)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes from title to title, sorts with Enter, opens the menu with Space."""
        key, last = Qt.Key(event.key()), len(self._columns()) - 1
        at = max(0, self._runs.title_at)
        steps = {Qt.Key.Key_Left: at - 1, Qt.Key.Key_Right: at + 1}
        places = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: last, **steps}
        if key in places:
            self._runs.set_title_at(max(0, min(last, places[key])))
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.pressed.emit(at)
        elif key == Qt.Key.Key_Space:
            self.menu_requested.emit(at, self._below(at))
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Asks for the menu of a title."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            at = max(0, self._runs.title_at)
            self.menu_requested.emit(at, self._below(at))
        else:
            self.menu_requested.emit(self.logicalIndexAt(event.pos()), event.globalPos())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Makes a title current."""
        self._runs.set_title_at(self.logicalIndexAt(event.position().toPoint()))
        super().mousePressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows which title is current."""
        super().focusInEvent(event)
        self._runs.set_title_at(max(0, self._runs.title_at))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Takes the ring away."""
        super().focusOutEvent(event)
        self._runs.set_title_at(self._runs.title_at)

    def _title(self, painter: QPainter, rect: QRectF, column: SheetColumn) -> None:
        look = theme()
        align: paint.Align = "right" if column.is_right else "left"
        sorting = self._runs.sorting
        if sorting is None or sorting[0] != column.key:
            font = look.font("caption")
            paint.text(painter, rect, column.title, "text_secondary", font, align)
            return
        font = look.font("caption", weight=600)
        width = min(look.width(column.title, font), rect.width() - 14)
        x = rect.right() - width - 15 if column.is_right else rect.x() + width + 3
        arrow = "arrow-down" if sorting[1] else "arrow-up"
        paint.icon(painter, arrow, x, round(rect.center().y() - 6), "text_primary", 12)
        if column.is_right:
            rect = rect.adjusted(14, 0, 0, 0)
        paint.text(painter, rect, column.title, "text_primary", font, align)

    def _begins_group(self, at: int) -> bool:
        """Whether another group of columns begins here; pinned ones are a side of their own."""
        columns = self._columns()
        column = columns[at]
        if not column.group:
            return False
        before = columns[at - 1] if at else None
        is_same = before is not None and before.group == column.group
        return not is_same or (before is not None and before.is_pinned != column.is_pinned)

    def _below(self, at: int) -> QPoint:
        place = QPoint(self.sectionViewportPosition(at) + PAD, self.height())
        return self.viewport().mapToGlobal(place)

    def _on_moved(self, at: int, before: int, after: int) -> None:
        if not self._is_putting_back:
            self._is_putting_back = True
            self.moveSection(after, before)
            self._is_putting_back = False
            self.moved.emit(at, after)

    def _columns(self) -> tuple[SheetColumn, ...]:
        return self._runs.sheet.columns
