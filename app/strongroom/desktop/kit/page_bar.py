# SPDX-License-Identifier: Apache-2.0
"""The bar above a page: back, forward, crumb and title; tools; the one primary action.

* Crumbs are links to where they lead.
"""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.surface import Line, clear
from strongroom.desktop.kit.theme import theme


class PageBar(QWidget):
    """The bar above a page.

    Args:
        title: What the page shows.
        scope: Widgets right of the title (a scope menu, segments).
        tools: Widgets at the right, the primary action last.

    Signals:
        back_requested, forward_requested: The arrows were pressed.
        crumb_followed: A crumb was pressed (its `Place`).
    """

    back_requested = Signal()
    forward_requested = Signal()
    crumb_followed = Signal(object)

    def __init__(
        self,
        title: str,
        scope: Sequence[QWidget] = (),
        tools: Sequence[QWidget] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._back = Button("", "ghost", "chevron-left", name="Back")
        self._forward = Button("", "ghost", "chevron-right", name="Forward")
        self._back.clicked.connect(self.back_requested)
        self._forward.clicked.connect(self.forward_requested)
        self._crumbs = QHBoxLayout()
        self._crumbs.setSpacing(8)
        arrows = QHBoxLayout()
        arrows.setSpacing(0)
        arrows.addWidget(self._back)
        arrows.addWidget(self._forward)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 0, 16, 1)
        layout.setSpacing(8)
        layout.addLayout(arrows)
        layout.addLayout(self._crumbs)
        for widget in scope:
            layout.addWidget(widget)
        layout.addStretch(1)
        for widget in tools:
            layout.addWidget(widget)
        self.set_title(title)
        self.set_history(can_go_back=False, can_go_forward=False)
        self.apply_theme()

    def set_title(
        self, title: str, crumbs: Sequence[tuple[str, Place]] = (), note: str = ""
    ) -> None:
        """Changes the title, what leads to it, and a grey note behind it."""
        clear(self._crumbs)
        for words, place in crumbs:
            crumb = Button(words, "ghost", tone="text_secondary")
            crumb.clicked.connect(lambda _=False, place=place: self.crumb_followed.emit(place))
            self._crumbs.addWidget(crumb)
            self._crumbs.addWidget(Label("/", "text_tertiary"))
        self._crumbs.addWidget(_Title(title))
        if note:
            self._crumbs.addWidget(Label(note, "text_tertiary"))

    def set_history(self, *, can_go_back: bool, can_go_forward: bool) -> None:
        """Says which arrows lead somewhere."""
        self._back.setEnabled(can_go_back)
        self._forward.setEnabled(can_go_forward)

    def apply_theme(self) -> None:
        """Takes over the height of the look in force."""
        self.setFixedHeight(theme().height("page_bar"))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints ground and hairline."""
        painter = QPainter(self)
        rect = QRectF(self.rect())
        paint.hairline(painter, rect, "bg_surface")
        paint.hairline(painter, QRectF(0, rect.height() - 1, rect.width(), 1))


class _Title(Label):
    """The page title, 15 px."""

    def __init__(self, words: str) -> None:
        super().__init__(words, text="title")

    def apply_theme(self) -> None:
        """Takes over font and colour."""
        super().apply_theme()
        self.setFont(theme().font("title", size=15))


def separator() -> Line:
    """Returns the short upright line between tools."""
    return Line(16)
