# SPDX-License-Identifier: Apache-2.0
"""What becomes of a run's points while its journals are read: held, or only summed up.

* A reader hands points on stretch by stretch, in the order (file, position), and keeps none; so
  whoever lists runs needs no more memory for a run of a hundred million points than for one of ten.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from strongroom.domain.run import MetricSummary
from strongroom.journal.series import Series, SideBySide, StepRange, concat, joined, summarize


class Points(Protocol):
    """Takes points as they are read."""

    def add(self, key: str, series: Series) -> None:
        """Takes the next points of a metric."""


def hand_on(series: Mapping[str, Series], points: Points) -> None:
    """Gives the points of some metrics to whoever takes them."""
    if isinstance(points, Summed) and isinstance(series, SideBySide):
        for key, summary in series.summaries():  # no array for each metric
            points.add_summary(key, summary)
        return
    for key, part in series.items():
        points.add(key, part)


class Gathered:
    """Holds every point: for runs that are known to be small."""

    def __init__(self) -> None:
        self._parts: dict[str, list[Series]] = {}

    def add(self, key: str, series: Series) -> None:
        """Takes the next points of a metric."""
        self._parts.setdefault(key, []).append(series)

    def names(self) -> tuple[str, ...]:
        """Returns the metrics, sorted."""
        return tuple(sorted(self._parts))

    def pieces(self, key: str) -> Iterator[Series]:
        """Yields the points of a metric in the order they came."""
        yield from self._parts.get(key, ())

    def series(self) -> dict[str, Series]:
        """Returns all points by metric, sorted by its name."""
        return {key: concat(parts) for key, parts in sorted(self._parts.items())}

    def summaries(self) -> dict[str, MetricSummary]:
        """Returns the summaries by metric, sorted by its name."""
        return {key: summarize(series) for key, series in self.series().items()}


class Summed:
    """Holds a summary of each metric."""

    def __init__(self) -> None:
        self._summaries: dict[str, MetricSummary] = {}

    def add(self, key: str, series: Series) -> None:
        """Takes the next points of a metric."""
        self.add_summary(key, summarize(series))

    def add_summary(self, key: str, found: MetricSummary) -> None:
        """Takes what the next points of a metric come to."""
        known = self._summaries.get(key)
        self._summaries[key] = found if known is None else joined(known, found)

    def summaries(self) -> dict[str, MetricSummary]:
        """Returns the summaries by metric, sorted by its name."""
        return dict(sorted(self._summaries.items()))

    def counts(self) -> dict[str, int]:
        """Returns how many points each metric has."""
        return {key: each.count for key, each in self._summaries.items()}


class Chosen:
    """Hands on the points of one metric inside a range of steps.

    Args:
        key: The metric.
        steps: The range.
        take: Is given them, piece after piece.
    """

    def __init__(self, key: str, steps: StepRange, take: Callable[[Series], None]) -> None:
        self._key, self._steps, self._take = key, steps, take

    def add(self, key: str, series: Series) -> None:
        """Takes the next points of a metric."""
        if key == self._key:
            self._take(self._steps.of(series))
