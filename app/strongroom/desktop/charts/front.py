# SPDX-License-Identifier: Apache-2.0
"""The Pareto front of a scatter plot: which rows stand on it, and the steps drawn through them.

Laws: the steps part what some run reaches from what none does, and end at the edges of the plot; a
front is there only where a direction is known on both axes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF

from strongroom.desktop.charts.points import Points
from strongroom.domain.pareto import pareto_front


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The rows on the front, from the best x to the best y, and which way each axis is better."""

    rows: tuple[int, ...]
    is_low_x: bool
    is_low_y: bool

    def steps(self, corners: Sequence[QPointF], area: QRectF) -> list[QPointF]:
        """Returns the line through ``corners`` (where the rows lie) from edge to edge."""
        if not corners:
            return []
        worst_x = area.right() if self.is_low_x else area.left()
        worst_y = area.top() if self.is_low_y else area.bottom()
        line = [QPointF(corners[0].x(), worst_y), corners[0]]
        for before, after in pairwise(corners):
            line += [QPointF(after.x(), before.y()), after]
        return [*line, QPointF(worst_x, corners[-1].y())]


def front_of(points: Points, *, is_low_x: bool, is_low_y: bool) -> Front:
    """Returns the front of the points that are shown."""
    rows = points.rows
    found = pareto_front(
        points.x.places[rows].tolist(),
        points.y.places[rows].tolist(),
        is_low_x=is_low_x,
        is_low_y=is_low_y,
    )
    return Front(rows=tuple(int(rows[at]) for at in found), is_low_x=is_low_x, is_low_y=is_low_y)
