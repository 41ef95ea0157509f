# SPDX-License-Identifier: Apache-2.0
"""What plots over runs share: their place in the card, grid, labels, the box at a point.

Laws: labels stand exactly on the grid; names from data are painted and elided, never parsed; the
box stays inside the card.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from strongroom.desktop.charts.axis import LABEL_GAP, most_down
from strongroom.desktop.charts.card import SIDE, header_height
from strongroom.desktop.charts.dimension import Dimension
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.scale import Range

LEAST_LEFT = 30.0  # px of labels left of the plot
MOST_LEFT = 160.0
WIDEST_BOX = 320.0
PX_A_LABEL = 70.0  # along the bottom
_PAD = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Is what a plot shows: its area in the widget, and the places at the area's edges."""

    area: QRectF
    x: Range
    y: Range

    def px(self, x: float) -> float:
        """Returns the pixel of a place on the x axis."""
        return self.area.left() + (x - self.x[0]) / (self.x[1] - self.x[0]) * self.area.width()

    def py(self, y: float) -> float:
        """Returns the pixel of a place on the y axis."""
        return self.area.bottom() - (y - self.y[0]) / (self.y[1] - self.y[0]) * self.area.height()

    def x_at(self, px: float) -> float:
        """Returns the place on the x axis under a pixel."""
        share = (px - self.area.left()) / max(self.area.width(), 1.0)
        return self.x[0] + share * (self.x[1] - self.x[0])

    def y_at(self, py: float) -> float:
        """Returns the place on the y axis under a pixel."""
        share = (self.area.bottom() - py) / max(self.area.height(), 1.0)
        return self.y[0] + share * (self.y[1] - self.y[0])


def plot_area(
    whole: QRectF, look: ChartLook, y: Dimension, seen: Range, legend: float = 0.0
) -> QRectF:
    """Returns where the plot lies in a card: below header and axis title, beside its labels."""
    metrics = QFontMetricsF(look.tick_font)
    line = metrics.height()
    top = header_height(look) + line + 6
    height = whole.height() - top - 2 * line - 18
    labels = y.ticks(*seen, most_down(height)).labels
    widest = max((metrics.horizontalAdvance(label) for label in labels), default=0.0)
    left = min(max(math.ceil(widest) + LABEL_GAP, LEAST_LEFT), MOST_LEFT, whole.width() / 3)
    width = whole.width() - left - 2 * SIDE - (legend + SIDE if legend else 0.0)
    return QRectF(SIDE + left, top, max(width, 16.0), max(height, 16.0))


def paint_axes(
    painter: QPainter, view: View, look: ChartLook, x: Dimension, y: Dimension, ratio: float
) -> None:
    """Paints the horizontal grid, the labels of both axes and their titles."""
    area = view.area
    metrics = QFontMetricsF(look.tick_font)
    line = metrics.height()
    elide = Qt.TextElideMode.ElideMiddle
    right_mid = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    painter.setFont(look.tick_font)
    hair = QPen(look.grid, max(1, round(ratio)) / ratio)
    ticks = y.ticks(*view.y, most_down(area.height()))
    for value, label in zip(ticks.values, ticks.labels, strict=True):
        row = round(view.py(value) * ratio) / ratio
        painter.setPen(hair)
        painter.drawLine(QPointF(area.left(), row), QPointF(area.right(), row))
        painter.setPen(look.axis)
        room = area.left() - SIDE - LABEL_GAP + 4
        place = QRectF(SIDE - 4, row - line / 2, room, line)
        painter.drawText(place, right_mid, metrics.elidedText(label, elide, room))
    paint_bottom_labels(painter, view, look, x)
    painter.setFont(look.note_font)
    painter.setPen(look.text_soft)
    note = QFontMetricsF(look.note_font)
    above = QRectF(SIDE, area.top() - note.height() - 5, area.right() - SIDE, note.height())
    painter.drawText(
        above, Qt.AlignmentFlag.AlignLeft, note.elidedText(y.heading, elide, above.width())
    )
    below = QRectF(area.left(), area.bottom() + line + 8, area.width(), note.height())
    painter.drawText(
        below, Qt.AlignmentFlag.AlignRight, note.elidedText(x.heading, elide, below.width())
    )


