# SPDX-License-Identifier: Apache-2.0
"""Many runs as one line with a band: what the runs of a group have in common, and how far apart.

* Every point counts: where steps differ, runs meet on the union of their steps; beyond
  ``MAX_GRID`` places on even cells, each run with the mean and the extremes of its points there.
* A run counts between its first and its last point and nowhere else; between two of its points it
  is taken to go straight.
* The middle never leaves the lowest and highest run. Nothing is called "mean" that is something
  else: the words stand beside each kind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from strongroom.services.curves import Curve
from strongroom.services.smoothing import Floats

MAX_GRID = 200_000  # places; more than any screen has, and 100 runs still take about a second
CHUNK = 16_384  # places worked on at once: 100 runs of them are 13 MB
OTHER = "Other"


class Spread(StrEnum):
    """What line and band say."""

    STD = "std"
    RANGE = "range"
    QUARTILES = "quartiles"


SPREAD_WORDS = {
    Spread.STD: "mean ± std",
    Spread.RANGE: "mean, min to max",
    Spread.QUARTILES: "median, 25 to 75 %",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Band:
    """The runs of one group: ``middle`` between ``low`` and ``high`` over ``x``; NaN is a gap.

    ``is_on_cells`` tells that steps were too many to meet on each of them.
    """

    name: str
    run_ids: tuple[str, ...]
    x: Floats
    middle: Floats
    low: Floats
    high: Floats
    is_on_cells: bool = False


def bands(
    curves: Sequence[Curve], group_of: Mapping[str, str | None], spread: Spread
) -> tuple[Band, ...]:
    """Returns a band for each group of these curves of one metric, smoothed as they are.

    Args:
        curves: One curve a run.
        group_of: The group of each run id; None, or no entry, belongs to ``Other``, which comes
            last.
        spread: What line and band say.
    """
    groups: dict[str | None, list[Curve]] = {}
    for curve in curves:
        groups.setdefault(group_of.get(curve.run_id), []).append(curve)
    rest = groups.pop(None, None)
    named = [(str(name), members) for name, members in groups.items()]
    if rest is not None:
        named.append((OTHER, rest))
    return tuple(_band(name, members, spread) for name, members in named)


def _band(name: str, curves: Sequence[Curve], spread: Spread) -> Band:
    known = [_known(curve) for curve in curves]
    grid, edges = _grid([x for x, _ in known])
    middle, low, high = (np.full(len(grid), np.nan) for _ in range(3))
    scale = _scale([y for _, y in known])
    for start in range(0, len(grid), CHUNK):
        some = slice(start, start + CHUNK)
        within = None if edges is None else edges[start : start + CHUNK + 1]
        rows = [_at(x, y / scale, grid[some], within) for x, y in known]
        means, lows, highs = (np.stack(part) for part in zip(*rows, strict=True))
        middle[some], low[some], high[some] = _spread(means, lows, highs, spread)
    return Band(
        name=name,
        run_ids=tuple(curve.run_id for curve in curves),
        x=grid,
        middle=middle * scale,
        low=low * scale,
        high=high * scale,
        is_on_cells=edges is not None,
    )


def _known(curve: Curve) -> tuple[Floats, Floats]:
    finite = np.isfinite(curve.smooth)
    return curve.x[finite], curve.smooth[finite]


def _scale(values: Sequence[Floats]) -> float:
    """Returns a power of two that brings all values near 1, so that no square overflows."""
    largest = max((float(np.abs(part).max()) for part in values if len(part)), default=0.0)
    return float(2.0 ** np.clip(np.frexp(largest)[1], -1000, 1000))


def _grid(xs: Sequence[Floats]) -> tuple[Floats, Floats | None]:
    """Returns the places where runs meet, and the edges of cells when there are too many."""
    first = xs[0] if xs else np.empty(0)
    if all(np.array_equal(first, x) for x in xs[1:]):
        every = first if (first[1:] > first[:-1]).all() else np.unique(first)
    else:
        every = np.unique(np.concatenate(xs))
    if len(every) <= MAX_GRID:
        return every, None
    edges = np.linspace(every[0], np.nextafter(every[-1], np.inf), MAX_GRID + 1)
    return (edges[:-1] + edges[1:]) / 2, edges


def _at(x: Floats, y: Floats, grid: Floats, edges: Floats | None) -> tuple[Floats, Floats, Floats]:
    """Returns one run's mean, lowest and highest value at each place of the grid."""
    if not len(x):
        nothing = np.full(len(grid), np.nan)
        return nothing, nothing, nothing
    means = np.interp(grid, x, y, left=np.nan, right=np.nan)
    if edges is None:
        return means, means, means
    lows, highs = means.copy(), means.copy()
    index = np.searchsorted(x, edges)
    filled = index[1:] > index[:-1]
    if filled.any():
        starts, end = index[:-1][filled], int(index[-1])
        counts = (index[1:] - index[:-1])[filled]
        means[filled] = np.add.reduceat(y[:end], starts) / counts
        lows[filled] = np.minimum.reduceat(y[:end], starts)
        highs[filled] = np.maximum.reduceat(y[:end], starts)
    return means, lows, highs


def _spread(
    means: Floats, lows: Floats, highs: Floats, spread: Spread
) -> tuple[Floats, Floats, Floats]:
    """Returns (middle, low, high) over the runs at each place."""
    has = ~np.isnan(means)
    count = has.sum(axis=0)
    some = np.maximum(count, 1)
    lowest, highest = np.fmin.reduce(lows, axis=0), np.fmax.reduce(highs, axis=0)
    if spread is Spread.QUARTILES:
        low, middle, high = _quantiles(means, count, (0.25, 0.5, 0.75))
        return middle, low, high
    middle = np.where(has, means, 0.0).sum(axis=0) / some
    middle = np.where(count > 0, np.clip(middle, lowest, highest), np.nan)
    if spread is Spread.RANGE:
        return middle, lowest, highest
    off = np.where(has, means - middle, 0.0)
    std = np.sqrt((off * off).sum(axis=0) / np.maximum(count - 1, 1))
    return middle, middle - std, middle + std


def _quantiles(means: Floats, count: Floats, shares: Sequence[float]) -> list[Floats]:
    """Returns linear quantiles of the runs that are there; NaN sorts behind all of them."""
    ordered = np.sort(means, axis=0)
    found = []
    for share in shares:
        place = np.maximum(count - 1, 0) * share
        below = np.floor(place).astype(np.intp)
        above = np.minimum(below + 1, np.maximum(count.astype(np.intp) - 1, 0))
        under = np.take_along_axis(ordered, below[None], axis=0)[0]
        over = np.take_along_axis(ordered, above[None], axis=0)[0]
        found.append(under + (over - under) * (place - below))
    return found
