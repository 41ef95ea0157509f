# SPDX-License-Identifier: Apache-2.0
"""Straight lines through points: least squares, and Theil–Sen that single odd runs do not move.

Laws: a line says from how many points it comes; too few or no spread gives none; with many points
Theil–Sen takes the same random pairs every time, so a refresh does not move the line.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from strongroom.desktop.charts.series import FloatArray

LEAST_POINTS = 3  # two points always lie on a line, which says nothing
MOST_EXACT = 1_000  # points whose every pair is looked at, half a million pairs
PAIRS = 200_000  # random ones beyond that; the error of their median is far below a pixel


class Fit(Enum):
    """Names how a line is found."""

    NONE = "none"
    LEAST_SQUARES = "least squares"
    THEIL_SEN = "Theil–Sen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Is ``y = slope * x + offset`` through ``count`` points, on the axes' own scales."""

    fit: Fit
    slope: float
    offset: float
    count: int

    def at(self, x: float) -> float:
        """Returns the line's height at ``x``."""
        return self.slope * x + self.offset


def trend_of(fit: Fit, x: FloatArray, y: FloatArray) -> Trend | None:
    """Returns the line through the points that have both places, None if there is none."""
    known = ~(np.isnan(x) | np.isnan(y))
    x, y = x[known], y[known]
    if fit is Fit.NONE or len(x) < LEAST_POINTS or x.min() == x.max():
        return None
    if fit is Fit.LEAST_SQUARES:
        across = x - x.mean()
        slope = float((across * (y - y.mean())).sum() / (across * across).sum())
        offset = float(y.mean() - slope * x.mean())
    else:
        slopes = _slopes(x, y)
        slope = float(np.median(slopes)) if len(slopes) else float("nan")
        offset = float(np.median(y - slope * x))
    if not (np.isfinite(slope) and np.isfinite(offset)):
        return None
    return Trend(fit=fit, slope=slope, offset=offset, count=len(x))


def _slopes(x: FloatArray, y: FloatArray) -> FloatArray:
    if len(x) <= MOST_EXACT:
        one, other = np.triu_indices(len(x), 1)
    else:
        chance = np.random.default_rng(20261123)
        one, other = chance.integers(0, len(x), (2, PAIRS))
    run = x[other] - x[one]
    apart = run != 0
    slopes: FloatArray = (y[other] - y[one])[apart] / run[apart]
    return slopes
