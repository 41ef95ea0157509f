# SPDX-License-Identifier: Apache-2.0
"""What the mouse holds on a parallel plot, and how a brush follows it or the keys.

Law: a brush never leaves its axis; its end that is not held stays.
"""

from strongroom.desktop.charts.parallel_layout import EDGE_GRAB, Layout, Part
from strongroom.desktop.charts.scale import Range


class Grip:
    """What the mouse holds: a part of an axis, and for a brush its span and which end."""

    def __init__(self, part: Part = Part.NOTHING, axis: int = -1) -> None:
        self.part, self.axis = part, axis
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

    def anchor(self, pressed: float) -> float:
        """Returns the row a drag starts from, given the row where the button went down."""
        return pressed if self._anchor is None else self._anchor
