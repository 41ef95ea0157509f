# SPDX-License-Identifier: Apache-2.0
"""A sound as a curve over time, with length, rate and channels. Nothing is played."""

from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from strongroom.desktop.kit import paint, wording
from strongroom.desktop.kit.labels import Elided
from strongroom.desktop.kit.theme import theme
from strongroom.services.views.shapes import SoundView


class SoundViewer(QWidget):
    """Shows a sound."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.says = Elided("", "text_secondary", "dense")
        self._curve = _Curve()
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.addWidget(self.says)
        down.addWidget(self._curve)
        down.addStretch(1)

    def show_sound(self, view: SoundView) -> None:
        """Shows another sound."""
        channels = {1: "mono", 2: "stereo"}.get(view.channels, f"{view.channels} channels")
        words = f"{wording.duration(round(view.seconds * 1e6))}, {view.rate:,} Hz, {channels}"
        self.says.set_text(words)
        self._curve.set_view(view, words)


class _Curve(QWidget):
    """Paints the lowest and highest value of each slice."""

    def __init__(self) -> None:
        super().__init__()
        self._view: SoundView | None = None
        self.setFixedHeight(160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_view(self, view: SoundView, words: str) -> None:
        """Shows another curve."""
        self._view = view
        self.setAccessibleName(f"Curve of the sound, {words}")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints ground, axis and curve."""
        painter = QPainter(self)
        rect = QRectF(self.rect())
        paint.rounded(painter, rect, 6, "bg_sunken", "border_subtle")
        view = self._view
        if view is None:
            return
        middle, room = rect.center().y(), rect.height() / 2 - 10
        paint.hairline(painter, QRectF(8, round(middle), rect.width() - 16, 1), "chart_grid")
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().series_colour(0), 1))
        step = (rect.width() - 16) / len(view.low)
        lines = []
        for at, (low, high) in enumerate(zip(view.low, view.high, strict=True)):
            x = 8 + (at + 0.5) * step
            lines.append(QLineF(x, middle - high * room - 0.5, x, middle - low * room + 0.5))
        painter.drawLines(lines)
