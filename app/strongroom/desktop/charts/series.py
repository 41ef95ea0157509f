# SPDX-License-Identifier: Apache-2.0
"""What a chart is given: plain arrays with a name and a place in the palette.

A chart never asks a service. Whoever fills it smooths first, on all the data, and hands over both
lines; what the chart does afterwards (extremes per pixel column) never changes a value.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
FARTHEST = 1e150  # on an axis; the area of a picture of it is still a number


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChartSeries:
    """Is one line: ``y`` over ``x``, and the unsmoothed ``raw_y`` behind it.

    ``x``, ``y`` and ``raw_y`` have one length. ``x`` ascends after ``clean``; its unit is the
    chart's (steps, seconds since the start, or seconds since 1970 UTC). NaN in ``y`` is a gap.
    ``colour_index`` is the run's place in the palette, ``dash`` an index into the dash list, or
    None to let the palette decide. ``low`` and ``high`` are the edges of a band around ``y``;
    ``is_faint`` draws the line as a raw line is drawn, for the runs behind the mean of their group.
    """

    run_id: str
    label: str
    colour_index: int
    x: FloatArray
    y: FloatArray
    raw_y: FloatArray | None = None
    low: FloatArray | None = None
    high: FloatArray | None = None
    dash: int | None = None
    is_faint: bool = False

    def clean(self) -> "ChartSeries":
        """Returns the same line sorted by x, without points that have no x.

        Infinities are gaps.
        """
        columns = [_floats(self.x), _floats(self.y)]
        beside = [name for name in _BESIDE if getattr(self, name) is not None]
        columns += [_floats(getattr(self, name)) for name in beside]
        count = min(len(column) for column in columns)
        columns = [column[:count] for column in columns]
        x = columns[0]
        keep = np.abs(x) <= FARTHEST  # NaN is not
        if not keep.all():
            columns = [column[keep] for column in columns]
            x = columns[0]
        if not (x[1:] >= x[:-1]).all():
            order = np.argsort(x, kind="stable")
            columns = [column[order] for column in columns]
        x, y, *rest = columns
        clean = {name: _gaps(column) for name, column in zip(beside, rest, strict=True)}
        return replace(
            self,
            x=x,
            y=_gaps(y),
            raw_y=clean.get("raw_y"),
            low=clean.get("low"),
            high=clean.get("high"),
        )

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


_BESIDE = ("raw_y", "low", "high")  # as long as ``y``, or None


def _floats(values: ArrayLike) -> FloatArray:
    return np.ascontiguousarray(values, dtype=np.float64).reshape(-1)


def _gaps(values: FloatArray) -> FloatArray:
    if np.isinf(values).any():
        return np.where(np.isinf(values), np.nan, values)
    return values
