# SPDX-License-Identifier: Apache-2.0
"""A small frame beside the thing it sets: opens at once, closes on Escape or a press elsewhere.

It lies inside the window, not in a window of its own, so no platform has to grab mouse or keyboard
for it; who had the keyboard gets it back.
"""

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from strongroom.desktop.kit import paint

EDGE = 12
GAP = 4


class Popover(QWidget):
    """A frame around ``body``, above everything else in the window of ``anchor``."""

    def __init__(self, body: QWidget, *, name: str, anchor: QWidget, width: int = 280) -> None:
        super().__init__(anchor.window())
        self._anchor, self._window = anchor, anchor.window()
        self._had_focus = QApplication.focusWidget()
        self.setAccessibleName(name)
        down = QVBoxLayout(self)
        down.setContentsMargins(EDGE, EDGE, EDGE, EDGE)
        down.addWidget(body)
        self.setFixedWidth(width)
        self.hide()

    def open_beside(self) -> None:
        """Opens at the right of its anchor, or at its left."""
        self.adjustSize()
        place, room = self._place(), self._window.rect()
        x = place.right() + GAP
        if x + self.width() > room.right():
            x = max(place.left() - self.width() - GAP, room.left() + GAP)
        self._open_at(x, min(place.top(), room.bottom() - self.height() - GAP))

    def open_below(self) -> None:
        """Opens below its anchor, right edges aligned; above it where there is no room."""
        self.adjustSize()
        place, room = self._place(), self._window.rect()
        y = place.bottom() + GAP
        if y + self.height() > room.bottom():
            y = place.top() - self.height() - GAP
        self._open_at(place.right() - self.width(), y)

    def close_and_forget(self) -> None:
        """Closes, and gives the keyboard back."""
        application = QApplication.instance()
        if self.isHidden() or application is None:
            return
        application.removeEventFilter(self)
        focused = QApplication.focusWidget()
        self.hide()
        if focused is None or focused is self or self.isAncestorOf(focused):
            (self._had_focus or self._anchor).setFocus(Qt.FocusReason.PopupFocusReason)
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Closes when somebody presses elsewhere in the window, or its anchor is not shown now.

        Menus of the controls are windows of their own, so a press in them is not elsewhere.
        """
        if (watched is self._anchor and event.type() is QEvent.Type.Hide) or (
            event.type() is QEvent.Type.MouseButtonPress
            and isinstance(watched, QWidget)
            and watched.window() is self.window()
            and watched is not self
            and not self.isAncestorOf(watched)
        ):
            self.close_and_forget()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Closes on Escape and Enter: everything has been taken over already."""
        if event.key() in {Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.close_and_forget()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints ground and frame."""
        paint.rounded(QPainter(self), QRectF(self.rect()), 8, "bg_raised", "border_control")

    def _place(self) -> QRect:
        corner = self._anchor.mapTo(self._window, QPoint())
        return QRect(corner, self._anchor.size())

    def _open_at(self, x: int, y: int) -> None:
        self.move(max(x, GAP), max(y, GAP))
        self.show()
        self.raise_()
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self)
        first = self.nextInFocusChain()
        while first is not None and first is not self:
            if self.isAncestorOf(first) and first.focusPolicy() & Qt.FocusPolicy.TabFocus:
                first.setFocus(Qt.FocusReason.PopupFocusReason)
                return
            first = first.nextInFocusChain()
