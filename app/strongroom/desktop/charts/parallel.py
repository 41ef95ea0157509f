# SPDX-License-Identifier: Apache-2.0
"""Parallel coordinates: an upright axis a dimension, a line a run, brushes on the axes.

Laws: a brush is told when it is let go, in places, so that a filter can be made of it; runs outside
stay in sight, faint; axes are reordered, turned over and brushed by mouse and by keyboard alike.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts import legend
from strongroom.desktop.charts.brush import Brush, brushed
from strongroom.desktop.charts.card import SIDE, header_height
from strongroom.desktop.charts.dimension import Dimension
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.parallel_grip import Grip, moved, nudged
from strongroom.desktop.charts.parallel_layout import Layout, Part
from strongroom.desktop.charts.parallel_scene import (
    MOST_LINES,
    Strands,
    faint_picture,
    lines_picture,
    paint_axis,
    paint_legend,
    paint_line,
    paint_marked,
    paint_run,
    paint_title,
)
from strongroom.desktop.charts.runs_plot import RunsPlot
from strongroom.services.chart_data import safe_cell

if TYPE_CHECKING:
    from strongroom.desktop.charts.region import Flags

NOTHING = ("Nothing to draw lines between", "Choose at least two fields that runs have.")
REACH = 6.0  # px from the pointer to a line
CLICK = 3.0  # px the pointer may move in a click
TOLD_AFTER_MS = 300  # after the last key; a held arrow is one brush
STEP = 0.02  # of an axis, one press of an arrow
FIRST_LEFT = 64.0  # px for the labels of the first axis


class ParallelPlot(RunsPlot):
    """Shows lines with brushes.

    Signals:
        brushes_changed: Other runs are brushed (by key of the dimension, a `Brush`).
        order_changed: The axes stand in another order (keys, from left to right).
        chosen: A run was clicked, or Enter pressed on it (row).
        ticked: Space with Control was pressed on a run (row).
    """

    brushes_changed = Signal(object)
    order_changed = Signal(tuple)
    chosen = Signal(int)
    ticked = Signal(int)

    def __init__(self, look: ChartLook, parent: QWidget | None = None) -> None:
        super().__init__(look, name="Parallel coordinates", parent=parent)
        self._strands: Strands | None = None
        self._flipped: frozenset[str] = frozenset()
        self._brushes: dict[str, Brush] = {}
        self._inside: Flags | None = None
        self._faint: QImage | None = None
        self._lines: QImage | None = None
        self._axis = 0  # that has the keyboard
        self._current = -1
        self._pressed: QPointF | None = None
        self._grip = Grip()
        self._teller = QTimer(self)
        self._teller.setSingleShot(True)
        self._teller.setInterval(TOLD_AFTER_MS)
        self._teller.timeout.connect(self._tell_brushes)

    # ------------------------------------------------------------ content

    def set_strands(self, strands: Strands | None) -> None:
        """Replaces the lines; brushes and turned axes stay where their axes do."""
        self._strands = strands
        keys = {each.key for each in strands.dimensions} if strands else set()
        self._brushes = {key: brush for key, brush in self._brushes.items() if key in keys}
        self._axis = min(self._axis, max(len(keys) - 1, 0))
        self._current = -1
        self._find_inside()
        self.repaint_all()

    def strands(self) -> Strands | None:
        """Returns what is shown."""
        return self._strands

    def brushes(self) -> Mapping[str, Brush]:
        """Returns the brush of each brushed axis."""
        return dict(self._brushes)

    def set_brushes(self, brushes: Mapping[str, Brush], *, says: bool = True) -> None:
        """Brushes other parts; ``says`` tells so."""
        self._brushes = dict(brushes)
        self._find_inside()
        if says:
            self._tell_brushes()

    def brushed_rows(self) -> tuple[int, ...]:
        """Returns the brushed runs, the newest first; none without brushes."""
        return () if self._inside is None else tuple(np.nonzero(self._inside)[0].tolist())

    def flipped(self) -> frozenset[str]:
        """Returns the keys of the axes that stand upside down."""
        return self._flipped

    def set_flipped(self, keys: frozenset[str]) -> None:
        """Turns axes over."""
        self._flipped = keys
        self.repaint_all()

    def layout_now(self) -> Layout:
        """Returns where the axes stand."""
        strands = self._strands
        title = QFontMetricsF(self._look.note_font).height() + 8
        top = header_height(self._look) + title
        has_legend = strands is not None and strands.colour is not None
        wide = min(legend.WIDTH, self.width() / 5) + SIDE if has_legend else 0.0
        left = min(SIDE + FIRST_LEFT, self.width() / 5)
        right = self.width() - SIDE - 40 - wide
        height = self.height() - top - SIDE - 8
        area = QRectF(left, top, max(right - left, 20.0), max(height, 20.0))
        dimensions = strands.dimensions if strands else ()
        return Layout(area=area, title_height=title, dimensions=dimensions, flipped=self._flipped)

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yields a heading and a row a run: the brushed ones, or all."""
        strands = self._strands
        if strands is None:
            return
        yield "run", *(safe_cell(each.title) for each in strands.dimensions)
        for row in self.brushed_rows() or range(len(strands.names)):
            cells = (
                safe_cell(each.text(row)) if each.is_category else repr(float(each.numbers[row]))
                for each in strands.dimensions
            )
            yield safe_cell(strands.names[row]), *cells

    def repaint_all(self) -> None:
        """Drops the pictures and paints anew."""
        self._faint = self._lines = None
        self._tell()

    # ------------------------------------------------------------ painting

    def paint_inside(self, painter: QPainter, *, is_drawing: bool) -> None:
        """Paints lines, axes, brushes, titles, legend and the box of the current run."""
        strands, layout, look = self._strands, self.layout_now(), self._look
        if strands is None:
            return
        painter.save()
        painter.setClipRect(layout.area.adjusted(-4, -4, 4, 4))
        painter.drawImage(QPointF(0, 0), self._picture(strands, layout))
        painter.restore()
        if self._current >= 0 and not is_drawing:
            paint_line(painter, layout, self._current, look.surface, 4.5)
            paint_line(painter, layout, self._current, look.text, 2.0)
        for axis, dimension in enumerate(layout.dimensions):
            paint_axis(painter, layout, look, axis, self._brushes.get(dimension.key))
            paint_title(
                painter,
                layout,
                look,
                axis,
                is_strong=dimension.key in self._brushes,
                has_keyboard=self.hasFocus() and axis == self._axis and not is_drawing,
                moved_to=self._grip.moved_to if axis == self._grip.axis else None,
            )
        paint_marked(painter, strands, layout, look, self._inside)
        paint_legend(painter, QRectF(self.rect()), layout, look, strands)
        if self._current >= 0 and not is_drawing:
            at = self._grip.pointer or QPointF(layout.area.center().x(), layout.area.top() + 20)
            paint_run(painter, QRectF(self.rect()), look, strands, self._current, at)

    def _picture(self, strands: Strands, layout: Layout) -> QImage:
        ratio = self.devicePixelRatioF()
        size, look = self.size(), self._look
        if self._inside is not None and self._faint is None:
            self._faint = faint_picture(strands, layout, look, size, ratio)
        if self._lines is None:
            ground = self._faint if self._inside is not None else None
            self._lines = lines_picture(strands, layout, look, size, ratio, self._inside, ground)
        return self._lines

    # ------------------------------------------------------------ Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Makes other pictures."""
        super().resizeEvent(event)
        self.repaint_all()

    def event(self, event: QEvent) -> bool:
        """Makes other pictures for a screen with other pixels."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self.repaint_all()
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes hold of a title, an arrow, a brush or a bare axis."""
        super().mousePressEvent(event)
        strands = self._strands
        if event.button() is not Qt.MouseButton.LeftButton or strands is None:
            return
        layout, at = self.layout_now(), event.position()
        hit = layout.hit(at, self._title_widths(layout))
        self._pressed = at
        self._grip = Grip(part=hit.part, axis=hit.axis, pointer=at)
        if hit.part is not Part.NOTHING:
            self._axis = hit.axis
        if hit.part is Part.AXIS:
            brush = self._brushes.get(layout.dimensions[hit.axis].key)
            if brush is not None and brush.span is not None:
                self._grip.hold(layout, hit.axis, brush.span, at.y())
        self._tell()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Brushes, moves a brush or an axis, or says which line is under the pointer."""
        at, layout = event.position(), self.layout_now()
        self._grip.pointer = at
        if self._strands is None:
            return
        if self._pressed is None:
            self._hover(layout, at)
            return
        if (at - self._pressed).manhattanLength() < CLICK and not self._grip.is_dragging:
            return
        self._grip.is_dragging = True
        if self._grip.part is Part.TITLE:
            self._grip.moved_to = at.x()
            self.update()
        elif self._grip.part is Part.AXIS:
            self._drag_brush(layout, at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets go: tells the brush, drops the axis, or takes a click."""
        grip, at = self._grip, event.position()
        if self._pressed is None or self._strands is None:
            return
        self._pressed = None
        layout = self.layout_now()
        self._grip = Grip(pointer=at)
        if grip.is_dragging and grip.part is Part.TITLE:
            self._move_axis(grip.axis, layout.nearest_axis(at.x()))
        elif grip.is_dragging and grip.part is Part.AXIS:
            self._tell_brushes()
        elif grip.part is Part.FLIP:
            self.flip(grip.axis)
        elif grip.part is Part.AXIS:
            self._click_axis(layout, grip.axis, at)
        elif grip.part is Part.NOTHING:
            self._hover(layout, at)
            if self._current >= 0:
                self.chosen.emit(self._current)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Takes the box away."""
        self._grip.pointer = None
        self._set_current(-1)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right choose an axis, Up and Down brush it; see the how-to for all keys."""
        key, held = event.key(), event.modifiers()
        has_control = bool(held & Qt.KeyboardModifier.ControlModifier)
        has_shift = bool(held & Qt.KeyboardModifier.ShiftModifier)
        if self._strands is None or not self._strands.dimensions:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._go(1 if key == Qt.Key.Key_Right else -1, moves=has_control)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            sign = 1 if key == Qt.Key.Key_Up else -1
            self._nudge(sign, is_low=has_shift, is_both=has_control)
        elif key == Qt.Key.Key_Space and has_control and self._current >= 0:
            self.ticked.emit(self._current)
        elif key == Qt.Key.Key_Space:
            self._toggle_brush()
        elif key == Qt.Key.Key_F:
            self.flip(self._axis)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._drop_brush()
        elif key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            self._step(1 if key == Qt.Key.Key_PageUp else -1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current >= 0:
            self.chosen.emit(self._current)
        elif key == Qt.Key.Key_Escape and (self._brushes or self._current >= 0):
            self._set_current(-1)
            if self._brushes:
                self.set_brushes({})
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------ what both do

    def flip(self, axis: int) -> None:
        """Turns one axis over."""
        if self._strands is not None:
            self.set_flipped(self._flipped ^ {self._strands.dimensions[axis].key})

    def _move_axis(self, start: int, end: int) -> None:
        strands = self._strands
        if strands is None or not 0 <= end < len(strands.dimensions):
            return
        order = list(strands.dimensions)
        order.insert(end, order.pop(start))
        self._axis = end
        self.order_changed.emit(tuple(each.key for each in order))

    def _put_brush(self, axis: int, brush: Brush | None) -> None:
        dimension = self._dimension(axis)
        if brush is None or (brush.span is None and not brush.codes):
            self._brushes.pop(dimension.key, None)
        else:
            self._brushes[dimension.key] = brush
        self._find_inside()

    def _find_inside(self) -> None:
        self._inside = None
        if self._strands is not None:
            self._inside = brushed(self._strands.dimensions, self._brushes)
        self._lines = None
        self._tell()

    def _tell_brushes(self) -> None:
        self._teller.stop()
        self.brushes_changed.emit(dict(self._brushes))

    def _dimension(self, axis: int) -> Dimension:
        assert self._strands is not None  # noqa: S101 - whoever asks has looked
        return self._strands.dimensions[axis]

    def _title_widths(self, layout: Layout) -> list[float]:
        metrics = QFontMetricsF(self._look.note_font)
        widths = (metrics.horizontalAdvance(each.heading) for each in layout.dimensions)
        return [min(wide, layout.title_place(axis).width()) for axis, wide in enumerate(widths)]

    # ------------------------------------------------------------ mouse

    def _drag_brush(self, layout: Layout, at: QPointF) -> None:
        axis = self._grip.axis
        dimension = layout.dimensions[axis]
        start = layout.place(axis, self._grip.anchor(self._pressed or at))
        here = layout.place(axis, at.y())
        if dimension.is_category:
            low, high = sorted((round(start), round(here)))
            self._put_brush(axis, Brush(codes=frozenset(range(low, high + 1))))
        elif self._grip.span is not None:
            self._put_brush(axis, Brush(span=moved(self._grip.span, here - start, layout, axis)))
        else:
            self._put_brush(axis, Brush(span=(min(start, here), max(start, here))))

    def _click_axis(self, layout: Layout, axis: int, at: QPointF) -> None:
        """Takes the brush off, or toggles the category under the pointer."""
        dimension = layout.dimensions[axis]
        brush = self._brushes.get(dimension.key)
        if dimension.is_category:
            code = round(layout.place(axis, at.y()))
            codes = brush.codes if brush is not None else frozenset()
            self._put_brush(axis, Brush(codes=codes ^ {code}))
            self._tell_brushes()
        elif brush is not None:
            self._put_brush(axis, None)
            self._tell_brushes()

    def _hover(self, layout: Layout, at: QPointF) -> None:
        """Finds the line nearest to the pointer, among the brushed ones if there are brushes."""
        if not layout.area.adjusted(-4, -4, 4, 4).contains(at) or len(layout.dimensions) < 2:
            self._set_current(-1)
            return
        last = len(layout.dimensions) - 2
        left = min(max(int((at.x() - layout.area.left()) / layout.spacing()), 0), last)
        share = (at.x() - layout.x(left)) / layout.spacing()
        rows = layout.rows()
        y = rows[:, left] + (rows[:, left + 1] - rows[:, left]) * share
        far = np.abs(y - at.y())
        far[np.isnan(far)] = np.inf
        if self._inside is not None:
            far[~self._inside] = np.inf
        best = int(far.argmin()) if len(far) else -1
        is_near = best >= 0 and far[best] <= REACH
        self._set_current(best if is_near else -1)
        self.update()

    # ------------------------------------------------------------ keyboard

    def _go(self, sign: int, *, moves: bool) -> None:
        last = len(self.layout_now().dimensions) - 1
        target = min(max(self._axis + sign, 0), last)
        if moves and target != self._axis:
            self._move_axis(self._axis, target)
        self._axis = target
        self._tell()

    def _toggle_brush(self) -> None:
        """Starts a brush on the middle half of an axis, or its first category; or takes it off."""
        dimension = self._dimension(self._axis)
        if dimension.key in self._brushes:
            self._put_brush(self._axis, None)
        elif dimension.is_category:
            self._put_brush(self._axis, Brush(codes=frozenset({0})))
        else:
            low, high = self.layout_now().extent(self._axis)
            room = (high - low) / 4
            self._put_brush(self._axis, Brush(span=(low + room, high - room)))
        self._teller.start()

    def _nudge(self, sign: int, *, is_low: bool, is_both: bool) -> None:
        dimension, layout = self._dimension(self._axis), self.layout_now()
        sign = -sign if dimension.key in self._flipped else sign
        brush = self._brushes.get(dimension.key)
        if brush is None:
            self._toggle_brush()
            return
        if brush.span is None:
            codes = nudged(brush.codes, sign, len(dimension.categories), is_low, is_both)
            self._put_brush(self._axis, Brush(codes=codes))
        else:
            low, high = layout.extent(self._axis)
            step = sign * (high - low) * STEP
            span = [
                brush.span[0] + step * (is_low or is_both),
                brush.span[1] + step * (not is_low),
            ]
            if is_both and not low <= span[0] <= span[1] <= high:
                return
            span = sorted(min(max(place, low), high) for place in span)
            self._put_brush(self._axis, Brush(span=(span[0], span[1])))
        self._teller.start()

    def _drop_brush(self) -> None:
        if self._dimension(self._axis).key in self._brushes:
            self._put_brush(self._axis, None)
            self._tell_brushes()

    def _step(self, sign: int) -> None:
        """Goes to the run with the next higher or lower value on the current axis."""
        places = self._dimension(self._axis).places
        there = ~np.isnan(places)
        rows = np.nonzero(there if self._inside is None else there & self._inside)[0]
        if not len(rows):
            return
        rows = rows[np.argsort(places[rows], kind="stable")]
        here = np.nonzero(rows == self._current)[0]
        at = int(here[0]) + sign if len(here) else (0 if sign > 0 else len(rows) - 1)
        self._grip.pointer = None
        self._set_current(int(rows[min(max(at, 0), len(rows) - 1)]))

    # ------------------------------------------------------------ telling

    def _set_current(self, row: int) -> None:
        if row != self._current:
            self._current = row
            self._tell()

    def _tell(self) -> None:
        strands = self._strands
        if strands is None or len(strands.dimensions) < 2 or not strands.names:
            self._message = NOTHING
            self._describe("", "", "", NOTHING[0])
            return
        self._message = None
        count = f"{len(strands.names):,} runs"
        if len(strands.names) > MOST_LINES and self._inside is None:
            count += ", every " + _ordinal(-(-len(strands.names) // MOST_LINES)) + " drawn"
        value = "" if self._inside is None else f"{int(self._inside.sum()):,} brushed"
        here = strands.dimensions[self._axis]
        brush = self._brushes.get(here.key)
        spoken = [
            f"Axis {here.heading}, {self._axis + 1} of {len(strands.dimensions)}",
            f"brushed {brush.words(here)}" if brush else "not brushed",
            value,
            count,
        ]
        if self._current >= 0:
            values = (f"{each.title} {each.text(self._current)}" for each in strands.dimensions)
            spoken.insert(0, f"{strands.names[self._current]}: {', '.join(values)}")
        title = f"{len(strands.dimensions)} fields"
        self._describe(title, count, value, ", ".join(part for part in spoken if part))


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")
