# SPDX-License-Identifier: Apache-2.0
"""What a parallel plot shows, and how its axes, brushes and single lines are painted.

Law: of coloured lines the better end of the scale lies on top; a ticked run has its own colour and
lies above all others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from strongroom.desktop.charts import legend
from strongroom.desktop.charts.axis import most_down
from strongroom.desktop.charts.brush import Brush
from strongroom.desktop.charts.card import SIDE
from strongroom.desktop.charts.dimension import Dimension
from strongroom.desktop.charts.frame import paint_box
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.parallel_layout import Layout
from strongroom.desktop.charts.region import Flags
from strongroom.desktop.charts.scale import Range
from strongroom.desktop.charts.shades import (
    STEPS,
    category_colours,
    scale_colours,
    shares_of,
)

BINS = 10  # colours of a scale among lines; more cannot be told apart where lines cross
MOST_LINES = 20_000  # painted at once, evenly chosen; a crowd of more looks the same
FAINT = 0.35  # of the colour of lines that are not brushed, however many lie on each other
BRUSH_WIDTH = 12.0  # px
CROWD = 3_000  # lines; beyond, a crowd is painted at one pixel a unit whatever the screen


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Strands:
    """Is what a parallel plot shows: a line a run through ``dimensions``.

    ``is_low_better`` says which end of the colour scale lies on top; ``marked`` gives the palette
    place of rows that are ticked.
    """

    dimensions: tuple[Dimension, ...]
    names: tuple[str, ...]
    colour: Dimension | None = None
    is_low_better: bool = False
    marked: Mapping[int, int] = field(default_factory=dict)

    def colour_range(self) -> Range:
        """Returns lowest and highest place of the colour dimension."""
        if self.colour is None:
            return (0.0, 1.0)
        known = self.colour.places[~np.isnan(self.colour.places)]
        return (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)

    def groups(self, look: ChartLook) -> list[tuple[int, NDArray[np.intp]]]:
        """Returns colour and rows of each group of lines, in paint order."""
        every = np.arange(len(self.names), dtype=np.intp)
        missing = look.axis.rgb()
        if self.colour is None:
            return [(look.series[0].rgb(), every)]
        places = self.colour.places
        there = ~np.isnan(places)
        groups = [(missing, every[~there])]
        if self.colour.is_category:
            colours = category_colours(look, max(len(self.colour.categories), 1))
            codes = places[there].astype(np.intp)
            groups += [
                (int(colours[code]), every[there][codes == code])
                for code in np.unique(codes)[::-1].tolist()
            ]
            return groups
        scale = scale_colours(look)
        share = shares_of(places[there], *self.colour_range())
        bins = np.minimum((share * BINS).astype(np.intp), BINS - 1)
        order = range(BINS - 1, -1, -1) if self.is_low_better else range(BINS)
        for each in order:
            ink = int(scale[round((each + 0.5) / BINS * (STEPS - 1))])
            groups.append((ink, every[there][bins == each]))
        return groups


def paint_marked(
    painter: QPainter, strands: Strands, layout: Layout, look: ChartLook, inside: Flags | None
) -> None:
    """Draws the ticked runs above the others in their own colours, as dots where lines have one."""
    for row, place in strands.marked.items():
        if inside is not None and not inside[row]:
            continue
        ink = look.series[place % len(look.series)]
        if strands.colour is None:
            paint_line(painter, layout, row, ink, 2.0)
            continue
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.surface, 1.5))
        painter.setBrush(ink)
        for axis, dimension in enumerate(layout.dimensions):
            at = float(dimension.places[row])
            if not np.isnan(at):
                painter.drawEllipse(QPointF(layout.x(axis), layout.y(axis, at)), 4.0, 4.0)
        painter.restore()


def paint_line(painter: QPainter, layout: Layout, row: int, ink: QColor, width: float) -> None:
    """Draws one run's line; a missing value parts it."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(ink, width))
    piece: list[QPointF] = []
    for axis, dimension in enumerate(layout.dimensions):
        place = float(dimension.places[row])
        if np.isnan(place):
            painter.drawPolyline(QPolygonF(piece))
            piece = []
        else:
            piece.append(QPointF(layout.x(axis), layout.y(axis, place)))
    painter.drawPolyline(QPolygonF(piece))
    if len(piece) == 1:
        painter.drawEllipse(piece[0], 1.5, 1.5)
    painter.restore()


