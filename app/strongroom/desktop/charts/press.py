# SPDX-License-Identifier: Apache-2.0
"""A button held down on a plot: a click until the mouse has moved far enough to mean a drag."""

from PySide6.QtCore import QPointF

CLICK = 4.0  # px the mouse may move in a click


class Press:
    """Where the button went down, where the mouse was last, and what it has become.

    Args:
        at: The pixel where it went down.
    """

    def __init__(self, at: QPointF) -> None:
        self.at = self._last = at
        self.is_drag = False

    def move(self, at: QPointF) -> QPointF | None:
        """Returns how far the mouse went since the last call, None while this is still a click."""
        if not self.is_drag and (at - self.at).manhattanLength() < CLICK:
            return None
        moved, self._last, self.is_drag = at - self._last, at, True
        return moved
