# SPDX-License-Identifier: Apache-2.0
"""The box above the buttons: word for word what will be signed, with its digests."""

from collections.abc import Sequence

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.surface import Surface, clear
from strongroom.desktop.kit.theme import theme

WIDE_TEXT = 1.1  # above this text scale each digest takes a line of its own, so none is cut


class SignBox(Surface):
    """What a person is about to sign.

    Args:
        lead: ``You are about to sign:`` or what stands there when nothing can be signed.
    """

    def __init__(self, lead: str = "You are about to sign:", parent: QWidget | None = None) -> None:
        super().__init__("bg_sunken", radius=8, parent=parent)
        self._lead = lead
        self._sentence = Label(weight=500, wrap=True, selectable=True)
        self._digests = QVBoxLayout()
        self._digests.setSpacing(0)
        down = QVBoxLayout(self)
        down.setContentsMargins(40, 10, 16, 10)
        down.setSpacing(2)
        down.addWidget(self._sentence)
        down.addLayout(self._digests)

    def set_content(self, statement: str, digests: Sequence[tuple[str, str]]) -> None:
        """Shows the statement and its digests, each a name and groups of four."""
        self._sentence.setText(f"{self._lead} {statement}")
        self._sentence.setAccessibleName(self._sentence.text())
        clear(self._digests)
        across: QHBoxLayout | None = None
        for name, digest in digests:
            if across is None or theme().scale > WIDE_TEXT:
                across = QHBoxLayout()
                across.setSpacing(8)
                self._digests.addLayout(across)
            else:
                across.addSpacing(12)
            across.addWidget(Label(name, "text_tertiary", "caption"))
            across.addWidget(Label(digest, text="mono", selectable=True))
            if theme().scale > WIDE_TEXT:
                across.addStretch(1)
        if across is not None and theme().scale <= WIDE_TEXT:
            across.addStretch(1)

    def text(self) -> str:
        """Returns what it says."""
        return self._sentence.text()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints ground and pen."""
        super().paintEvent(event)
        painter = QPainter(self)
        paint.icon(painter, "pen-line", 14, 13, "text_secondary")
