# SPDX-License-Identifier: Apache-2.0
"""All points of one metric of one run, as three arrays in the order they were written.

* The order of the file is kept: sorting is a view, never a change.
* NaN never wins minimum or maximum, but may be last.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from strongroom.domain.run import MetricSummary

_FEW = 32  # points that are counted faster one by one than by starting numpy five times


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Points of one metric: steps (int64), times in microseconds UTC (int64), values (float64)."""

    steps: npt.NDArray[np.int64]
    times_us: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.values)

    @staticmethod
    def empty() -> "Series":
        """Returns a series without points."""
        return Series(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))


def concat(parts: Sequence[Series]) -> Series:
    """Returns the points of all parts, one part after the other."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return Series.empty()
    return Series(
        np.concatenate([part.steps for part in parts]),
        np.concatenate([part.times_us for part in parts]),
        np.concatenate([part.values for part in parts]),
    )


def summarize(series: Series) -> MetricSummary:
    """Returns what tables show; last is the point with the highest (step, position).

    Raises:
        ValueError: If the series has no points.
    """
    count = len(series)
    if not count:
        raise ValueError("a series without points has no summary")
    if count <= _FEW:
        return _summarize_few(series.steps.tolist(), series.values.tolist())
    at = count - 1 - int(np.argmax(series.steps[::-1]))
    known = series.values[~np.isnan(series.values)]
    return MetricSummary(
        count=count,
        last=float(series.values[at]),
        last_step=int(series.steps[at]),
        minimum=float(known.min()) if len(known) else float("nan"),
        maximum=float(known.max()) if len(known) else float("nan"),
    )


def _summarize_few(steps: list[int], values: list[float]) -> MetricSummary:
    if len(values) == 1:
        (value,) = values
        return MetricSummary(count=1, last=value, last_step=steps[0], minimum=value, maximum=value)
    last_step = max(steps)
    at = max(place for place, step in enumerate(steps) if step == last_step)
    known = [value for value in values if not math.isnan(value)]
    return MetricSummary(
        count=len(values),
        last=values[at],
        last_step=last_step,
        minimum=min(known, default=math.nan),
        maximum=max(known, default=math.nan),
    )
