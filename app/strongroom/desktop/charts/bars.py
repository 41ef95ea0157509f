# SPDX-License-Identifier: Apache-2.0
"""One number a run as bars, and a confusion matrix.

Laws: a bar's length is proportional to its value and starts at zero; a cell says its count in
words as well as in shade; names are painted, never parsed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.ticks import value_text
from strongroom.desktop.kit.theme import theme

ROW = 24
WIDEST_LABEL = 0.4  # of the width: the rest belongs to the bars
MOST_CLASSES = 64  # beyond that a cell is smaller than its number; the table is the better view
LEAST_CELL = 28.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Is one bar; a value that is not finite is shown as missing."""

    label: str
    value: float
    colour_index: int


class BarChart(QWidget):
    """Shows horizontal bars from zero, in the order given."""

    def __init__(self, look: ChartLook, *, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._title = look, title
        self._bars: tuple[Bar, ...] = ()
        self.set_bars(())
        theme().follow(self)

    def set_bars(self, bars: Sequence[Bar]) -> None:
        """Replaces the bars."""
        self._bars = tuple(bars)
        self.setAccessibleName(f"Bars of {self._title}")
        said = [f"{bar.label}: {value_text(bar.value)}" for bar in self._bars[:20]]
        self.setAccessibleDescription("; ".join(said) or "No values")
        self.setMinimumHeight(ROW * max(len(self._bars), 1))
        self.update()

    def apply_theme(self) -> None:
        """Takes over the theme in force."""
        self._look = ChartLook.from_theme(theme())
        self.update()

    def as_rows(self) -> tuple[tuple[str, str], ...]:
        """Returns a heading and one row a bar."""
        return ("Run", self._title), *((b.label, value_text(b.value)) for b in self._bars)

    def sizeHint(self) -> QSize:
        """Returns room for every bar."""
        return QSize(320, ROW * max(len(self._bars), 1))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints labels, bars and values."""
        look, painter = self._look, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        note, figure = QFontMetricsF(look.note_font), QFontMetricsF(look.value_font)
        known = [bar.value for bar in self._bars if math.isfinite(bar.value)]
        low, high = min([0.0, *known]), max([0.0, *known])
        label = max((note.horizontalAdvance(bar.label) for bar in self._bars), default=0.0)
        label = min(label, self.width() * WIDEST_LABEL)
        value = max((figure.horizontalAdvance(value_text(b.value)) for b in self._bars), default=0)
        room = max(self.width() - label - value - 24.0, 1.0)
        px = room / (high - low) if high > low else 0.0
        zero = label + 12 - low * px
        middle = Qt.AlignmentFlag.AlignVCenter
        for row, bar in enumerate(self._bars):
            line = QRectF(0, row * ROW, self.width(), ROW)
            painter.setFont(look.note_font)
            painter.setPen(look.text_soft)
            name = note.elidedText(bar.label, Qt.TextElideMode.ElideMiddle, label)
            painter.drawText(line, middle, name)
            painter.setFont(look.value_font)
            painter.setPen(look.text)
            painter.drawText(line, middle | Qt.AlignmentFlag.AlignRight, value_text(bar.value))
            if not math.isfinite(bar.value):
                continue
            long = abs(bar.value) * px
            left = zero if bar.value >= 0 else zero - long
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.series[bar.colour_index % len(look.series)])
            painter.drawRoundedRect(QRectF(left, line.top() + 6, long, ROW - 12), 2, 2)


class Share(Enum):
    """Says what a cell of a confusion matrix shows."""

    COUNT = "count"
    ROW = "row %"
    COLUMN = "column %"


class ConfusionMatrix(QWidget):
    """Shows how often each true class (row) was predicted as each class (column)."""

    def __init__(self, look: ChartLook, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._labels: tuple[str, ...] = ()
        self._counts = np.zeros((0, 0))
        self._share = Share.COUNT
        self.setAccessibleName("Confusion matrix")
        theme().follow(self)

    def set_counts(self, labels: Sequence[str], counts: ArrayLike) -> None:
        """Replaces the matrix; rows are true classes, columns predicted ones.

        Raises:
            ValueError: If it is not square, does not fit its labels, is too large, or counts
                something negative.
        """
        matrix = np.asarray(counts, np.float64)
        if matrix.shape != (len(labels), len(labels)) or len(labels) > MOST_CLASSES:
            raise ValueError(f"a confusion matrix of {matrix.shape} for {len(labels)} labels")
        if not np.isfinite(matrix).all() or (matrix < 0).any():
            raise ValueError("counts are finite and not negative")
        self._labels, self._counts = tuple(labels), matrix
        right = float(np.trace(matrix))
        total = float(matrix.sum())
        share = f"{100 * right / total:.1f} % on the diagonal" if total else "no samples"
        self.setAccessibleDescription(f"{len(labels)} classes, {total:.0f} samples, {share}")
        self.update()

    def set_share(self, share: Share) -> None:
        """Shows counts, or percent of the row or the column."""
        self._share = share
        self.update()

    def apply_theme(self) -> None:
        """Takes over the theme in force."""
        self._look = ChartLook.from_theme(theme())
        self.update()

    def shown(self) -> tuple[tuple[str, ...], ...]:
        """Returns the text of every cell, row by row."""
        if self._share is Share.COUNT:
            return tuple(tuple(f"{count:,.0f}" for count in row) for row in self._counts)
        sums = self._counts.sum(axis=1 if self._share is Share.ROW else 0, keepdims=True)
        part = np.divide(self._counts, sums, out=np.zeros_like(self._counts), where=sums > 0)
        return tuple(tuple(f"{100 * value:.1f} %" for value in row) for row in part)

    def sizeHint(self) -> QSize:
        """Returns room for cells that hold their numbers."""
        side = 120 + 56 * max(len(self._labels), 1)
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints labels and shaded cells."""
        if not self._labels:
            return
        look, painter = self._look, QPainter(self)
        metrics = QFontMetricsF(look.note_font)
        widest = max(metrics.horizontalAdvance(label) for label in self._labels)
        left = min(widest, self.width() * WIDEST_LABEL) + 8
        top = metrics.height() + 8
        side_x = max((self.width() - left) / len(self._labels), LEAST_CELL)
        side_y = max((self.height() - top) / len(self._labels), 20.0)
        most = float(self._counts.max()) or 1.0
        centre, elide = Qt.AlignmentFlag.AlignCenter, Qt.TextElideMode.ElideMiddle
        painter.setFont(look.note_font)
        for index, label in enumerate(self._labels):
            painter.setPen(look.text_soft)
            row = QRectF(0, top + index * side_y, left - 8, side_y)
            column = QRectF(left + index * side_x, 0, side_x, top - 4)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(row, right, metrics.elidedText(label, elide, row.width()))
            painter.drawText(column, centre, metrics.elidedText(label, elide, side_x - 4))
        for row_index, texts in enumerate(self.shown()):
            for column_index, text in enumerate(texts):
                cell = QRectF(
                    left + column_index * side_x, top + row_index * side_y, side_x, side_y
                ).adjusted(1, 1, -1, -1)
                share = float(self._counts[row_index, column_index]) / most
                ground = _mixed(look.surface, look.series[0], 0.06 + 0.5 * share)
                painter.fillRect(cell, ground)
                painter.setPen(_readable_on(ground, look))
                painter.drawText(cell, centre, metrics.elidedText(text, elide, cell.width()))


def _mixed(under: QColor, over: QColor, share: float) -> QColor:
    keep = 1 - share
    return QColor.fromRgbF(
        under.redF() * keep + over.redF() * share,
        under.greenF() * keep + over.greenF() * share,
        under.blueF() * keep + over.blueF() * share,
    )


def _readable_on(ground: QColor, look: ChartLook) -> QColor:
    """Returns the text or the surface colour, whichever stands out more from ``ground``."""
    lightness = ground.lightnessF()
    return max(look.text, look.surface, key=lambda c: abs(c.lightnessF() - lightness))
