# SPDX-License-Identifier: Apache-2.0
"""How a scatter plot is painted: points as a picture made in numpy, or as shapes of a drawing.

Law: a scene is a value; painting it twice gives the same pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from strongroom.desktop.charts import legend
from strongroom.desktop.charts.card import SIDE
from strongroom.desktop.charts.dots import paint_dots
from strongroom.desktop.charts.frame import View, paint_axes, paint_box
from strongroom.desktop.charts.front import Front
from strongroom.desktop.charts.image import pixels_of
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.points import Points, inks_of, row_shape, size_radius
from strongroom.desktop.charts.region import Flags, Lasso, Rectangle
from strongroom.desktop.charts.series import FloatArray
from strongroom.desktop.charts.trend import Trend

RING = 7.0  # radius of the ring around a ticked run
ON_FRONT = 3.5  # radius of a run that stands on the Pareto front without being ticked


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """Is what is painted: points in their order, what is in sight, and which lie in the region."""

    points: Points
    order: NDArray[np.intp]
    view: View
    look: ChartLook
    inside: Flags | None
    front: Front | None = None

    def pixels(self) -> tuple[FloatArray, FloatArray]:
        """Returns where each point of ``order`` lies in the widget."""
        view, area = self.view, self.view.area
        x, y = self.points.x.places[self.order], self.points.y.places[self.order]
        px = area.left() + (x - view.x[0]) / (view.x[1] - view.x[0]) * area.width()
        py = area.bottom() - (y - view.y[0]) / (view.y[1] - view.y[0]) * area.height()
        return px, py

    def in_sight(self, px: FloatArray, py: FloatArray) -> Flags:
        """Returns which of these pixels lie in the plot."""
        area = self.view.area.adjusted(-1, -1, 1, 1)
        inside: Flags = (
            (px >= area.left()) & (px <= area.right()) & (py >= area.top()) & (py <= area.bottom())
        )
        return inside

    def picture(self, size: QSize, ratio: float) -> QImage:
        """Returns axes and points as a picture of the whole card."""
        picture = QImage(size * ratio, QImage.Format.Format_ARGB32_Premultiplied)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        paint_axes(painter, self.view, self.look, self.points.x, self.points.y, ratio)
        self.paint_steps(painter)
        painter.end()
        # Points reach over the plot's edge by their radius, so the ground is the whole card.
        pixels = pixels_of(picture)[:, : picture.width()]
        px, py = self.pixels()
        inks = inks_of(self.points, self.order, self.look, ratio, self.inside)
        paint_dots(
            pixels,
            np.where(self.in_sight(px, py), px * ratio, np.nan),
            py * ratio,
            inks.colours,
            inks.kinds,
            inks.stamps,
            self.look.surface.rgb(),
        )
        return picture

    def draw_dots(self, painter: QPainter) -> None:
        """Draws axes and points as lines and shapes."""
        paint_axes(painter, self.view, self.look, self.points.x, self.points.y, 1.0)
        self.paint_steps(painter)
        px, py = self.pixels()
        inks = inks_of(self.points, self.order, self.look, 1.0, self.inside)
        for index in np.nonzero(self.in_sight(px, py))[0].tolist():
            shape = row_shape(self.points, int(self.order[index]))
            at = QPointF(float(px[index]), float(py[index]))
            ink = QColor.fromRgb(int(inks.colours[index]))
            legend.paint_shape(painter, at, float(inks.radii[index]), shape, ink)

    def paint_trend(self, painter: QPainter, trend: Trend | None) -> None:
        """Paints the trend line across the plot, dashed."""
        if trend is None:
            return
        view = self.view
        painter.save()
        painter.setClipRect(view.area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(self.look.text_soft, 1.25)
        pen.setDashPattern([6, 3])
        painter.setPen(pen)
        ends = [QPointF(view.px(x), _bounded(view.py(trend.at(x)))) for x in view.x]
        painter.drawLine(*ends)
        painter.restore()

    def paint_steps(self, painter: QPainter) -> None:
        """Paints the Pareto front as dashed steps; points lie above it."""
        if self.front is None:
            return
        places = [at for row in self.front.rows if (at := self.at(row)) is not None]
        bounded = [QPointF(_bounded(at.x()), _bounded(at.y())) for at in places]
        painter.save()
        painter.setClipRect(self.view.area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(self.look.text_soft, 1.25)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(self.front.steps(bounded, self.view.area)))
        painter.restore()

    def paint_best(self, painter: QPainter) -> None:
        """Darkens the runs on the Pareto front that have no colour of their own."""
        if self.front is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.look.text_soft)
        for row in self.front.rows:
            at = self.at(row)
            is_seen = at is not None and self.view.area.adjusted(-1, -1, 1, 1).contains(at)
            if at is not None and is_seen and row not in self.points.marked:
                painter.drawEllipse(at, ON_FRONT, ON_FRONT)
        painter.restore()

    def paint_rings(self, painter: QPainter) -> None:
        """Rings the ticked runs where colour says something else."""
        points, view = self.points, self.view
        if points.colour is None or not points.marked:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for row, place in points.marked.items():
            at = self.at(row)
            if at is not None and view.area.contains(at):
                painter.setPen(QPen(self.look.series[place % len(self.look.series)], 1.75))
                painter.drawEllipse(at, RING, RING)
        painter.restore()

    def paint_highlight(self, painter: QPainter, row: int) -> None:
        """Rings one run, -1 none."""
        at = self.at(row) if row >= 0 else None
        if at is None or not self.view.area.adjusted(-2, -2, 2, 2).contains(at):
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self.look.text, 1.5))
        painter.drawEllipse(at, RING, RING)
        painter.restore()

    def paint_legend(self, painter: QPainter, right: float) -> None:
        """Paints what colours and sizes mean, up to ``right``."""
        points, look = self.points, self.look
        area = self.view.area
        left = area.right() + SIDE
        room = QRectF(left, area.top() - 14, right - left, area.height() + 14)
        if points.colour is not None:
            if points.colour.is_category:
                used = legend.paint_categories(painter, room, look, points.colour)
            else:
                seen = points.colour_range()
                used = legend.paint_scale(painter, room, look, points.colour, seen)
            room.setTop(room.top() + used + 14)
        if points.size is not None and room.height() > 56:
            low, high = (points.size.number_at(place) for place in points.size_range())
            text = points.size.number_text
            ends = ((size_radius(0), text(low)), (size_radius(1), text(high)))
            legend.paint_sizes(painter, room, look, points.size, ends)

    def paint_region(
        self, painter: QPainter, region: Rectangle | Lasso | None, track: Sequence[QPointF]
    ) -> None:
        """Paints the marked part, or the one that is being drawn."""
        view, corners = self.view, list(track)
        if not corners and isinstance(region, Rectangle):
            ends = zip(region.x, region.y, strict=True)
            corners = [QPointF(view.px(x), view.py(y)) for x, y in ends]
        elif not corners and isinstance(region, Lasso):
            corners = [QPointF(view.px(x), view.py(y)) for x, y in region.corners]
        if len(corners) < 2:
            return
        painter.save()
        painter.setClipRect(view.area.adjusted(-1, -1, 1, 1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tint = QColor(self.look.focus)
        tint.setAlphaF(0.08)
        painter.setPen(QPen(self.look.focus, 1.25))
        painter.setBrush(tint)
        if len(corners) == 2:
            painter.drawRect(QRectF(corners[0], corners[1]).normalized())
        else:
            painter.drawPolygon(QPolygonF(corners))
        painter.restore()

    def paint_current(self, painter: QPainter, whole: QRectF, row: int) -> None:
        """Rings one point and says what it is."""
        points, look = self.points, self.look
        at = self.at(row)
        if at is None or not self.view.area.adjusted(-2, -2, 2, 2).contains(at):
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(look.text, 1.5))
        painter.drawEllipse(at, RING - 0.5, RING - 0.5)
        rows = [(each.title, each.text(row)) for each in points.shown()]
        place = points.marked.get(row)
        mark = None if place is None else look.series[place % len(look.series)]
        paint_box(painter, at, whole, look, points.names[row], rows, mark)

    def at(self, row: int) -> QPointF | None:
        """Returns where a run lies in the widget, None without a place."""
        x, y = float(self.points.x.places[row]), float(self.points.y.places[row])
        if np.isnan(x) or np.isnan(y):
            return None
        return QPointF(self.view.px(x), self.view.py(y))


def _bounded(px: float) -> float:
    """Keeps a steep line's ends within what a painter can hold."""
    return min(max(px, -1e5), 1e5)
