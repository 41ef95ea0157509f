# SPDX-License-Identifier: Apache-2.0
"""Paints the lines of a table that are in sight, row by row. No style sheet comes near it.

* Qt's own painting makes an option, an index and two look-ups a cell; here a row is looked up once.
* Header, cells and group rows share the 16 px edge at the left and right.
* The current row has a ring: 2 px at its ends, 1 px above and below, only with the keyboard.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QTableView

from strongroom.desktop.kit import marks, paint
from strongroom.desktop.kit.cell_paint import DEPTH, paint_cell
from strongroom.desktop.kit.cells import Column, Group, Line, Notice, Row
from strongroom.desktop.kit.table_model import TableModel
from strongroom.desktop.kit.theme import theme

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role

_TINTS: dict[str, "Role"] = {"warn": "warn_bg", "bad": "bad_bg"}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a column is in the viewport, and where in it a cell's content lies."""

    at: int
    left: int
    width: int
    inner: float
    room: float


class TablePainter:
    """Paints a view of a `TableModel`.

    Args:
        view: The view; its rows, widths, spans, selection and keyboard are those painted.
        model: Its model.
        pad: Px at both sides of a cell.
        edge: Px at the outer sides of the first and last column.

    Attributes:
        boxes_cell: The current cell has a box inside the ring of its row.
        before: Px that headings begin left of the view.
        beyond: Px that headings reach, where they reach further than their cells.
    """

    def __init__(self, view: QTableView, model: TableModel, pad: int = 12, edge: int = 16) -> None:
        self._view, self._model = view, model
        self._pad, self._edge = pad, edge
        self.boxes_cell = False
        self.before = self.beyond = 0

    def paint(self, painter: QPainter, area: QRect) -> None:
        """Paints grounds, hairlines, ring and content of what an area of the viewport shows."""
        view, lines = self._view, self._model.lines()
        first, last = view.rowAt(area.top()), view.rowAt(area.bottom())
        places = self._places(area)
        if first < 0 or not places:
            return
        last = len(lines) - 1 if last < 0 else last
        selected, current = self._selected(first, last), view.currentIndex().row()
        has_keyboard = view.hasFocus()
        for row in range(first, last + 1):
            line, top, high = lines[row], view.rowViewportPosition(row), view.rowHeight(row)
            if isinstance(line, Row):
                self._row(painter, line, places, (top, high), is_selected=row in selected)
            else:
                self._heading(painter, line, row, places, (top, high))
            if row == current and has_keyboard:
                self._ring(painter, places, (top, high), boxes=isinstance(line, Row))

    def is_short(self, row: int, column: int) -> bool:
        """Returns whether a cell has more to say than fits into it."""
        line = self._model.line(row)
        if not isinstance(line, Row) or column >= len(line.cells):
            return False
        spot = QImage(1, 1, QImage.Format.Format_RGB32)
        painter = QPainter(spot)
        place = self._place(column)
        inside = QRectF(place.inner, 0, place.room, self._view.rowHeight(row) - 1)
        title = self._model.columns[column]
        is_short = paint_cell(painter, inside, line.cells[column], title, line)
        painter.end()
        return is_short

    def _places(self, area: QRect) -> list[_Place]:
        """Returns the columns that an area shows, from left to right."""
        found = []
        for at in range(max(0, self._view.columnAt(max(0, area.left()))), self._count()):
            place = self._place(at)
            if place.left > area.right():
                break
            if place.width:
                found.append(place)
        return found

    def _place(self, at: int) -> _Place:
        look = theme()
        left, width = self._view.columnViewportPosition(at), self._view.columnWidth(at)
        inner = look.scaled(self._edge if at == 0 else self._pad)
        outer = look.scaled(self._edge if at == self._count() - 1 else self._pad)
        return _Place(at, left, width, left + inner, width - inner - outer)

    def _count(self) -> int:
        return len(self._model.columns)

    def _selected(self, first: int, last: int) -> set[int]:
        spans = self._view.selectionModel().selection()
        found: set[int] = set()
        for at in range(spans.count()):
            span = spans.at(at)
            found.update(range(max(first, span.top()), min(last, span.bottom()) + 1))
        return found

    def _row(
        self,
        painter: QPainter,
        line: Row,
        places: list[_Place],
        level: tuple[int, int],
        *,
        is_selected: bool,
    ) -> None:
        view, (top, high) = self._view, level
        fill: Role | None = _TINTS[line.tint] if line.tint else None
        if is_selected:
            is_active = view.isActiveWindow() or view.hasFocus()
            fill = "bg_selected" if is_active else "bg_selected_idle"
        left, end = places[0].left, places[-1].left + places[-1].width
        _ground(painter, QRect(left, top, end - left, high), fill)
        columns, found, many = self._model.columns, line.cells, len(line.cells)
        for place in places:
            if place.at < many:
                inside = QRectF(place.inner, top, place.room, high - 1)
                paint_cell(painter, inside, found[place.at], columns[place.at], line)

    def _heading(
        self,
        painter: QPainter,
        line: Line,
        row: int,
        places: list[_Place],
        level: tuple[int, int],
    ) -> None:
        """Paints a group or a notice: its first cell across those it spans, then the others."""
        view, (top, high) = self._view, level
        span = max(1, view.columnSpan(row, 0))
        left = view.columnViewportPosition(0) - self.before
        end = view.columnViewportPosition(span - 1) + view.columnWidth(span - 1)
        whole = QRect(left, top, max(end, self.beyond) - left, high)
        fill: Role | None = "bg_sunken"
        if isinstance(line, Notice):
            fill = paint.TONE_GROUND[line.tone]
        elif isinstance(line, Group) and line.depth:
            fill = None
        _ground(painter, whole, fill)
        outer = self._edge if self._count() == 1 else self._pad
        look = theme()
        inner = look.scaled(self._edge)
        inside = QRectF(left + inner, top, whole.width() - inner - look.scaled(outer), high - 1)
        if isinstance(line, Notice):
            self._notice(painter, inside.adjusted(0, 0, look.scaled(outer) - 8, 0), line)
        elif isinstance(line, Group):
            self._group(painter, inside, line)
        for place in places:
            if place.at >= span and isinstance(line, Group):
                _ground(painter, QRect(place.left, top, place.width, high), fill)
                column = self._model.columns[place.at]
                room = QRectF(place.inner, top, place.room, high - 1)
                _aggregate(painter, room, line, column)

    def _ring(
        self, painter: QPainter, places: list[_Place], level: tuple[int, int], *, boxes: bool
    ) -> None:
        colour = theme().colour("focus")
        (top, high), end = level, places[-1].left + places[-1].width
        across = QRect(places[0].left, top, max(end, self.beyond) - places[0].left, high)
        ends = places[-1].at == self._count() - 1
        paint.row_ring(painter, across, starts=places[0].at == 0, ends=ends)
        current = self._view.currentIndex().column()
        for place in places:
            if boxes and self.boxes_cell and 0 < place.at == current:
                painter.fillRect(place.left, top, 2, high, colour)
                painter.fillRect(place.left + place.width - 2, top, 2, high, colour)

    def _group(self, painter: QPainter, inside: QRectF, line: Group) -> None:
        look = theme()
        inside = inside.adjusted(DEPTH * line.depth, 0, 0, 0)
        chevron = "chevron-right" if self._model.is_folded(line.key) else "chevron-down"
        top = round(inside.center().y() - 7)
        paint.icon(painter, chevron, inside.x() - 2, top, "text_secondary", 14)
        bold = look.font("dense", weight=500 if line.depth else 600)
        title = inside.adjusted(18, 0, 0, 0)
        paint.text(painter, title, line.title, font=bold)
        note = title.adjusted(look.width(line.title, bold) + 8, 0, 0, 0)
        paint.text(painter, note, line.note, "text_tertiary", look.font("dense"))

    def _notice(self, painter: QPainter, inside: QRectF, line: Notice) -> None:
        top = round(inside.center().y() - 8)
        paint.icon(painter, line.icon, inside.x(), top, paint.TONE_ICON[line.tone])
        font = theme().font("dense", weight=500)
        words = inside.adjusted(marks.GAP, 0, 0, 0)
        paint.text(painter, words, line.text, paint.TONE_TEXT[line.tone], font)


def _ground(painter: QPainter, rect: QRect, fill: "Role | None") -> None:
    if fill:
        painter.fillRect(rect, theme().colour(fill))
    line = QRect(rect.x(), rect.bottom(), rect.width(), 1)
    painter.fillRect(line, theme().colour("border_subtle"))


def _aggregate(painter: QPainter, inside: QRectF, line: Group, column: Column) -> None:
    font = theme().font("dense", weight=500, tabular=column.align == "right")
    words = line.aggregates.get(column.key, "")
    paint.text(painter, inside, words, "text_secondary", font, column.align)
