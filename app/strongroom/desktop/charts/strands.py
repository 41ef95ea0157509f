# SPDX-License-Identifier: Apache-2.0
"""Thousands of lines between upright axes into a picture, in numpy alone.

Laws: a pixel's ink depends on how many lines cover it and by how much, not on their order; lines of
a later group lie on top of an earlier one's; what it costs is lines times columns, no Qt call.

Between two axes a line either falls or rises. Where the lines of one direction cross each column's
edge is counted once, row by row; a span begins at the one edge and ends at the other, so
the difference of two neighbouring counts, summed down the rows, is the coverage of all lines.
"""

import numpy as np
from numpy.typing import NDArray

from strongroom.desktop.charts.ink import Pixels
from strongroom.desktop.charts.series import FloatArray

AT_ONCE = 1 << 17  # crossings in work at a time: they stay in the processor's cache
FINE_LINES = 3_000  # up to so many lines edges are smooth; beyond, nobody sees single lines
MERGED_FROM = 1_000  # lines; from here equal ones are counted instead of painted again

Coverage = NDArray[np.float32]


def coverage(
    height: int, columns: NDArray[np.int64], y: FloatArray, thickness: int, *, is_fine: bool
) -> Coverage:
    """Returns how much ink lies on each pixel, rows x pixels from the first axis to the last.

    Args:
        height: Rows of the picture.
        columns: The pixel column of each axis, ascending.
        y: Where each line crosses each axis, lines x axes, in rows inside the picture; NaN breaks
            a line.
        thickness: Of a line, in whole rows.
        is_fine: Whether a pixel gets the exact share a line covers, or all of it.
    """
    width = int(columns[-1] - columns[0]) + 1
    ink = np.zeros((height, width), np.float32)
    for axis in range(len(columns) - 1):
        left, right = int(columns[axis]), int(columns[axis + 1])
        ends = y[:, axis : axis + 2]
        ends = ends[~np.isnan(ends).any(axis=1)]
        if not len(ends) or right <= left:
            continue
        ends, many = _merged(np.clip(ends, 0, height))
        falls = ends[:, 1] >= ends[:, 0]
        spans = np.zeros((height + 2 * thickness + 2, right - left))
        for some, first, last in ((falls, 0, 1), (~falls, 1, 0)):
            if some.any():
                edges = _edges(ends[some], many[some], right - left, height, thickness, is_fine)
                begin = edges[:, first : right - left + first]
                end = edges[:, last : right - left + last]
                spans[thickness:] += end[:-thickness]  # a line ends its thickness below
                spans -= begin
        summed = np.cumsum(spans, axis=0)[thickness : thickness + height]
        offset = left - int(columns[0])
        ink[:, offset : offset + right - left] = summed
    return np.maximum(ink, 0, out=ink)


def lay(pixels: Pixels, ink: Coverage, colour: int, opacity: float) -> None:
    """Blends one colour over a picture; a pixel covered twice lets less of the ground through."""
    rows, columns = np.nonzero(ink > 1 / 256)
    if not len(rows):
        return
    through = np.power(np.float32(1 - opacity), ink[rows, columns])
    share = np.round((1 - through) * 256).astype(np.uint32)
    under = pixels[rows, columns]
    rest = np.uint32(256) - share
    red_blue, green, eight = np.uint32(0xFF00FF), np.uint32(0x00FF00), np.uint32(8)
    over = np.uint32(colour)
    outer = (((under & red_blue) * rest + (over & red_blue) * share) >> eight) & red_blue
    middle = (((under & green) * rest + (over & green) * share) >> eight) & green
    pixels[rows, columns] = outer | middle | np.uint32(0xFF000000)


def opacity_of(count: int) -> float:
    """Returns the opacity of a line among ``count``: few are strong, a crowd shows its core."""
    return float(min(0.9, max(0.10, 12.0 / max(count, 1) ** 0.5)))


def _merged(ends: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Counts lines that lie on the same half pixels, where that saves work."""
    alone = np.ones(len(ends))
    if len(ends) < MERGED_FROM:
        return ends, alone
    halves = np.round(ends * 2).astype(np.int64)
    key = halves[:, 0] * (1 << 24) + halves[:, 1]
    _, first, many = np.unique(key, return_index=True, return_counts=True)
    if len(first) * 4 > len(ends) * 3:
        return ends, alone
    return ends[first], many.astype(np.float64)


def _edges(
    ends: FloatArray, many: FloatArray, wide: int, height: int, thickness: int, is_fine: bool
) -> FloatArray:
    """Counts where the upper side of lines crosses each column's edge: rows x (columns + 1).

    A negative count at a row means "ink from here on" once it is summed down; fine counts are
    parted between two rows.
    """
    rows = height + 2 * thickness + 2
    table = np.zeros(rows * (wide + 1))
    step = np.arange(wide + 1, dtype=np.float32) / np.float32(wide)
    edge = np.arange(wide + 1, dtype=np.int64)
    is_plain = bool((many == 1).all())
    a_time = max(1, AT_ONCE // (wide + 1))
    upper = np.float32(thickness / 2)  # half above the line, and `thickness` rows of margin
    for start in range(0, len(ends), a_time):
        some = ends[start : start + a_time].astype(np.float32)
        y = (some[:, 1:] - some[:, :1]) * step
        y += some[:, :1] + upper
        weight = None if is_plain else np.repeat(many[start : start + a_time], wide + 1)
        if not is_fine:
            y += np.float32(0.5)
            place = y.astype(np.int64) * (wide + 1)
            place += edge
            table -= np.bincount(place.ravel(), weight, len(table))
            continue
        row = y.astype(np.int64)
        share = (y - row).ravel().astype(np.float64)
        place = (row * (wide + 1) + edge).ravel()
        full = np.ones(len(share)) if weight is None else weight
        part = share * full
        table += np.bincount(place, part - full, len(table))
        table -= np.bincount(place + wide + 1, part, len(table))
    return table.reshape(rows, wide + 1)
