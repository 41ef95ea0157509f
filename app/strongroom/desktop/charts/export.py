# SPDX-License-Identifier: Apache-2.0
"""The visible part of a chart as rows, as a PNG or as an SVG.

Laws: only what is in sight is written; a file is written beside its place first, so a failed export
leaves the old one. Points as CSV or Parquet are written by services.chart_data.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from PySide6.QtCore import QBuffer, QIODevice, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts.card import strokes_for
from strongroom.desktop.charts.layer import Layer, Quality, View
from strongroom.desktop.charts.look import BAND_ALPHA, ChartLook
from strongroom.desktop.charts.prepared import Prepared, x_extent, y_extent
from strongroom.desktop.charts.scale import Scale, can_show, padded
from strongroom.desktop.charts.series import ChartSeries
from strongroom.desktop.charts.spans import Curve, column_extremes
from strongroom.desktop.charts.ticks import Ticks, XAxis, value_text, x_text
from strongroom.disk.whole_file import write_whole, written_whole

# Writes one file and raises OSError when it cannot; holds what was seen when it was made, so it may
# run off the window's thread.
Save = Callable[[Path], None]

_X_HEADING = {
    XAxis.STEP: "Step",
    XAxis.RELATIVE: "Seconds",
    XAxis.TIME: "Time (UTC)",
    XAxis.METRIC: "Value",
}


def table_rows(
    series: Sequence[ChartSeries], low: float, high: float, axis: XAxis, limit: int
) -> tuple[tuple[str, ...], ...]:
    """Returns a heading and one row for each x between ``low`` and ``high``.

    With more than ``limit`` different x, evenly chosen ones stand for the rest, the first and the
    last among them. A run without a value at an x has an empty cell.
    """
    heading = (_X_HEADING[axis], *(one.label for one in series))
    spans = [_inside(one, low, high) for one in series]
    steps = [one.x[span] for one, span in zip(series, spans, strict=True)]
    every = np.unique(np.concatenate(steps)) if steps else np.empty(0)
    if len(every) > limit > 0:
        every = every[np.linspace(0, len(every) - 1, limit).astype(np.intp)]
    columns = []
    for one in series:
        after = np.searchsorted(one.x, every, "right") - 1
        known = (after >= 0) & (one.x[np.maximum(after, 0)] == every) if len(one.x) else None
        columns.append(
            [""] * len(every)
            if known is None
            else [
                value_text(float(one.y[index])) if has else ""
                for index, has in zip(after, known, strict=True)
            ]
        )
    rows = (
        (x_text(float(x), axis), *(column[row] for column in columns))
        for row, x in enumerate(every)
    )
    return heading, *rows


def visible(series: Sequence[ChartSeries], low: float, high: float) -> tuple[ChartSeries, ...]:
    """Returns the lines cut to the x between ``low`` and ``high``; the arrays are views."""
    found = []
    for one in series:
        span = _inside(one, low, high)
        cut = {
            name: column[span]
            for name in ("x", "y", "raw_y", "low", "high")
            if (column := getattr(one, name)) is not None
        }
        found.append(replace(one, **cut))
    return tuple(found)


def picture(widget: QWidget, scale: float) -> QImage:
    """Returns a widget as it is painted now, ``scale`` pixels a unit."""
    image = QImage(widget.size() * scale, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(scale)
    image.fill(Qt.GlobalColor.transparent)
    widget.render(image)
    return image


def save_png(widget: QWidget, scale: float) -> Save:
    """Returns what saves a widget as it is painted now, ``scale`` pixels a unit."""
    return _saving(picture(widget, scale))


def _saving(image: QImage) -> Save:
    def save(path: Path) -> None:
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        if not image.save(buffer, "PNG"):  # type: ignore[call-overload]  # stub says bytes, Qt takes str
            raise OSError(f"no PNG could be made for {path.name}")
        write_whole(path, bytes(buffer.data().data()))

    return save


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """Is everything a picture of a chart without its widget needs, so a worker can make it.

    Ranges are on the axes' own scales.
    """

    title: str
    look: ChartLook
    prepared: tuple[Prepared, ...]
    x: tuple[float, float]
    y: tuple[float, float]
    x_ticks: Ticks
    y_ticks: Ticks
    size: QSize

    @classmethod
    def whole(
        cls,
        title: str,
        look: ChartLook,
        prepared: Sequence[Prepared],
        scale: Scale,
        x: tuple[float, float] | None,
        size: QSize,
    ) -> "Sheet":
        """Returns the sheet of lines over ``x`` (data units), over all of them without it."""
        places = None if x is None else (scale.x_place(x[0]), scale.x_place(x[1]))
        if places is None or not can_show(*places):
            extent = x_extent(prepared)
            places = (0.0, 1.0) if extent is None else padded(*extent)
        found = y_extent(prepared, *places)
        y = (0.0, 1.0) if found is None else padded(*found)
        return cls(
            title=title,
            look=look,
            prepared=tuple(prepared),
            x=places,
            y=y,
            x_ticks=scale.x_ticks(*places),
            y_ticks=scale.y_ticks(*y),
            size=size,
        )


def save_sheet_png(sheet: Sheet, scale: float) -> Save:
    """Returns what saves a sheet as the chart itself would look, ``scale`` pixels a unit."""
    image = QImage(sheet.size * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    area = _area(sheet)
    layer = Layer(
        sheet.look.surface.rgb(), sheet.look.grid.rgb(), lambda _low, _high: sheet.y_ticks,
        max(1, round(scale)),
    )  # fmt: skip
    layer.set_strokes(strokes_for(sheet.prepared, sheet.look, scale, None))
    wide, high = round(area.width() * scale), round(area.height() * scale)
    lines = layer.render(View.of(wide, high, sheet.x, sheet.y), Quality.FINE).image
    lines.setDevicePixelRatio(scale)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint_around(painter, sheet)
    painter.drawImage(area.topLeft(), lines)
    painter.end()
    return _saving(image)


def save_svg(sheet: Sheet) -> Save:
    """Returns what saves the visible lines as paths, extremes kept for every half unit of width."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(sheet.size)
    generator.setViewBox(QRectF(0, 0, sheet.size.width(), sheet.size.height()))
    generator.setTitle(sheet.title)
    painter = QPainter(generator)
    _paint_sheet(painter, sheet)
    painter.end()
    drawing = bytes(buffer.data().data())
    return lambda path: write_whole(path, drawing)


