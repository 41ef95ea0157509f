# SPDX-License-Identifier: Apache-2.0
"""The header of a table: titles, the names above groups of them, the box for all boxes."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelection, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QHeaderView, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.cells import Column
from strongroom.desktop.kit.table_model import TableModel
from strongroom.desktop.kit.theme import theme

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role


class Header(QHeaderView):
    """The header: 11 px titles on sunken ground, group names above, a box for all boxes."""

    def __init__(
        self, pad: int = 12, edge: int = 16, *, plain: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._pad, self._edge = pad, edge
        self._ground: Role = "bg_surface" if plain else "bg_sunken"
        self._marked = ""
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(16)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        theme().follow(self)

    def apply_theme(self) -> None:
        """Takes over the height of the look in force."""
        tall = any(column.group or column.sub for column in self._columns())
        look = theme()
        two_lines = look.line("body") + look.line("caption") + 5  # what `_named` paints
        grouped = max(look.height("header_grouped"), two_lines)
        self.setFixedHeight(grouped if tall else look.height("header"))

    def set_marked(self, key: str) -> None:
        """Underlines the column the keyboard is at, "" none."""
        self._marked = key
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints sections, the ground behind the last one, and group names."""
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        width, height = self.viewport().width(), self.height()
        end = self.length() - self.offset()
        if end < width:
            rest = QRectF(end, 0, width - end, height)
            paint.hairline(painter, rest, self._ground)
            paint.hairline(painter, QRectF(end, height - 1, width - end, 1), "border_default")
        look = theme()
        columns = self._columns()
        for at, column in enumerate(columns):
            if column.group and (at == 0 or columns[at - 1].group != column.group):
                left = self.sectionViewportPosition(at) + (self._edge if at == 0 else self._pad)
                place = QRectF(left, 2, look.scaled(260), look.scaled(20))
                font = look.font("caption", weight=600)
                paint.text(painter, place, column.group, "text_tertiary", font)

    def selectionChanged(self, _selected: QItemSelection, _deselected: QItemSelection) -> None:
        """Leaves the titles as they are: they do not tell which rows are selected."""

    def paintSection(self, painter: QPainter, rect: QRect, index: int) -> None:
        """Paints one title."""
        columns = self._columns()
        if not 0 <= index < len(columns) or rect.isEmpty():
            return
        column = columns[index]
        look = theme()
        area = QRectF(rect)
        paint.hairline(painter, area, self._ground)
        line = QRectF(area.x(), area.bottom() - 1, area.width(), 1)
        paint.hairline(painter, line, "border_default")
        if column.key == self._marked:
            paint.hairline(painter, QRectF(area.x(), area.bottom() - 1, area.width(), 2), "accent")
        if index and column.group and columns[index - 1].group != column.group:
            upright = QRectF(area.x(), 6, 1, area.height() - 12)
            paint.hairline(painter, upright, "border_default")
        left = look.scaled(self._edge if index == 0 else self._pad)
        right = look.scaled(self._edge if index == len(columns) - 1 else self._pad)
        top = look.scaled(20) if any(other.group for other in columns) else 0
        inside = area.adjusted(left, top, -right, -1)
        self._title(painter, inside, column, index)

    def _title(self, painter: QPainter, rect: QRectF, column: Column, index: int) -> None:
        look = theme()
        model = self.model()
        assert isinstance(model, TableModel)  # noqa: S101 - `Table` makes both
        if column.checks:
            state = model.check_state(index)
            paint.check_box(painter, rect.x(), rect.center().y(), state)
            return
        if column.icon:
            left = rect.center().x() - 7 if column.align == "centre" else rect.x()
            y = round(rect.center().y() - 7)
            paint.icon(painter, column.icon, round(left), y, "text_tertiary", 14)
            return
        if column.sub or column.series is not None:
            self._named(painter, rect, column)
            return
        sorting = model.sorting()
        if sorting is None or sorting[0] != column.key:
            font = look.font("caption")
            paint.text(painter, rect, column.title, "text_secondary", font, column.align)
            return
        font = look.font("caption", weight=600)
        arrow = "arrow-down" if sorting[1] else "arrow-up"
        width = min(look.width(column.title, font), rect.width() - 14)
        x = rect.right() - width - 14 if column.align == "right" else rect.x() + width + 3
        paint.icon(painter, arrow, x, round(rect.center().y() - 6), "text_primary", 12)
        paint.text(painter, rect, column.title, "text_primary", font, column.align)

    def _named(self, painter: QPainter, rect: QRectF, column: Column) -> None:
        """Paints the name of a run with its dot, and a grey line below."""
        look = theme()
        font: QFont = look.font("dense", weight=600)
        line = look.line("body")
        top = rect.y() + (4 if column.sub else (rect.height() - line) / 2)
        name = QRectF(rect.x(), top, rect.width(), line)
        width = min(look.width(column.title, font), rect.width() - 18)
        if column.series is not None:
            x = rect.right() - width - 10 if column.align == "right" else rect.x() + 4
            paint.dot(painter, QPointF(x, name.center().y()), 4, column.series)
            name = name.adjusted(14 if column.align == "left" else 18, 0, 0, 0)
        paint.text(painter, name, column.title, "text_primary", font, column.align)
        under = QRectF(rect.x(), top + line - 3, rect.width(), look.line("caption"))
        small = look.font("caption", weight=400)
        paint.text(painter, under, column.sub, "text_tertiary", small, column.align)

    def _columns(self) -> tuple[Column, ...]:
        model = self.model()
        return model.columns if isinstance(model, TableModel) else ()
