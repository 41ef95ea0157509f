# SPDX-License-Identifier: Apache-2.0
"""The dots of a crosshair, each colour painted once and then only copied.

Law: a dot lies within an eighth of a device pixel of its value; twenty charts with twenty lines
move sixty times a second, and an ellipse takes five times what a copy takes.
"""

import math

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

DOT = 3.0  # radius
RIM = 1.5  # of the ground around it
SIDE = 10  # px of its picture
PHASES = 4  # places between two pixels
MOST_KEPT = 512


class ReadoutDots:
    """Keeps pictures of dots.

    Args:
        ground: The colour of the rim.
    """

    def __init__(self, ground: QColor) -> None:
        self._ground = ground
        self._kept: dict[tuple[int, float, int, int], QImage] = {}

    def at(self, x: float, y: float, colour: QColor, ratio: float) -> tuple[QImage, QPointF]:
        """Returns the picture of a dot at a place, and where its top left corner lies.

        ``ratio`` is device pixels a unit.
        """
        across, down = (round((place * ratio - SIDE * ratio / 2) * PHASES) for place in (x, y))
        (left, right), (top, bottom) = divmod(across, PHASES), divmod(down, PHASES)
        key = colour.rgba(), ratio, right, bottom
        dot = self._kept.get(key)
        if dot is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            dot = self._kept[key] = self._paint(colour, ratio, right / PHASES, bottom / PHASES)
        return dot, QPointF(left / ratio, top / ratio)

    def _paint(self, colour: QColor, ratio: float, right: float, down: float) -> QImage:
        side = math.ceil(SIDE * ratio) + 1
        dot = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
        dot.setDevicePixelRatio(ratio)
        dot.fill(Qt.GlobalColor.transparent)
        painter = QPainter(dot)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._ground, RIM))
        painter.setBrush(colour)
        middle = QPointF(SIDE / 2 + right / ratio, SIDE / 2 + down / ratio)
        painter.drawEllipse(middle, DOT + 0.5, DOT + 0.5)
        painter.end()
        return dot
