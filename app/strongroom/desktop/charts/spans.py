# SPDX-License-Identifier: Apache-2.0
"""From samples to what each pixel column has to show: the lowest and highest value in it.

Laws: a column's answer depends on its own two edges and the samples alone, so a strip drawn later
equals the same columns of a full picture; no extreme inside a column is lost; a column between two
samples shows the straight line between them; NaN is a gap; a constant gives that constant.
Extremes may reach into the neighbouring column by less than half a column (a pyramid cell on the
edge counts for both); their height is exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strongroom.desktop.charts.pyramid import BASE, Pyramid
from strongroom.desktop.charts.series import FloatArray

IndexArray = NDArray[np.intp]
GROUP = 24_000  # columns of lines over one x grid handled at once: more would leave the cache


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """Is one line ready to be drawn; lines with the same steps may share the ``x`` array."""

    x: FloatArray
    pyramid: Pyramid


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Grid:
    """Is what all lines over one x array share: the sample position of each column edge."""

    first: int  # columns first..last (exclusive) touch the data
    last: int
    index: IndexArray  # sample left of each edge, len = columns + 1
    after: IndexArray  # sample right of it
    share: FloatArray  # how far the edge is on the way between them
    begin: IndexArray  # first sample strictly inside each column


def column_extremes(curves: Sequence[Curve], edges: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Returns (low, high), each lines x columns; NaN where a line has nothing to show.

    ``edges`` ascend; column ``c`` lies between ``edges[c]`` and ``edges[c + 1]``.
    """
    shape = len(curves), max(len(edges) - 1, 0)
    low, high = np.full(shape, np.nan), np.full(shape, np.nan)
    by_grid: dict[int, list[int]] = {}
    for row, curve in enumerate(curves):
        by_grid.setdefault(id(curve.x), []).append(row)
    for rows in by_grid.values():
        grid = _place(curves[rows[0]].x, edges)
        if grid is None:
            continue
        a_time = max(1, GROUP // (grid.last - grid.first))
        for start in range(0, len(rows), a_time):
            some = rows[start : start + a_time]
            part = _envelope([curves[row].pyramid for row in some], grid)
            low[some, grid.first : grid.last], high[some, grid.first : grid.last] = part
    return low, high


def _place(x: FloatArray, edges: FloatArray) -> _Grid | None:
    """Returns where the edges fall among the samples, or None when none is near."""
    if not len(x) or len(edges) < 2 or edges[-1] < x[0] or edges[0] > x[-1]:
        return None
    end = len(x) - 1
    first = max(int(np.searchsorted(edges, x[0], "right")) - 1, 0)
    last = min(int(np.searchsorted(edges, x[-1], "left")), len(edges) - 1)
    if last <= first:
        if x[0] < x[-1] or first >= len(edges) - 1:
            return None
        last = first + 1
    near = np.clip(edges[first : last + 1], x[0], x[-1])
    index = np.searchsorted(x, near, "right") - 1
    after = np.minimum(index + 1, end)
    gap = x[after] - x[index]
    share = np.where(gap > 0, (near - x[index]) / np.where(gap > 0, gap, 1.0), 0.0)
    begin = index[:-1] + 1
    if near[0] == x[0]:
        begin[0] = 0  # several values on the first step all belong to the first column
    return _Grid(first=first, last=last, index=index, after=after, share=share, begin=begin)


def _envelope(pyramids: Sequence[Pyramid], grid: _Grid) -> tuple[FloatArray, FloatArray]:
    left = np.stack([pyramid.y[grid.index] for pyramid in pyramids])
    right = np.stack([pyramid.y[grid.after] for pyramid in pyramids])
    at_edge = np.where(grid.share > 0, left + (right - left) * grid.share, left)
    low = np.fmin(at_edge[:, :-1], at_edge[:, 1:])
    high = np.fmax(at_edge[:, :-1], at_edge[:, 1:])
    begin, end = grid.begin, grid.index[1:]  # samples inside a column, inclusive
    inside = end - begin + 1
    level_of = _levels_for(inside, len(pyramids[0].levels))
    for level in np.unique(level_of[inside > 0]):
        columns = np.flatnonzero((level_of == level) & (inside > 0))
        size = 1 if level == 0 else pyramids[0].levels[int(level) - 1].size
        begins, ends = begin[columns] // size, end[columns] // size
        for side, reduce in ((low, np.fmin), (high, np.fmax)):
            window = _window(pyramids, int(level), int(begins[0]), int(ends[-1]), reduce is np.fmin)
            found = reduce.reduceat(window, _pairs(begins, ends, int(begins[0])), axis=1)[:, ::2]
            side[:, columns] = reduce(side[:, columns], found)
    return low, high


def _levels_for(inside: IndexArray, level_count: int) -> IndexArray:
    """Returns the level to read for each column: the coarsest with two groups a column or more."""
    groups = np.maximum(inside, 1) / (2.0 * BASE)
    level = np.floor(np.log2(np.maximum(groups, 0.5))).astype(np.intp) + 1
    clipped: IndexArray = np.clip(level, 0, level_count)
    return clipped


def _window(
    pyramids: Sequence[Pyramid], level: int, begin: int, end: int, is_low: bool
) -> FloatArray:
    """Returns lines x cells ``begin..end``, and one NaN column more: ``reduceat`` needs an end."""
    window = np.empty((len(pyramids), end - begin + 2))
    for row, pyramid in enumerate(pyramids):
        if level == 0:
            source = pyramid.y
        else:
            cells = pyramid.levels[level - 1]
            source = cells.low if is_low else cells.high
        window[row, :-1] = source[begin : end + 1]
    window[:, -1] = np.nan
    return window


def _pairs(begins: IndexArray, ends: IndexArray, offset: int) -> IndexArray:
    pairs = np.empty(2 * len(begins), np.intp)
    pairs[::2], pairs[1::2] = begins - offset, ends + 1 - offset
    return pairs
