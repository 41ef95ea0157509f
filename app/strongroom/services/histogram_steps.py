# SPDX-License-Identifier: Apache-2.0
"""Histograms of many steps over common edges: how a distribution moves.

* A bin that lies across several common ones is shared out by width, as if its values lay evenly;
  no count is lost or made. Exact counts are those of each step alone.
* More steps than `MOST_STEPS` are thinned evenly; the first and the last stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from strongroom.services.views.shapes import HistogramView

MOST_STEPS = 160  # columns; a pane has few more pixels than four times that
BINS = 72  # common ones
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HistogramSteps:
    """Counts of each step in common bins.

    Attributes:
        steps: The steps, rising.
        edges: Of the common bins.
        counts: A row a step, a column a bin.
        quantiles: A row a step: `QUANTILES` of it, NaN for an empty one.
        total: Steps there are, thinned out ones too.
    """

    steps: tuple[int, ...]
    edges: Floats
    counts: Floats
    quantiles: Floats
    total: int


def thinned(count: int) -> tuple[int, ...]:
    """Returns which of so many steps are read: all, or evenly spread ones with both ends."""
    if count <= MOST_STEPS:
        return tuple(range(count))
    return tuple(np.unique(np.linspace(0, count - 1, MOST_STEPS).round().astype(int)).tolist())


def over_steps(
    found: Sequence[tuple[int, HistogramView]], total: int | None = None
) -> HistogramSteps:
    """Returns histograms of rising steps over common edges.

    Raises:
        ValueError: If there is none.
    """
    if not found:
        raise ValueError("no histogram")
    low = min(view.edges[0] for _, view in found)
    high = max(view.edges[-1] for _, view in found)
    edges = np.linspace(low, high, BINS + 1)
    counts = np.array([_shared(view, edges) for _, view in found])
    return HistogramSteps(
        steps=tuple(step for step, _ in found),
        edges=edges,
        counts=counts,
        quantiles=np.array([_quantiles(view) for _, view in found]),
        total=len(found) if total is None else total,
    )


def _shared(view: HistogramView, edges: Floats) -> Floats:
    """Returns the counts between other edges that lie around all of its own."""
    below = np.concatenate([[0.0], np.cumsum(view.counts)])
    at = np.interp(edges, view.edges, below)
    at[0], at[-1] = 0.0, below[-1]
    return np.diff(at)


def _quantiles(view: HistogramView) -> Floats:
    below = np.concatenate([[0.0], np.cumsum(view.counts)])
    if not below[-1]:
        return np.full(len(QUANTILES), np.nan)
    rising = np.concatenate([[True], np.diff(below) > 0])
    wanted = np.array(QUANTILES) * below[-1]
    return np.asarray(np.interp(wanted, below[rising], np.array(view.edges)[rising]), np.float64)
