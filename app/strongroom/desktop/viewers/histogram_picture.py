# SPDX-License-Identifier: Apache-2.0
"""A histogram as bars, and histograms of many steps as one picture: a column a step.

* A bar begins at zero and its area is its count: bins of other widths are told by density.
* In the picture of steps a darker place has more counts of that step; lines are the median and the
  middle half, so that nothing hangs on the shade alone. Each place says its figures.
"""

import math

import numpy as np

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from strongroom.desktop.charts.ticks import Ticks, number_ticks
from strongroom.desktop.kit import paint
from strongroom.desktop.kit.theme import theme
from strongroom.services.histogram_steps import HistogramSteps
from strongroom.services.views.shapes import HistogramView

LEFT, RIGHT, TOP, BOTTOM = 60, 10, 10, 24  # px around the plot
PX_A_LABEL = 76


class HistogramPicture(QWidget):
    """Paints one histogram, or those of many steps.

    Signals:
        moved: Another bin or step is current (see `current`).
        step_chosen: A step was clicked, or Enter pressed on it (its place among the steps).
    """

    moved = Signal()
    step_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: HistogramView | None = None
        self._steps: HistogramSteps | None = None
        self._image = QImage()
        self._marked = -1  # the step that is open
        self._at: tuple[int, int] | None = None  # step and bin, step 0 for one histogram
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(200, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Histogram")
        theme().follow(self)

    def show_one(self, view: HistogramView) -> None:
        """Shows one histogram as bars."""
        self._view, self._steps, self._at = view, None, None
        self.setAccessibleName("Histogram")
        self.update()

    def show_steps(self, steps: HistogramSteps, marked: int) -> None:
        """Shows histograms by step; ``marked`` is the step that is open elsewhere."""
        if steps is not self._steps:
            self._at = None
        self._view, self._steps, self._marked = None, steps, marked
        self._image = QImage()
        self.setAccessibleName("Histograms by step")
        self.update()

    def apply_theme(self) -> None:
        """Takes over the theme in force."""
        self._image = QImage()
        self.update()

    def current(self) -> tuple[int, int] | None:
        """Returns step and bin under mouse or keyboard."""
        return self._at

    # ------------------------------------------------------------ Qt

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints axes and what is shown."""
        painter = QPainter(self)
        if self._view is not None:
            self._paint_bars(painter, self._view)
        elif self._steps is not None:
            self._paint_steps(painter, self._steps)
        if self.hasFocus():
            paint.focus_ring(painter, QRectF(self.rect()), 4)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Makes the place under the mouse current."""
        self._set(self._place_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Chooses the step that was clicked."""
        place = self._place_at(event.position())
        if place is not None and self._steps is not None:
            self.step_chosen.emit(place[0])

    def leaveEvent(self, event: QEvent) -> None:
        """Lets the place go."""
        super().leaveEvent(event)
        if not self.hasFocus():
            self._set(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go over bins and steps; Enter opens the step."""
        steps, bins = self._shape()
        key = Qt.Key(event.key())
        across, up = _MOVES.get(key, (0, 0))
        if self._steps is None:  # bins lie along x
            across, up = 0, across
        if (across or up) and bins:
            step, bin_ = self._at or (0, -1 if up > 0 else 0)
            self._set((min(max(step + across, 0), steps - 1), min(max(bin_ + up, 0), bins - 1)))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._at and self._steps is not None:
            self.step_chosen.emit(self._at[0])
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------ inside

    def _area(self) -> QRectF:
        look = theme()
        left, bottom = look.scaled(LEFT), look.scaled(BOTTOM)
        return QRectF(
            left, TOP, max(self.width() - left - RIGHT, 10), max(self.height() - TOP - bottom, 10)
        )

    def _shape(self) -> tuple[int, int]:
        if self._view is not None:
            return 1, len(self._view.counts)
        return (0, 0) if self._steps is None else self._steps.counts.shape

    def _place_at(self, at: QPointF) -> tuple[int, int] | None:
        area = self._area()
        if not area.contains(at):
            return None
        across = (at.x() - area.left()) / area.width()
        up = (area.bottom() - at.y()) / area.height()
        steps, bins = self._shape()
        if self._view is not None:
            edges = self._view.edges
            value = edges[0] + across * (edges[-1] - edges[0])
            return 0, min(max(int(np.searchsorted(edges, value, "right")) - 1, 0), bins - 1)
        if not steps:
            return None
        return min(int(across * steps), steps - 1), min(int(up * bins), bins - 1)

    def _set(self, place: tuple[int, int] | None) -> None:
        if place != self._at:
            self._at = place
            self.update()
            self.moved.emit()

    def _paint_bars(self, painter: QPainter, view: HistogramView) -> None:
        area, look = self._area(), theme()
        edges = np.array(view.edges)
        density = np.array(view.counts) / np.diff(edges)
        most = float(density.max()) or 1.0
        usual = float(np.diff(edges).max())  # heights are counts in a bin of the widest width
        self._paint_axis(painter, area, number_ticks(0.0, most * usual, 5), 0.0, most * usual)
        xs = area.left() + (edges - edges[0]) / (edges[-1] - edges[0]) * area.width()
        for at, share in enumerate((density / most).tolist()):
            left, right = float(xs[at]), float(xs[at + 1])
            gap = 1.0 if right - left > 4 else 0.0
            high = share * area.height()
            bar = QRectF(left, area.bottom() - high, max(right - left - gap, 0.5), high)
            painter.fillRect(bar, look.series_colour(0))
            if self._at == (0, at):
                lit = QRectF(left, area.top(), max(right - left - gap, 1.0), area.height())
                painter.setPen(QPen(look.colour("chart_crosshair"), 1))
                painter.drawRect(lit.adjusted(0.5, 0.5, -0.5, -0.5))
        self._paint_below(painter, area, float(edges[0]), float(edges[-1]))

    def _paint_steps(self, painter: QPainter, steps: HistogramSteps) -> None:
        area, look = self._area(), theme()
        if self._image.isNull():
            self._image = _shaded(steps)
        painter.drawImage(area, self._image)
        low, high = float(steps.edges[0]), float(steps.edges[-1])
        self._paint_axis(painter, area, number_ticks(low, high, 5), low, high)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        wide = area.width() / len(steps.steps)
        for column, width in ((1, 1.0), (2, 2.0), (3, 1.0)):
            pen = QPen(look.colour("text_primary"), width)
            if column != 2:
                pen.setDashPattern([4, 3])
            painter.setPen(pen)
            points = [
                QPointF(
                    area.left() + (at + 0.5) * wide,
                    area.bottom() - (value - low) / (high - low) * area.height(),
                )
                for at, value in enumerate(steps.quantiles[:, column].tolist())
                if math.isfinite(value)
            ]
            painter.drawPolyline(points)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        if 0 <= self._marked < len(steps.steps):
            left = area.left() + self._marked * wide
            painter.setPen(QPen(look.colour("accent"), 2))
            painter.drawRect(QRectF(left, area.top(), max(wide, 2.0), area.height()))
        if self._at is not None:
            step, bin_ = self._at
            tall = area.height() / steps.counts.shape[1]
            cell = QRectF(
                area.left() + step * wide, area.bottom() - (bin_ + 1) * tall, max(wide, 2.0), tall
            )
            paint.rounded(painter, cell.adjusted(-1, -1, 1, 1), 1, None, "focus", 2)
        self._paint_step_names(painter, area, steps)

    def _paint_axis(
        self, painter: QPainter, area: QRectF, ticks: Ticks, low: float, high: float
    ) -> None:
        look = theme()
        font = look.font("caption", weight=400, tabular=True)
        for value, words in zip(ticks.values, ticks.labels, strict=True):
            y = area.bottom() - (value - low) / (high - low) * area.height()
            paint.hairline(painter, QRectF(area.left(), round(y), area.width(), 1), "chart_grid")
            room = QRectF(2, y - 9, area.left() - 8, 18)
            paint.text(painter, room, words, "chart_axis", font, "right", "none")

    def _paint_below(self, painter: QPainter, area: QRectF, low: float, high: float) -> None:
        font = theme().font("caption", weight=400, tabular=True)
        ticks = number_ticks(low, high, max(2, int(area.width() / PX_A_LABEL)))
        for value, words in zip(ticks.values, ticks.labels, strict=True):
            x = area.left() + (value - low) / (high - low) * area.width()
            room = QRectF(x - 40, area.bottom() + 4, 80, 16)
            paint.text(painter, room, words, "chart_axis", font, "centre", "none")

    def _paint_step_names(self, painter: QPainter, area: QRectF, steps: HistogramSteps) -> None:
        font = theme().font("caption", weight=400, tabular=True)
        many = len(steps.steps)
        every = max(1, math.ceil(many / max(1, int(area.width() / PX_A_LABEL))))
        for at in range(0, many, every):
            x = area.left() + (at + 0.5) / many * area.width()
            room = QRectF(x - 40, area.bottom() + 4, 80, 16)
            words = f"{steps.steps[at]:,}"
            paint.text(painter, room, words, "chart_axis", font, "centre", "none")


_MOVES = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


def _shaded(steps: HistogramSteps) -> QImage:
    """Returns a pixel a step and bin, the surface's colour where a step has nothing."""
    look = theme()
    tops = steps.counts.max(axis=1, keepdims=True)
    share = np.divide(steps.counts, tops, out=np.zeros_like(steps.counts), where=tops > 0) ** 0.6
    ground, ink = _rgb(look.colour("bg_surface")), _rgb(look.series_colour(0))
    mixed = ground + (ink - ground) * (0.85 * share[..., None])
    pixels = np.full((share.shape[1], share.shape[0], 4), 255, np.uint8)
    pixels[..., :3] = mixed.transpose(1, 0, 2)[::-1, :, ::-1].round().astype(np.uint8)
    data = np.ascontiguousarray(pixels)
    image = QImage(data.data, data.shape[1], data.shape[0], QImage.Format.Format_RGB32)
    return image.copy()


def _rgb(colour: QColor) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array([colour.red(), colour.green(), colour.blue()], np.float64)
