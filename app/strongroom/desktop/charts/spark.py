# SPDX-License-Identifier: Apache-2.0
"""A line small enough for a table cell.

Laws: the highest and the lowest value are always visible; a constant is a straight line in the
middle; NaN is a gap; no axis, no text, one dot at the end.
"""

import numpy as np
from numpy.typing import ArrayLike

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from strongroom.desktop.charts.pyramid import Pyramid
from strongroom.desktop.charts.series import FloatArray
from strongroom.desktop.charts.spans import Curve, column_extremes

ROOM = 2.5  # px at each side for the dot
DOT = 1.6


def spark_points(y: ArrayLike, width: int, height: int) -> list[FloatArray]:
    """Returns the pieces to draw, each (points, 2) in pixels; gaps part them."""
    values = np.asarray(y, np.float64).reshape(-1)
    values = np.where(np.isinf(values), np.nan, values) / 4  # the widest span must not overflow
    if not len(values) or np.isnan(values).all():
        return []
    across = _x_px(len(values), width)
    if len(values) <= 2 * width:
        points = np.column_stack([across, values])
    else:
        points = _extremes(values, width)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = height - 2 * ROOM
    if high > low:
        points[:, 1] = height - ROOM - (points[:, 1] - low) / (high - low) * room
    else:
        points[:, 1] = np.where(np.isnan(points[:, 1]), np.nan, height / 2)
    known = ~np.isnan(points[:, 1])
    cuts = np.flatnonzero(np.diff(known.astype(np.int8))) + 1
    return [piece for piece in np.split(points, cuts) if not np.isnan(piece[0, 1])]


def spark_pixmap(
    y: ArrayLike, size: QSize, colour: QColor, device_pixel_ratio: float = 1.0
) -> QPixmap:
    """Returns the line on a transparent ground, ``size`` in logical pixels.

    Cache it by run, key, size, colour and ratio; a selected row needs its own colour.
    """
    pixmap = QPixmap(size * device_pixel_ratio)
    pixmap.setDevicePixelRatio(device_pixel_ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    pieces = spark_points(y, size.width(), size.height())
    painter = QPainter(pixmap)
    paint_spark(painter, QRectF(0, 0, size.width(), size.height()), pieces, colour)
    painter.end()
    return pixmap


def paint_spark(painter: QPainter, area: QRectF, pieces: list[FloatArray], colour: QColor) -> None:
    """Paints pieces from ``spark_points`` at the top left of ``area``."""
    painter.save()
    painter.translate(area.topLeft())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 1.2))
    for piece in pieces:
        line = QPolygonF([QPointF(float(x), float(y)) for x, y in piece])
        if len(piece) > 1:
            painter.drawPolyline(line)
        else:
            painter.drawPoint(line.at(0))
    if pieces:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        end = pieces[-1][-1]
        painter.drawEllipse(QPointF(float(end[0]), float(end[1])), DOT, DOT)
    painter.restore()


def _x_px(count: int, width: int) -> FloatArray:
    if count == 1:
        return np.array([width / 2])
    return np.linspace(ROOM, width - ROOM, count)


def _extremes(values: FloatArray, width: int) -> FloatArray:
    """Returns two points a column, lowest and highest, in the order that joins up best."""
    curve = Curve(x=np.arange(len(values), dtype=float), pyramid=Pyramid.build(values))
    edges = np.linspace(0, len(values) - 1, width + 1)
    low, high = column_extremes([curve], edges)
    points = np.empty((2 * width, 2))
    points[:, 0] = np.repeat(np.linspace(ROOM, width - ROOM, width), 2)
    rises = np.diff(np.nan_to_num(low[0] + high[0]), prepend=0) >= 0
    points[::2, 1] = np.where(rises, low[0], high[0])
    points[1::2, 1] = np.where(rises, high[0], low[0])
    return points