def _paint_sheet(painter: QPainter, sheet: Sheet) -> None:
    _paint_around(painter, sheet)
    look, area = sheet.look, _area(sheet)
    painter.setClipRect(area)
    for one in reversed(sheet.prepared):
        if one.band is not None:
            tint = QColor(look.colour_of(one.series))
            tint.setAlpha(BAND_ALPHA)
            painter.fillPath(_band_path(*one.band, sheet, area), tint)
    for shadow in (True, False):
        for one in reversed(sheet.prepared):
            if one.series.is_faint:
                curve = one.line if shadow else None
            else:
                curve = one.shadow if shadow else one.line
            if curve is None:
                continue
            colour = look.colour_of(one.series)
            dim = look.trace_of(colour) if one.series.is_faint else look.shadow_of(colour)
            pen = QPen(dim if shadow else colour, 1 if shadow else 1.5)
            dash = look.dash_of(one.series)
            if dash and not shadow:
                pen.setDashPattern(list(dash))
            painter.setPen(pen)
            painter.drawPath(_path(curve, sheet, area))


def _area(sheet: Sheet) -> QRectF:
    return QRectF(56, 40, sheet.size.width() - 72, sheet.size.height() - 66)


def _paint_around(painter: QPainter, sheet: Sheet) -> None:
    """Paints title, grid, labels and legend."""
    look, size, area = sheet.look, sheet.size, _area(sheet)
    painter.fillRect(QRectF(0, 0, size.width(), size.height()), look.surface)
    painter.setPen(look.text)
    painter.setFont(look.title_font)
    painter.drawText(QPointF(12, 22), sheet.title)
    painter.setFont(look.tick_font)
    for value, label in zip(sheet.y_ticks.values, sheet.y_ticks.labels, strict=True):
        row = area.bottom() - (value - sheet.y[0]) / (sheet.y[1] - sheet.y[0]) * area.height()
        painter.setPen(QPen(look.grid, 1))
        painter.drawLine(QPointF(area.left(), row), QPointF(area.right(), row))
        painter.setPen(look.axis)
        place = QRectF(0, row - 8, area.left() - 8, 16)
        painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, label)
    for value, label in zip(sheet.x_ticks.values, sheet.x_ticks.labels, strict=True):
        column = area.left() + (value - sheet.x[0]) / (sheet.x[1] - sheet.x[0]) * area.width()
        place = QRectF(column - 60, area.bottom() + 6, 120, 16)
        painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, label)
    _paint_legend(painter, sheet)


