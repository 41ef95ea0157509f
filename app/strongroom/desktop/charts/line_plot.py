# SPDX-License-Identifier: Apache-2.0
"""The plot inside a line chart: its view, the picture of its lines, its crosshair, where they lie.

Law: it knows the lines as they are drawn and how they look; what is said of them is the chart's.
"""

from collections.abc import Sequence

import numpy as np

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts.axis import LabelAxis, most_down
from strongroom.desktop.charts.card import (
    header_height,
    is_top_busy,
    line_stroke,
    paint_single_points,
    strokes_for,
)
from strongroom.desktop.charts.curves import Curves
from strongroom.desktop.charts.layer import Layer
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.plot_view import PlotView
from strongroom.desktop.charts.pointer import Pointer
from strongroom.desktop.charts.prepared import Prepared
from strongroom.desktop.charts.readout import Overlay
from strongroom.desktop.charts.scale import Scale
from strongroom.desktop.charts.ticks import Ticks
from strongroom.desktop.charts.zoom import LEAST_AXIS, Zoom

TITLES_FROM = 320  # px of height; in a tile the header says what y is
LIT = 2.0  # px, the line the mouse means


class LinePlot:
    """Holds the parts of a plot in a card and keeps them in step.

    Args:
        card: The widget it lies in.
        look: Its colours and fonts.
        scale: Its axes.
        wheel_needs_ctrl: Whether the wheel alone belongs to the page.
    """

    def __init__(
        self, card: QWidget, look: ChartLook, scale: Scale, *, wheel_needs_ctrl: bool
    ) -> None:
        self._card, self._look = card, look
        self._prepared: tuple[Prepared, ...] = ()
        self._chosen: str | None = None
        self._grid_most = 2
        left = LabelAxis("left", scale.y_ticks, look.tick_font, look.axis)
        bottom = LabelAxis("bottom", scale.x_ticks, look.tick_font, look.axis)
        left.setWidth(LEAST_AXIS)
        self.layer = Layer(look.surface.rgb(), look.grid.rgb(), self._grid_ticks)
        self.curves = Curves(self.layer)
        self.curves.after_paint = self._paint_points
        self.view = PlotView(
            left, bottom, self.curves, look.surface, wheel_needs_ctrl=wheel_needs_ctrl, parent=card
        )
        self.overlay = Overlay(look, card)
        self.zoom = Zoom(self.view, scale)
        self.pointer = Pointer(self.view, self.overlay, self.zoom)
        self.view.box.sigResized.connect(self._place_overlay)

    def set_prepared(self, prepared: Sequence[Prepared]) -> None:
        """Replaces the lines; a zoomed range stays."""
        self._prepared = tuple(prepared)
        self.restroke()
        self.pointer.set_prepared(self._prepared)
        self.zoom.set_prepared(self._prepared)

    def set_look(self, look: ChartLook) -> None:
        """Takes other colours and fonts."""
        self._look = look
        self.overlay.set_look(look)
        self.layer.background = np.uint32(look.surface.rgb())
        self.layer.grid = np.uint32(look.grid.rgb())
        self.view.setBackground(look.surface)
        for axis in (self.view.left, self.view.bottom):
            axis.set_pen(look.tick_font, look.axis)
        self.restroke()
        self.zoom.fit_labels()

    def set_chosen(self, run_id: str | None) -> None:
        """Draws one run's line thicker and on top."""
        if run_id != self._chosen:
            self._chosen = run_id
            self.restroke()

    def light(self, run_id: str | None) -> None:
        """Lights the line the mouse means over the picture that is there."""
        found = next((one for one in self._prepared if one.series.run_id == run_id), None)
        wide = LIT / self._look.line_width
        ratio = self._card.devicePixelRatioF()
        self.curves.set_highlight(
            None if found is None else line_stroke(found, self._look, ratio, wide)
        )

    def restroke(self) -> None:
        """Draws anew, with pens for the pixels of this screen."""
        ratio = self._card.devicePixelRatioF()
        self.layer.grid_px = max(1, round(ratio))
        self.curves.set_strokes(strokes_for(self._prepared, self._look, ratio, self._chosen))

    def arrange(self, titles: tuple[str, str]) -> None:
        """Fits everything into the card; ``titles`` of x and y stand where there is room."""
        size, top = self._card.size(), header_height(self._look)
        has_titles = size.height() >= TITLES_FROM
        self.view.bottom.set_title(titles[0] if has_titles else "")
        self.view.left.set_title(titles[1] if has_titles else "")
        self.view.setGeometry(4, top, max(size.width() - 8, 10), max(size.height() - top - 6, 10))
        self.overlay.setGeometry(self._card.rect().adjusted(1, 1, -1, -1))
        self.overlay.raise_()
        self.zoom.fit_labels()
        self._place_overlay()

    def find_room(self) -> None:
        """Puts the legend where fewer lines run."""
        x, y = self.zoom.seen("x"), self.zoom.seen("y")
        self.overlay.is_legend_low = is_top_busy(self._prepared, x, y)

    def _place_overlay(self) -> None:
        area = self.view.area()
        self._grid_most = most_down(area.height())
        self.overlay.area = QRect(area.translated(self.view.pos() - self.overlay.pos()).toRect())
        self.pointer.refresh()

    def _grid_ticks(self, low: float, high: float) -> Ticks:
        """Returns the grid's ticks; a worker asks too, so nothing here touches Qt."""
        return self.zoom.scale.y_ticks(low, high, self._grid_most)

    def _paint_points(self, painter: QPainter, area: QRectF) -> None:
        x, y = self.zoom.seen("x"), self.zoom.seen("y")
        paint_single_points(painter, area, self._prepared, self._look, x, y)
