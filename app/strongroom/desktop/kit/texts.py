# SPDX-License-Identifier: Apache-2.0
"""Texts of many cells: shortened once for their room, their glyphs placed when seen again.

* Scrolling paints most texts once, those at its edge twice; placing their glyphs would cost more.
  It pays for texts that stay.
* Both ways give the same pixels. What is remembered belongs to the fonts of one look.
"""

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFont, QPainter, QStaticText

from strongroom.desktop.kit.theme import theme

MOST_REMEMBERED = 20_000  # texts: a few screens of every column, some 10 MB with their glyphs
OFTEN = 2  # times a text is painted before its glyphs are placed


class Fitted:
    """A text as it is shown in its room, and its length in px."""

    __slots__ = ("is_short", "laid", "length", "seen", "shown")

    def __init__(self, shown: str, length: float, *, is_short: bool) -> None:
        self.shown, self.length, self.is_short = shown, length, is_short
        self.seen = 0
        self.laid: QStaticText | None = None


class Texts:
    """Fits texts into rooms of one font and paints them."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        self.metrics = theme().metrics(font)
        self.ascent = self.metrics.ascent()
        self._known: dict[tuple[str, int], Fitted] = {}

    def baseline(self, height: int) -> float:
        """Returns how far below the top of a row ``height`` px high the text stands."""
        return round((height - 1 + self.ascent - self.metrics.descent()) / 2)

    def fit(self, text: str, width: int) -> Fitted:
        """Returns a text as it fits into ``width`` px, with an ellipsis at its end if it must."""
        key = (text, width)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            length = self.metrics.horizontalAdvance(text)
            is_short = length > width + 0.5
            if is_short:
                text = self.metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
                length = self.metrics.horizontalAdvance(text)
            known = self._known[key] = Fitted(text, length, is_short=is_short)
        return known

    def draw(self, painter: QPainter, fitted: Fitted, left: float, baseline: float) -> None:
        """Paints a text with the font and pen of the painter; the font has to be this one."""
        if fitted.laid is not None:
            painter.drawStaticText(QPointF(left, baseline - self.ascent), fitted.laid)
        elif fitted.seen >= OFTEN:
            fitted.laid = _laid(fitted.shown, self.font)
            painter.drawStaticText(QPointF(left, baseline - self.ascent), fitted.laid)
        else:
            fitted.seen += 1
            painter.drawText(QPointF(left, baseline), fitted.shown)


def _laid(text: str, font: QFont) -> QStaticText:
    laid = QStaticText(text)
    laid.setTextFormat(Qt.TextFormat.PlainText)
    laid.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    laid.prepare(font=font)
    return laid
