# SPDX-License-Identifier: Apache-2.0
"""The bar above a page: back, forward, crumb and title; tools; the one primary action.

* Crumbs are links to where they lead.
* Where words are large and the window is not, the tools stand on a second line; none is cut.
"""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.labels import Elided, Label
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
        self._first, self._second = QHBoxLayout(), QHBoxLayout()
        for line in (self._first, self._second):
            line.setSpacing(8)
        self._first.addLayout(arrows)
        self._first.addLayout(self._crumbs)
        for widget in scope:
            self._first.addWidget(widget)
        self._first.addStretch(1)
        self._second.addStretch(1)
        self._tools = QWidget()
        across = QHBoxLayout(self._tools)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(8)
        for widget in tools:
            across.addWidget(widget)
        self._tools.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._has_two_lines = False
        self._first.addWidget(self._tools)
        self._outer = layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 0, 16, 1)
        layout.setSpacing(0)
        layout.addLayout(self._first)
        layout.addLayout(self._second)
        self.set_title(title)
        self.set_history(can_go_back=False, can_go_forward=False)
        self.apply_theme()
        theme().follow(self)

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
            self._crumbs.addWidget(Elided(note, "text_tertiary"))  # gives way before tools do

    def set_history(self, *, can_go_back: bool, can_go_forward: bool) -> None:
        """Says which arrows lead somewhere."""
        self._back.setEnabled(can_go_back)
        self._forward.setEnabled(can_go_forward)

    def apply_theme(self) -> None:
        """Takes over the height of the look in force."""
        more = theme().height("control") + 8 if self._has_two_lines else 0
        self.setFixedHeight(theme().height("page_bar") + more)

    def minimumSizeHint(self) -> QSize:
        """Returns the room of two lines: one line's would hold the window wide."""
        tools, first = self._tools.minimumSizeHint().width(), self._first.minimumSize().width()
        alone = first if self._has_two_lines else first - tools
        return QSize(max(alone, tools) + 28, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Moves the tools to where they have room."""
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        """Looks again when a tool or the title has other words."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return super().event(event)

    def _arrange(self) -> None:
        tools = self._tools.sizeHint().width()
        first = self._first.minimumSize().width()
        if not self._has_two_lines:
            first -= self._tools.minimumSizeHint().width()
        has_two_lines = tools > 0 and first + tools + 36 > self.width()
        if has_two_lines == self._has_two_lines:
            return
        self._has_two_lines = has_two_lines
        self._first.removeWidget(self._tools)
        self._second.removeWidget(self._tools)
        (self._second if has_two_lines else self._first).addWidget(self._tools)
        self._outer.setContentsMargins(12, 6 if has_two_lines else 0, 16, 7 if has_two_lines else 1)
        self.apply_theme()

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
