# SPDX-License-Identifier: Apache-2.0
"""Parts of a plot that a person marks: a rectangle of places, or a line drawn around points.

Law: which points lie inside is decided by places on the axes, never by pixels of their dots.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strongroom.desktop.charts.scale import Range
from strongroom.desktop.charts.series import FloatArray

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rectangle:
    """Is a range of places on each axis, both ends included."""

    x: Range
    y: Range

    def holds(self, x: FloatArray, y: FloatArray) -> Flags:
        """Returns which points lie inside; a point without a place does not."""
        with np.errstate(invalid="ignore"):
            inside: Flags = (
                (x >= self.x[0]) & (x <= self.x[1]) & (y >= self.y[0]) & (y <= self.y[1])
            )
        return inside


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasso:
    """Is a closed line through these places."""

    corners: tuple[tuple[float, float], ...]

    def holds(self, x: FloatArray, y: FloatArray) -> Flags:
        """Returns which points lie inside, by the even-odd rule."""
        inside = np.zeros(len(x), np.bool_)
        with np.errstate(invalid="ignore"):
            for (x0, y0), (x1, y1) in _edges(self.corners):
                if y0 == y1:
                    continue
                crosses = (y0 > y) != (y1 > y)
                at = x0 + (y[crosses] - y0) / (y1 - y0) * (x1 - x0)
                inside[crosses] ^= x[crosses] < at
        return inside & ~np.isnan(x) & ~np.isnan(y)


def _edges(
    corners: Sequence[tuple[float, float]],
) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    return list(zip(corners, (*corners[1:], corners[0]), strict=True)) if corners else []
