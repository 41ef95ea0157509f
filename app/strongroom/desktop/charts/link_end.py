# SPDX-License-Identifier: Apache-2.0
"""One chart's end of a link: what it says to the charts it moves with, and what it hears.

Law: what is heard is taken and never said again.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject

from strongroom.desktop.charts.link import ChartLink
from strongroom.desktop.charts.pointer import Pointer
from strongroom.desktop.charts.zoom import Zoom


class LinkEnd(QObject):
    """Joins ranges, crosshair and the lit line of a chart with a ``ChartLink``.

    Args:
        zoom: The chart's ranges.
        pointer: The chart's crosshair.
        light: Lights a run's line on the chart.
    """

    def __init__(self, zoom: Zoom, pointer: Pointer, light: Callable[[str | None], None]) -> None:
        super().__init__(zoom)
        self._zoom, self._pointer, self._light = zoom, pointer, light
        self._link: ChartLink | None = None
        zoom.chosen.connect(self._say_range)
        zoom.reset.connect(self._say_everything)
        pointer.moved.connect(self._say_crosshair)
        pointer.aimed.connect(self._say_aim)

    def link(self) -> ChartLink | None:
        """Returns what it is joined to."""
        return self._link

    def join(self, link: ChartLink | None) -> None:
        """Leaves one link for another, or for none."""
        if self._link is not None:
            self._link.range_changed.disconnect(self._on_range_changed)
            self._link.crosshair_moved.disconnect(self._on_crosshair_moved)
            self._link.aimed.disconnect(self._on_aimed)
        self._link = link
        if link is not None:
            link.range_changed.connect(self._on_range_changed)
            link.crosshair_moved.connect(self._on_crosshair_moved)
            link.aimed.connect(self._on_aimed)

    def _say_range(self, is_moving: bool) -> None:
        if self._link is not None:
            self._link.say_range(self, self._zoom.x_range(), is_moving=is_moving)

    def _say_everything(self) -> None:
        if self._link is not None:
            self._link.say_range(self, None)

    def _say_crosshair(self, x: float | None) -> None:
        if self._link is not None:
            self._link.say_crosshair(self, x)

    def _say_aim(self, run_id: str | None) -> None:
        if self._link is not None:
            self._link.aimed.emit(run_id)

    def _on_range_changed(
        self, speaker: object, low: float | None, high: float | None, is_moving: bool
    ) -> None:
        if speaker is self:
            return
        if low is None or high is None:
            self._zoom.fit()
        else:
            self._zoom.show_x(low, high, is_moving=is_moving)

    def _on_crosshair_moved(self, speaker: object, x: float | None) -> None:
        if speaker is not self:
            self._pointer.show(x, is_here=False)

    def _on_aimed(self, run_id: str | None) -> None:
        self._light(run_id)
