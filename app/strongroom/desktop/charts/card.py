# SPDX-License-Identifier: Apache-2.0
"""The card around a plot and its header line; and the pens of the lines in it.

Law: text from data is painted and elided, never parsed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from strongroom.desktop.charts.layer import Stroke
from strongroom.desktop.charts.look import BAND_ALPHA, ChartLook
from strongroom.desktop.charts.prepared import Prepared
from strongroom.desktop.charts.scale import Range
from strongroom.desktop.charts.spans import column_extremes

SIDE = 12
RADIUS = 8
LEGEND_COLUMNS = 16  # where a legend would lie
CHOSEN = 1.7  # times the width of the other lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Is the text of the header line: title and note at the left, value at the right.

    ``right`` px at the right belong to somebody else.
    """

    title: str
    note: str
    value: str
    right: int = 0


def header_height(look: ChartLook) -> int:
    """Returns the height of the header line."""
    return math.ceil(QFontMetricsF(look.title_font).height()) + 19


def paint_card(painter: QPainter, area: QRectF, look: ChartLook, *, has_focus: bool) -> None:
    """Paints the ground and its outline, as a focus ring when it has the focus."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ring = 2.0 if has_focus else 1.0
    painter.setPen(QPen(look.focus if has_focus else look.border, ring))
    painter.setBrush(look.surface)
    frame = area.adjusted(ring / 2, ring / 2, -ring / 2, -ring / 2)
    painter.drawRoundedRect(frame, RADIUS, RADIUS)


def paint_header(painter: QPainter, width: float, look: ChartLook, header: Header) -> None:
    """Paints the header line; the note gives way first, then the title."""
    line = QRectF(SIDE, 4, width - 2 * SIDE - header.right, header_height(look) - 8)
    middle = Qt.AlignmentFlag.AlignVCenter
    value_width = QFontMetricsF(look.value_font).horizontalAdvance(header.value)
    painter.setFont(look.value_font)
    painter.setPen(look.text)
    painter.drawText(line, middle | Qt.AlignmentFlag.AlignRight, header.value)
    room = line.width() - (value_width + 12 if header.value else 0)
    for text, font, colour in (
        (header.title, look.title_font, look.text),
        (header.note, look.note_font, look.text_faint),
    ):
        if room < 16:
            return
        metrics = QFontMetricsF(font)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        painter.setFont(font)
        painter.setPen(colour)
        painter.drawText(line, middle, shown)
        used = metrics.horizontalAdvance(shown) + 8
        line.setLeft(line.left() + used)
        room -= used


def strokes_for(
    prepared: Sequence[Prepared], look: ChartLook, ratio: float, highlight: str | None
) -> list[Stroke]:
    """Returns the pens in paint order: shadows, then lines, the first run's on top of the others.

    ``ratio`` is device pixels a unit; the highlighted run is thicker and above all.
    """
    shadows, lines = [], []
    for one in reversed(prepared):
        colour = look.colour_of(one.series)
        shadow = look.shadow_of(colour).rgb()
        if one.band is not None:
            low, high = one.band
            shadows.append(
                Stroke(curve=low, upper=high, colour=colour.rgb(), width=0.0, alpha=BAND_ALPHA)
            )
        if one.series.is_faint:
            trace = look.trace_of(colour).rgb()
            shadows.append(Stroke(curve=one.line, colour=trace, width=ratio))
        else:
            lines.append(
                line_stroke(one, look, ratio, CHOSEN if one.series.run_id == highlight else 1.0)
            )
        if one.shadow is not None:
            shadows.append(Stroke(curve=one.shadow, colour=shadow, width=ratio))
    lines.sort(key=lambda stroke: stroke.width)
    return [*shadows, *lines]


def is_top_busy(prepared: Sequence[Prepared], x: Range, y: Range) -> bool:
    """Returns whether more lines run through the upper right of the plot than the lower right."""
    solid = [one.line for one in prepared if not one.series.is_faint]
    if not solid:
        return False
    edges = np.linspace(x[1] - (x[1] - x[0]) * 0.4, x[1], LEGEND_COLUMNS + 1)
    low, high = column_extremes(solid, edges)
    third = (y[1] - y[0]) / 3
    upper = (high > y[1] - third) & (low < y[1])
    lower = (low < y[0] + third) & (high > y[0])
    return int(upper.sum()) > int(lower.sum())


def line_stroke(one: Prepared, look: ChartLook, ratio: float, times: float) -> Stroke:
    """Returns the pen of one line, ``times`` as thick as usual."""
    width = look.line_width * ratio
    return Stroke(
        curve=one.line,
        colour=look.colour_of(one.series).rgb(),
        width=width * times,
        dash=tuple(length * width for length in look.dash_of(one.series)),
    )


def paint_single_points(
    painter: QPainter,
    area: QRectF,
    prepared: Sequence[Prepared],
    look: ChartLook,
    x: Range,
    y: Range,
) -> None:
    """Paints a dot for a run that has logged one point: a line of one pixel is no sight."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    for one in prepared:
        line = one.line
        if len(line.x) != 1 or not math.isfinite(float(line.pyramid.y[0])):
            continue
        right = (float(line.x[0]) - x[0]) / (x[1] - x[0]) * area.width()
        up = (float(line.pyramid.y[0]) - y[0]) / (y[1] - y[0]) * area.height()
        painter.setBrush(look.colour_of(one.series))
        painter.drawEllipse(QPointF(area.left() + right, area.bottom() - up), 3, 3)
