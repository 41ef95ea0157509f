# SPDX-License-Identifier: Apache-2.0
"""The field at the right of the menu bar that opens the palette; it takes no typing itself."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.theme import theme

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role


class PaletteField(QPushButton):
    """The field at the right of the menu bar that opens the palette."""

    def __init__(self) -> None:
        super().__init__("Search or run a command")
        self.setAccessibleName("Search or run a command")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Returns 264 x 29 px at 100 %; larger words are shortened before the menus are."""
        return QSize(min(340, theme().scaled(264)), theme().height("menu_bar") - 1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints frame, icon, words and shortcut."""
        painter = QPainter(self)
        look = theme()
        frame = QRectF(self.rect()).adjusted(0, 4, 0, -4)
        edge: Role = "border_control" if look.tokens.is_high_contrast else "border_default"
        paint.rounded(painter, frame, 6, "bg_surface", edge)
        paint.icon(painter, "search", 8, round(frame.center().y() - 6.5), "text_tertiary", 13)
        font = look.font("caption", weight=400)
        keys = look.width("Ctrl K", font) + 16
        paint.text(painter, frame.adjusted(27, 0, -keys, 0), self.text(), "text_tertiary", font)
        paint.text(painter, frame.adjusted(0, 0, -8, 0), "Ctrl K", "text_tertiary", font, "right")
        if self.hasFocus():
            paint.focus_ring(painter, frame)
