# SPDX-License-Identifier: Apache-2.0
"""A card as a widget: ground, header line, focus ring, tools at the right, a header to drag it by.

Law: the tools appear under the mouse and with the keyboard, in place of the value that stands
there; what a person drags is told, never moved by the card itself.
"""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from strongroom.desktop.charts.card import Header, header_height, paint_card, paint_header
from strongroom.desktop.charts.look import ChartLook


class CardFrame(QWidget):
    """The card around a chart; subclasses say what the header says.

    Signals:
        enlarge_requested: Somebody wants to see it alone (a double click on the header).
        dragged: The header is dragged (global QPoint, still held).
    """

    enlarge_requested = Signal()
    dragged = Signal(QPoint, bool)

    def __init__(self, look: ChartLook, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._make_tools: Callable[[], QWidget] | None = None
        self._tools: QWidget | None = None
        self._pressed: QPoint | None = None
        self._is_dragged = False

    def header(self) -> Header:
        """Returns what the header line says."""
        return Header(title="", note="", value="")

    def set_tools(self, make: Callable[[], QWidget]) -> None:
        """Says what appears at the right of the header under the mouse or with the keyboard."""
        self._make_tools = make

    # ------------------------------------------------------------ Qt

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the card and its header; plain text only."""
        painter = QPainter(self)
        paint_card(painter, QRectF(self.rect()), self._look, has_focus=self.hasFocus())
        header = self.header()
        if self._tools is not None and self._tools.isVisible():
            header = replace(header, value="", right=self._tools.width() - 4)
        paint_header(painter, self.width(), self._look, header)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Shows the tools."""
        super().enterEvent(event)
        self._show_tools()

    def leaveEvent(self, event: QEvent) -> None:
        """Takes the tools away unless the keyboard is here."""
        super().leaveEvent(event)
        self._hide_tools()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows the tools and the ring."""
        super().focusInEvent(event)
        self._show_tools()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Takes the ring away."""
        super().focusOutEvent(event)
        self._hide_tools()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins to drag the card by its header."""
        super().mousePressEvent(event)
        in_header = event.position().y() < header_height(self._look)
        if event.button() is Qt.MouseButton.LeftButton and in_header:
            self._pressed = event.position().toPoint()
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags the card once the mouse has moved far enough to mean it."""
        if self._pressed is None:
            super().mouseMoveEvent(event)
            return
        away = (event.position().toPoint() - self._pressed).manhattanLength()
        if self._is_dragged or away >= QApplication.startDragDistance():
            self._is_dragged = True
            self.dragged.emit(event.globalPosition().toPoint(), True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Drops the card."""
        super().mouseReleaseEvent(event)
        self._pressed = None
        if self._is_dragged:
            self._is_dragged = False
            self.dragged.emit(event.globalPosition().toPoint(), False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Asks to be seen alone after a double click on the header."""
        self._pressed = None
        if event.position().y() < header_height(self._look):
            self.enlarge_requested.emit()

    # ------------------------------------------------------------ inside

    def _show_tools(self) -> None:
        if self._make_tools is None:
            return
        if self._tools is None:
            self._tools = self._make_tools()
            self._tools.setParent(self)
        self.place_tools()
        self._tools.show()
        self.update()

    def _hide_tools(self) -> None:
        tools = self._tools
        focused = QApplication.focusWidget()
        is_used = focused is not None and (focused is self or self.isAncestorOf(focused))
        if tools is not None and not is_used and not self.underMouse():
            tools.hide()
            self.update()

    def place_tools(self) -> None:
        """Keeps the tools in their corner."""
        if self._tools is not None:
            self._tools.adjustSize()
            self._tools.move(self.width() - self._tools.width() - 6, 5)
            self._tools.raise_()
