# SPDX-License-Identifier: Apache-2.0
"""Parallel coordinates: an upright axis a dimension, a line a run, brushes on the axes.

Laws: a brush is told when it is let go, in places, so that a filter can be made of it; runs outside
stay in sight, faint; axes are reordered, turned over and brushed by mouse and by keyboard alike.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QImage, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts import export, legend, parallel_brush
from strongroom.desktop.charts.brush import Brush
from strongroom.desktop.charts.brushing import Brushing
from strongroom.desktop.charts.card import SIDE, header_height
from strongroom.desktop.charts.dimension import Dimension
from strongroom.desktop.charts.frame import paint_message
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.parallel_grip import Grip
from strongroom.desktop.charts.parallel_layout import Layout, Part
from strongroom.desktop.charts.parallel_picture import LinePictures, Lines
from strongroom.desktop.charts.parallel_scene import (
    Strands,
    paint_axis,
    paint_legend,
    paint_line,
    paint_marked,
    paint_run,
    paint_title,
)
from strongroom.desktop.charts.parallel_words import said
from strongroom.desktop.charts.press import Press
from strongroom.desktop.charts.row_steps import next_row
from strongroom.desktop.charts.runs_plot import RunsPlot
from strongroom.desktop.charts.scale import Range
from strongroom.services.chart_data import safe_cell

NOTHING = ("Nothing to draw lines between", "Choose at least two fields that runs have.")
SLOW = 1_000  # lines that take long enough to say that they are being drawn
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
        self._brushing = Brushing(self)
        self._brushing.changed.connect(self._on_brushing)
        self._brushing.told.connect(self.brushes_changed)
        self._pictures = LinePictures(self)
        self._pictures.made.connect(self.update)
        self._axis = 0  # that has the keyboard
        self._current = -1
        self._press: Press | None = None
        self._grip = Grip()
        self._pointer: QPointF | None = None
        self._moved_to: float | None = None  # where a title is dragged

    # ------------------------------------------------------------ content

    def set_strands(self, strands: Strands | None) -> None:
        """Replaces the lines; brushes and turned axes stay where their axes do."""
        before, self._strands = keys_of(self._strands), strands
        keys = keys_of(strands)
        self._axis = min(self._axis, max(len(keys) - 1, 0))
        self._current = self._highlighted = -1
        self._brushing.set_dimensions(strands.dimensions if strands else ())
        self._pictures.forget(shows_last=keys == before)
        self._tell()

    def strands(self) -> Strands | None:
        """Returns what is shown."""
        return self._strands

    def brushes(self) -> Mapping[str, Brush]:
        """Returns the brush of each brushed axis."""
        return self._brushing.all()

    def set_brushes(self, brushes: Mapping[str, Brush], *, says: bool = True) -> None:
        """Brushes other parts; ``says`` tells so."""
        self._brushing.set_all(brushes)
        if says:
            self._brushing.tell()

    def brushed_rows(self) -> tuple[int, ...]:
        """Returns the brushed runs, the newest first; none without brushes."""
        return self._brushing.rows()

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
        self._pictures.forget()
        self._tell()

    # ------------------------------------------------------------ painting

    def paint_inside(self, painter: QPainter, *, is_drawing: bool) -> None:
        """Paints lines, axes, brushes, titles, legend and the box of the current run."""
        strands, layout, look = self._strands, self.layout_now(), self._look
        if strands is None:
            return
        painter.save()
        painter.setClipRect(layout.area.adjusted(-4, -4, 4, 4))
        picture = self._picture(strands, layout, is_now=is_drawing)
        if picture is not None:
            painter.drawImage(QPointF(0, 0), picture)
        painter.restore()
        if picture is None and len(strands.names) > SLOW:
            paint_message(painter, layout.area, look, (f"Drawing {len(strands.names):,} lines", ""))
        if self._current >= 0 and not is_drawing:
            paint_line(painter, layout, self._current, look.surface, 4.5)
            paint_line(painter, layout, self._current, look.text, 2.0)
        for axis, dimension in enumerate(layout.dimensions):
            brush = self._brushing.of(dimension)
            paint_axis(painter, layout, look, axis, brush)
            paint_title(
                painter,
                layout,
                look,
                axis,
                is_strong=brush is not None,
                has_keyboard=self.hasFocus() and axis == self._axis and not is_drawing,
                moved_to=self._moved_to if axis == self._grip.axis else None,
            )
        paint_marked(painter, strands, layout, look, self._brushing.inside)
        if self._highlighted >= 0 and self._highlighted in strands.marked:
            ink = look.series[strands.marked[self._highlighted] % len(look.series)]
            paint_line(painter, layout, self._highlighted, ink, 4.0)
        paint_legend(painter, QRectF(self.rect()), layout, look, strands)
        if self._current >= 0 and not is_drawing:
            at = self._pointer or QPointF(layout.area.center().x(), layout.area.top() + 20)
            paint_run(painter, QRectF(self.rect()), look, strands, self._current, at)

    def export_png(self, scale: float = 2.0) -> export.Save:
        """Returns what saves the plot as it is, ``scale`` pixels a unit."""
        if self._strands is not None:
            self._picture(self._strands, self.layout_now(), is_now=True)
        return super().export_png(scale)

    def wait_for_picture(self) -> None:
        """Waits until a worker's lines are painted; they are shown with the next events."""
        self._pictures.finish()

    def _picture(self, strands: Strands, layout: Layout, *, is_now: bool) -> QImage | None:
        lines = Lines(
            strands=strands,
            layout=layout,
            look=self._look,
            size=self.size(),
            ratio=self.devicePixelRatioF(),
            inside=self._brushing.inside,
        )
        return self._pictures.picture(lines, is_now=is_now)

    # ------------------------------------------------------------ Qt

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes hold of a title, an arrow, a brush or a bare axis."""
        super().mousePressEvent(event)
        strands = self._strands
        if event.button() is not Qt.MouseButton.LeftButton or strands is None:
            return
        layout, at = self.layout_now(), event.position()
        hit = layout.hit(at, self._title_widths(layout))
        self._press, self._pointer = Press(at), at
        self._grip = Grip(part=hit.part, axis=hit.axis)
        if hit.part is not Part.NOTHING:
            self._axis = hit.axis
        if hit.part is Part.AXIS:
            brush = self._brushing.of(layout.dimensions[hit.axis])
            if brush is not None and brush.span is not None:
                self._grip.hold(layout, hit.axis, brush.span, at.y())
        self._tell()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Brushes, moves a brush or an axis, or says which line is under the pointer."""
        at, press, grip = event.position(), self._press, self._grip
        self._pointer = at
        if self._strands is None:
            return
        if press is None:
            self._hover(at)
        elif press.move(at) is None:
            return
        elif grip.part is Part.TITLE:
            self._moved_to = at.x()
            self.update()
        elif grip.part is Part.AXIS:
            layout = self.layout_now()
            brush = parallel_brush.dragged(layout, grip, press.at.y(), at.y())
            self._brushing.put(layout.dimensions[grip.axis], brush)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets go: tells the brush, drops the axis, or takes a click."""
        grip, press, at = self._grip, self._press, event.position()
        if press is None or self._strands is None:
            return
        self._press = self._moved_to = None
        self._grip, self._pointer = Grip(), at
        layout = self.layout_now()
        if press.is_drag and grip.part is Part.TITLE:
            self._move_axis(grip.axis, layout.nearest_axis(at.x()))
        elif press.is_drag and grip.part is Part.AXIS:
            self._brushing.tell()
        elif grip.part is Part.FLIP:
            self.flip(grip.axis)
        elif grip.part is Part.AXIS:
            dimension = layout.dimensions[grip.axis]
            brush, place = self._brushing.of(dimension), layout.place(grip.axis, at.y())
            if brush is not None or dimension.is_category:
                self._brushing.put(dimension, parallel_brush.clicked(dimension, brush, place))
                self._brushing.tell()
        elif grip.part is Part.NOTHING:
            self._hover(at)
            if self._current >= 0:
                self.chosen.emit(self._current)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Takes the box away."""
        self._pointer = None
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
            self._brushing.toggle(*self._here())
        elif key == Qt.Key.Key_F:
            self.flip(self._axis)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._brushing.drop(self._here()[0])
        elif key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            self._step(1 if key == Qt.Key.Key_PageUp else -1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current >= 0:
            self.chosen.emit(self._current)
        elif key == Qt.Key.Key_Escape and (self._brushing.all() or self._current >= 0):
            self._set_current(-1)
            if self._brushing.all():
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

    def _on_brushing(self) -> None:
        self._pictures.forget(keeps_ground=True)
        self._tell()

    def _here(self) -> tuple[Dimension, Range]:
        """Returns the axis that has the keyboard, and its ends; for a caller that has looked."""
        layout = self.layout_now()
        return layout.dimensions[self._axis], layout.extent(self._axis)

    def _title_widths(self, layout: Layout) -> list[float]:
        metrics = QFontMetricsF(self._look.note_font)
        widths = (metrics.horizontalAdvance(each.heading) for each in layout.dimensions)
        return [min(wide, layout.title_place(axis).width()) for axis, wide in enumerate(widths)]

    def _hover(self, at: QPointF) -> None:
        """Finds the line nearest to the pointer, among the brushed ones if there are brushes."""
        self._set_current(self.layout_now().nearest_run(at, self._brushing.inside))
        self.update()

    # ------------------------------------------------------------ keyboard

    def _go(self, sign: int, *, moves: bool) -> None:
        last = len(self.layout_now().dimensions) - 1
        target = min(max(self._axis + sign, 0), last)
        if moves and target != self._axis:
            self._move_axis(self._axis, target)
        self._axis = target
        self._tell()

    def _nudge(self, sign: int, *, is_low: bool, is_both: bool) -> None:
        dimension, extent = self._here()
        sign = -sign if dimension.key in self._flipped else sign
        self._brushing.nudge(dimension, extent, sign, is_low=is_low, is_both=is_both)

    def _step(self, sign: int) -> None:
        """Goes to the run with the next higher or lower value on the current axis."""
        places, inside = self._here()[0].places, self._brushing.inside
        there = ~np.isnan(places)
        rows = np.nonzero(there if inside is None else there & inside)[0]
        if len(rows):
            self._pointer = None
            rows = rows[np.argsort(places[rows], kind="stable")]
            self._set_current(next_row(rows, self._current, sign))

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
        brush = self._brushing.of(strands.dimensions[self._axis])
        words = said(strands, self._axis, brush, self._brushing.inside, self._current)
        self._describe(words.title, words.note, words.value, words.spoken)


def keys_of(strands: Strands | None) -> set[str]:
    """Returns the keys of the axes."""
    return {each.key for each in strands.dimensions} if strands else set()
