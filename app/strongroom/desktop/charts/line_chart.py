# SPDX-License-Identifier: Apache-2.0
"""One metric of many runs over one x axis, as a card.

Laws: a refresh never moves what a person zoomed to; names from data are painted, never parsed; the
same numbers are there as rows (``as_rows``) and as CSV; nothing here asks a service.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts import export
from strongroom.desktop.charts.axis import LabelAxis, most_down
from strongroom.desktop.charts.card import (
    Header,
    header_height,
    paint_card,
    paint_header,
    paint_single_points,
    strokes_for,
)
from strongroom.desktop.charts.crosshair import header_text, readings_at, snapped, spoken, stepped
from strongroom.desktop.charts.curve_item import CurveItem
from strongroom.desktop.charts.layer import Layer
from strongroom.desktop.charts.link import ChartLink
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.plot_view import PlotView
from strongroom.desktop.charts.prepared import Prepared, prepare, with_points, x_extent, y_extent
from strongroom.desktop.charts.readout import Overlay, Reading
from strongroom.desktop.charts.scale import Range, Scale, can_show, padded, zoomed
from strongroom.desktop.charts.series import ChartSeries
from strongroom.desktop.charts.ticks import Ticks, XAxis, x_text
from strongroom.desktop.kit.theme import theme

LEAST_AXIS = 30  # px
LEAST = QSize(200, 140)  # below, labels would touch
LONG = 1_000_000  # points; more take over a frame to prepare, so a worker does it
NOTHING = ("No points yet", "Choose runs that logged this metric.")


class LineChart(QWidget):
    """Shows series as lines, with crosshair, zoom and export.

    Signals:
        range_changed: The visible x range is another one.
        crosshair_moved: The x under the crosshair, or None.
    """

    range_changed = Signal(float, float)
    crosshair_moved = Signal(object)

    def __init__(
        self,
        look: ChartLook,
        *,
        title: str,
        note: str = "",
        x_axis: XAxis = XAxis.STEP,
        wheel_needs_ctrl: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look, self._title, self._note, self._scale = look, title, note, Scale(x_axis=x_axis)
        self._prepared: tuple[Prepared, ...] = ()
        self._link: ChartLink | None = None
        self._is_zoomed = self._is_y_held = False
        self._crosshair: float | None = None
        self._has_pointer = False
        self._highlight: str | None = None
        self._empty = NOTHING
        self._pending: tuple[ChartSeries, ...] | None = None  # given, not yet prepared
        self._grid_most = 2
        self._build(wheel_needs_ctrl)
        self.set_series(())

    def series(self) -> tuple[ChartSeries, ...]:
        """Returns the lines, in the order they were given."""
        return tuple(prepared.series for prepared in self._prepared)

    def set_title(self, title: str, note: str = "") -> None:
        """Replaces the title and the unit or smoothing note beside it."""
        self._title, self._note = title, note
        self._describe()
        self.update()

    def set_series(self, series: Sequence[ChartSeries]) -> None:
        """Replaces the lines; a zoomed range stays, otherwise everything is shown."""
        self._pending, log_x, log_y = tuple(series), self._scale.log_x, self._scale.log_y
        asked = self._pending
        if sum(len(one.x) for one in asked) <= LONG:
            self.set_prepared(prepare(asked, log_x=log_x, log_y=log_y))
            return

        def take(prepared: tuple[Prepared, ...]) -> None:
            if self._pending is asked:  # the latest question wins
                self.set_prepared(prepared)

        self._item.work(lambda: prepare(asked, log_x=log_x, log_y=log_y), take)

    def set_prepared(self, prepared: Sequence[Prepared]) -> None:
        """Replaces the lines by ones a worker prepared for this chart's axes."""
        self._prepared, self._pending = tuple(prepared), None
        self._restroke()
        self._describe()
        if self._is_zoomed:
            self._fit_y()
        else:
            self._fit()
        self._show_crosshair(self._crosshair)

    def set_empty_message(self, title: str, advice: str) -> None:
        """Says what stands in the plot while there are no points."""
        self._empty = (title, advice)
        self._describe()

    def append(
        self, run_id: str, x: ArrayLike, y: ArrayLike, raw_y: ArrayLike | None = None
    ) -> None:
        """Adds later points to a run's line; a run that is not charted is passed over."""
        if self._pending is not None:
            self.set_series(
                [s.extended(x, y, raw_y) if s.run_id == run_id else s for s in self._pending]
            )
            return
        for one in self._prepared:
            if one.series.run_id == run_id:
                longer = one.series.extended(x, y, raw_y)
                log_x, log_y = self._scale.log_x, self._scale.log_y
                self.set_prepared(with_points(self._prepared, longer, log_x=log_x, log_y=log_y))
                return

    def set_highlight(self, run_id: str | None) -> None:
        """Draws one run's line thicker and on top."""
        if run_id != self._highlight:
            self._highlight = run_id
            self._restroke()

    def set_look(self, look: ChartLook) -> None:
        """Takes other colours and fonts."""
        self._look = self._overlay.look = look
        self._layer.background = np.uint32(look.surface.rgb())
        self._layer.grid = np.uint32(look.grid.rgb())
        self._view.setBackground(look.surface)
        for axis in (self._view.left, self._view.bottom):
            axis.set_pen(look.tick_font, look.axis)
        self._restroke()
        self._fit_labels()
        self._arrange()
        self.update()

    def apply_theme(self) -> None:
        """Takes over the theme in force."""
        self.set_look(ChartLook.from_theme(theme()))

    @property
    def is_zoomed(self) -> bool:
        """Whether a person chose the range, so that refreshing keeps it."""
        return self._is_zoomed

    @property
    def x_axis(self) -> XAxis:
        """What x counts."""
        return self._scale.x_axis

    def set_x_axis(self, axis: XAxis) -> None:
        """Says what x counts; the caller gives series in that unit."""
        if axis is not self._scale.x_axis:
            self._set_scale(replace(self._scale, x_axis=axis))

    def set_log(self, *, x: bool = False, y: bool = False) -> None:
        """Makes axes logarithmic or linear and shows everything."""
        if (x, y) != (self._scale.log_x, self._scale.log_y):
            self._set_scale(replace(self._scale, log_x=x, log_y=y))
            self.set_series(self.series() if self._pending is None else self._pending)

    def x_range(self) -> tuple[float, float]:
        """Returns the visible x, in data units."""
        low, high = self._seen("x")
        return self._scale.x_value(low), self._scale.x_value(high)

    def y_range(self) -> tuple[float, float]:
        """Returns the visible y, in data units."""
        low, high = self._seen("y")
        return self._scale.y_value(low), self._scale.y_value(high)

    def set_x_range(self, low: float, high: float) -> None:
        """Zooms to a range of x, in data units; y follows unless a person holds it."""
        seen = self._scale.x_place(low), self._scale.x_place(high)
        if can_show(*seen):
            self._is_zoomed = True
            self._set_range(seen, None)
            self._fit_y()

    def reset_view(self, *, says: bool = True) -> None:
        """Shows everything again, here and in the linked charts."""
        self._is_zoomed = self._is_y_held = False
        self._fit()
        if says and self._link is not None:
            self._link.say_range(self, None)

    def set_link(self, link: ChartLink | None) -> None:
        """Joins charts that move together."""
        if self._link is not None:
            self._link.range_changed.disconnect(self._on_link_range_changed)
            self._link.crosshair_moved.disconnect(self._on_link_crosshair_moved)
        self._link = link
        if link is not None:
            link.range_changed.connect(self._on_link_range_changed)
            link.crosshair_moved.connect(self._on_link_crosshair_moved)

    def set_crosshair(self, x: float | None) -> None:
        """Puts the crosshair on the sample nearest to ``x`` (data units) and tells the others."""
        found = None if x is None else snapped(self._prepared, x)
        if found == self._crosshair:
            return
        self._show_crosshair(found)
        self.crosshair_moved.emit(found)
        if self._link is not None:
            self._link.say_crosshair(self, found)

    def readings(self) -> tuple[Reading, ...]:
        """Returns the values at the crosshair, the largest first."""
        return self._overlay.readings

    def header_value(self) -> str:
        """Returns what stands at the right of the header."""
        return header_text(self._prepared, self._crosshair, self._scale)

    def as_rows(self, limit: int = 1000) -> tuple[tuple[str, ...], ...]:
        """Returns the visible points as text: a heading, then one row an x, at most ``limit``."""
        low, high = self.x_range()
        return export.table_rows(self.series(), low, high, self._scale.x_axis, limit)

    def export_csv(self) -> export.Save:
        """Returns what saves the visible points, one row a point."""
        low, high = self.x_range()
        return export.save_csv(self._title, self.series(), low, high)

    def export_png(self, scale: float = 2.0) -> export.Save:
        """Returns what saves the chart as it is, ``scale`` pixels a unit."""
        return export.save_png(self, scale)

    def export_svg(self) -> export.Save:
        """Returns what saves the visible range as lines."""
        x, y = self._seen("x"), self._seen("y")
        sheet = export.Sheet(
            title=self._title,
            look=self._look,
            prepared=self._prepared,
            x=x,
            y=y,
            x_ticks=self._scale.x_ticks(*x),
            y_ticks=self._scale.y_ticks(*y),
            size=self.size(),
        )
        return export.save_svg(sheet)

    def sizeHint(self) -> QSize:
        """Returns the size of a tile."""
        return QSize(297, 225)

    def event(self, event: QEvent) -> bool:
        """Draws anew, with pens as wide as before, on a screen with other pixels."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._restroke()
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the card and its header; plain text only."""
        painter = QPainter(self)
        paint_card(painter, QRectF(self.rect()), self._look, has_focus=self.hasFocus())
        header = Header(title=self._title, note=self._note, value=self.header_value())
        paint_header(painter, self.width(), self._look, header)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Keeps plot and overlay in their places."""
        self._arrange()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the crosshair, with Shift the range; + and - zoom, 0 shows everything."""
        key, has_shift = event.key(), event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        area = self._view.area()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            sign = 1 if key == Qt.Key.Key_Right else -1
            if has_shift:
                self._on_panned(-sign * area.width() / 10, 0.0)
            else:
                self._step_crosshair(sign)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._on_zoomed(0.7, 0.5, 0.5, is_y=False)
        elif key == Qt.Key.Key_Minus:
            self._on_zoomed(1 / 0.7, 0.5, 0.5, is_y=False)
        elif key == Qt.Key.Key_0:
            self.reset_view()
        elif key == Qt.Key.Key_Escape and self._crosshair is not None:
            self.set_crosshair(None)
        else:
            super().keyPressEvent(event)

    def wait_for_picture(self) -> None:
        """Waits until the fine picture is painted; it is shown with the next events."""
        self._item.finish()

    def _build(self, wheel_needs_ctrl: bool) -> None:
        look = self._look
        left = LabelAxis("left", self._scale.y_ticks, look.tick_font, look.axis)
        bottom = LabelAxis("bottom", self._scale.x_ticks, look.tick_font, look.axis)
        left.setWidth(LEAST_AXIS)
        self._view = PlotView(
            left, bottom, look.surface, wheel_needs_ctrl=wheel_needs_ctrl, parent=self
        )
        self._layer = Layer(look.surface.rgb(), look.grid.rgb(), self._grid_ticks)
        self._item = CurveItem(self._layer)
        self._item.after_paint = self._paint_points
        self._view.box.addItem(self._item, ignoreBounds=True)
        self._overlay = Overlay(look, self)
        self._view.panned.connect(self._on_panned)
        self._view.zoomed.connect(self._on_zoomed)
        self._view.picked.connect(self._on_picked)
        self._view.picking.connect(self._on_picking)
        self._view.hovered.connect(self._on_hovered)
        self._view.reset_wanted.connect(self.reset_view)
        self._view.box.sigResized.connect(self._place_overlay)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(LEAST)
        self.setSizePolicy(self.sizePolicy().Policy.Expanding, self.sizePolicy().Policy.Expanding)

    def _arrange(self) -> None:
        top = header_height(self._look)
        self._view.setGeometry(4, top, max(self.width() - 8, 10), max(self.height() - top - 6, 10))
        self._overlay.setGeometry(self.rect().adjusted(1, 1, -1, -1))
        self._overlay.raise_()
        self._place_overlay()

    def _place_overlay(self) -> None:
        area = self._view.area().translated(self._view.pos() - self._overlay.pos()).toRect()
        self._grid_most = most_down(self._view.area().height())
        self._overlay.area = QRect(area)
        self._show_crosshair(self._crosshair)

    def _restroke(self) -> None:
        ratio = self.devicePixelRatioF()
        self._layer.grid_px = max(1, round(ratio))
        self._item.set_strokes(strokes_for(self._prepared, self._look, ratio, self._highlight))

    def _describe(self) -> None:
        note = f", {self._note}" if self._note else ""
        self.setAccessibleName(f"Chart of {self._title}{note}")
        has_points = any(len(one.series.x) for one in self._prepared)
        self.setAccessibleDescription(spoken(self._prepared) if has_points else self._empty[0])
        self._overlay.message = None if has_points else self._empty
        self._overlay.update()

    def _set_scale(self, scale: Scale) -> None:
        self._scale = scale
        self._view.left.ticks_of, self._view.bottom.ticks_of = scale.y_ticks, scale.x_ticks
        self._view.bottom.update()
        self._is_zoomed = self._is_y_held = False

    def _grid_ticks(self, low: float, high: float) -> Ticks:
        """Returns the grid's ticks; a worker asks too, so nothing here touches Qt."""
        return self._scale.y_ticks(low, high, self._grid_most)

    def _fit(self) -> None:
        extent = x_extent(self._prepared)
        self._set_range((0.0, 1.0) if extent is None else padded(*extent), None)
        self._fit_y()

    def _fit_y(self) -> None:
        if self._is_y_held:
            return
        extent = y_extent(self._prepared, *self._seen("x"))
        if extent is not None:
            self._set_range(None, padded(*extent))
        elif not self._prepared:
            self._set_range(None, (0.0, 1.0))

    def _set_range(self, x: Range | None, y: Range | None) -> None:
        self._view.box.setRange(xRange=x, yRange=y, padding=0, disableAutoRange=True)
        self._fit_labels()
        self._show_crosshair(self._crosshair)
        self.range_changed.emit(*self.x_range())

    def _fit_labels(self) -> None:
        left = self._view.left
        needed = left.needed_width(*self._seen("y"), self._view.area().height())
        wide = max(LEAST_AXIS, math.ceil((needed + 4) / 4) * 4)  # in steps, so that it rarely jumps
        if wide != left.width():
            left.setWidth(wide)

    def _on_panned(self, right: float, down: float) -> None:
        area, x, y = self._view.area(), self._seen("x"), self._seen("y")
        across = -right * (x[1] - x[0]) / max(area.width(), 1)
        up = down * (y[1] - y[0]) / max(area.height(), 1)
        self._is_zoomed = True
        self._is_y_held = self._is_y_held or bool(down)
        self._set_range((x[0] + across, x[1] + across), (y[0] + up, y[1] + up) if down else None)
        self._say_range()

    def _on_zoomed(self, factor: float, across: float, down: float, is_y: bool) -> None:
        if is_y:
            seen = zoomed(*self._seen("y"), factor, 1 - down)
            if seen is not None:
                self._is_zoomed = self._is_y_held = True
                self._set_range(None, seen)
            return
        seen = zoomed(*self._seen("x"), factor, across)
        if seen is not None:
            self._take_x(seen)

    def _on_picked(self, left: float, right: float) -> None:
        low, high = sorted((self._x_under(left), self._x_under(right)))
        if can_show(low, high):
            self._take_x((low, high))

    def _take_x(self, seen: Range) -> None:
        """Shows a range a person chose, lets y follow, and tells the others."""
        self._is_zoomed = True
        self._set_range(seen, None)
        self._fit_y()
        self._say_range()

    def _on_picking(self, span: Range | None) -> None:
        offset = self._view.x() - self._overlay.x()
        self._overlay.select(None if span is None else (span[0] + offset, span[1] + offset))

    def _on_hovered(self, at: QPointF | None) -> None:
        self._has_pointer = at is not None
        self.set_crosshair(None if at is None else self._scale.x_value(self._x_under(at.x())))

    def _x_under(self, px: float) -> float:
        """Returns the place on the x axis under a pixel of the view, the nearest one in sight."""
        area, (low, high) = self._view.area(), self._seen("x")
        share = (px - area.left()) / max(area.width(), 1)
        return low + (high - low) * min(max(share, 0.0), 1.0)

    def _say_range(self) -> None:
        if self._link is not None:
            self._link.say_range(self, self.x_range())

    def _on_link_range_changed(
        self, speaker: object, low: float | None, high: float | None
    ) -> None:
        if speaker is self:
            return
        if low is None or high is None:
            self.reset_view(says=False)
        else:
            self.set_x_range(low, high)

    def _on_link_crosshair_moved(self, speaker: object, x: float | None) -> None:
        if speaker is not self:
            self._has_pointer = False
            self._show_crosshair(x)

    def _step_crosshair(self, steps: int) -> None:
        self._has_pointer = True
        if self._crosshair is None:
            self.set_crosshair(sum(self.x_range()) / 2)
        else:
            self.set_crosshair(stepped(self._prepared, self._crosshair, steps))

    def _show_crosshair(self, x: float | None) -> None:
        self._crosshair = x
        self.update(0, 0, self.width(), header_height(self._look))
        area, seen = self._overlay.area, self._seen("x")
        if x is None or not seen[0] <= self._scale.x_place(x) <= seen[1]:
            self._overlay.show_at(None, "", (), shows_box=False)
            return
        share = (self._scale.x_place(x) - seen[0]) / (seen[1] - seen[0])
        readings = readings_at(self._prepared, x, self._look, self._scale, area, self._seen("y"))
        title = f"{_X_WORD[self._scale.x_axis]} {x_text(x, self._scale.x_axis)}"
        px = area.left() + share * area.width()
        self._overlay.show_at(px, title, readings, shows_box=self._has_pointer)

    def _paint_points(self, painter: QPainter, area: QRectF) -> None:
        paint_single_points(
            painter, area, self._prepared, self._look, self._seen("x"), self._seen("y")
        )

    def _seen(self, axis: str) -> Range:
        """Returns the visible places on an axis."""
        low, high = self._view.box.viewRange()[0 if axis == "x" else 1]
        return float(low), float(high)


_X_WORD = {XAxis.STEP: "Step", XAxis.RELATIVE: "After", XAxis.TIME: "At"}
