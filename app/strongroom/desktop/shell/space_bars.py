# SPDX-License-Identifier: Apache-2.0
"""What takes the space of a store, as bars: a name, a bar from zero, the size, how many files."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from strongroom.desktop.kit import paint, wording
from strongroom.desktop.kit.theme import theme

ROW = 24  # px at 100 %
NAME_SHARE = 0.36  # of the width
FIGURES = 176  # px at 100 % for size and number of files
LEAST_BAR = 2.0  # px: what is there can be seen


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceBar:
    """Is one bar: what it is called, its bytes, its files."""

    title: str
    size_bytes: int
    file_count: int


class SpaceBars(QWidget):
    """Shows bars of one scale, in the order given."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars: tuple[SpaceBar, ...] = ()
        self.setAccessibleName("Space by kind")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().follow(self)

    def set_bars(self, bars: Sequence[SpaceBar]) -> None:
        """Replaces the bars."""
        self._bars = tuple(bars)
        self.setAccessibleDescription("; ".join(map(_words, self._bars)) or "Nothing is there yet")
        self.updateGeometry()
        self.update()

    def apply_theme(self) -> None:
        """Takes over the look in force."""
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Returns room for every bar."""
        return QSize(360, theme().scaled(ROW) * max(len(self._bars), 1))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints names, bars and figures."""
        painter, look = QPainter(self), theme()
        high = look.scaled(ROW)
        name_width = self.width() * NAME_SHARE
        figures = look.scaled(FIGURES)
        room = max(self.width() - name_width - figures - 16, 1.0)
        most = max((bar.size_bytes for bar in self._bars), default=0) or 1
        font, small = look.font("dense"), look.font("dense", tabular=True)
        for at, bar in enumerate(self._bars):
            top = at * high
            name = QRectF(0, top, name_width - 8, high)
            paint.text(painter, name, bar.title, "text_secondary", font)
            length = max(room * bar.size_bytes / most, LEAST_BAR)
            line = QRectF(name_width, top + high / 2 - 5, length, 10)
            paint.rounded(painter, line, 2, "accent")
            words = QRectF(self.width() - figures, top, figures, high)
            half = words.width() * 0.48
            size = QRectF(words.x(), top, half, high)
            paint.text(painter, size, wording.size(bar.size_bytes), "text_primary", small, "right")
            count = QRectF(words.x() + half, top, words.width() - half, high)
            told = wording.count(bar.file_count, "file", "files")
            paint.text(painter, count, told, "text_tertiary", small, "right")


def _words(bar: SpaceBar) -> str:
    files = wording.count(bar.file_count, "file", "files")
    return f"{bar.title}: {wording.size(bar.size_bytes)} in {files}"
