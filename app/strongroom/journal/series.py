# SPDX-License-Identifier: Apache-2.0
"""All points of one metric of one run, as three arrays in the order they were written.

* The order of the file is kept: sorting is a view, never a change.
* NaN never wins minimum or maximum, but may be last.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from strongroom.domain.run import MetricSummary

Flags = npt.NDArray[np.bool_]

_LISTED = 1 << 16  # points that may lie in lists for a moment: 5 MB
_FEW = 32  # points that are counted faster one by one than by starting numpy five times


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Points of one metric: steps (int64), times in microseconds UTC (int64), values (float64)."""

    steps: npt.NDArray[np.int64]
    times_us: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.values)

    def cut(self, part: slice) -> "Series":
        """Returns some of the points."""
        return Series(self.steps[part], self.times_us[part], self.values[part])

    @staticmethod
    def empty() -> "Series":
        """Returns a series without points."""
        return Series(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))


class SideBySide(Mapping[str, Series]):
    """Points of several metrics that lie side by side, cut apart when somebody asks for one.

    Args:
        points: All of them.
        parts: Where those of each metric begin and end.
    """

    def __init__(self, points: Series, parts: dict[str, tuple[int, int]]) -> None:
        self._points, self._parts = points, parts

    def __getitem__(self, key: str) -> Series:
        return self._points.cut(slice(*self._parts[key]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def summaries(self) -> Iterator[tuple[str, MetricSummary]]:
        """Yields the summary of each metric; where points are few, without an array for each."""
        if len(self._points) > min(_FEW * len(self._parts), _LISTED):
            yield from ((key, summarize(series)) for key, series in self.items())
            return
        steps, values = self._points.steps.tolist(), self._points.values.tolist()
        for key, (start, end) in self._parts.items():
            if end - start == 1:
                value = values[start]
                yield key, MetricSummary(1, value, steps[start], value, value)
            else:
                yield key, _summarize_few(steps[start:end], values[start:end])


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRange:
    """The steps from ``first`` to ``last``, both included; without an end where it is None."""

    first: int | None = None
    last: int | None = None

    def meets(self, first: npt.NDArray[np.int64], last: npt.NDArray[np.int64]) -> Flags:
        """Says of stretches, by their lowest and highest steps, which may have steps inside."""
        found: Flags = np.ones(len(first), np.bool_)
        if self.first is not None:
            found &= last >= self.first
        if self.last is not None:
            found &= first <= self.last
        return found

    def covers(self, first: int, last: int) -> bool:
        """Whether all steps from ``first`` to ``last`` are inside."""
        return (self.first is None or self.first <= first) and (
            self.last is None or last <= self.last
        )

    def of(self, series: Series) -> Series:
        """Returns the points inside, in their order."""
        is_inside = self.meets(series.steps, series.steps)
        if is_inside.all():
            return series
        return Series(series.steps[is_inside], series.times_us[is_inside], series.values[is_inside])


EVERYWHERE = StepRange()


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
    if count == 1:  # as in runs that log a result at their end
        value, step = series.values.item(), series.steps.item()
        return MetricSummary(1, value, step, value, value)
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


def joined(first: MetricSummary, second: MetricSummary) -> MetricSummary:
    """Returns the summary of two stretches of one metric, the second written after the first."""
    last = second if second.last_step >= first.last_step else first
    return MetricSummary(
        count=first.count + second.count,
        last=last.last,
        last_step=last.last_step,
        minimum=_known(min, first.minimum, second.minimum),
        maximum=_known(max, first.maximum, second.maximum),
    )


def _known(best: Callable[[float, float], float], first: float, second: float) -> float:
    if math.isnan(first) or math.isnan(second):
        return second if math.isnan(first) else first
    return best(first, second)


def _summarize_few(steps: list[int], values: list[float]) -> MetricSummary:
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
