# SPDX-License-Identifier: Apache-2.0
"""Any field over any other field, a point a run.

Laws: a refresh never moves what a person zoomed to; every point can be reached by keyboard and is
said in words; a marked region is told in places, so that a filter can be made of it; names from
data are painted, never parsed; nothing here asks a service.
"""

from collections.abc import Iterator, Sequence
from enum import Enum

import numpy as np

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts import legend
from strongroom.desktop.charts.card import SIDE
from strongroom.desktop.charts.dimension import Dimension
from strongroom.desktop.charts.frame import View, plot_area
from strongroom.desktop.charts.front import Front
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.plot_view import NOTCH
from strongroom.desktop.charts.points import Points
from strongroom.desktop.charts.press import Press
from strongroom.desktop.charts.region import Flags, Lasso, Rectangle
from strongroom.desktop.charts.row_steps import next_row
from strongroom.desktop.charts.runs_plot import RunsPlot
from strongroom.desktop.charts.scale import Range, padded, zoomed
from strongroom.desktop.charts.scatter_scene import Scene
from strongroom.desktop.charts.trend import Fit, Trend, trend_of
from strongroom.services.chart_data import safe_cell

REACH = 12.0  # px from the pointer to the nearest point
EDGE_ROOM = 0.03  # of the range, so that points at the ends are whole
FRAME_ROOM = 0.15  # of the range of the rows a plot is framed to
MOST_DRAWN = 5_000  # points of a drawing; more are put in as a picture
NOTHING = ("No run has both values", "Choose other fields, or take the filter back.")


class Drag(Enum):
    """Names what a drag does."""

    PAN = "pan"
    RECTANGLE = "rectangle"
    LASSO = "lasso"


