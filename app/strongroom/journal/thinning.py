# SPDX-License-Identifier: Apache-2.0
"""Fewer points of a series, none of them invented: what a chart or a person can take in.

* Of every so many points, one written after the other, the lowest and the highest stay. So no
  extreme is ever lost, wherever it lies, and what stays are points that were logged.
* NaN stays only where nothing else was logged. The first and the last point always stay.
* A series that is short enough stays whole, bit for bit.
* Points come in pieces; no more than a few times what stays is held.
"""

import numpy as np

from strongroom.journal.series import Series, concat

LEAST = 8
MOST_PIECES = 64  # of what stays; joined once, not at each question
BESIDE = 4  # points: the first, the last, and two of a cell that is not whole


class Thinned:
    """Takes the points of one series and keeps some of them.

    Args:
        most: How many may stay; at least `LEAST`.
    """

    def __init__(self, most: int) -> None:
        self._most = max(most, LEAST)
        self._cell = 1  # points of which two stay
        self._kept: list[Series] = []
        self._count = 0
        self._rest: list[Series] = []  # the beginning of a cell
        self._rested = 0
        self._first = Series.empty()
        self._last = Series.empty()
        self._taken = 0

    @property
    def left(self) -> int:
        """How many of the points that came do not stay."""
        return 0 if self._cell == 1 else self._taken - len(self.series())

    @property
    def held(self) -> int:
        """How many points are held."""
        return self._count + self._rested

    def narrow(self, most: int) -> None:
        """Lets fewer points stay from now on."""
        self._most = max(most, LEAST)
        self._fit()

    @property
    def cell(self) -> int:
        """Of how many points two stay; 1 if all do."""
        return self._cell

    def add(self, piece: Series) -> None:
        """Takes the next points."""
        if not len(piece):
            return
        if not len(self._first):
            self._first = piece.cut(slice(0, 1))
        self._last = piece.cut(slice(len(piece) - 1, len(piece)))
        self._taken += len(piece)
        self._rest.append(piece)
        self._rested += len(piece)
        if self._rested >= self._cell:
            self._take()
        self._fit()

    def series(self) -> Series:
        """Returns what stays, in the order it was written."""
        rest = concat(self._rest)
        if len(self._kept) > MOST_PIECES:
            self._kept = [concat(self._kept)]
        if self._cell == 1:
            return concat([*self._kept, rest])
        if len(rest):
            rest = extremes(rest, len(rest))
        kept = _once(concat([*self._kept, rest]))
        first = [] if _is_same(kept, 0, self._first) else [self._first]
        last = [] if _is_same(kept, len(kept) - 1, self._last) else [self._last]
        return concat([*first, kept, *last])

    def _fit(self) -> None:
        while self._count > (self._most if self._cell == 1 else self._most - BESIDE):
            self._widen()

    def _take(self) -> None:
        """Keeps what stays of all cells that are whole."""
        points = concat(self._rest)
        whole = len(points) // self._cell * self._cell
        kept, rest = points.cut(slice(0, whole)), points.cut(slice(whole, len(points)))
        if self._cell > 1:
            kept = extremes(kept, self._cell)
        self._rest, self._rested = [rest], len(rest)
        self._kept.append(kept)
        self._count += len(kept)

    def _widen(self) -> None:
        """Makes cells longer, so that half as many points stay."""
        points = concat(self._kept)
        whole = len(points) // 4 * 4
        rest = points.cut(slice(whole, len(points)))
        self._kept = [extremes(points.cut(slice(0, whole)), 4)]
        if self._cell == 1:
            self._cell = 4
            self._rest, self._rested = [rest], len(rest)
        else:
            self._cell *= 2
            self._kept.append(rest)  # one cell that has no neighbour: it stays shorter
        self._count = sum(map(len, self._kept))


def extremes(points: Series, cell: int) -> Series:
    """Returns the lowest and the highest point of each cell, in their order: two for each.

    Args:
        points: A whole number of cells.
        cell: Points in a cell, at least one.
    """
    if not len(points):
        return points
    values = points.values.reshape(-1, cell)
    unknown = np.isnan(values)
    if unknown.any():
        low = np.where(unknown, np.inf, values).argmin(axis=1)
        high = np.where(unknown, -np.inf, values).argmax(axis=1)
        rows = np.arange(len(values))
        low, high = (
            np.where(unknown[rows, low] & ~unknown[rows, high], high, low),
            np.where(unknown[rows, high] & ~unknown[rows, low], low, high),
        )
    else:
        low, high = values.argmin(axis=1), values.argmax(axis=1)
    places = np.stack([np.minimum(low, high), np.maximum(low, high)], axis=1)
    places += np.arange(0, len(points), cell)[:, None]
    at = places.reshape(-1)
    return Series(points.steps[at], points.times_us[at], points.values[at])


def _once(pairs: Series) -> Series:
    """Returns the pairs without the second of two that are one point."""
    bits = pairs.values.view(np.int64)
    is_new = np.ones(len(pairs), np.bool_)
    is_new[1::2] = (
        (pairs.steps[1::2] != pairs.steps[::2])
        | (pairs.times_us[1::2] != pairs.times_us[::2])
        | (bits[1::2] != bits[::2])
    )
    return Series(pairs.steps[is_new], pairs.times_us[is_new], pairs.values[is_new])


def _is_same(points: Series, place: int, one: Series) -> bool:
    found = points.cut(slice(place, place + 1))
    return all(
        left.tobytes() == right.tobytes()
        for left, right in (
            (found.steps, one.steps),
            (found.times_us, one.times_us),
            (found.values, one.values),
        )
    )
