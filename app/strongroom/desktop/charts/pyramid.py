# SPDX-License-Identifier: Apache-2.0
"""Smallest and largest value over ever longer groups of samples.

Laws: no extreme is ever lost (the last group may be partial), NaN is skipped and a group of NaN
only is NaN, and a constant stays that constant on every level.
"""

from dataclasses import dataclass

import numpy as np

from strongroom.desktop.charts.series import FloatArray

BASE = 16  # samples in a group of the first level: two levels cost about 2 bytes a sample
SMALLEST_TOP = 512  # groups; fewer are quicker to read than to halve again


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Level:
    """Is one level: group ``i`` covers samples ``i * size`` up to ``(i + 1) * size``."""

    size: int
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pyramid:
    """Is a line with its levels, the finest first; short lines have none."""

    y: FloatArray
    levels: tuple[Level, ...]

    @classmethod
    def build(cls, y: FloatArray) -> "Pyramid":
        """Returns the pyramid over ``y``: about 15 ms and 2 MB for a million samples."""
        if len(y) < BASE * SMALLEST_TOP:
            return cls(y=y, levels=())
        whole = len(y) // BASE * BASE
        cells = y[:whole].reshape(-1, BASE)
        low, high = np.fmin.reduce(cells, axis=1), np.fmax.reduce(cells, axis=1)
        if whole < len(y):
            low = np.append(low, np.fmin.reduce(y[whole:]))
            high = np.append(high, np.fmax.reduce(y[whole:]))
        levels = [Level(size=BASE, low=low, high=high)]
        while len(levels[-1].low) > SMALLEST_TOP:
            levels.append(_halved(levels[-1]))
        return cls(y=y, levels=tuple(levels))


def _halved(level: Level) -> Level:
    low, high = level.low, level.high
    if len(low) % 2:
        low, high = np.append(low, np.nan), np.append(high, np.nan)
    return Level(
        size=level.size * 2,
        low=np.fmin(low[::2], low[1::2]),
        high=np.fmax(high[::2], high[1::2]),
    )
