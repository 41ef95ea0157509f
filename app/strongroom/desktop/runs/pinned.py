# SPDX-License-Identifier: Apache-2.0
"""The pinned columns of the runs table: a second view beside the first, on the same selection.

* The two share no pixel: Qt moves what is painted on scrolling only where nothing lies over it.
"""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent

from strongroom.desktop.kit import paint
from strongroom.desktop.runs.model import RunsModel
from strongroom.desktop.runs.view import RunsView


class PinnedView(RunsView):
    """The first columns, left of those of the table; the table keeps the keyboard.

    Args:
        model: That of the table.
        table: The view beside it.
    """

    def __init__(self, model: RunsModel, table: RunsView) -> None:
        super().__init__(model, table)
        self._table = table
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFocusProxy(table)
        self.setAccessibleName("Runs, pinned columns")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def has_keyboard(self) -> bool:
        """Returns whether the table has the keyboard."""
        return self._table.hasFocus()

    def is_trailing(self) -> bool:
        """Returns that the ring goes on in the table."""
        return False

    def look_around(self) -> None:
        """Leaves asking for rows to the table, which shows the same."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Gives the keyboard to the table."""
        self._table.setFocus(Qt.FocusReason.MouseFocusReason)
        super().mousePressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the cells and the line that pins them."""
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        right = self.viewport().width() - 1
        paint.hairline(painter, QRectF(right, 0, 1, self.viewport().height()), "border_pin")
