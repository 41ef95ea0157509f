# SPDX-License-Identifier: Apache-2.0
"""One line of a store's health: how it stands, in icon and words, and the button that helps."""

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.paint import Tone
from strongroom.services.store_health import (
    BACK_UP,
    CLOSE,
    EXCHANGE,
    OK,
    REBUILD,
    SEAL,
    VERIFY,
    WAITS,
    HealthLine,
)

WORDS = {
    SEAL: "Seal now",
    VERIFY: "Verify now",
    REBUILD: "Rebuild the index",
    BACK_UP: "Back up now…",
    EXCHANGE: "Open Exchange",
    CLOSE: "Show the runs",
}
"""What the button of an act says."""
_TONES: dict[str, Tone] = {OK: "ok", WAITS: "warn"}
_ICONS = {OK: "circle-check", WAITS: "clock"}
_SPOKEN = {OK: "in order", WAITS: "waits"}


class HealthRow(QWidget):
    """Shows a line; ``acted`` carries its act when the button is pressed."""

    acted = Signal(str)

    def __init__(self, line: HealthLine, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = line
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Label(line.title, text="strong", wrap=True))
        words.addWidget(Label(line.detail, "text_secondary", "dense", wrap=True))
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 6, 0, 6)
        across.setSpacing(12)
        across.addWidget(_Icon(line.tone))
        across.addLayout(words, 1)
        self.button: Button | None = None
        if (line.act and line.tone != OK) or line.act == BACK_UP:
            self.button = Button(
                WORDS[line.act],
                small=True,
                name=f"{WORDS[line.act]} {line.title}",
                changes=line.act == SEAL,
            )
            self.button.clicked.connect(lambda: self.acted.emit(line.act))
            across.addWidget(self.button)
        self.setAccessibleName(f"{line.title}, {_SPOKEN.get(line.tone, 'not in order')}")
        self.setAccessibleDescription(line.detail)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)


class _Icon(QWidget):
    """The sign of how it stands."""

    def __init__(self, tone: str) -> None:
        super().__init__()
        self._tone = tone
        self.setFixedWidth(16)

    def sizeHint(self) -> QSize:
        """Returns the room of one icon."""
        return QSize(16, 20)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the icon beside the title."""
        tone = _TONES.get(self._tone, "bad")
        name = _ICONS.get(self._tone, "circle-x")
        rect = QRectF(self.rect())
        top = round(min(rect.height() / 2, 20) - 8)
        paint.icon(QPainter(self), name, 0, max(top, 2), paint.TONE_ICON[tone], 16)
