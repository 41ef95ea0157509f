# SPDX-License-Identifier: Apache-2.0
"""Widths that grow with the text: so many px at 100 %, half as many again at 150 %."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.theme import theme

NO_LIMIT = 16_777_215  # px, Qt's own


def keep_width(widget: QWidget, width: int, most: int = NO_LIMIT) -> None:
    """Gives a widget a fixed width in px at 100 %, in this look and in every later one.

    Args:
        widget: The widget.
        width: Its width at 100 %.
        most: Px that it never exceeds: beside a pane a list has to stay readable.
    """
    _Width(widget, width, most)


def form_label(words: str, width: int) -> Label:
    """Returns the word before a control, as wide as the others of its form."""
    label = Label(words, "text_secondary")
    keep_width(label, width)
    return label


class _Width(QObject):
    """Belongs to its widget and goes with it."""

    def __init__(self, widget: QWidget, width: int, most: int) -> None:
        super().__init__(widget)
        self._widget, self._width, self._most = widget, width, most
        self.apply_theme()
        theme().changed.connect(self.apply_theme)

    def apply_theme(self) -> None:
        """Takes over the scale of the look in force."""
        self._widget.setFixedWidth(min(self._most, theme().scaled(self._width)))
