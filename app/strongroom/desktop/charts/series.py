# SPDX-License-Identifier: Apache-2.0
"""What a chart is given: plain arrays with a name and a place in the palette.

A chart never asks a service. Whoever fills it smooths first, on all the data, and hands over both
lines; what the chart does afterwards (extremes per pixel column) never changes a value.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChartSeries:
    """Is one line: ``y`` over ``x``, and the unsmoothed ``raw_y`` behind it.

    ``x``, ``y`` and ``raw_y`` have one length. ``x`` ascends after ``clean``; its unit is the
    chart's (steps, seconds since the start, or seconds since 1970 UTC). NaN in ``y`` is a gap.
    ``colour_index`` is the run's place in the palette, ``dash`` an index into the dash list, or
    None to let the palette decide.
    """

    run_id: str
    label: str
    colour_index: int
    x: FloatArray
    y: FloatArray
    raw_y: FloatArray | None = None
    dash: int | None = None

    def clean(self) -> "ChartSeries":
        """Returns the same line sorted by x, without points that have no x; infinities are gaps."""
        x = _floats(self.x)
        y = _floats(self.y)
        raw = None if self.raw_y is None else _floats(self.raw_y)
        count = min(len(x), len(y)) if raw is None else min(len(x), len(y), len(raw))
        x, y = x[:count], _gaps(y[:count])
        raw = None if raw is None else _gaps(raw[:count])
        keep = np.isfinite(x)
        if not keep.all():
            x, y = x[keep], y[keep]
            raw = None if raw is None else raw[keep]
        if len(x) > 1 and (np.diff(x) < 0).any():
            order = np.argsort(x, kind="stable")
            x, y = x[order], y[order]
            raw = None if raw is None else raw[order]
        return replace(self, x=x, y=y, raw_y=raw)

    def extended(self, x: ArrayLike, y: ArrayLike, raw_y: ArrayLike | None) -> "ChartSeries":
        """Returns this line with later points added; points that arrive late are sorted in."""
        more = _floats(y)
        raw = self.raw_y
        if raw is not None:
            raw = np.concatenate([raw, more if raw_y is None else _floats(raw_y)])
        longer = replace(
            self,
            x=np.concatenate([self.x, _floats(x)]),
            y=np.concatenate([self.y, more]),
            raw_y=raw,
        )
        return longer.clean()


def _floats(values: ArrayLike) -> FloatArray:
    return np.ascontiguousarray(values, dtype=np.float64).reshape(-1)


def _gaps(values: FloatArray) -> FloatArray:
    if np.isinf(values).any():
        return np.where(np.isinf(values), np.nan, values)
    return values
