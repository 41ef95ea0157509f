# SPDX-License-Identifier: Apache-2.0
"""What lies over a plot: the crosshair, its dots, and the values there.

Laws: everything is painted as plain text, so markup in a name stays text; moving the crosshair
repaints thin strips, never the lines below; the mouse goes through.
"""

from collections.abc import Sequence
from operator import attrgetter

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.readout_box import MOST_ROWS, WIDEST_LABEL, Reading, ReadoutBox
from strongroom.desktop.charts.readout_dots import ReadoutDots

MOST_DOTS = 40


class Overlay(QWidget):
    """Paints crosshair and readout over a plot; ``area`` is the plot inside it."""

    def __init__(self, look: ChartLook, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.look = look
        self._box = ReadoutBox(look)
        self._dots_of = ReadoutDots(look.surface)
        self.area = QRect()
        self.message: tuple[str, str] | None = None
        self.legend: tuple[tuple[str, QColor], ...] = ()
        self.is_legend_low = False
        self._selection: tuple[float, float] | None = None
        self._x_px: float | None = None
        self._title = ""
        self._readings: tuple[Reading, ...] = ()
        self._shows_box = False
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
        self._readings = tuple(sorted(readings, key=attrgetter("value"), reverse=True))
        if x_px is not None and shows_box and readings:
            area, whole = QRectF(self.area), QRectF(self.rect())
            self._box.lay_out(title, self._readings, run_id, x_px, area, whole)
        self._dirty_now = self._dirty()
        for dirty in self._dirty_now:
            self.update(dirty)

    def set_look(self, look: ChartLook) -> None:
        """Takes other colours and fonts."""
        self.look = look
        self._box.set_look(look)
        self._dots_of = ReadoutDots(look.surface)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints what is there."""
        if not event.rect().intersects(self._inner()):
            return  # the header below is repainted with every move
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
        painter.drawLine(x, self.area.top(), x, self.area.bottom() - 2)
        painter.setClipRect(self.area.adjusted(-5, 0, 5, -2))
        ratio = self.devicePixelRatioF()
        for reading in reversed(self._dots()):
            if reading.y_px is not None and self.area.top() <= reading.y_px <= self.area.bottom():
                dot, corner = self._dots_of.at(x + 0.5, reading.y_px, reading.colour, ratio)
                painter.drawImage(corner, dot)
        painter.setClipping(False)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._shows_box and self._readings:
            self._box.paint(painter)

    def _dots(self) -> Sequence[Reading]:
        """Returns the readings with a dot: all, or those of the box where they would be a smear."""
        if len(self._readings) <= MOST_DOTS:
            return self._readings
        if not self._shows_box:
            return self._readings[:MOST_DOTS]
        named = self._box.run_ids()
        return [reading for reading in self._readings if reading.run_id in named]

    def _dirty(self) -> list[QRect]:
        if self._x_px is None:
            return []
        x = int(self._x_px)
        # Two pixels short, or the axis below would be painted with every move of the mouse.
        strip = QRect(x - 5, self.area.top(), 11, self.area.height() - 2)
        if self._shows_box and self._readings:
            return [strip, self._box.rect.toAlignedRect().adjusted(-1, -1, 1, 1)]
        return [strip]

    def _inner(self) -> QRect:
        """Returns everything below the header, and the box that may reach into it."""
        inner = self.rect().adjusted(0, max(self.area.top() - 8, 0), 0, 0)
        if self._x_px is not None and self._shows_box:
            inner = inner.united(self._box.rect.toAlignedRect())
        return inner

    def _paint_legend(self, painter: QPainter) -> None:
        """Names the lines inside the plot, at the right, where no table beside it does."""
        note, row = QFontMetricsF(self.look.note_font), self._box.row
        room = min(WIDEST_LABEL, self.area.width() / 3)
        most = max(1, min(MOST_ROWS, (self.area.height() - 16) // row - 1))
        shown = self.legend[:most]
        words = [note.elidedText(label, Qt.TextElideMode.ElideMiddle, room) for label, _ in shown]
        if len(self.legend) > len(shown):
            words.append(f"and {len(self.legend) - len(shown)} more")
        wide = max(note.horizontalAdvance(word) for word in words) + 34
        box = QRectF(self.area.right() - wide - 4, self.area.top() + 4, wide, row * len(words) + 8)
        if self.is_legend_low:
            box.moveBottom(self.area.bottom() - 4)
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
