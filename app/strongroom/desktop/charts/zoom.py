# SPDX-License-Identifier: Apache-2.0
"""What part of the data a chart shows.

Laws: what a person chose stays until they ask for everything; y follows x unless a person holds it
or has set its ends; while a person drags, y waits, so that a pan moves the picture instead of
drawing it anew.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from strongroom.desktop.charts.plot_view import PlotView
from strongroom.desktop.charts.prepared import Prepared, x_extent, y_extent
from strongroom.desktop.charts.scale import Range, Scale, can_show, padded, widened, zoomed

LEAST_AXIS = 30  # px
FOLLOW_MS = 120  # after the last move of a drag; y jumping along with the hand is no help
KEY_ZOOM = 0.7  # of the range is left after + is pressed


class Zoom(QObject):
    """The visible ranges of one plot.

    Signals:
        changed: Another range is visible.
        chosen: A person chose the x range here (is_moving), so linked charts should follow.
        reset: A person asked for everything.
    """

    changed = Signal()
    chosen = Signal(bool)
    reset = Signal()

    def __init__(self, view: PlotView, scale: Scale) -> None:
        super().__init__(view)
        self.scale = scale
        self.is_zoomed = self.is_y_held = False
        self.limits: tuple[float | None, float | None] = (None, None)
        self.clip = 0.0
        self._view = view
        self._prepared: tuple[Prepared, ...] = ()
        self._follow = QTimer(self)
        self._follow.setSingleShot(True)
        self._follow.setInterval(FOLLOW_MS)
        self._follow.timeout.connect(self.fit_y)
        view.panned.connect(self.pan)
        view.zoomed.connect(self.zoom)
        view.picked.connect(self._on_picked)
        view.reset_wanted.connect(self.show_everything)

    def set_prepared(self, prepared: Sequence[Prepared]) -> None:
        """Takes other lines: a zoomed range stays, otherwise everything is shown."""
        self._prepared = tuple(prepared)
        self.fit_y() if self.is_zoomed else self.fit()

    def set_scale(self, scale: Scale) -> None:
        """Takes other axes; the next lines are shown whole."""
        self.scale = scale
        self._view.left.ticks_of, self._view.bottom.ticks_of = scale.y_ticks, scale.x_ticks
        self._view.viewport().update()
        self.is_zoomed = self.is_y_held = False

    def set_rules(self, limits: tuple[float | None, float | None], clip: float) -> None:
        """Sets the ends of y (None follows the data) and the percent that may stick out."""
        if (limits, clip) != (self.limits, self.clip):
            self.limits, self.clip = limits, clip
            self.is_y_held = False
            self.fit_y()

    def seen(self, axis: str) -> Range:
        """Returns the visible places on the ``x`` or ``y`` axis."""
        return self._view.seen(axis)

    def x_range(self) -> Range:
        """Returns the visible x, in data units."""
        low, high = self.seen("x")
        return self.scale.x_value(low), self.scale.x_value(high)

    def y_range(self) -> Range:
        """Returns the visible y, in data units."""
        low, high = self.seen("y")
        return self.scale.y_value(low), self.scale.y_value(high)

    def show_x(self, low: float, high: float, *, is_moving: bool = False) -> None:
        """Shows a range of x, in data units."""
        places = self.scale.x_place(low), self.scale.x_place(high)
        if can_show(*places):
            self.is_zoomed = True
            self._set(places, None)
            self._follow.start() if is_moving else self.fit_y()

    def fit(self) -> None:
        """Shows everything, without telling anybody."""
        self.is_zoomed = self.is_y_held = False
        extent = x_extent(self._prepared)
        self._set((0.0, 1.0) if extent is None else padded(*extent), None)
        self.fit_y()

    def fit_y(self) -> None:
        """Lets y follow the visible x, unless a person holds it."""
        self._follow.stop()
        if self.is_y_held:
            return
        extent = y_extent(self._prepared, *self.seen("x"), self.clip)
        low, high = (None if end is None else self.scale.y_place(end) for end in self.limits)
        limits = (
            low if low is not None and math.isfinite(low) else None,
            high if high is not None and math.isfinite(high) else None,
        )
        if extent is not None:
            self._set(None, widened(*extent, limits))
        elif not self._prepared or limits != (None, None):
            self._set(None, widened(0.0, 1.0, limits))

    def settle(self) -> None:
        """Does now what waits for the end of a drag."""
        if self._follow.isActive():
            self.fit_y()

    def show_everything(self) -> None:
        """Shows everything, here and in the linked charts."""
        self.fit()
        self.reset.emit()

    def pan(self, right: float, down: float) -> None:
        """Moves the content by pixels."""
        area, x, y = self._view.area(), self.seen("x"), self.seen("y")
        across = -right * (x[1] - x[0]) / max(area.width(), 1)
        up = down * (y[1] - y[0]) / max(area.height(), 1)
        self.is_zoomed = True
        self.is_y_held = self.is_y_held or bool(down)
        self._set((x[0] + across, x[1] + across), (y[0] + up, y[1] + up) if down else None)
        if not self.is_y_held:
            self._follow.start()
        self.chosen.emit(True)

    def pan_by(self, across: float, up: float) -> None:
        """Moves the view by shares of what is visible."""
        area = self._view.area()
        self.pan(-across * area.width(), up * area.height())

    def zoom(self, factor: float, across: float, down: float, is_y: bool) -> None:
        """Shrinks a range to ``factor`` of it about a point, given as shares of the plot."""
        if is_y:
            seen = zoomed(*self.seen("y"), factor, 1 - down)
            if seen is not None:
                self.is_zoomed = self.is_y_held = True
                self._set(None, seen)
            return
        seen = zoomed(*self.seen("x"), factor, across)
        if seen is not None:
            self._take_x(seen)

    def place_under(self, px: float) -> float:
        """Returns the place on the x axis under a pixel of the view, the nearest one in sight."""
        area, (low, high) = self._view.area(), self.seen("x")
        share = (px - area.left()) / max(area.width(), 1)
        return low + (high - low) * min(max(share, 0.0), 1.0)

    def fit_labels(self) -> None:
        """Gives the labels of y the room they need, in steps, so that it rarely jumps."""
        left = self._view.left
        needed = left.needed_width(*self.seen("y"), self._view.area().height())
        wide = max(LEAST_AXIS, math.ceil((needed + 4) / 4) * 4)
        if wide != left.width():
            left.setWidth(wide)

    def _on_picked(self, left: float, right: float) -> None:
        low, high = sorted((self.place_under(left), self.place_under(right)))
        if can_show(low, high):
            self._take_x((low, high))

    def _take_x(self, seen: Range) -> None:
        self.is_zoomed = True
        self._set(seen, None)
        self.fit_y()
        self.chosen.emit(True)

    def _set(self, x: Range | None, y: Range | None) -> None:
        self._view.show_range(x, y)
        self.fit_labels()
        self.changed.emit()


def with_logs(scale: Scale, *, x: bool, y: bool) -> Scale:
    """Returns the scale with those axes logarithmic."""
    return replace(scale, log_x=x, log_y=y)