def paint_axis(
    painter: QPainter, layout: Layout, look: ChartLook, axis: int, brush: Brush | None
) -> None:
    """Draws one axis: its line, labels with a ground to stand on, and its brush."""
    dimension, x, area = layout.dimensions[axis], layout.x(axis), layout.area
    metrics = QFontMetricsF(look.tick_font)
    painter.setPen(QPen(look.crosshair, 1))
    painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
    low, high = layout.extent(axis)
    most = most_down(area.height())
    if dimension.is_category:
        most = max(2, int(area.height() / (metrics.height() + 4)))
    ticks = dimension.ticks(low, high, most)
    room = max(layout.spacing() * 0.5 - 12, 24.0)
    painter.setFont(look.tick_font)
    ground = QColor(look.surface)
    ground.setAlphaF(0.82)
    for value, label in zip(ticks.values, ticks.labels, strict=True):
        row = layout.y(axis, value)
        shown = metrics.elidedText(label or "(empty)", Qt.TextElideMode.ElideMiddle, room)
        wide = metrics.horizontalAdvance(shown)
        place = QRectF(x - 7 - wide, row - metrics.height() / 2, wide, metrics.height())
        painter.fillRect(place.adjusted(-2, 0, 2, 0), ground)
        painter.setPen(QPen(look.crosshair, 1))
        painter.drawLine(QPointF(x - 4, row), QPointF(x, row))
        is_on = brush is not None and (
            round(value) in brush.codes
            if brush.span is None
            else brush.span[0] <= value <= brush.span[1]
        )
        painter.setPen(look.text if is_on else look.axis)
        painter.drawText(place, Qt.AlignmentFlag.AlignRight, shown)
    if brush is not None:
        _paint_brush(painter, layout, look, axis, brush)


def paint_title(
    painter: QPainter,
    layout: Layout,
    look: ChartLook,
    axis: int,
    *,
    is_strong: bool,
    has_keyboard: bool,
    moved_to: float | None,
) -> None:
    """Draws an axis' title and the arrow that turns it; ``moved_to`` is where it is dragged."""
    dimension = layout.dimensions[axis]
    metrics = QFontMetricsF(look.note_font)
    place = layout.title_place(axis)
    shown = metrics.elidedText(dimension.heading, Qt.TextElideMode.ElideMiddle, place.width())
    wide = metrics.horizontalAdvance(shown)
    arrow = layout.flip_place(axis, wide).center()
    if moved_to is not None:
        place.moveCenter(QPointF(moved_to, place.center().y()))
    painter.save()
    painter.setFont(look.note_font)
    painter.setPen(look.text if is_strong or has_keyboard else look.text_soft)
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, shown)
    if has_keyboard:
        painter.fillRect(QRectF(place.center().x() - wide / 2, place.bottom(), wide, 2), look.focus)
    sign = 1 if dimension.key in layout.flipped else -1
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(look.text_faint, 1.4))
    tip = QPointF(arrow.x(), arrow.y() + 3.5 * sign)
    wings = [QPointF(arrow.x() + side, arrow.y() + 0.5 * sign) for side in (-3, 3)]
    painter.drawPolyline(QPolygonF([wings[0], tip, wings[1]]))
    painter.drawLine(tip, QPointF(arrow.x(), arrow.y() - 3.5 * sign))
    painter.restore()


def paint_legend(
    painter: QPainter, whole: QRectF, layout: Layout, look: ChartLook, strands: Strands
) -> None:
    """Draws what the colours mean, at the right."""
    colour = strands.colour
    if colour is None:
        return
    wide = min(legend.WIDTH, whole.width() / 5)
    top = layout.area.top() - layout.title_height + 4
    place = QRectF(whole.right() - SIDE - wide, top, wide, layout.area.bottom() - top)
    if colour.is_category:
        legend.paint_categories(painter, place, look, colour)
    else:
        legend.paint_scale(painter, place, look, colour, strands.colour_range())


def paint_run(
    painter: QPainter, whole: QRectF, look: ChartLook, strands: Strands, row: int, at: QPointF
) -> None:
    """Draws the box that says what one run is."""
    shown = {each.key: each for each in strands.dimensions}
    if strands.colour is not None:
        shown.setdefault(strands.colour.key, strands.colour)
    rows = [(each.title, each.text(row)) for each in shown.values()]
    place = strands.marked.get(row)
    mark = None if place is None else look.series[place % len(look.series)]
    paint_box(painter, at, whole, look, strands.names[row], rows, mark)


def _paint_brush(
    painter: QPainter, layout: Layout, look: ChartLook, axis: int, brush: Brush
) -> None:
    tint = QColor(look.focus)
    tint.setAlphaF(0.22)
    spans = [brush.span] if brush.span is not None else []
    spans = spans or [(code - 0.5, code + 0.5) for code in sorted(brush.codes)]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(look.focus, 1))
    painter.setBrush(tint)
    for low, high in spans:
        least, most = layout.area.top() - 1, layout.area.bottom() + 1
        rows = sorted(min(max(layout.y(axis, place), least), most) for place in (low, high))
        left = layout.x(axis) - BRUSH_WIDTH / 2
        box = QRectF(left, rows[0], BRUSH_WIDTH, max(rows[1] - rows[0], 2.0))
        painter.drawRoundedRect(box, 2, 2)
    painter.restore()
