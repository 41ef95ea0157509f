# SPDX-License-Identifier: Apache-2.0
"""The crosshair of one chart: where it stands, what it reads, and which line the mouse means.

Laws: it stands on a logged sample; moving it never draws the lines anew; the line under the mouse
is found from the readings that are there anyway, a moment after the mouse has come to rest.
"""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QPointF, QTimer, Signal

from strongroom.desktop.charts.crosshair import (
    aimed_at,
    header_text,
    readings_at,
    snapped,
    stepped,
)
from strongroom.desktop.charts.plot_view import PlotView
from strongroom.desktop.charts.prepared import Prepared
from strongroom.desktop.charts.readout import Overlay
from strongroom.desktop.charts.ticks import XAxis, x_text
from strongroom.desktop.charts.zoom import Zoom

REST_MS = 30  # sweeping over a hundred lines lights none of them
_X_WORD = {XAxis.STEP: "Step", XAxis.RELATIVE: "After", XAxis.TIME: "At", XAxis.METRIC: "At"}


class Pointer(QObject):
    """Crosshair and tooltip.

    Signals:
        moved: A person moved the crosshair here, to a float or None.
        shown: The crosshair or what it reads changed.
        aimed: The run whose line the mouse means is another one, or None.
    """

    moved = Signal(object)
    shown = Signal()
    aimed = Signal(object)

    def __init__(self, view: PlotView, overlay: Overlay, zoom: Zoom) -> None:
        super().__init__(view)
        self.x: float | None = None
        self.is_here = False
        self._view, self._overlay, self._zoom = view, overlay, zoom
        self._prepared: tuple[Prepared, ...] = ()
        self._run: str | None = None
        self._height: float | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._aim)
        view.hovered.connect(self._on_hovered)
        view.picking.connect(self._on_picking)

    def set_prepared(self, prepared: Sequence[Prepared]) -> None:
        """Takes other lines; the crosshair stays where it is."""
        self._prepared = tuple(prepared)

    def put(self, x: float | None) -> None:
        """Puts the crosshair on the sample nearest to ``x`` (data units) and tells the others."""
        found = None if x is None else snapped(self._prepared, x)
        if found != self.x:
            self.show(found)
            self.moved.emit(found)

    def step(self, steps: int) -> None:
        """Moves the crosshair to a later or earlier sample."""
        self.is_here = True
        if self.x is None:
            self.put(sum(self._zoom.x_range()) / 2)
        else:
            self.put(stepped(self._prepared, self.x, steps))

    def show(self, x: float | None, *, is_here: bool | None = None) -> None:
        """Shows the crosshair at ``x`` without telling anybody."""
        if is_here is not None:
            self.is_here = is_here
        self.x = x
        scale, seen = self._zoom.scale, self._zoom.seen("x")
        place = None if x is None else scale.x_place(x)
        if x is None or place is None or not seen[0] <= place <= seen[1]:
            self._overlay.show_at(None, "", (), shows_box=False)
        else:
            area = self._overlay.area
            px = area.left() + (place - seen[0]) / (seen[1] - seen[0]) * area.width()
            readings = readings_at(
                self._prepared, x, self._overlay.look, scale, area, self._zoom.seen("y")
            )
            title = f"{_X_WORD[scale.x_axis]} {x_text(x, scale.x_axis)}"
            self._overlay.show_at(px, title, readings, shows_box=self.is_here, run_id=self._run)
        self.shown.emit()

    def refresh(self) -> None:
        """Shows the crosshair again, after the view or the lines have changed."""
        if self.x is not None:
            self.show(self.x)

    def header(self) -> str:
        """Returns what stands at the right of the header."""
        return header_text(self._prepared, self.x, self._zoom.scale)

    def aim(self, run_id: str | None) -> None:
        """Says which run is meant, without telling anybody."""
        self._run = run_id
        self.refresh()

    def _on_hovered(self, at: QPointF | None) -> None:
        self.is_here = at is not None
        self._height = None if at is None else at.y() + self._view.y() - self._overlay.y()
        self._rest.start()
        if at is None:
            self.put(None)
            return
        self.put(self._zoom.scale.x_value(self._zoom.place_under(at.x())))

    def _aim(self) -> None:
        height = self._height
        found = None if height is None else aimed_at(self._overlay.readings, height)
        run_id = None if found is None else found.run_id
        if run_id != self._run:
            self.aim(run_id)
            self.aimed.emit(run_id)

    def _on_picking(self, span: tuple[float, float] | None) -> None:
        offset = self._view.x() - self._overlay.x()
        self._overlay.select(None if span is None else (span[0] + offset, span[1] + offset))
