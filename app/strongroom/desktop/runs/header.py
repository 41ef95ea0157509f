# SPDX-License-Identifier: Apache-2.0
"""The header of the runs table: group names above titles, the sort arrow, the box for all boxes."""

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHeaderView, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.columns import SheetColumn
from strongroom.desktop.runs.model import RunsModel

EDGE, PAD = 16, 10
_GROUP_LINE = 20  # px at 100 %: the line of the group names


class RunsHeader(QHeaderView):
    """The header of one of the two views."""

    def __init__(self, model: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._runs = model
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(40)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.apply_theme()

    def apply_theme(self) -> None:
        """Takes over the height of the look in force."""
        self.setFixedHeight(theme().height("header_grouped"))

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
            if column.group and (at == 0 or columns[at - 1].group != column.group):
                place = QRectF(self.sectionViewportPosition(at) + PAD, 3, look.scaled(220), 20)
                font = look.font("caption")
                paint.text(painter, place, column.group, "text_secondary", font)

    def paintSection(self, painter: QPainter, rect: QRect, index: int) -> None:
        """Paints one title."""
        columns = self._columns()
        if not 0 <= index < len(columns):
            return
        column, area = columns[index], QRectF(rect)
        paint.hairline(painter, area, "bg_sunken")
        line = QRectF(area.x(), area.bottom() - 1, area.width(), 1)
        paint.hairline(painter, line, "border_default")
        if index and column.group and columns[index - 1].group != column.group:
            upright = QRectF(area.x(), 6, 1, area.height() - 12)
            paint.hairline(painter, upright, "border_default")
        inside = area.adjusted(PAD, theme().scaled(_GROUP_LINE), -PAD, -1)
        if column.kind == "check":
            paint.check_box(painter, area.x() + EDGE, inside.center().y(), self._runs.check_state())
            return
        if column.kind == "run":
            inside = inside.adjusted(0, 0, 0, 0)
        self._title(painter, inside, column)

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

    def _columns(self) -> tuple[SheetColumn, ...]:
        return self._runs.sheet.columns
