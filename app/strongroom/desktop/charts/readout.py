# SPDX-License-Identifier: Apache-2.0
"""What lies over a plot: the crosshair, its dots, and the values there.

Laws: everything is painted as plain text, so markup in a name stays text; moving the crosshair
repaints thin strips, never the lines below; the mouse goes through.
"""

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.ticks import value_text

MOST_ROWS = 12  # of the box; more would cover the chart
WIDEST_LABEL = 180  # px
DOT = 3.0
_PAD = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Is one line's value at the crosshair; ``y_px`` is where it lies in the overlay.

    ``edges`` are those of its band.
    """

    run_id: str
    label: str
    value: float
    colour: QColor
    y_px: float | None
    edges: tuple[float, float] | None = None

    @property
    def text(self) -> str:
        """The value, and the edges of the band, as they are read."""
        if self.edges is None:
            return value_text(self.value)
        low, high = self.edges
        return f"{value_text(self.value)}  {value_text(low)} – {value_text(high)}"


class Overlay(QWidget):
    """Paints crosshair and readout over a plot; ``area`` is the plot inside it."""

    def __init__(self, look: ChartLook, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.look = look
        self.area = QRect()
        self.message: tuple[str, str] | None = None
        self.legend: tuple[tuple[str, QColor], ...] = ()
        self._selection: tuple[float, float] | None = None
        self._x_px: float | None = None
        self._title = ""
        self._readings: tuple[Reading, ...] = ()
        self._shows_box = False
        self._run_id: str | None = None
        self._dirty_now: list[QRect] = []

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The values at the crosshair, the largest first."""
        return self._readings

    def select(self, span: tuple[float, float] | None) -> None:
        """Shows the range a drag would pick, in overlay pixels, or none."""
        self._selection = span
        self.update()

    def show_at(
        self,
        x_px: float | None,
        title: str,
        readings: tuple[Reading, ...],
        *,
        shows_box: bool,
        run_id: str | None = None,
    ) -> None:
        """Moves the crosshair to ``x_px`` (overlay pixels), or takes it away.

        ``run_id`` is the run the mouse means; its line of the box stands out and is always there.
        """
        for dirty in self._dirty_now:
            self.update(dirty)
        self._x_px, self._title, self._shows_box = x_px, title, shows_box
        self._run_id = run_id
        self._readings = tuple(sorted(readings, key=lambda reading: -reading.value))
        self._dirty_now = self._dirty()
        for dirty in self._dirty_now:
            self.update(dirty)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints what is there."""
        painter = QPainter(self)
        if self.message is not None:
            self._paint_message(painter, *self.message)
        if self._selection is not None:
            left, right = sorted(self._selection)
            tint = QColor(self.look.focus)
            tint.setAlphaF(0.16)
            painter.fillRect(QRectF(left, self.area.top(), right - left, self.area.height()), tint)
        if self.legend:
            self._paint_legend(painter)
        if self._x_px is None:
            return
        painter.setPen(QPen(self.look.crosshair, 1))
        x = int(self._x_px)
        painter.drawLine(x, self.area.top(), x, self.area.bottom())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.look.surface, 1.5))
        for reading in reversed(self._readings):
            if reading.y_px is not None and self.area.top() <= reading.y_px <= self.area.bottom():
                painter.setBrush(reading.colour)
                painter.drawEllipse(QPointF(x + 0.5, reading.y_px), DOT + 0.5, DOT + 0.5)
        if self._shows_box and self._readings:
            self._paint_box(painter)

    @property
    def _row(self) -> int:
        """The height of a line of the box, at any text scale."""
        return max(18, math.ceil(QFontMetricsF(self.look.value_font).height()) + 4)

    def _dirty(self) -> list[QRect]:
        if self._x_px is None:
            return []
        x = int(self._x_px)
        strip = QRect(x - 5, self.area.top() - 5, 11, self.area.height() + 10)
        if self._shows_box and self._readings:
            return [strip, self._box().toAlignedRect().adjusted(-2, -2, 2, 2)]
        return [strip]

    def _rows(self) -> tuple[Reading, ...]:
        """Returns the lines of the box: the largest, moved down to hold the run that is meant."""
        at = next((i for i, one in enumerate(self._readings) if one.run_id == self._run_id), 0)
        first = max(0, min(at - MOST_ROWS // 2, len(self._readings) - MOST_ROWS))
        first = first if at >= MOST_ROWS else 0
        return self._readings[first : first + MOST_ROWS]

    def _box(self) -> QRectF:
        """Returns where the box goes: the side of the crosshair with more room."""
        title = QFontMetricsF(self.look.value_font)
        note = QFontMetricsF(self.look.value_font)
        rows = self._rows()
        label = max(min(note.horizontalAdvance(r.label), WIDEST_LABEL) for r in rows)
        value = max(title.horizontalAdvance(r.text) for r in rows)
        width = max(_PAD * 2 + 18 + label + 16 + value, title.horizontalAdvance(self._title) + 16)
        width = min(width, max(self.width() - 8.0, 80.0))
        lines = len(rows) + (len(self._readings) > MOST_ROWS)
        height = _PAD * 2 + self._row * (lines + 1) - 2
        x = self._x_px or 0.0
        left = x + 12 if x < self.area.center().x() else x - 12 - width
        left = min(max(left, 4.0), self.width() - width - 4)
        top = max(4.0, min(self.area.top() + 8.0, self.height() - height - 4))
        return QRectF(round(left) + 0.5, round(top) + 0.5, round(width), height)

    def _paint_box(self, painter: QPainter) -> None:
        look, box = self.look, self._box()
        painter.setPen(QPen(look.border, 1))
        painter.setBrush(look.raised)
        painter.drawRoundedRect(box, 6, 6)
        left, right = box.left() + _PAD, box.right() - _PAD
        note, middle = QFontMetricsF(look.value_font), Qt.AlignmentFlag.AlignVCenter
        line = QRectF(left, box.top() + _PAD - 2, right - left, self._row)
        painter.setFont(look.value_font)
        painter.setPen(look.text_faint)
        painter.drawText(line, middle, self._title)
        for reading in self._rows():
            is_meant = reading.run_id == self._run_id
            line.translate(0, self._row)
            painter.setPen(QPen(reading.colour, 4 if is_meant else 2))
            painter.drawLine(
                QPointF(left, line.center().y()), QPointF(left + 10, line.center().y())
            )
            value = QFontMetricsF(look.value_font).horizontalAdvance(reading.text)
            room = right - left - 18 - value - 8
            label = note.elidedText(reading.label, Qt.TextElideMode.ElideMiddle, room)
            painter.setFont(look.value_font if is_meant else look.note_font)
            painter.setPen(look.text if is_meant else look.text_soft)
            painter.drawText(line.adjusted(18, 0, 0, 0), middle, label)
            painter.setFont(look.value_font)
            painter.setPen(look.text)
            painter.drawText(line, middle | Qt.AlignmentFlag.AlignRight, reading.text)
        if len(self._readings) > MOST_ROWS:
            line.translate(0, self._row)
            painter.setFont(look.note_font)
            painter.setPen(look.text_faint)
            more = len(self._readings) - MOST_ROWS
            painter.drawText(line.adjusted(18, 0, 0, 0), middle, f"and {more} more")

    def _paint_legend(self, painter: QPainter) -> None:
        """Names the lines inside the plot, top right, where no table beside it does."""
        note, row = QFontMetricsF(self.look.note_font), self._row
        room = min(WIDEST_LABEL, self.area.width() / 3)
        most = max(1, min(MOST_ROWS, (self.area.height() - 16) // row - 1))
        shown = self.legend[:most]
        words = [note.elidedText(label, Qt.TextElideMode.ElideMiddle, room) for label, _ in shown]
        if len(self.legend) > len(shown):
            words.append(f"and {len(self.legend) - len(shown)} more")
        wide = max(note.horizontalAdvance(word) for word in words) + 34
        box = QRectF(self.area.right() - wide - 4, self.area.top() + 4, wide, row * len(words) + 8)
        ground = QColor(self.look.surface)
        ground.setAlphaF(0.85)
        painter.fillRect(box, ground)
        painter.setFont(self.look.note_font)
        for index, word in enumerate(words):
            line = QRectF(box.left() + 8, box.top() + 4 + index * row, wide - 8, row)
            if index < len(shown):
                painter.setPen(QPen(shown[index][1], 2))
                y = line.center().y()
                painter.drawLine(QPointF(line.left(), y), QPointF(line.left() + 10, y))
            painter.setPen(self.look.text_soft)
            painter.drawText(line.adjusted(18, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, word)

    def _paint_message(self, painter: QPainter, title: str, advice: str) -> None:
        metrics = QFontMetricsF(self.look.note_font)
        room = self.width() - 32.0
        middle = self.height() / 2
        painter.setFont(self.look.value_font)
        painter.setPen(self.look.text_soft)
        centre = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(
            QRectF(16, middle - 20, room, 18),
            centre,
            metrics.elidedText(title, Qt.TextElideMode.ElideRight, room),
        )
        painter.setFont(self.look.note_font)
        painter.setPen(self.look.text_faint)
        painter.drawText(
            QRectF(16, middle, room, 18),
            centre,
            metrics.elidedText(advice, Qt.TextElideMode.ElideRight, room),
        )
