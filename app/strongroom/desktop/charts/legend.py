# SPDX-License-Identifier: Apache-2.0
"""The legend beside a plot over runs: a colour scale with its numbers, shapes of categories, sizes.

Law: what a colour means is said in words or numbers beside it; categories carry their shape too.
"""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from strongroom.desktop.charts.dimension import Dimension
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.scale import Range
from strongroom.desktop.charts.shades import (
    STEPS,
    Shape,
    category_colours,
    scale_colours,
    shape_of,
)

WIDTH = 132.0  # px
SCALE = 10.0  # px wide
MOST_NAMED = 12  # categories in a legend


def paint_scale(
    painter: QPainter, place: QRectF, look: ChartLook, dimension: Dimension, seen: Range
) -> float:
    """Paints title, colour scale and numbers; returns the height it took."""
    line = _paint_title(painter, place, look, dimension.heading)
    height = min(place.height() - line - 8, 132.0)
    if height < 24:
        return line
    strip = QRectF(place.left(), place.top() + line + 6, SCALE, height)
    colours = scale_colours(look)
    image = QImage(1, STEPS, QImage.Format.Format_RGB32)
    for step in range(STEPS):
        image.setPixel(0, STEPS - 1 - step, int(colours[step]))
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(strip, image)
    metrics = QFontMetricsF(look.tick_font)
    painter.setFont(look.tick_font)
    low, high = seen
    ticks = dimension.ticks(low, high, max(2, int(height / 32)))
    room = place.width() - SCALE - 8
    for value, label in zip(ticks.values, ticks.labels, strict=True):
        row = strip.bottom() - (value - low) / (high - low) * height if high > low else strip.top()
        painter.setPen(QPen(look.axis, 1))
        painter.drawLine(QPointF(strip.right(), row), QPointF(strip.right() + 3, row))
        text = QRectF(strip.right() + 6, row - metrics.height() / 2, room, metrics.height())
        shown = metrics.elidedText(label, Qt.TextElideMode.ElideRight, room)
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, shown)
    return line + 6 + height


def paint_categories(
    painter: QPainter, place: QRectF, look: ChartLook, dimension: Dimension
) -> float:
    """Paints title and one line a category, colour and shape; returns the height it took."""
    line = _paint_title(painter, place, look, dimension.heading)
    names = dimension.categories
    colours = category_colours(look, len(names))
    metrics = QFontMetricsF(look.note_font)
    step = metrics.height() + 5
    most = max(1, min(MOST_NAMED, int((place.height() - line - 6) / step)))
    shown = names if len(names) <= most else names[: most - 1]
    top = place.top() + line + 4
    for code, name in enumerate(shown):
        row = QRectF(place.left() + 16, top + code * step, place.width() - 16, step)
        mark = QPointF(place.left() + 5, row.center().y())
        paint_shape(painter, mark, 4.0, shape_of(code), QColor.fromRgb(int(colours[code])))
        painter.setFont(look.note_font)
        painter.setPen(look.text_soft)
        words = metrics.elidedText(name or "(empty)", Qt.TextElideMode.ElideMiddle, row.width())
        painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, words)
    if len(shown) < len(names):
        row = QRectF(place.left() + 16, top + len(shown) * step, place.width() - 16, step)
        painter.setPen(look.text_faint)
        words = f"and {len(names) - len(shown)} more"
        painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, words)
    return line + 4 + step * (len(shown) + (len(shown) < len(names)))


def paint_sizes(
    painter: QPainter,
    place: QRectF,
    look: ChartLook,
    dimension: Dimension,
    ends: tuple[tuple[float, str], tuple[float, str]],
) -> float:
    """Paints title, smallest and largest point with their values; returns the height it took."""
    line = _paint_title(painter, place, look, dimension.heading)
    top = place.top() + line + 4
    for radius, words in ends:
        row = QRectF(place.left() + 22, top, place.width() - 22, 20)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.text_soft, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(place.left() + 9, row.center().y()), radius, radius)
        painter.setFont(look.tick_font)
        painter.setPen(look.axis)
        painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, words)
        top += 20
    return top - place.top()


def paint_shape(painter: QPainter, at: QPointF, radius: float, shape: Shape, ink: QColor) -> None:
    """Paints one point as it stands in the plot."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    x, y, r = at.x(), at.y(), radius
    if shape is Shape.CIRCLE:
        painter.drawEllipse(at, r, r)
    elif shape is Shape.SQUARE:
        painter.drawRect(QRectF(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r))
    elif shape is Shape.CROSS:
        arm, half = 1.15 * r, 0.42 * r
        painter.drawRect(QRectF(x - arm, y - half, 2 * arm, 2 * half))
        painter.drawRect(QRectF(x - half, y - arm, 2 * half, 2 * arm))
    else:
        corners = ((0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0))
        if shape is Shape.TRIANGLE:
            corners = ((0.0, -1.3), (1.31, 1.0), (-1.31, 1.0), (0.0, -1.3))
        painter.drawPolygon(QPolygonF([QPointF(x + a * r, y + b * r) for a, b in corners]))
    painter.restore()


def _paint_title(painter: QPainter, place: QRectF, look: ChartLook, title: str) -> float:
    metrics = QFontMetricsF(look.note_font)
    painter.setFont(look.note_font)
    painter.setPen(look.text_soft)
    shown = metrics.elidedText(title, Qt.TextElideMode.ElideMiddle, place.width())
    painter.drawText(
        QRectF(place.left(), place.top(), place.width(), metrics.height()),
        Qt.AlignmentFlag.AlignLeft,
        shown,
    )
    return metrics.height()