def paint_bottom_labels(painter: QPainter, view: View, look: ChartLook, x: Dimension) -> None:
    """Paints the labels of the x axis; categories get the room between their neighbours."""
    area = view.area
    metrics = QFontMetricsF(look.tick_font)
    painter.setFont(look.tick_font)
    painter.setPen(look.axis)
    most = max(2, int(area.width() / PX_A_LABEL))
    ticks = x.ticks(*view.x, most if x.is_category else min(most, 6))
    room = 120.0
    if len(ticks.values) > 1:
        room = max(view.px(ticks.values[1]) - view.px(ticks.values[0]) - 8, 12.0)
    for value, label in zip(ticks.values, ticks.labels, strict=True):
        shown = metrics.elidedText(label, Qt.TextElideMode.ElideMiddle, room)
        wide = metrics.horizontalAdvance(shown)
        at = view.px(value) - wide / 2
        at = min(max(at, area.left() - LABEL_GAP), area.right() + SIDE - wide)
        place = QRectF(at, area.bottom() + 6, wide + 2, metrics.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft, shown)


def paint_box(
    painter: QPainter,
    at: QPointF,
    whole: QRectF,
    look: ChartLook,
    title: str,
    rows: Sequence[tuple[str, str]],
    mark: QColor | None = None,
) -> None:
    """Paints the box that says what a point is, beside it and inside the card."""
    strong, note = QFontMetricsF(look.value_font), QFontMetricsF(look.note_font)
    line = math.ceil(max(strong.height(), note.height())) + 3.0
    wide = max(
        [strong.horizontalAdvance(title) + (14 if mark else 0)]
        + [
            note.horizontalAdvance(name) + 16 + strong.horizontalAdvance(text)
            for name, text in rows
        ]
    )
    width = min(wide + 2 * _PAD + 2, WIDEST_BOX, whole.width() - 8)
    height = line * (len(rows) + 1) + 2 * _PAD - 2
    left = at.x() + 12 if at.x() + 12 + width < whole.right() - 4 else at.x() - 12 - width
    left = min(max(left, whole.left() + 4), whole.right() - 4 - width)
    top = min(max(at.y() - height / 2, whole.top() + 4), whole.bottom() - 4 - height)
    box = QRectF(round(left) + 0.5, round(top) + 0.5, round(width), round(height))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(look.border, 1))
    painter.setBrush(look.raised)
    painter.drawRoundedRect(box, 6, 6)
    middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
    row = QRectF(box.left() + _PAD, box.top() + _PAD - 1, box.width() - 2 * _PAD, line)
    inset = 0.0
    if mark is not None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mark)
        painter.drawEllipse(QPointF(row.left() + 4, row.center().y()), 4, 4)
        inset = 14.0
    elide = Qt.TextElideMode.ElideMiddle
    painter.setFont(look.value_font)
    painter.setPen(look.text)
    painter.drawText(
        row.adjusted(inset, 0, 0, 0), middle, strong.elidedText(title, elide, row.width() - inset)
    )
    for name, text in rows:
        row.translate(0, line)
        shown = strong.elidedText(text, elide, row.width() * 0.6)
        used = strong.horizontalAdvance(shown) + 12
        painter.setFont(look.value_font)
        painter.setPen(look.text)
        painter.drawText(row, middle | right, shown)
        painter.setFont(look.note_font)
        painter.setPen(look.text_soft)
        painter.drawText(row, middle, note.elidedText(name, elide, row.width() - used))


def paint_message(painter: QPainter, area: QRectF, look: ChartLook, words: tuple[str, str]) -> None:
    """Paints why there is nothing, and what to do."""
    middle = area.center().y()
    for text, font, colour, top in (
        (words[0], look.value_font, look.text_soft, middle - 20),
        (words[1], look.note_font, look.text_faint, middle),
    ):
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        painter.setPen(colour)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        place = QRectF(area.left(), top, area.width(), metrics.height() + 4)
        painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, shown)
