# SPDX-License-Identifier: Apache-2.0
"""A number by category, as box plots side by side.

Laws: each box says how many runs it is of; whiskers are Tukey's and the header says so; where runs
are few each is a point, moved aside the same way every time; a marked category is told by its
place, so that a filter can be made of it.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
)
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts.dimension import Dimension
from strongroom.desktop.charts.frame import View, paint_axes, paint_box, plot_area
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.points import Points
from strongroom.desktop.charts.quartiles import Box, boxes_of
from strongroom.desktop.charts.runs_plot import RunsPlot
from strongroom.desktop.charts.scale import Range, padded
from strongroom.services.chart_data import safe_cell

LEAST_SLOT = 44.0  # px a category; more categories than fit are left out, and that is said
WIDEST_BOX = 56.0  # px
FEW = 60  # runs of a box; up to so many each is shown
POINT = 2.75  # radius, px
REACH = 8.0
GOLDEN = 0.6180339887498949  # neighbours in a list land far apart
NOTHING = ("No run has both values", "Choose a category and a number that runs have.")


class BoxPlot(RunsPlot):
    """Shows boxes.

    Signals:
        chosen: A run's point was clicked, or Enter pressed on it (row).
        marked: Other categories are marked (frozenset of codes).
    """

    chosen = Signal(int)
    marked = Signal(object)

    def __init__(self, look: ChartLook, parent: QWidget | None = None) -> None:
        super().__init__(look, name="Box plot", parent=parent)
        self._points: Points | None = None
        self._marked: frozenset[int] = frozenset()
        self._boxes: tuple[Box, ...] = ()
        self._categories = 0
        self._at = -1  # the box under pointer or keyboard
        self._run = -1  # the run under pointer or keyboard

    def set_points(self, points: Points | None) -> None:
        """Replaces the runs; x has to be of categories. Marks stay while x is the same."""
        before, self._points = self._points, points
        if points is None or before is None or points.x.key != before.x.key:
            self._marked = frozenset()
        self._at = self._run = -1
        self.repaint_all()

    def points(self) -> Points | None:
        """Returns what is shown."""
        return self._points

    def boxes(self) -> tuple[Box, ...]:
        """Returns the boxes from left to right."""
        return self._boxes

    def marks(self) -> frozenset[int]:
        """Returns the codes of the marked categories."""
        return self._marked

    def set_marks(self, codes: frozenset[int]) -> None:
        """Marks categories."""
        if codes != self._marked:
            self._marked = codes
            self.repaint_all()
            self.marked.emit(codes)

    def marked_rows(self) -> tuple[int, ...]:
        """Returns the runs of the marked categories, the newest first."""
        if self._points is None or not self._marked:
            return ()
        held = np.isin(self._points.x.numbers, list(self._marked))
        return tuple(np.nonzero(held)[0].tolist())

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yields a heading and a row a box."""
        points = self._points
        if points is None:
            return
        names = ("runs", "low whisker", "lower quartile", "median", "upper quartile")
        yield safe_cell(points.x.title), *names, "high whisker", "outliers"
        for box in self._boxes:
            figures = (box.low, box.lower, box.median, box.upper, box.high)
            name = safe_cell(points.x.number_text(box.code))
            yield name, str(box.count), *map(repr, figures), str(len(box.outliers))

    def repaint_all(self) -> None:
        """Counts and paints anew."""
        points = self._points
        self._boxes, self._categories = (), 0
        if points is not None and points.x.is_category:
            most = max(1, int((self.width() - 100) / LEAST_SLOT))
            self._boxes, self._categories = boxes_of(points.x.numbers, points.y.numbers, most)
        self._tell()

    # ------------------------------------------------------------ painting

    def paint_inside(self, painter: QPainter, *, is_drawing: bool) -> None:
        """Paints axes, boxes, points and what is under the pointer."""
        points = self._points
        if points is None:
            return
        look, view = self._look, self._view(points)
        ratio = 1.0 if is_drawing else self.devicePixelRatioF()
        paint_axes(painter, view, look, self._shown_categories(points), points.y, ratio)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for slot, box in enumerate(self._boxes):
            self._paint_one(painter, view, points, slot, box)
        if not is_drawing and self._run >= 0:
            self._paint_run(painter, view, points)
        elif not is_drawing and 0 <= self._at < len(self._boxes):
            at = QPointF(view.px(self._at), view.py(self._place(points.y, self._box().median)))
            title = points.x.number_text(self._box().code)
            rows = _said(points.y, self._box())
            paint_box(painter, at, QRectF(self.rect()), look, title, rows)

    def _paint_one(
        self, painter: QPainter, view: View, points: Points, slot: int, box: Box
    ) -> None:
        look = self._look
        ink = QColor(look.text_faint)  # a colour would mean one run
        is_on = not self._marked or box.code in self._marked
        if not is_on:
            ink = look.shadow_of(ink)
        middle, half = view.px(slot), self._half(view)
        low, lower, median, upper, high = (
            view.py(self._place(points.y, value))
            for value in (box.low, box.lower, box.median, box.upper, box.high)
        )
        painter.setPen(QPen(ink, 1.25))
        painter.drawLine(QPointF(middle, low), QPointF(middle, lower))
        painter.drawLine(QPointF(middle, high), QPointF(middle, upper))
        for end in (low, high):
            painter.drawLine(QPointF(middle - half / 2, end), QPointF(middle + half / 2, end))
        fill = QColor(ink)
        fill.setAlphaF(0.16)
        painter.setBrush(fill)
        painter.drawRect(QRectF(middle - half, upper, 2 * half, max(lower - upper, 1.0)))
        has_keyboard = slot == self._at
        painter.setPen(QPen(look.text if is_on else look.text_faint, 2.0))
        painter.drawLine(QPointF(middle - half, median), QPointF(middle + half, median))
        if has_keyboard:
            painter.setPen(QPen(look.focus, 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(middle - half - 3, high - 3, 2 * half + 6, low - high + 6))
        painter.setPen(Qt.PenStyle.NoPen)
        for row in box.rows if box.count <= FEW else box.outliers:
            place = points.marked.get(int(row))
            dot = ink if place is None else look.series[place % len(look.series)]
            painter.setBrush(dot)
            painter.drawEllipse(self._spot(view, points, slot, int(row)), POINT, POINT)
        metrics = QFontMetricsF(look.tick_font)
        painter.setFont(look.tick_font)
        painter.setPen(look.text_faint)
        room = view.area.width() / max(len(self._boxes), 1)
        below = view.area.bottom() + 6 + metrics.height()
        count = QRectF(middle - room / 2, below, room, metrics.height())
        painter.drawText(count, Qt.AlignmentFlag.AlignHCenter, f"n {box.count:,}")

    def _paint_run(self, painter: QPainter, view: View, points: Points) -> None:
        at = self._spot(view, points, self._at, self._run)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._look.text, 1.5))
        painter.drawEllipse(at, POINT + 2.5, POINT + 2.5)
        rows = [(each.title, each.text(self._run)) for each in (points.x, points.y)]
        name = points.names[self._run]
        paint_box(painter, at, QRectF(self.rect()), self._look, name, rows)

    # ------------------------------------------------------------ Qt

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Says what is under the pointer."""
        self._look_at(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Chooses the run under the pointer, else marks its category."""
        self._look_at(event.position())
        if self._run >= 0:
            self.chosen.emit(self._run)
        elif 0 <= self._at < len(self._boxes):
            self.set_marks(self._marked ^ {self._box().code})

    def leaveEvent(self, event: QEvent) -> None:
        """Takes the box away."""
        self._point_at(-1, -1)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right choose a box, Space marks it, Up and Down go through its runs."""
        key = event.key()
        last = len(self._boxes) - 1
        if last >= 0 and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            step = 1 if key == Qt.Key.Key_Right else -1
            self._point_at(min(max(self._at + step, 0), last), -1)
        elif self._at >= 0 and key == Qt.Key.Key_Space:
            self.set_marks(self._marked ^ {self._box().code})
        elif self._at >= 0 and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step(1 if key == Qt.Key.Key_Up else -1)
        elif self._run >= 0 and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self._run)
        elif key == Qt.Key.Key_Escape and (self._marked or self._at >= 0):
            self._point_at(-1, -1)
            self.set_marks(frozenset())
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------ inside

    def _box(self) -> Box:
        return self._boxes[self._at]

    def _shown_categories(self, points: Points) -> Dimension:
        """Returns the x axis with only the categories that have a box, one slot each."""
        names = tuple(points.x.number_text(box.code) or "(empty)" for box in self._boxes)
        return replace(points.x, numbers=np.empty(0), categories=names)

    def _view(self, points: Points) -> View:
        y = padded(*self._y_range(points))
        room = (y[1] - y[0]) * 0.03
        seen = (y[0] - room, y[1] + room)
        area = plot_area(QRectF(self.rect()), self._look, points.y, seen)
        area.setHeight(max(area.height() - QFontMetricsF(self._look.tick_font).height(), 16.0))
        return View(area=area, x=(-0.5, max(len(self._boxes), 1) - 0.5), y=seen)

    def _y_range(self, points: Points) -> Range:
        rows = np.concatenate([box.rows for box in self._boxes])
        places = points.y.places[rows]
        places = places[~np.isnan(places)]
        return (float(places.min()), float(places.max())) if len(places) else (0.0, 1.0)

    def _half(self, view: View) -> float:
        slot = view.area.width() / max(len(self._boxes), 1)
        return min(slot * 0.55, WIDEST_BOX) / 2

    def _place(self, y: Dimension, value: float) -> float:
        place = float(y.places_of([value])[0])
        return place if not np.isnan(place) else self._y_range_low(y)

    def _y_range_low(self, y: Dimension) -> float:
        extent = y.extent()
        return extent[0] if extent is not None else 0.0

    def _spot(self, view: View, points: Points, slot: int, row: int) -> QPointF:
        aside = ((row * GOLDEN) % 1.0 - 0.5) * 1.5 * self._half(view)
        return QPointF(view.px(slot) + aside, view.py(float(points.y.places[row])))

    def _look_at(self, at: QPointF) -> None:
        points = self._points
        if points is None or not self._boxes:
            return
        view = self._view(points)
        if not view.area.adjusted(0, -8, 0, 40).contains(at):
            self._point_at(-1, -1)
            return
        slot = min(max(round(view.x_at(at.x())), 0), len(self._boxes) - 1)
        box, run, best = self._boxes[slot], -1, REACH
        for row in box.rows if box.count <= FEW else box.outliers:
            spot = self._spot(view, points, slot, int(row)) - at
            far = (spot.x() ** 2 + spot.y() ** 2) ** 0.5
            if far < best:
                run, best = int(row), far
        self._point_at(slot, run)

    def _point_at(self, slot: int, run: int) -> None:
        if (slot, run) != (self._at, self._run):
            self._at, self._run = slot, run
            self._tell()

    def _step(self, sign: int) -> None:
        points = self._points
        if points is None:
            return
        rows = self._box().rows
        rows = rows[np.argsort(points.y.numbers[rows], kind="stable")]
        here = np.nonzero(rows == self._run)[0]
        at = int(here[0]) + sign if len(here) else (0 if sign > 0 else len(rows) - 1)
        self._point_at(self._at, int(rows[min(max(at, 0), len(rows) - 1)]))

    def _tell(self) -> None:
        points = self._points
        if points is None or not self._boxes:
            self._message = NOTHING
            self._describe("", "", "", NOTHING[0])
            return
        self._message = None
        said = [f"{sum(box.count for box in self._boxes):,} runs", "whiskers: Tukey, 1.5 IQR"]
        if len(self._boxes) < self._categories:
            said.insert(0, f"the largest {len(self._boxes)} of {self._categories:,} groups")
        value = f"{len(self.marked_rows()):,} marked" if self._marked else ""
        spoken = [*said, value]
        if self._run >= 0:
            value_text = points.y.text(self._run)
            spoken.insert(0, f"{points.names[self._run]}: {points.y.title} {value_text}")
        elif self._at >= 0:
            figures = ", ".join(f"{name} {text}" for name, text in _said(points.y, self._box()))
            state = ", marked" if self._box().code in self._marked else ""
            spoken.insert(0, f"{points.x.number_text(self._box().code)}{state}: {figures}")
        title = f"{points.y.title} by {points.x.title}"
        self._describe(title, ", ".join(said), value, ". ".join(part for part in spoken if part))


def _said(y: Dimension, box: Box) -> list[tuple[str, str]]:
    """Returns the figures of a box in words."""
    figures = (
        ("Runs", f"{box.count:,}"),
        ("Median", y.number_text(box.median)),
        ("Quartiles", f"{y.number_text(box.lower)} to {y.number_text(box.upper)}"),
        ("Whiskers", f"{y.number_text(box.low)} to {y.number_text(box.high)}"),
        ("Outliers", f"{len(box.outliers):,}"),
    )
    return list(figures)
