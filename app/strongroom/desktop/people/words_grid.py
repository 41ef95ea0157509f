# SPDX-License-Identifier: Apache-2.0
"""Twelve words to read out or to compare, numbered, four in a row."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.surface import Surface
from strongroom.desktop.kit.theme import theme

ACROSS = 4


class WordsGrid(Surface):
    """Words in reading order; each is told with its number, so that nobody loses the place."""

    def __init__(self, words: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__("bg_sunken", radius=8, parent=parent)
        self._words: tuple[str, ...] = ()
        self.set_words(words)
        theme().follow(self)

    def set_words(self, words: Sequence[str]) -> None:
        """Shows other words."""
        self._words = tuple(words)
        spoken = ", ".join(f"{at} {word}" for at, word in enumerate(self._words, 1))
        self.setAccessibleName(f"Words: {spoken}" if spoken else "No words yet")
        self.apply_theme()
        self.update()

    def words(self) -> tuple[str, ...]:
        """Returns the words in sight."""
        return self._words

    def apply_theme(self) -> None:
        """Takes over the height of the look in force."""
        rows = max(1, -(-len(self._words) // ACROSS))
        self.setFixedHeight(rows * self._pitch() + 16)

    def sizeHint(self) -> QSize:
        """Returns the room of all words."""
        return QSize(theme().scaled(420), self.height())

    def minimumSizeHint(self) -> QSize:
        """Returns the room of eight letters a word, the longest there are."""
        return QSize(theme().scaled(400), self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints numbers and words."""
        super().paintEvent(event)
        painter = QPainter(self)
        look = theme()
        wide = (self.width() - 24) / ACROSS
        for at, word in enumerate(self._words):
            x, y = 12 + (at % ACROSS) * wide, 8 + (at // ACROSS) * self._pitch()
            number = QRectF(x, y, look.scaled(20), self._pitch())
            paint.text(painter, number, f"{at + 1}", "text_tertiary", look.font("caption"), "right")
            rest = QRectF(number.right() + 8, y, wide - look.scaled(28), self._pitch())
            paint.text(painter, rest, word, font=look.font("body", weight=500))

    def _pitch(self) -> int:
        return theme().line() + 8
