# SPDX-License-Identifier: Apache-2.0
"""Plain ground: filled or bordered widgets, rows and columns of widgets, hairlines, splitters."""

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLayout,
    QScrollArea,
    QSplitter,
    QSplitterHandle,
    QVBoxLayout,
    QWidget,
)

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.scroll_bar import thin_bars
from strongroom.desktop.kit.tokens import Role

Item = QWidget | QLayout | int | tuple[QWidget, int] | None
"""A widget, a layout, a gap in px, (widget, stretch), or None for a stretch."""


class Surface(QWidget):
    """A widget with a ground, hairlines at chosen sides, or a rounded frame.

    Args:
        fill: The role of the ground, None leaves it open.
        edges: Any of ``t r b l``: hairlines at these sides.
        radius: Above 0 the ground is rounded and framed.
        border: The role of the hairlines or the frame.
    """

    def __init__(
        self,
        fill: Role | None = None,
        edges: str = "",
        radius: int = 0,
        border: Role | None = "border_subtle",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._fill = fill
        self._edges = edges
        self._radius = radius
        self._border = border

    def set_fill(self, fill: Role | None) -> None:
        """Changes the ground."""
        self._fill = fill
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints ground and edges."""
        painter = QPainter(self)
        rect = QRectF(self.rect())
        if self._radius:
            paint.rounded(painter, rect, self._radius, self._fill, self._border)
            return
        if self._fill:
            paint.hairline(painter, rect, self._fill)
        if self._border is None:
            return
        width, height = rect.width(), rect.height()
        sides = {
            "t": QRectF(0, 0, width, 1),
            "b": QRectF(0, height - 1, width, 1),
            "l": QRectF(0, 0, 1, height),
            "r": QRectF(width - 1, 0, 1, height),
        }
        for edge in self._edges:
            paint.hairline(painter, sides[edge], self._border)


def row(
    *items: Item,
    margins: tuple[int, int, int, int] = (0, 0, 0, 0),
    spacing: int = 8,
    fill: Role | None = None,
    edges: str = "",
    height: int = 0,
) -> Surface:
    """Returns widgets beside each other; ``margins`` are left, top, right, bottom."""
    surface = Surface(fill, edges)
    _fill(QHBoxLayout(surface), items, margins, spacing)
    if height:
        surface.setFixedHeight(height)
    return surface


def column(
    *items: Item,
    margins: tuple[int, int, int, int] = (0, 0, 0, 0),
    spacing: int = 0,
    fill: Role | None = None,
    edges: str = "",
    width: int = 0,
) -> Surface:
    """Returns widgets below each other; ``margins`` are left, top, right, bottom."""
    surface = Surface(fill, edges)
    _fill(QVBoxLayout(surface), items, margins, spacing)
    if width:
        surface.setFixedWidth(width)
    return surface


def clear(layout: QLayout) -> None:
    """Takes everything out of a layout and lets go of its widgets."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        inner = item.layout()
        if inner is not None:
            clear(inner)


class Line(Surface):
    """A hairline across (or, with ``height``, a short upright one between controls)."""

    def __init__(self, height: int = 0, parent: QWidget | None = None) -> None:
        super().__init__("border_default" if height else "border_subtle", parent=parent)
        if height:
            self.setFixedSize(1, height)
        else:
            self.setFixedHeight(1)


class Split(QSplitter):
    """A splitter whose handle is a hairline with 8 px to grab."""

    def __init__(
        self,
        orientation: Literal["horizontal", "vertical"],
        *widgets: QWidget,
        sizes: Sequence[int] = (),
        parent: QWidget | None = None,
    ) -> None:
        across = orientation == "horizontal"
        super().__init__(Qt.Orientation.Horizontal if across else Qt.Orientation.Vertical, parent)
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        for widget in widgets:
            self.addWidget(widget)
        if sizes:
            self.setSizes(list(sizes))

    def createHandle(self) -> QSplitterHandle:
        """Returns a handle that is a hairline."""
        return _Handle(self.orientation(), self)


class _Handle(QSplitterHandle):
    """The handle of a splitter."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the hairline."""
        paint.hairline(QPainter(self), QRectF(self.rect()))


class Scroll(QScrollArea):
    """A page body that scrolls when it is higher than the window."""

    def __init__(self, body: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        thin_bars(self)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(body)


def _fill(
    layout: QBoxLayout, items: Sequence[Item], margins: tuple[int, int, int, int], spacing: int
) -> None:
    layout.setContentsMargins(*margins)
    layout.setSpacing(spacing)
    for item in items:
        if item is None:
            layout.addStretch(1)
        elif isinstance(item, int):
            layout.addSpacing(item)
        elif isinstance(item, tuple):
            layout.addWidget(item[0], item[1])
        elif isinstance(item, QLayout):
            layout.addLayout(item)
        else:
            layout.addWidget(item)
