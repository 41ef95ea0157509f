# SPDX-License-Identifier: Apache-2.0
"""Smoothing of a curve that is too long to be held: piece after piece, with the same answer.

* Every point is seen, as in `services.smoothing`; what is kept of the past between two pieces is
  all that still weighs anything there. The answer differs by rounding alone.
* The gaussian looks ahead: its points come out when those ahead of them have come.
"""

import math
from collections.abc import Iterator

import numpy as np

from strongroom.journal.series import Series, concat
from strongroom.services.smoothing import (
    GAUSSIAN_REACH,
    MAX_WEIGHT,
    Floats,
    Smoothing,
    SmoothingKind,
    smooth,
)

NOTHING = 1e-13  # of a weight; less changes no digit that anybody sees
WIDTHS = 30.0  # of a time-weighted average, after which a point weighs `NOTHING`


def points_before(smoothing: Smoothing) -> int:
    """Returns how many finite points before a point still weigh something there."""
    if smoothing.kind is SmoothingKind.EMA:
        weight = min(max(smoothing.amount, 1e-9), MAX_WEIGHT)
        return math.ceil(math.log(NOTHING) / math.log(weight))
    if smoothing.kind is SmoothingKind.MEAN:
        return max(round(smoothing.amount) - 1, 1)
    return points_ahead(smoothing)


def points_ahead(smoothing: Smoothing) -> int:
    """Returns how many finite points after a point weigh something there."""
    if smoothing.kind is SmoothingKind.GAUSSIAN:
        return max(math.ceil(GAUSSIAN_REACH * smoothing.amount), 1)
    return 0


class LongSmoothing:
    """Smooths pieces as they come, ``x`` ascending from piece to piece.

    Args:
        smoothing: What is done; it is on.
    """

    def __init__(self, smoothing: Smoothing) -> None:
        self._smoothing = smoothing
        self._before, self._ahead = points_before(smoothing), points_ahead(smoothing)
        self._past_x, self._past = np.empty(0), np.empty(0)
        self._weight = 1.0  # of the one point that stands for the past of a time-weighted average
        self._held: list[tuple[Series, Floats]] = []

    def add(self, piece: Series, x: Floats) -> Iterator[tuple[Series, Floats]]:
        """Takes points and where they lie; yields points with what became of their values."""
        if not len(piece):
            return
        self._held.append((piece, x))
        points = concat([each for each, _ in self._held])
        along = np.concatenate([each for _, each in self._held])
        known = np.flatnonzero(np.isfinite(points.values))
        if self._ahead:
            if len(known) <= self._ahead:
                self._held = [(points, along)]
                return
            ready = int(known[-self._ahead])
        else:
            ready = len(points)
        yield self._out(points, along, ready)
        self._held = [(points.cut(slice(ready, None)), along[ready:])] if self._ahead else []

    def end(self) -> Iterator[tuple[Series, Floats]]:
        """Yields what was held back; nothing comes any more."""
        if self._held:
            points = concat([each for each, _ in self._held])
            along = np.concatenate([each for _, each in self._held])
            self._held = []
            yield self._out(points, along, len(points))

    def _out(self, points: Series, along: Floats, ready: int) -> tuple[Series, Floats]:
        """Smooths all points and returns those that are ready; they become the past."""
        finite = np.isfinite(points.values)
        x = np.concatenate([self._past_x, along[finite]])
        values = np.concatenate([self._past, points.values[finite]])
        made = smooth(x, values, self._smoothing, first_weight=self._weight)[len(self._past) :]
        whole = points.values.copy()
        whole[finite] = made
        past = len(self._past) + int(finite[:ready].sum())
        if self._smoothing.kind is SmoothingKind.TIME_EMA:
            self._carry(x, made)
        else:
            first = max(0, past - self._before)
            self._past_x, self._past = x[first:past], values[first:past]
        return points.cut(slice(0, ready)), whole[:ready]

    def _carry(self, x: Floats, made: Floats) -> None:
        """Lets one point stand for all so far: their average, and what they weigh together."""
        if not len(made):
            return
        weights = np.exp((x - x[-1]) / self._smoothing.amount)
        weights[0] *= self._weight
        self._weight = float(weights.sum())
        self._past_x, self._past = x[-1:], made[-1:]
