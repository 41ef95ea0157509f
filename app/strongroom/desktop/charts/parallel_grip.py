# SPDX-License-Identifier: Apache-2.0
"""What the mouse holds on a parallel plot, and how a brush follows it or the keys.

Law: a brush never leaves its axis; its end that is not held stays.
"""

from PySide6.QtCore import QPointF

from strongroom.desktop.charts.parallel_layout import EDGE_GRAB, Layout, Part
from strongroom.desktop.charts.scale import Range


class Grip:
    """What the mouse holds: a part of an axis, and for a brush its span and which end."""

    def __init__(
        self, part: Part = Part.NOTHING, axis: int = -1, pointer: QPointF | None = None
    ) -> None:
        self.part, self.axis, self.pointer = part, axis, pointer
        self.is_dragging = False
        self.moved_to: float | None = None
        self.span: Range | None = None  # of a brush that is moved whole
        self._anchor: float | None = None  # the row of the end that stays

    def hold(self, layout: Layout, axis: int, span: Range, py: float) -> None:
        """Takes hold of a brush: one of its ends, or the whole of it."""
        rows = [layout.y(axis, place) for place in span]
        for this, other in ((0, 1), (1, 0)):
            if abs(rows[this] - py) <= EDGE_GRAB:
                self._anchor = rows[other]
                return
        if min(rows) < py < max(rows):
            self.span = span

    def anchor(self, pressed: QPointF) -> float:
        """Returns the row a drag starts from."""
        return pressed.y() if self._anchor is None else self._anchor


def moved(span: Range, by: float, layout: Layout, axis: int) -> Range:
    """Returns a span moved along its axis, stopped at the ends."""
    low, high = layout.extent(axis)
    by = min(max(by, low - span[0]), high - span[1])
    return span[0] + by, span[1] + by


def nudged(
    codes: frozenset[int], sign: int, count: int, is_low: bool, is_both: bool
) -> frozenset[int]:
    """Grows or shrinks a run of categories at one end, or moves it."""
    low, high = min(codes), max(codes)
    low += sign * (is_low or is_both)
    high += sign * (not is_low)
    low, high = max(min(low, high), 0), min(max(low, high), count - 1)
    return frozenset(range(low, high + 1))
