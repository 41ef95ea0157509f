# SPDX-License-Identifier: Apache-2.0
"""Curves for charts: these metrics of these runs, smoothed on the full data before anything else.

* Smoothing sees every point, so it does not change with zoom or decimation; a constant stays
  constant, and a prefix of the data gives a prefix of the curve.
* A live run is followed from where the last question stopped; a sealed one is read once.
* NaN and infinities stay gaps in the smoothed curve and never poison what follows.
"""

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt

from strongroom.domain.clock import MICROSECONDS
from strongroom.domain.errors import BadInput
from strongroom.journal.series import Series, concat
from strongroom.services.runs import Runs
from strongroom.store.series import JournalTail, is_live, read_sealed_series

MAX_SMOOTHING = 0.9999  # a weight of 1 would never leave the first point (tensorboard 5370)
MAX_CACHED_POINTS = 8_000_000  # 192 MB of sealed series; the least recently asked go first
MAX_FOLLOWED = 256  # live runs followed at once; a followed run holds its points in memory
BLOCK = 64  # points smoothed by one row of a matrix product

Floats = npt.NDArray[np.float64]


class Axis(StrEnum):
    """What lies on the horizontal axis: steps, seconds since 1970, seconds since the start."""

    STEP = "step"
    TIME = "time"
    RELATIVE = "relative"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """One metric of one run, sorted by ``x``; ``smooth`` is ``raw`` where smoothing is 0."""

    run_id: str
    key: str
    x: Floats
    raw: Floats
    smooth: Floats
    is_live: bool


@dataclass(slots=True)
class _Followed:
    """A live run: what was sealed before it was resumed, and its journals so far."""

    tail: JournalTail
    parts: dict[str, list[Series]] = field(default_factory=dict)


class Curves:
    """Answers charts; one instance a window, safe to ask from worker threads."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._lock = Lock()
        self._sealed: OrderedDict[tuple[str, str, str], Series] = OrderedDict()
        self._cached_points = 0
        self._followed: OrderedDict[str, _Followed] = OrderedDict()

    def curves(
        self,
        references: Sequence[str],
        keys: Sequence[str],
        *,
        x: Axis | str = Axis.STEP,
        smoothing: float = 0.0,
    ) -> tuple[Curve, ...]:
        """Returns a curve for each run and metric that has points.

        Args:
            references: Runs by id, start of id or name.
            keys: Names of metrics.
            x: The horizontal axis.
            smoothing: Weight of the past, 0 to below 1 (exponential moving average, debiased).

        Raises:
            BadInput: ``E-RUN``; ``E-USAGE`` for a smoothing outside its range.
            Untrusted: ``E-HASH`` if stored points do not hold.
        """
        axis = Axis(x)
        if not 0 <= smoothing < 1:
            raise BadInput("E-USAGE", "Smoothing lies from 0 to below 1", "Use 0.6, for example.")
        found: list[Curve] = []
        for reference in references:
            place = self._runs.place(reference)
            folder = self._runs.folder.run(place.month, place.run_id)
            live = is_live(folder)
            for key, series in self._series(folder, place.sealed_sha256, keys, live=live).items():
                found.append(
                    _curve(place.run_id, key, series, place.started_us, axis, smoothing, live)
                )
        return tuple(found)

    def _series(
        self, folder: Path, digest: str, keys: Sequence[str], *, live: bool
    ) -> dict[str, Series]:
        with self._lock:
            added = self._poll(folder) if live else {}
            if not live:
                self._followed.pop(folder.name, None)
            result: dict[str, Series] = {}
            for key in keys:
                parts = [self._sealed_series(folder, digest, key), *added.get(key, ())]
                series = concat([part for part in parts if len(part)])
                if live and key in added:
                    added[key][:] = [concat(added[key])]  # joins once, not at each question
                if len(series):
                    result[key] = series
            return result

    def _poll(self, folder: Path) -> dict[str, list[Series]]:
        followed = self._followed.get(folder.name)
        if followed is None:
            followed = self._followed[folder.name] = _Followed(JournalTail(folder))
        self._followed.move_to_end(folder.name)
        while len(self._followed) > MAX_FOLLOWED:
            self._followed.popitem(last=False)
        for key, series in followed.tail.poll().items():
            followed.parts.setdefault(key, []).append(series)
        return followed.parts

    def _sealed_series(self, folder: Path, digest: str, key: str) -> Series:
        name = (folder.name, digest, key)
        series = self._sealed.get(name)
        if series is None:
            series = read_sealed_series(folder, key)
            if not digest:
                return series
            self._sealed[name] = series
            self._cached_points += len(series)
        self._sealed.move_to_end(name)
        while self._cached_points > MAX_CACHED_POINTS and len(self._sealed) > 1:
            self._cached_points -= len(self._sealed.popitem(last=False)[1])
        return series


def smooth(values: Floats, weight: float) -> Floats:
    """Returns the debiased exponential moving average of the finite values.

    ``s[n] = (weight * s[n-1] + (1 - weight) * y[n])``, divided by ``1 - weight**(n+1)``; values
    that are not finite stay as they are and are left out of the average.

    Source: Kingma and Ba, Adam (2015), section 3, for the debiasing.
    """
    weight = min(weight, MAX_SMOOTHING)
    if weight <= 0 or len(values) == 0:
        return values
    finite = np.isfinite(values)
    if finite.all():
        return _smooth_finite(values, weight)
    result = values.copy()
    result[finite] = _smooth_finite(values[finite], weight)
    return result


def _smooth_finite(values: Floats, weight: float) -> Floats:
    count = len(values)
    if not count:
        return values
    blocks = -(-count // BLOCK)
    padded = np.zeros(blocks * BLOCK)
    padded[:count] = values
    # Inside a block the average is one product with a triangle of powers; between blocks only the
    # last value is carried. Scaling keeps values near the largest double from overflowing.
    scale = float(np.abs(values).max()) or 1.0
    powers = np.subtract.outer(np.arange(BLOCK), np.arange(BLOCK))
    triangle = np.where(powers >= 0, (1 - weight) * weight ** np.maximum(powers, 0), 0.0)
    inside = (padded.reshape(blocks, BLOCK) / scale) @ triangle.T
    carried = np.empty(blocks)
    carry, factor = 0.0, weight**BLOCK
    for index, last in enumerate(inside[:, -1].tolist()):
        carried[index] = carry
        carry = carry * factor + last
    inside += carried[:, None] * weight ** np.arange(1, BLOCK + 1)
    debias = -np.expm1(np.arange(1, count + 1) * math.log(weight))
    averaged = inside.reshape(-1)[:count] / debias * scale
    # An average lies between the extremes so far; rounding must not move a constant.
    low, high = np.minimum.accumulate(values), np.maximum.accumulate(values)
    clipped: Floats = np.clip(averaged, low, high)
    return clipped


def _curve(
    run_id: str, key: str, series: Series, started_us: int, axis: Axis, weight: float, live: bool
) -> Curve:
    along = series.steps if axis is Axis.STEP else series.times_us
    raw = series.values
    if not (along[1:] >= along[:-1]).all():  # most runs log in order; sorting a million is dear
        order = along.argsort(kind="stable")
        along, raw = along[order], raw[order]
    origin = started_us if axis is Axis.RELATIVE else 0
    x = along.astype(np.float64) if axis is Axis.STEP else (along - origin) / MICROSECONDS
    return Curve(run_id=run_id, key=key, x=x, raw=raw, smooth=smooth(raw, weight), is_live=live)
