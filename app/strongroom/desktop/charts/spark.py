# SPDX-License-Identifier: Apache-2.0
"""A line small enough for a table cell.

Laws: the highest and the lowest value are always visible; a constant is a straight line in the
middle; NaN is a gap; no axis, no text, one dot at the end.
"""

from ctypes import memmove
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from shiboken6 import getCppPointer

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPixmap, QPolygonF

from strongroom.desktop.charts.pyramid import Pyramid
from strongroom.desktop.charts.series import FloatArray
from strongroom.desktop.charts.spans import Curve, column_extremes

ROOM = 2.5  # px at each side for the dot
DOT = 1.6


def spark_points(y: ArrayLike, width: int, height: int) -> list[FloatArray]:
    """Returns the pieces to draw, each (points, 2) in pixels; gaps part them."""
    values = np.asarray(y, np.float64).reshape(-1) / 4  # the widest span must not overflow
    known = np.isfinite(values)
    is_whole = bool(known.all())
    if not known.any():
        return []
    if not is_whole:
        values = np.where(known, values, np.nan)
    if len(values) <= 2 * width:
        points = np.empty((len(values), 2))
        points[:, 0], points[:, 1] = _x_px(len(values), width), values
    else:
        points = _extremes(values, width)
    heights = values if is_whole else values[known]
    low, high = float(heights.min()), float(heights.max())
    if high > low:
        points[:, 1] = height - ROOM - (points[:, 1] - low) / (high - low) * (height - 2 * ROOM)
    else:
        points[:, 1] = np.where(np.isnan(points[:, 1]), np.nan, height / 2)
    return [points] if is_whole else _pieces(points)


def spark_image(
    y: ArrayLike, size: QSize, colour: QColor, device_pixel_ratio: float = 1.0
) -> QImage:
    """Returns the line on a transparent ground, ``size`` in logical pixels; any thread may ask.

    Cache it by run, key, size, colour and ratio; a selected row needs its own colour.
    """
    image = QImage(size * device_pixel_ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(device_pixel_ratio)
    image.fill(0)
    pieces = spark_points(y, size.width(), size.height())
    painter = QPainter(image)
    paint_spark(painter, QRectF(0, 0, size.width(), size.height()), pieces, colour)
    painter.end()
    return image


def spark_pixmap(
    y: ArrayLike, size: QSize, colour: QColor, device_pixel_ratio: float = 1.0
) -> QPixmap:
    """Returns the line of ``spark_image`` as the window's thread paints it."""
    return QPixmap.fromImage(spark_image(y, size, colour, device_pixel_ratio))


def paint_spark(painter: QPainter, area: QRectF, pieces: list[FloatArray], colour: QColor) -> None:
    """Paints pieces from ``spark_points`` at the top left of ``area``."""
    painter.save()
    painter.translate(area.topLeft())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 1.2))
    for piece in pieces:
        line = _polygon(piece)
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


def _pieces(points: FloatArray) -> list[FloatArray]:
    known = ~np.isnan(points[:, 1])
    cuts = np.flatnonzero(np.diff(known.astype(np.int8))) + 1
    return [piece for piece in np.split(points, cuts) if not np.isnan(piece[0, 1])]


def _polygon(points: FloatArray) -> QPolygonF:
    """Returns points for Qt, copied as one block: a `QPointF` each costs more than the drawing."""
    polygon = QPolygonF()
    polygon.resize(len(points))
    block = np.ascontiguousarray(points, np.float64)
    memmove(getCppPointer(polygon.data())[0], block.ctypes.data, block.nbytes)
    return polygon


@lru_cache(maxsize=64)
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
