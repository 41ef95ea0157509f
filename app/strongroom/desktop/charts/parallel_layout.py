# SPDX-License-Identifier: Apache-2.0
"""Where the upright axes of a parallel plot stand, and what lies under a pixel.

Law: the layout is a value; a place and its pixel are each other's inverse on every axis.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from PySide6.QtCore import QPointF, QRectF

from strongroom.desktop.charts.dimension import Dimension
from strongroom.desktop.charts.region import Flags
from strongroom.desktop.charts.scale import Range
from strongroom.desktop.charts.series import FloatArray

REACH = 6.0  # px from the pointer to a line
GRAB = 14.0  # px at each side of an axis that belong to it
EDGE_GRAB = 5.0  # px at each side of a brush's end
FLIP_SIZE = 16.0  # px of the arrow that turns an axis over


class Part(Enum):
    """Names what a pixel belongs to."""

    NOTHING = "nothing"
    TITLE = "title"
    FLIP = "flip"
    AXIS = "axis"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Is what lies under a pixel: the part, and the axis it belongs to (-1 for none)."""

    part: Part
    axis: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """Is the axes from left to right in ``area``; titles stand above it."""

    area: QRectF
    title_height: float
    dimensions: tuple[Dimension, ...]
    flipped: frozenset[str]

    def x(self, axis: int) -> float:
        """Returns the pixel column of an axis."""
        last = max(len(self.dimensions) - 1, 1)
        return self.area.left() + axis * self.area.width() / last

    def spacing(self) -> float:
        """Returns the pixels between two axes."""
        return self.area.width() / max(len(self.dimensions) - 1, 1)

    def extent(self, axis: int) -> Range:
        """Returns the lowest and highest place of an axis, never empty."""
        found = self.dimensions[axis].extent()
        if found is None:
            return (0.0, 1.0)
        low, high = found
        room = max(0.5, abs(low) * 1e-6)  # half a unit is nothing beside 1e308
        return (low, high) if high > low else (low - room, high + room)

    def y(self, axis: int, place: float) -> float:
        """Returns the pixel row of a place."""
        low, high = self.extent(axis)
        share = (place / 2 - low / 2) / (high / 2 - low / 2)
        if self.dimensions[axis].key in self.flipped:
            share = 1 - share
        return self.area.bottom() - share * self.area.height()

    def rows(self) -> FloatArray:
        """Returns the pixel row of every run on every axis, runs x axes; NaN without a place."""
        return np.stack([self.axis_rows(axis) for axis in range(len(self.dimensions))], axis=1)

    def axis_rows(self, axis: int) -> FloatArray:
        """Returns the pixel row of every run on one axis; NaN without a place."""
        dimension = self.dimensions[axis]
        low, high = self.extent(axis)
        half = high / 2 - low / 2  # from -1e308 to 1e308 would overflow
        share = (dimension.places / 2 - low / 2) / half
        share = 1 - share if dimension.key in self.flipped else share
        rows: FloatArray = self.area.bottom() - share * self.area.height()
        return rows

    def place(self, axis: int, py: float) -> float:
        """Returns the place at a pixel row, the nearest one on the axis."""
        share = (self.area.bottom() - py) / max(self.area.height(), 1.0)
        share = min(max(share, 0.0), 1.0)
        if self.dimensions[axis].key in self.flipped:
            share = 1 - share
        low, high = self.extent(axis)
        return low + share * (high - low)

    def nearest_axis(self, px: float) -> int:
        """Returns the axis nearest to a pixel column."""
        return min(range(len(self.dimensions)), key=lambda axis: abs(self.x(axis) - px))

    def title_place(self, axis: int) -> QRectF:
        """Returns where an axis' title stands, without its arrow."""
        wide = max(self.spacing() - FLIP_SIZE - 8, 20.0)
        top = self.area.top() - self.title_height
        return QRectF(self.x(axis) - wide / 2, top, wide, self.title_height - 6)

    def flip_place(self, axis: int, title_width: float) -> QRectF:
        """Returns where the arrow stands: right behind the title's words."""
        title = self.title_place(axis)
        left = min(title.center().x() + title_width / 2 + 1, title.right())
        top = title.center().y() - FLIP_SIZE / 2
        return QRectF(left, top, FLIP_SIZE, FLIP_SIZE)

    def nearest_run(self, at: QPointF, inside: Flags | None) -> int:
        """Returns the run whose line is nearest to a pixel, of those ``inside``; -1 if none is."""
        if not self.area.adjusted(-4, -4, 4, 4).contains(at) or len(self.dimensions) < 2:
            return -1
        left = int((at.x() - self.area.left()) / self.spacing())
        left = min(max(left, 0), len(self.dimensions) - 2)
        share = (at.x() - self.x(left)) / self.spacing()
        start, end = self.axis_rows(left), self.axis_rows(left + 1)
        far = np.abs(start + (end - start) * share - at.y())
        far[np.isnan(far)] = np.inf
        if inside is not None:
            far[~inside] = np.inf
        best = int(far.argmin()) if len(far) else -1
        return best if best >= 0 and far[best] <= REACH else -1

    def hit(self, at: QPointF, title_widths: Sequence[float]) -> Hit:
        """Returns what lies under a pixel."""
        axis = self.nearest_axis(at.x()) if self.dimensions else -1
        if axis < 0:
            return Hit(part=Part.NOTHING, axis=-1)
        if self.flip_place(axis, title_widths[axis]).contains(at):
            return Hit(part=Part.FLIP, axis=axis)
        if self.title_place(axis).contains(at):
            return Hit(part=Part.TITLE, axis=axis)
        reach = self.area.adjusted(-GRAB, -8, GRAB, 8)
        if reach.contains(at) and abs(self.x(axis) - at.x()) <= GRAB:
            return Hit(part=Part.AXIS, axis=axis)
        return Hit(part=Part.NOTHING, axis=axis)
