# SPDX-License-Identifier: Apache-2.0
"""The way of a version through the stages: what was done, what is asked for, what lies ahead."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from strongroom.desktop.kit import marks, paint
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.registry.reading import StageStop

WIDEST = 204  # px between two stops


class StageLine(QWidget):
    """Stops from left to right; a full line leads to what was done, a dashed one to the rest."""

    def __init__(self, stops: Sequence[StageStop], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stops = tuple(stops)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        words = [f"{stop.title}, {stop.who} {stop.when}".strip() for stop in self._stops]
        self.setAccessibleName("Stages: " + "; ".join(words))

    def sizeHint(self) -> QSize:
        """Returns a line of glyphs over three lines of words."""
        look = theme()
        return QSize(400, 22 + look.line("dense") + 2 * look.line("caption"))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints lines, glyphs and words."""
        painter = QPainter(self)
        if not self._stops:
            return
        pitch = min(theme().scaled(WIDEST), self.width() / len(self._stops))
        for at, stop in enumerate(self._stops):
            if at:
                self._join(painter, at, pitch, stop)
            self._stop(painter, at * pitch, pitch, stop)

    def _join(self, painter: QPainter, at: int, pitch: float, stop: StageStop) -> None:
        look = theme()
        is_done = stop.reach == "done"
        pen = QPen(look.colour("accent_text" if is_done else "border_control"), 2)
        if not is_done:
            pen.setDashPattern([2.5, 2])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(QPointF((at - 1) * pitch + 18, 9), QPointF(at * pitch - 6, 9))

    def _stop(self, painter: QPainter, left: float, pitch: float, stop: StageStop) -> None:
        look = theme()
        glyph = stop.stage if stop.reach == "done" else "None"
        marks.stage_glyph(painter, QPointF(left + 6, 9), glyph)
        top = 20.0
        strong = look.font("dense", weight=600)
        is_ahead = stop.reach == "ahead"
        line = QRectF(left, top, pitch - 8, look.line("dense"))
        paint.text(
            painter, line, stop.title, "text_tertiary" if is_ahead else "text_primary", strong
        )
        small = look.font("caption", weight=400)
        for words in (stop.who, stop.when):
            top += look.line("dense") if words is stop.who else look.line("caption")
            spot = QRectF(left, top, pitch - 8, look.line("caption"))
            paint.text(painter, spot, words, "text_secondary", small)
