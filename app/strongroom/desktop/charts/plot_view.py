# SPDX-License-Identifier: Apache-2.0
"""The pyqtgraph scene of one chart: a view box, two label axes, and the mouse as a person's wishes.

Laws: the wheel without Ctrl belongs to the page when the chart lies in a scrolling page; a drag
pans, Shift and a drag picks a range, a double click shows everything. Painting goes straight to the
labels and the lines: Qt's walk through the scene would cost more than they do.
"""

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGraphicsGridLayout, QWidget

from strongroom.desktop.charts.axis import LabelAxis
from strongroom.desktop.charts.curves import Curves

NOTCH = 0.85  # of the range is left after one notch of the wheel
TOP_MARGIN = 6  # px above the plot, half a label
RIGHT_MARGIN = 10  # px, room for half of the last label


class PlotView(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph ships no types
    """Holds the plot and tells what the mouse wants.

    Signals:
        panned: (right, down) pixels the content was dragged.
        zoomed: (factor, x share, y share, is_y): the range shrinks to ``factor`` about that point.
        picked: (left, right) pixels of a range chosen with Shift.
        picking: the same while the button is down, or None.
        hovered: QPointF in this widget, or None when the pointer has left the plot.
        reset_wanted: A double click.
    """

    panned = Signal(float, float)
    zoomed = Signal(float, float, float, bool)
    picked = Signal(float, float)
    picking = Signal(object)
    hovered = Signal(object)
    reset_wanted = Signal()

    def __init__(
        self,
        left: LabelAxis,
        bottom: LabelAxis,
        curves: Curves,
        background: QColor,
        *,
        wheel_needs_ctrl: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, background=background)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.wheel_needs_ctrl = wheel_needs_ctrl
        self.box = pg.ViewBox(enableMenu=False, enableMouse=False, defaultPadding=0)
        self.box.disableAutoRange()
        self.left, self.bottom = left, bottom
        central = pg.GraphicsWidget()
        self.setCentralWidget(central)
        grid = QGraphicsGridLayout()
        grid.setContentsMargins(0, TOP_MARGIN, RIGHT_MARGIN, 0)
        grid.setSpacing(0)
        central.setLayout(grid)
        grid.addItem(left, 0, 0)
        grid.addItem(self.box, 0, 1)
        grid.addItem(bottom, 1, 1)
        self._curves = curves
        curves.changed.connect(self.viewport().update)
        for port in (self, self.viewport()):  # or the card below is painted first, each time
            port.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._pressed: QPointF | None = None
        self._dragged: QPointF | None = None
        self._is_picking = False

    def area(self) -> QRectF:
        """Returns the plot inside this widget."""
        # The scene's pixels are this widget's; half a pixel is the edge of the box's outline.
        return QRectF(self.box.geometry()).adjusted(0.0, 0.0, 0.5, 0.5)

    def seen(self, axis: str) -> tuple[float, float]:
        """Returns the visible places on the ``x`` or ``y`` axis."""
        low, high = self.box.state["viewRange"][0 if axis == "x" else 1]
        return float(low), float(high)

    def show_range(self, x: tuple[float, float] | None, y: tuple[float, float] | None) -> None:
        """Shows other places; an axis without any stays."""
        self.box.setRange(xRange=x, yRange=y, padding=0, disableAutoRange=False)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints ground, labels and lines."""
        painter, part = QPainter(self.viewport()), event.rect()
        painter.fillRect(part, self.backgroundBrush())
        for axis, name in ((self.left, "y"), (self.bottom, "x")):
            if axis.mapRectToScene(axis.boundingRect()).intersects(part):
                painter.save()
                painter.translate(axis.pos())
                axis.paint_range(painter, *self.seen(name))
                painter.restore()
        area = self.area()
        if area.intersects(part):
            self._curves.paint(painter, area, self.seen("x"), self.seen("y"))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins a drag."""
        if event.button() is not Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self._pressed = self._dragged = event.position()
        self._is_picking = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        event.ignore()  # so that the chart takes the focus

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pans, picks, or moves the crosshair."""
        at = event.position()
        if self._pressed is not None and self._is_picking:
            self.picking.emit((self._pressed.x(), at.x()))
        elif self._dragged is not None:
            moved = at - self._dragged
            self._dragged = at
            self.panned.emit(moved.x(), moved.y())
        self.hovered.emit(at if self.area().contains(at) else None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends a drag."""
        if self._pressed is not None and self._is_picking:
            self.picking.emit(None)
            if abs(event.position().x() - self._pressed.x()) >= 4:
                self.picked.emit(self._pressed.x(), event.position().x())
        self._pressed = self._dragged = None
        self._is_picking = False

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Asks for everything."""
        self._pressed = self._dragged = None
        self.reset_wanted.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms about the pointer; with Shift the y axis."""
        turn = event.angleDelta().y() or event.angleDelta().x()
        has_ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if not turn or (self.wheel_needs_ctrl and not has_ctrl):
            event.ignore()
            return
        area = self.area()
        at = event.position()
        across = (at.x() - area.left()) / max(area.width(), 1)
        down = (at.y() - area.top()) / max(area.height(), 1)
        is_y = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        factor = NOTCH ** (turn / 120)
        self.zoomed.emit(factor, min(max(across, 0), 1), min(max(down, 0), 1), is_y)
        event.accept()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Leaves the focus where it is; pyqtgraph would take it."""
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Takes the crosshair away."""
        self.hovered.emit(None)
        event.accept()
