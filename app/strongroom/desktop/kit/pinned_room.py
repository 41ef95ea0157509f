# SPDX-License-Identifier: Apache-2.0
"""The room that pinned columns take, left of the others.

* Pinned columns are a view of their own. It may not lie over the other view: Qt moves what is
  painted, instead of painting it anew, only where nothing lies over it.
"""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHeaderView, QWidget


class PinnedRoom(QHeaderView):
    """Keeps the place of the pinned view free, where another table has its row numbers."""

    def __init__(self, table: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, table)
        self.setMinimumSectionSize(16)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def make(self, width: int) -> bool:
        """Takes so much room; returns whether it was not so before."""
        if (self.minimumWidth(), self.maximumWidth()) == (width, width):
            return False
        self.setFixedWidth(width)
        return True

    def sizeHint(self) -> QSize:
        """Returns the width it was given, without asking hundreds of rows for their titles."""
        return QSize(self.minimumWidth(), 0)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints nothing: the pinned view lies here."""
