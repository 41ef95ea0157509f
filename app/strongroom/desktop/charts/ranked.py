# SPDX-License-Identifier: Apache-2.0
"""One number of every run as bars in order of size, with a line to compare with.

Laws: a bar begins at zero or at the reference, whichever is chosen, and its length is proportional
to the difference; the reference is labelled on its line; more bars than pixels share columns, and a
column shows the one furthest from where bars begin.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts.axis import most_down
from strongroom.desktop.charts.card import SIDE
from strongroom.desktop.charts.frame import View, paint_box, plot_area
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.points import Points
from strongroom.desktop.charts.runs_plot import RunsPlot
from strongroom.services.chart_data import safe_cell

WIDEST_BAR = 48.0  # px
NAMED_FROM = 52.0  # px a bar; from here its run is named below it
NOTHING = ("No run has this value", "Choose a metric that runs have.")


class Reference(Enum):
    """Names what bars are compared with."""

    NONE = "none"
    MEDIAN = "median"
    MEAN = "mean"
    BEST = "best"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Says how bars stand: the best first, from zero or from the reference."""

    is_low_better: bool = False
    reference: Reference = Reference.MEDIAN
    from_reference: bool = False


class RankedBars(RunsPlot):
    """Shows bars.

    Signals:
        chosen: A bar was clicked, or Enter pressed on it (row).
        ticked: Space was pressed on a bar (row).
        span_changed: A range of values was marked by a drag (low, high), or None.
    """

    chosen = Signal(int)
    ticked = Signal(int)
    span_changed = Signal(object)

    def __init__(self, look: ChartLook, parent: QWidget | None = None) -> None:
        super().__init__(look, name="Bars", parent=parent)
        self._points: Points | None = None
        self._ranking = Ranking()
        self._order = np.empty(0, np.intp)
        self._values = np.empty(0)  # in that order
        self._reference: float | None = None
        self._span: tuple[int, int] | None = None  # ranks, both ends included
        self._at = -1  # rank under pointer or keyboard
        self._pressed = -1

    def set_points(self, points: Points | None, ranking: Ranking) -> None:
        """Replaces the runs (only y is shown) and how they stand."""
        self._points, self._ranking = points, ranking
        self._span, self._at = None, -1
        self._order = np.empty(0, np.intp)
        if points is not None:
            rows = np.nonzero(np.isfinite(points.y.numbers))[0]
            values = points.y.numbers[rows]
            self._order = rows[
                np.argsort(values if ranking.is_low_better else -values, kind="stable")
            ]
        self._values = np.empty(0) if points is None else points.y.numbers[self._order]
        self._reference = _reference_of(ranking.reference, self._values)
        self._tell()

    def points(self) -> Points | None:
        """Returns what is shown."""
        return self._points

    def order(self) -> NDArray[np.intp]:
        """Returns the rows from left to right."""
        return self._order

    def reference(self) -> float | None:
        """Returns the number bars are compared with."""
        return self._reference

    def marked_rows(self) -> tuple[int, ...]:
        """Returns the rows of the marked bars."""
        if self._span is None:
            return ()
        return tuple(self._order[self._span[0] : self._span[1] + 1].tolist())

    def set_span(self, span: tuple[int, int] | None) -> None:
        """Marks bars by their ranks; those of equal value are marked together."""
        values = self._values
        if span is not None and len(values):
            first, last = values[span[0]], values[span[1]]
            low, high = min(first, last), max(first, last)
            ranks = np.nonzero((values >= low) & (values <= high))[0]
            span = int(ranks[0]), int(ranks[-1])
        if span == self._span:
            return
        self._span = span
        self._tell()
        if span is None:
            self.span_changed.emit(None)
        else:
            ends = sorted((float(values[span[0]]), float(values[span[1]])))
            self.span_changed.emit((ends[0], ends[1]))

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yields a heading and a row a bar, the first bar first."""
        points = self._points
        if points is None:
            return
        yield "run", safe_cell(points.y.title)
        for row in self._order.tolist():
            yield safe_cell(points.names[row]), repr(float(points.y.numbers[row]))

    # ------------------------------------------------------------ painting

    def paint_inside(self, painter: QPainter, *, is_drawing: bool) -> None:
        """Paints grid, bars, names, the reference and the box of the current bar."""
        points = self._points
        if points is None:
            return
        view, values = self.view(), self._values
        ratio = 1.0 if is_drawing else self.devicePixelRatioF()
        self._paint_grid(painter, view, points, ratio)
        base = view.py(self._base())
        slot = view.area.width() / len(values)
        if slot >= 2:
            wide = min(slot * 0.78, WIDEST_BAR)
            for rank in range(len(values)):
                left = view.px(rank) - wide / 2
                self._paint_bar(painter, points, rank, left, wide, base, view.py(values[rank]))
        else:
            columns = max(int(view.area.width()), 1)
            starts = (np.arange(columns) * len(values)) // columns
            for column, rank in enumerate(starts.tolist()):
                last = min(max((column + 1) * len(values) // columns - 1, rank), len(values) - 1)
                far = max((rank, last), key=lambda each: abs(values[each] - self._base()))
                left = view.area.left() + column
                self._paint_bar(painter, points, far, left, 1.0, base, view.py(values[far]))
        self._paint_names(painter, view, points, slot)
        self._paint_reference(painter, view, points)
        if not is_drawing and 0 <= self._at < len(values):
            self._paint_current(painter, view, points)

    def view(self) -> View:
        """Returns what is in sight; every bar is."""
        points, values = self._points, self._values
        if points is None or not len(values):
            return View(area=self.inside(), x=(0.0, 1.0), y=(0.0, 1.0))
        ends = [float(values.min()), float(values.max()), self._base()]
        low, high = min(ends), max(ends)
        room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
        y = (low - room * (low < self._base()), high + room * (high > self._base()))
        y = y if y[1] > y[0] else (y[0] - room, y[1] + room)
        area = plot_area(QRectF(self.rect()), self._look, points.y, y)
        return View(area=area, x=(-0.5, len(values) - 0.5), y=y)

    def _paint_grid(self, painter: QPainter, view: View, points: Points, ratio: float) -> None:
        look, area = self._look, view.area
        metrics = QFontMetricsF(look.tick_font)
        ticks = points.y.ticks(*view.y, most_down(area.height()))
        painter.setFont(look.tick_font)
        for value, label in zip(ticks.values, ticks.labels, strict=True):
            row = round(view.py(value) * ratio) / ratio
            painter.setPen(QPen(look.grid, 1))
            painter.drawLine(QPointF(area.left(), row), QPointF(area.right(), row))
            painter.setPen(look.axis)
            place = QRectF(
                SIDE - 4, row - metrics.height() / 2, area.left() - SIDE - 4, metrics.height()
            )
            painter.drawText(place, Qt.AlignmentFlag.AlignRight, label)
        base = round(view.py(self._base()) * ratio) / ratio
        painter.setPen(QPen(look.crosshair, 1))
        painter.drawLine(QPointF(area.left(), base), QPointF(area.right(), base))
        note = QFontMetricsF(look.note_font)
        painter.setFont(look.note_font)
        painter.setPen(look.text_soft)
        above = QRectF(SIDE, area.top() - note.height() - 5, area.width(), note.height())
        shown = note.elidedText(points.y.heading, Qt.TextElideMode.ElideMiddle, above.width())
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft, shown)

    def _paint_bar(
        self,
        painter: QPainter,
        points: Points,
        rank: int,
        left: float,
        wide: float,
        base: float,
        end: float,
    ) -> None:
        look, row = self._look, int(self._order[rank])
        place = points.marked.get(row)
        ink = QColor(look.series[0] if not points.marked else look.crosshair)
        if place is not None:
            ink = QColor(look.series[place % len(look.series)])
        is_on = self._span is None or self._span[0] <= rank <= self._span[1]
        ink = ink if is_on else look.shadow_of(ink)
        top, high = min(base, end), max(abs(base - end), 1.0)
        painter.fillRect(QRectF(left, top, wide, high), ink)
        if rank == self._at:
            painter.setPen(QPen(look.text, 1.25))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(left - 1, top - 1, wide + 2, high + 2))

    def _paint_names(self, painter: QPainter, view: View, points: Points, slot: float) -> None:
        look, area = self._look, view.area
        metrics = QFontMetricsF(look.tick_font)
        painter.setFont(look.tick_font)
        painter.setPen(look.axis)
        if slot >= NAMED_FROM:
            for rank, row in enumerate(self._order.tolist()):
                place = QRectF(view.px(rank) - slot / 2 + 2, area.bottom() + 6, slot - 4, 16)
                words = metrics.elidedText(
                    points.names[row], Qt.TextElideMode.ElideMiddle, place.width()
                )
                painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, words)
            return
        way = "lowest" if self._ranking.is_low_better else "highest"
        words = f"{len(self._order):,} runs, the {way} first"
        place = QRectF(area.left(), area.bottom() + 6, area.width(), 16)
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft, words)

    def _paint_reference(self, painter: QPainter, view: View, points: Points) -> None:
        value, look = self.reference(), self._look
        if value is None:
            return
        row = view.py(value)
        pen = QPen(look.text_soft, 1.25)
        pen.setDashPattern([6, 3])
        painter.setPen(pen)
        painter.drawLine(QPointF(view.area.left(), row), QPointF(view.area.right(), row))
        words = f"{self._ranking.reference.value} {points.y.number_text(value)}"
        metrics = QFontMetricsF(look.note_font)
        wide = metrics.horizontalAdvance(words) + 8
        # Over the lower bars: a plate over a tall one would look like a gap in it.
        is_rising = len(self._order) and points.y.numbers[self._order[0]] <= value
        left = view.area.left() if is_rising else view.area.right() - wide
        ground = QRectF(left, row - metrics.height() - 3, wide, metrics.height())
        painter.fillRect(ground, look.surface)
        painter.setFont(look.note_font)
        painter.setPen(look.text_soft)
        painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_current(self, painter: QPainter, view: View, points: Points) -> None:
        row = int(self._order[self._at])
        rows = [(points.y.title, points.y.text(row)), ("Rank", f"{self._at + 1:,}")]
        value = self.reference()
        if value is not None:
            delta = float(points.y.numbers[row]) - value
            name = f"Against the {self._ranking.reference.value}"
            rows.append((name, f"{'+' if delta > 0 else ''}{points.y.number_text(delta)}"))
        at = QPointF(view.px(self._at), view.py(float(points.y.numbers[row])))
        place = points.marked.get(row)
        mark = None if place is None else self._look.series[place % len(self._look.series)]
        paint_box(painter, at, QRectF(self.rect()), self._look, points.names[row], rows, mark)

    # ------------------------------------------------------------ Qt

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins a click or a drag over bars."""
        super().mousePressEvent(event)
        self._pressed = self._rank_at(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Marks bars while the button is down, else says what is under the pointer."""
        rank = self._rank_at(event.position(), is_bounded=self._pressed >= 0)
        if self._pressed >= 0 and rank >= 0 and rank != self._pressed:
            self._at = -1
            self._span = (min(rank, self._pressed), max(rank, self._pressed))
            self._tell()
        else:
            self._point_at(rank)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Takes over the marked bars, or chooses the one that was clicked."""
        begun, self._pressed = self._pressed, -1
        if begun < 0:
            return
        rank = self._rank_at(event.position(), is_bounded=True)
        if rank != begun:
            self._span = None
            self.set_span((min(rank, begun), max(rank, begun)))
            return
        self._point_at(rank)
        self.chosen.emit(int(self._order[rank]))

    def leaveEvent(self, event: QEvent) -> None:
        """Takes the box away."""
        self._point_at(-1)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left, Right, Home and End go over bars, with Shift they mark; Enter chooses."""
        key, last = event.key(), len(self._order) - 1
        has_shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        target = {
            Qt.Key.Key_Left: max(self._at - 1, 0),
            Qt.Key.Key_Right: min(self._at + 1, last),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }.get(Qt.Key(key))
        if target is not None and last >= 0:
            start = self._at if self._span is None else self._span[0]
            self._point_at(target)
            if has_shift and start >= 0:
                self.set_span((min(start, target), max(start, target)))
        elif self._at >= 0 and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(int(self._order[self._at]))
        elif self._at >= 0 and key == Qt.Key.Key_Space:
            self.ticked.emit(int(self._order[self._at]))
        elif key == Qt.Key.Key_Escape and (self._span is not None or self._at >= 0):
            self._point_at(-1)
            self.set_span(None)
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------ inside

    def _base(self) -> float:
        reference = self.reference()
        return reference if self._ranking.from_reference and reference is not None else 0.0

    def _rank_at(self, at: QPointF, *, is_bounded: bool = False) -> int:
        view = self.view()
        inside = view.area.adjusted(0, -4, 0, 28).contains(at)
        if not len(self._order) or not (inside or is_bounded):
            return -1
        return min(max(round(view.x_at(at.x())), 0), len(self._order) - 1)

    def _point_at(self, rank: int) -> None:
        if rank != self._at:
            self._at = rank
            self._tell()

    def _tell(self) -> None:
        points = self._points
        if points is None or not len(self._order):
            self._message = NOTHING
            self._describe("", "", "", NOTHING[0])
            return
        self._message = None
        note = f"{len(self._order):,} runs"
        missing = len(points.names) - len(self._order)
        note += f", {missing:,} without it" if missing else ""
        value = f"{len(self.marked_rows()):,} marked" if self._span is not None else ""
        reference = self.reference()
        spoken = [note, value]
        if reference is not None:
            text = points.y.number_text(reference)
            spoken.append(f"{self._ranking.reference.value} {text}")
        if self._at >= 0:
            row = int(self._order[self._at])
            said = f"{points.names[row]}: {points.y.text(row)}, rank {self._at + 1:,}"
            spoken.insert(0, said)
        self._describe(points.y.title, note, value, ", ".join(part for part in spoken if part))


def _reference_of(reference: Reference, values: NDArray[np.float64]) -> float | None:
    if reference is Reference.NONE or not len(values):
        return None
    if reference is Reference.BEST:
        return float(values[0])
    return float(values.mean() if reference is Reference.MEAN else np.median(values))
