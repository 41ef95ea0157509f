# SPDX-License-Identifier: Apache-2.0
"""A small window beside the thing it sets: opens at once, closes on Escape or a press elsewhere."""

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit import paint

EDGE = 12


class Popover(QWidget):
    """A frame around ``body``."""

    def __init__(self, body: QWidget, *, name: str, width: int = 280, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(name)
        down = QVBoxLayout(self)
        down.setContentsMargins(EDGE, EDGE, EDGE, EDGE)
        down.addWidget(body)
        self.setFixedWidth(width)

    def open_beside(self, place: QRect) -> None:
        """Opens at the right of a rectangle on the screen, or at its left."""
        self.adjustSize()
        screen = QGuiApplication.screenAt(place.center()) or QGuiApplication.primaryScreen()
        room = screen.availableGeometry()
        corner = QPoint(place.right() + 4, place.top())
        if corner.x() + self.width() > room.right():
            corner.setX(max(place.left() - self.width() - 4, room.left()))
        corner.setY(max(min(corner.y(), room.bottom() - self.height()), room.top()))
        self._show_at(corner)

    def open_below(self, place: QRect) -> None:
        """Opens below a rectangle on the screen, right edges aligned."""
        self.adjustSize()
        screen = QGuiApplication.screenAt(place.center()) or QGuiApplication.primaryScreen()
        room = screen.availableGeometry()
        x = max(min(place.right() - self.width(), room.right() - self.width()), room.left())
        y = place.bottom() + 4
        if y + self.height() > room.bottom():
            y = max(place.top() - self.height() - 4, room.top())
        self._show_at(QPoint(x, y))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Closes on Escape and Enter: everything has been taken over already."""
        if event.key() in {Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.close()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints ground and frame."""
        painter = QPainter(self)
        paint.hairline(painter, QRectF(self.rect()), "border_default")
        paint.hairline(painter, QRectF(self.rect()).adjusted(1, 1, -1, -1), "bg_raised")

    def _show_at(self, corner: QPoint) -> None:
        self.move(corner)
        self.show()
        first = self.nextInFocusChain()
        while first is not None and first is not self:
            if self.isAncestorOf(first) and first.focusPolicy() & Qt.FocusPolicy.TabFocus:
                first.setFocus(Qt.FocusReason.PopupFocusReason)
                return
            first = first.nextInFocusChain()
