# SPDX-License-Identifier: Apache-2.0
"""Axes without lines: a few small labels beside the plot, and a title where there is room.

Law: text is painted, never set as markup; labels stand exactly on the grid the layer draws.
"""

import math
from collections.abc import Callable

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QStaticText

from strongroom.desktop.charts.ticks import Ticks

LABEL_GAP = 8  # px between a label and the plot
MOST_LAID = 256  # labels kept with their glyphs


class LabelAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph ships no types
    """Paints the labels of ``ticks_of(low, high, most)`` at ``left`` or ``bottom``."""

    def __init__(
        self, side: str, ticks_of: Callable[[float, float, int], Ticks], font: QFont, colour: QColor
    ) -> None:
        super().__init__(side)
        self.enableAutoSIPrefix(False)  # its label would be laid out as markup on every pan
        self.ticks_of = ticks_of
        self._font, self._colour = font, colour
        self._side = side
        self._title = ""
        self._laid: dict[str, tuple[QStaticText, float]] = {}
        self._fit()

    def set_pen(self, font: QFont, colour: QColor) -> None:
        """Takes another font and colour."""
        self._font, self._colour = font, colour
        self._laid.clear()
        self._fit()

    def set_title(self, title: str) -> None:
        """Writes what the axis counts beside its labels, "" for nothing."""
        if title != self._title:
            self._title = title
            self._fit()

    def _fit(self) -> None:
        if self._side == "bottom":
            lines = 2 if self._title else 1
            line = math.ceil(QFontMetricsF(self._font).height())
            self.setHeight(line * lines + LABEL_GAP + (2 if self._title else 0))

    def needed_width(self, low: float, high: float, height: float) -> int:
        """Returns the width the labels of that range take, gap included."""
        labels = self.ticks_of(low, high, most_down(height)).labels
        widest = max((self._lay(label)[1] for label in labels), default=0.0)
        room = QFontMetricsF(self._font).height() + 4 if self._title else 0
        return math.ceil(widest + room) + LABEL_GAP

    def boundingRect(self) -> QRectF:
        """Returns the axis and the room its outermost labels need."""
        across, down = (12, 0) if self._side == "bottom" else (0, 8)
        return QRectF(super().boundingRect()).adjusted(-across, -down, across, down)

    def paint_range(self, painter: QPainter, low: float, high: float) -> None:
        """Paints the labels of a range."""
        area = QRectF(self.rect())
        if high <= low or area.isEmpty():
            return
        painter.setFont(self._font)
        painter.setPen(self._colour)
        metrics = QFontMetricsF(self._font)
        if self._side == "left":
            self._paint_left(painter, metrics, area, low, high)
        else:
            self._paint_bottom(painter, area, low, high)
        if self._title:
            self._paint_title(painter, metrics, area)

    def _paint_title(self, painter: QPainter, metrics: QFontMetricsF, area: QRectF) -> None:
        across = area.height() if self._side == "left" else area.width()
        shown = metrics.elidedText(self._title, Qt.TextElideMode.ElideMiddle, across)
        centre = Qt.AlignmentFlag.AlignCenter
        if self._side == "bottom":
            line = QRectF(area.left(), area.bottom() - metrics.height(), across, metrics.height())
            painter.drawText(line, centre, shown)
            return
        painter.save()
        painter.translate(area.left(), area.bottom())
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, across, metrics.height()), centre, shown)
        painter.restore()

    def _paint_left(
        self, painter: QPainter, metrics: QFontMetricsF, area: QRectF, low: float, high: float
    ) -> None:
        ticks = self.ticks_of(low, high, most_down(area.height()))
        line = metrics.height()
        for value, label in zip(ticks.values, ticks.labels, strict=True):
            middle = area.bottom() - (value - low) / (high - low) * area.height()
            top = min(max(middle - line / 2, area.top() - line / 2), area.bottom() - line / 2)
            text, width = self._lay(label)
            painter.drawStaticText(QPointF(area.right() - LABEL_GAP - width, top), text)

    def _paint_bottom(self, painter: QPainter, area: QRectF, low: float, high: float) -> None:
        ticks = self.ticks_of(low, high, most_across(area.width()))
        free_from = -math.inf
        for value, label in zip(ticks.values, ticks.labels, strict=True):
            middle = area.left() + (value - low) / (high - low) * area.width()
            text, width = self._lay(label)
            left = min(middle - width / 2, area.right() + 9 - width)
            if left < free_from:
                continue
            free_from = left + width + LABEL_GAP
            painter.drawStaticText(QPointF(left, area.top() + LABEL_GAP - 2), text)

    def _lay(self, label: str) -> tuple[QStaticText, float]:
        """Returns a label with its glyphs placed, and its width; a pan shows it again and again."""
        known = self._laid.get(label)
        if known is None:
            if len(self._laid) >= MOST_LAID:
                self._laid.clear()
            text = QStaticText(label)
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
            text.prepare(font=self._font)
            known = text, QFontMetricsF(self._font).horizontalAdvance(label)
            self._laid[label] = known
        return known


def most_down(height: float) -> int:
    """Returns how many labels fit one above the other, two to five."""
    return max(2, min(5, int(height // 32)))


def most_across(width: float) -> int:
    """Returns how many labels fit side by side, two to five."""
    return max(2, min(5, int(width // 56)))
