# SPDX-License-Identifier: Apache-2.0
"""The box beside the crosshair: one line for each of the largest values, and the one that is meant.

Laws: plain text only; laid out once for each place of the crosshair, however often it is painted;
labels are measured and elided once, for a mouse moves sixty times a second.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.ticks import value_text

MOST_ROWS = 12  # more would cover the chart
WIDEST_LABEL = 180  # px
MOST_KEPT = 4096  # measured texts; a chart has some hundred labels
PAD = 8


class Reading(NamedTuple):  # two hundred of them are made while a mouse moves one pixel
    """Is one line's value at the crosshair; ``y_px`` is where it lies in the overlay.

    ``edges`` are those of its band.
    """

    run_id: str
    label: str
    value: float
    colour: QColor
    y_px: float | None
    edges: tuple[float, float] | None = None

    @property
    def text(self) -> str:
        """The value, and the edges of the band, as they are read."""
        if self.edges is None:
            return value_text(self.value)
        low, high = self.edges
        return f"{value_text(self.value)}  {value_text(low)} – {value_text(high)}"


@dataclass(frozen=True, slots=True)
class _Line:
    label: str
    text: str
    colour: QColor
    is_meant: bool


class ReadoutBox:
    """Lays the box out and paints it."""

    def __init__(self, look: ChartLook) -> None:
        self.rect = QRectF()
        self._title, self._more = "", 0
        self._runs: frozenset[str] = frozenset()
        self._lines: tuple[_Line, ...] = ()
        self._kept: dict[tuple[str, float], str] = {}
        self._widths: dict[str, float] = {}
        self.set_look(look)

    def set_look(self, look: ChartLook) -> None:
        """Takes other colours and fonts."""
        self._look = look
        self._strong, self._note = QFontMetricsF(look.value_font), QFontMetricsF(look.note_font)
        self.row = max(18, math.ceil(self._strong.height()) + 4)
        self._kept.clear()
        self._widths.clear()

    def lay_out(
        self,
        title: str,
        readings: Sequence[Reading],
        run_id: str | None,
        x: float,
        area: QRectF,
        whole: QRectF,
    ) -> None:
        """Places the box beside ``x``, on the side of ``area`` with more room, inside ``whole``."""
        rows = _shown(readings, run_id)
        texts = [reading.text for reading in rows]
        value = max((self._width(text) for text in texts), default=0.0)
        label = max((min(self._width(one.label), WIDEST_LABEL) for one in rows), default=0.0)
        width = max(PAD * 2 + 18 + label + 16 + value, self._width(title) + 16)
        width = round(min(width, max(whole.width() - 8.0, 80.0)))
        room = width - 2 * PAD - 18 - 8
        self._lines = tuple(
            _Line(
                self._elided(one.label, round(room - self._width(text))),
                text,
                one.colour,
                one.run_id == run_id,
            )
            for one, text in zip(rows, texts, strict=True)
        )
        self._title, self._more = title, len(readings) - len(rows)
        self._runs = frozenset(one.run_id for one in rows)
        height = PAD * 2 + self.row * (len(rows) + (self._more > 0) + 1) - 2
        left = x + 12 if x < area.center().x() else x - 12 - width
        left = min(max(left, 4.0), whole.width() - width - 4)
        top = max(4.0, min(area.top() + 8.0, whole.height() - height - 4))
        self.rect = QRectF(round(left) + 0.5, round(top) + 0.5, width, height)

    def run_ids(self) -> frozenset[str]:
        """Returns the runs of its lines."""
        return self._runs

    def paint(self, painter: QPainter) -> None:
        """Paints it."""
        look, box = self._look, self.rect
        painter.setPen(QPen(look.border, 1))
        painter.setBrush(look.raised)
        painter.drawRoundedRect(box, 6, 6)
        left, right = box.left() + PAD, box.right() - PAD
        base = box.top() + PAD - 2 + (self.row + self._strong.capHeight()) / 2
        painter.setFont(look.value_font)
        painter.setPen(look.text_faint)
        painter.drawText(QPointF(left, base), self._title)
        marks = []
        for index, line in enumerate(self._lines, 1):
            y = base + index * self.row
            marks.append((line, y - self._strong.capHeight() / 2))
            painter.setPen(look.text)
            painter.drawText(QPointF(right - self._width(line.text), y), line.text)
            if line.is_meant:
                painter.drawText(QPointF(left + 18, y), line.label)
        painter.setFont(look.note_font)
        painter.setPen(look.text_soft)
        for index, line in enumerate(self._lines, 1):
            if not line.is_meant:
                painter.drawText(QPointF(left + 18, base + index * self.row), line.label)
        if self._more > 0:
            y = base + (len(self._lines) + 1) * self.row
            painter.setPen(look.text_faint)
            painter.drawText(QPointF(left + 18, y), f"and {self._more} more")
        for line, y in marks:
            high = 4 if line.is_meant else 2
            painter.fillRect(QRectF(left, y - high / 2, 10, high), line.colour)

    def _width(self, text: str) -> float:
        if len(self._widths) > MOST_KEPT:
            self._widths.clear()
        found = self._widths.get(text)
        if found is None:
            found = self._widths[text] = self._strong.horizontalAdvance(text)
        return found

    def _elided(self, text: str, room: float) -> str:
        if len(self._kept) > MOST_KEPT:
            self._kept.clear()
        found = self._kept.get((text, room))
        if found is None:
            middle = Qt.TextElideMode.ElideMiddle
            found = self._kept[text, room] = self._strong.elidedText(text, middle, room)
        return found


def _shown(readings: Sequence[Reading], run_id: str | None) -> Sequence[Reading]:
    """Returns the lines of the box: the largest, moved down to hold the run that is meant."""
    at = next((i for i, one in enumerate(readings) if one.run_id == run_id), 0)
    if at < MOST_ROWS:
        return readings[:MOST_ROWS]
    first = max(0, min(at - MOST_ROWS // 2, len(readings) - MOST_ROWS))
    return readings[first : first + MOST_ROWS]