class ScatterPlot(RunsPlot):
    """Shows points with colour and size, a trend line, zoom and marked regions.

    Signals:
        chosen: A run was clicked, or Enter pressed on it (row).
        ticked: Space was pressed on a run (row).
        region_changed: A rectangle or lasso was drawn, or None when it was taken back.
    """

    chosen = Signal(int)
    ticked = Signal(int)
    region_changed = Signal(object)

    def __init__(self, look: ChartLook, parent: QWidget | None = None) -> None:
        super().__init__(look, name="Scatter plot", parent=parent)
        self._points: Points | None = None
        self._trend: Trend | None = None
        self._fit = Fit.NONE
        self._front: Front | None = None
        self._frame = np.empty(0, np.intp)  # rows to show the room around, none for all
        self._drag = self._dragging = Drag.PAN
        self._seen: tuple[Range, Range] | None = None  # None shows everything
        self._picture: QImage | None = None
        self._order = np.empty(0, np.intp)
        self._region: Rectangle | Lasso | None = None
        self._inside: Flags | None = None
        self._current = -1  # the row under the pointer or the keyboard
        self._press: Press | None = None
        self._track: list[QPointF] = []

    # ------------------------------------------------------------ content

    def set_points(self, points: Points | None) -> None:
        """Replaces the points; zoom and region stay while the axes are the same."""
        before, self._points = self._points, points
        is_other = points is None or before is None or _axes(before) != _axes(points)
        if is_other:
            self._seen = None
            self._region = None
        self._current = -1
        self._front = None
        self._frame = np.empty(0, np.intp)
        self._highlighted = -1
        self._order = np.empty(0, np.intp) if points is None else points.order()
        self._mark_inside()
        self._find_trend()

    def points(self) -> Points | None:
        """Returns what is shown."""
        return self._points

    def set_fit(self, fit: Fit) -> None:
        """Draws another trend line, or none."""
        self._fit = fit
        self._find_trend()

    def set_front(self, front: Front | None) -> None:
        """Draws the Pareto front of these points, or none; `set_points` takes it away."""
        self._front = front
        self._tell()
        self.repaint_all()

    def front(self) -> Front | None:
        """Returns the Pareto front that is drawn."""
        return self._front

    def set_frame(self, rows: Sequence[int]) -> None:
        """Shows the room around some rows until a person zooms; the header counts what is outside.

        `set_points` takes it away.
        """
        self._frame = np.array(sorted(rows), np.intp)
        self._tell()
        self.repaint_all()

    def trend(self) -> Trend | None:
        """Returns the trend line that is drawn."""
        return self._trend

    def set_drag(self, drag: Drag) -> None:
        """Says what a drag with the left button does; Shift always draws a rectangle."""
        self._drag = drag
        self.setCursor(
            Qt.CursorShape.ArrowCursor if drag is Drag.PAN else Qt.CursorShape.CrossCursor
        )

    def region(self) -> Rectangle | Lasso | None:
        """Returns the marked part."""
        return self._region

    def set_region(self, region: Rectangle | Lasso | None) -> None:
        """Marks a part; points outside it are faint."""
        if region == self._region:
            return
        self._region = region
        self._mark_inside()
        self._tell()
        self.region_changed.emit(region)

    def region_rows(self) -> tuple[int, ...]:
        """Returns the rows inside the region, the newest run first."""
        if self._points is None or self._inside is None:
            return ()
        return tuple(int(row) for row in self._points.rows if self._inside[row])

    def current(self) -> int:
        """Returns the row under the pointer or the keyboard, -1 for none."""
        return self._current

    def view(self) -> View:
        """Returns what is in sight, in this widget."""
        points = self._points
        if points is None:
            return View(area=self.inside(), x=(0.0, 1.0), y=(0.0, 1.0))
        x, y = self._seen or (self._home(points.x), self._home(points.y))
        has_legend = points.colour is not None or points.size is not None
        wide = min(legend.WIDTH, self.width() / 4) if has_legend else 0.0
        area = plot_area(QRectF(self.rect()), self._look, points.y, y, wide)
        return View(area=area, x=x, y=y)

    def reset_view(self) -> None:
        """Shows everything again."""
        self._show(None)

    @property
    def is_zoomed(self) -> bool:
        """Whether a person chose the range."""
        return self._seen is not None

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yields a heading and a row a point, the newest run first."""
        points = self._points
        if points is None:
            return
        shown = points.shown()
        yield "run", *(safe_cell(each.title) for each in shown)
        for row in points.rows.tolist():
            cells = (
                safe_cell(each.text(row)) if each.is_category else repr(float(each.numbers[row]))
                for each in shown
            )
            yield safe_cell(points.names[row]), *cells

    def repaint_all(self) -> None:
        """Drops the picture and paints anew."""
        self._picture = None
        self.update()

    # ------------------------------------------------------------ painting

    def paint_inside(self, painter: QPainter, *, is_drawing: bool) -> None:
        """Paints axes, points, trend, legend, region and the box of the current point."""
        points = self._points
        if points is None:
            return
        scene = self._scene(points)
        if is_drawing and len(self._order) <= MOST_DRAWN:
            scene.draw_dots(painter)
        else:
            ratio = self.devicePixelRatioF()
            if self._picture is None or self._picture.devicePixelRatio() != ratio:
                self._picture = scene.picture(self.size(), ratio)
            painter.drawImage(QPointF(0, 0), self._picture)
        scene.paint_trend(painter, self._trend)
        scene.paint_best(painter)
        scene.paint_rings(painter)
        scene.paint_highlight(painter, self._highlighted)
        scene.paint_legend(painter, self.width() - SIDE)
        scene.paint_region(painter, self._region, self._track)
        if not is_drawing and self._current >= 0:
            scene.paint_current(painter, QRectF(self.rect()), self._current)

    def _scene(self, points: Points) -> Scene:
        return Scene(
            points=points,
            order=self._order,
            view=self.view(),
            look=self._look,
            inside=self._inside,
            front=self._front,
        )

    # ------------------------------------------------------------ Qt

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins a click or a drag."""
        if event.button() is Qt.MouseButton.LeftButton and self._points is not None:
            self._press = Press(event.position())
            self._track = []
            has_shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._dragging = Drag.RECTANGLE if has_shift else self._drag
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pans, marks, or says what is under the pointer."""
        at, press = event.position(), self._press
        if press is None:
            self._hover(at)
            return
        moved = press.move(at)
        if moved is None:
            return
        if self._dragging is Drag.PAN:
            self._pan(moved)
        elif self._dragging is Drag.LASSO:
            self._track = [*(self._track or [press.at]), at]
        else:
            self._track = [press.at, at]
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Chooses the run under the pointer, or takes over what was marked."""
        press, track, at = self._press, self._track, event.position()
        if press is None:
            return
        self._press, self._track = None, []
        if not press.is_drag:
            self._hover(at)
            if self._current >= 0:
                self.chosen.emit(self._current)
            elif self._region is not None:
                self.set_region(None)
        elif track:
            self.set_region(self._region_of(track))
        self.update()

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Shows everything."""
        self._press = None
        self.reset_view()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms both axes about the pointer."""
        turn = event.angleDelta().y() or event.angleDelta().x()
        view = self.view()
        if not turn or self._points is None or not view.area.contains(event.position()):
            event.ignore()
            return
        across = (event.position().x() - view.area.left()) / view.area.width()
        up = (view.area.bottom() - event.position().y()) / view.area.height()
        self._zoom(NOTCH ** (turn / 120), across, up)
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Takes the box away."""
        self._set_current(-1)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from point to point, with Shift they pan; see the how-to for all keys."""
        key, view = event.key(), self.view()
        step = _ARROWS.get(Qt.Key(key))
        if step is not None and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._pan(QPointF(-step[0] * view.area.width() / 10, step[1] * view.area.height() / 10))
        elif step is not None:
            self._step(*step)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._zoom(0.7, 0.5, 0.5)
        elif key == Qt.Key.Key_Minus:
            self._zoom(1 / 0.7, 0.5, 0.5)
        elif key == Qt.Key.Key_0:
            self.reset_view()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current >= 0:
            self.chosen.emit(self._current)
        elif key == Qt.Key.Key_Space and self._current >= 0:
            self.ticked.emit(self._current)
        elif key == Qt.Key.Key_Escape and (self._region is not None or self._current >= 0):
            self._set_current(-1)
            self.set_region(None)
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------ inside

    def _home(self, dimension: Dimension) -> Range:
        """Returns what is in sight before anybody zooms."""
        places = dimension.places[self._frame]
        known = places[~np.isnan(places)]
        if not len(known):
            return _room(dimension.extent())
        return _room((float(known.min()), float(known.max())), FRAME_ROOM)

    def _outside(self, points: Points) -> int:
        """Returns how many points lie outside what is in sight before anybody zooms."""
        if not len(self._frame):
            return 0
        count = np.zeros(len(points.rows), bool)
        for each in (points.x, points.y):
            low, high = self._home(each)
            places = each.places[points.rows]
            count |= (places < low) | (places > high)
        return int(count.sum())

    def _find_trend(self) -> None:
        points = self._points
        is_plane = points is not None and not (points.x.is_category or points.y.is_category)
        self._trend = None
        if points is not None and is_plane:
            self._trend = trend_of(self._fit, points.x.places, points.y.places)
        self._tell()
        self.repaint_all()

    def _mark_inside(self) -> None:
        points, region = self._points, self._region
        self._inside = None
        if points is not None and region is not None:
            self._inside = region.holds(points.x.places, points.y.places)
        self.repaint_all()

    def _tell(self) -> None:
        points = self._points
        if points is None or not len(points.rows):
            self._message = NOTHING
            title = "" if points is None else f"{points.y.title} by {points.x.title}"
            self._describe(title, "", "", NOTHING[0])
            return
        self._message = None
        title = f"{points.y.title} by {points.x.title}"
        front = self._front
        said = [] if front is None else [f"dashed: Pareto front of {len(front.rows):,}"]
        said.append(f"{len(points.rows):,} runs")
        if points.missing:
            said.append(f"{points.missing:,} without both values")
        if self._trend is not None:
            said.append(f"trend by {self._trend.fit.value}, n {self._trend.count:,}")
        elif self._fit is not Fit.NONE:
            said.append("too few runs for a trend")
        if outside := self._outside(points):
            said.append(f"{outside:,} outside")
        value = f"{len(self.region_rows()):,} marked" if self._region is not None else ""
        spoken = ", ".join(filter(None, [*said, value]))
        if self._current >= 0:
            rows = (f"{each.title} {each.text(self._current)}" for each in points.shown())
            best = self._front is not None and self._current in self._front.rows
            place = ", on the Pareto front" if best else ""
            spoken = f"{points.names[self._current]}: {', '.join(rows)}{place}. {spoken}"
        self._describe(title, ", ".join(said), value, spoken)

    def _hover(self, at: QPointF) -> None:
        points, view = self._points, self.view()
        if points is None or not view.area.adjusted(-8, -8, 8, 8).contains(at):
            self._set_current(-1)
            return
        px, py = self._scene(points).pixels()
        found = points.nearest(px, py, at.x(), at.y(), REACH)
        self._set_current(int(self._order[found]) if found >= 0 else -1)

    def _set_current(self, row: int) -> None:
        if row != self._current:
            self._current = row
            self._tell()

    def _step(self, across: int, up: int) -> None:
        """Goes to the next point in sight, by x for Left and Right, by y for Up and Down."""
        points = self._points
        if points is None:
            return
        scene = self._scene(points)
        rows = self._order[scene.in_sight(*scene.pixels())]
        if not len(rows):
            return
        first, then = (points.x, points.y) if across else (points.y, points.x)
        rows = rows[np.lexsort((rows, then.places[rows], first.places[rows]))]
        self._set_current(next_row(rows, self._current, across or up))

    def _region_of(self, track: list[QPointF]) -> Rectangle | Lasso | None:
        view = self.view()
        places = [(view.x_at(at.x()), view.y_at(at.y())) for at in track]
        if len(places) > 2:
            return Lasso(corners=tuple(places))
        (x0, y0), (x1, y1) = places
        if x0 == x1 or y0 == y1:
            return None
        return Rectangle(x=(min(x0, x1), max(x0, x1)), y=(min(y0, y1), max(y0, y1)))

    def _pan(self, moved: QPointF) -> None:
        view = self.view()
        across = -moved.x() * (view.x[1] - view.x[0]) / view.area.width()
        up = moved.y() * (view.y[1] - view.y[0]) / view.area.height()
        self._show(((view.x[0] + across, view.x[1] + across), (view.y[0] + up, view.y[1] + up)))

    def _zoom(self, factor: float, across: float, up: float) -> None:
        view = self.view()
        x, y = zoomed(*view.x, factor, across), zoomed(*view.y, factor, up)
        if x is not None and y is not None:
            self._show((x, y))

    def _show(self, seen: tuple[Range, Range] | None) -> None:
        self._seen = seen
        self.repaint_all()


_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


def _axes(points: Points) -> tuple[object, ...]:
    return points.x.key, points.x.is_log, points.y.key, points.y.is_log


def _room(extent: Range | None, share: float = EDGE_ROOM) -> Range:
    if extent is None:
        return (0.0, 1.0)
    low, high = padded(*extent)
    room = (high - low) * share
    return low - room, high + room
