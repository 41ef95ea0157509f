# SPDX-License-Identifier: Apache-2.0
"""The saved views on the rail, each with how many runs it shows today.

* A fresh store has no views, and the rail no words about them.
* Each is a real button; Delete, or its menu, forgets it. Names are shown as they are.
"""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QVBoxLayout, QWidget

from strongroom.desktop.kit import paint, wording
from strongroom.desktop.kit.labels import Label, plain_tooltip
from strongroom.desktop.kit.shown import shown
from strongroom.desktop.kit.surface import clear
from strongroom.desktop.kit.theme import theme

MOST_SHOWN = 8  # the rail has the places too; the palette finds nothing less by it


class ViewSection(QWidget):
    """The section; hidden while there are no views.

    Signals:
        chosen: A view was pressed (its name).
        removed: A view is to be forgotten (its name).
    """

    chosen = Signal(str)
    removed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_narrow = False
        self._views: tuple[tuple[str, int | None], ...] = ()
        self._entries: list[_ViewEntry] = []
        self._down = QVBoxLayout(self)
        self._down.setContentsMargins(0, 16, 0, 0)
        self._down.setSpacing(0)
        self.hide()

    def set_views(self, views: Sequence[tuple[str, int | None]]) -> None:
        """Changes names and counts; None is a view that cannot be counted."""
        if tuple(views) == self._views:
            return
        focused = next((each.name for each in self.entries() if each.hasFocus()), "")
        self._views = tuple(views)
        clear(self._down)
        self._entries = []
        head = Label("Saved views", "text_secondary", "caption")
        head.setContentsMargins(8, 0, 0, 4)
        self._down.addWidget(head)
        for name, count in self._views[-MOST_SHOWN:]:
            entry = _ViewEntry(name, count)
            entry.clicked.connect(lambda _on=False, name=name: self.chosen.emit(name))
            entry.removed.connect(lambda name=name: self.removed.emit(name))
            self._down.addWidget(entry)
            self._entries.append(entry)
            if name == focused:
                entry.setFocus()
        self._show()

    def entries(self) -> "list[_ViewEntry]":
        """Returns the buttons from top to bottom."""
        return list(self._entries)

    def set_narrow(self, *, is_narrow: bool) -> None:
        """Goes away where the rail has room for icons alone."""
        self._is_narrow = is_narrow
        self._show()

    def _show(self) -> None:
        self.setVisible(bool(self._views) and not self._is_narrow)


class _ViewEntry(QAbstractButton):
    """One saved view."""

    removed = Signal()

    def __init__(self, name: str, count: int | None) -> None:
        super().__init__()
        self.name = name
        self._words = shown(name)
        self._count = "" if count is None else wording.count(count)
        self.setObjectName(f"rail.view.{name}")
        many = "" if count is None else f", {wording.count(count, 'run')}"
        self.setAccessibleName(f"Saved view {self._words}{many}")
        self.setToolTip(plain_tooltip(self._words))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Returns one line."""
        return QSize(100, theme().scaled(24))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Forgets the view with Delete, opens it with Enter."""
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Delete:
            self.removed.emit()
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.click()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offers to forget the view."""
        menu = QMenu(self)
        menu.setFont(theme().font("body"))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction("Open").triggered.connect(lambda _on=False: self.click())
        menu.addAction("Forget view").triggered.connect(lambda _on=False: self.removed.emit())
        menu.popup(event.globalPos())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints name and count."""
        painter = QPainter(self)
        look, rect = theme(), QRectF(self.rect())
        if self.underMouse():
            paint.rounded(painter, rect, 6, "bg_hover")
        small = look.font("caption", weight=400, tabular=True)
        paint.text(
            painter, rect.adjusted(8, 0, -8, 0), self._count, "text_tertiary", small, "right"
        )
        room = rect.adjusted(8, 0, -16 - look.width(self._count, small), 0)
        paint.text(painter, room, self._words, "text_secondary", look.font("dense"))
        if self.hasFocus():
            paint.focus_ring(painter, rect)
