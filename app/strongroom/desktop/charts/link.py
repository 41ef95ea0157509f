# SPDX-License-Identifier: Apache-2.0
"""Charts that move together: one x range and one crosshair for all of them.

Law: whoever speaks is not answered; a chart that hears a range takes it without saying it again.
"""

from PySide6.QtCore import QObject, Signal


class ChartLink(QObject):
    """Passes x ranges and crosshairs between the charts that hold it.

    Signals:
        range_changed: (speaker, low, high, is_moving); low is None for "everything", is_moving
            while a person still drags.
        crosshair_moved: (speaker, x); x is None when the pointer has left.
        aimed: The run whose line is nearest to the pointer on one of the charts, or None.
    """

    range_changed = Signal(object, object, object, bool)
    crosshair_moved = Signal(object, object)
    aimed = Signal(object)

    def say_range(
        self, speaker: QObject, x_range: tuple[float, float] | None, *, is_moving: bool = False
    ) -> None:
        """Tells every other chart the x range, in data units; None asks for all data."""
        low, high = x_range if x_range is not None else (None, None)
        self.range_changed.emit(speaker, low, high, is_moving)

    def say_crosshair(self, speaker: QObject, x: float | None) -> None:
        """Tells every other chart where the crosshair stands, in data units."""
        self.crosshair_moved.emit(speaker, x)