def _paint_legend(painter: QPainter, sheet: Sheet) -> None:
    """Names the runs at the right of the title: outside the window no table is beside it."""
    painter.setFont(QFont(sheet.look.tick_font))
    metrics = painter.fontMetrics()
    room = sheet.size.width() * 0.65
    entries: list[tuple[str, Prepared, int]] = []
    for one in sheet.prepared:
        if one.series.is_faint:
            continue
        label = metrics.elidedText(one.series.label, Qt.TextElideMode.ElideMiddle, 140)
        width = metrics.horizontalAdvance(label) + 26
        if width > room:
            break
        room -= width
        entries.append((label, one, width))
    left = sheet.size.width() - 2.0 - sum(width for _, _, width in entries)
    for label, one, width in entries:
        painter.setPen(QPen(sheet.look.colour_of(one.series), 2))
        painter.drawLine(QPointF(left, 18), QPointF(left + 12, 18))
        painter.setPen(sheet.look.text_soft)
        painter.drawText(QPointF(left + 16, 22), label)
        left += width


def _path(curve: Curve, sheet: Sheet, area: QRectF) -> QPainterPath:
    columns = max(int(area.width() * 2), 2)
    edges = np.linspace(sheet.x[0], sheet.x[1], columns + 1)
    low, high = column_extremes([curve], edges)
    scale = area.height() / (sheet.y[1] - sheet.y[0])
    path = QPainterPath()
    run: list[QPointF] = []
    for column, (bottom, top) in enumerate(zip(low[0], high[0], strict=True)):
        if np.isnan(bottom):
            if run:
                path.addPolygon(QPolygonF(run))
                run = []
            continue
        x = area.left() + (column + 0.5) * area.width() / columns
        ends = [area.bottom() - (float(value) - sheet.y[0]) * scale for value in (bottom, top)]
        if run and abs(run[-1].y() - ends[1]) < abs(run[-1].y() - ends[0]):
            ends.reverse()
        run.extend(QPointF(x, end) for end in (ends if ends[0] != ends[1] else ends[:1]))
    if run:
        path.addPolygon(QPolygonF(run))
    return path


def _band_path(lower: Curve, upper: Curve, sheet: Sheet, area: QRectF) -> QPainterPath:
    """Returns the area between two lines; a gap in either ends a piece of it."""
    columns = max(int(area.width() * 2), 2)
    edges = np.linspace(sheet.x[0], sheet.x[1], columns + 1)
    low, high = column_extremes([lower], edges)[0][0], column_extremes([upper], edges)[1][0]
    scale = area.height() / (sheet.y[1] - sheet.y[0])
    path = QPainterPath()
    there = np.flatnonzero(~np.isnan(low) & ~np.isnan(high))
    for piece in np.split(there, np.flatnonzero(np.diff(there) > 1) + 1):
        ends = [
            QPointF(
                area.left() + (column + 0.5) * area.width() / columns,
                area.bottom() - (float(side[column]) - sheet.y[0]) * scale,
            )
            for side, order in ((high, piece), (low, piece[::-1]))
            for column in order.tolist()
        ]
        if ends:
            path.addPolygon(QPolygonF(ends))
    return path


def _inside(series: ChartSeries, low: float, high: float) -> slice:
    begin = int(np.searchsorted(series.x, low, "left"))
    return slice(begin, max(int(np.searchsorted(series.x, high, "right")), begin))


def save_rows(rows: Sequence[Sequence[str]]) -> Save:
    """Returns what saves a heading and rows as UTF-8, every cell quoted.

    Texts have to be safe already, see `services.chart_data.safe_cell`.
    """

    def save(path: Path) -> None:
        with written_whole(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)

    return save


def save_drawing(title: str, size: QSize, paint: Callable[[QPainter], None]) -> Save:
    """Returns what saves what ``paint`` draws as an SVG of that size."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
    generator.setTitle(title)
    painter = QPainter(generator)
    paint(painter)
    painter.end()
    drawing = bytes(buffer.data().data())
    return lambda path: write_whole(path, drawing)
