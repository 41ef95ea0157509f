# SPDX-License-Identifier: Apache-2.0
"""Smoothing of one curve, on every point it has and before anything is left out for drawing.

* A constant stays that constant, exactly; no value leaves the extremes of the points it is made of.
* The causal kinds (both averages that forget, and the running mean) give a prefix of the data a
  prefix of the curve: a live run never redraws its past. The gaussian looks ahead, so its last
  ``4 * sigma`` points still move while a run logs.
* NaN and infinities stay where they are, gaps in the curve, and never poison what follows.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from strongroom.domain.errors import BadInput

MAX_WEIGHT = 0.9999  # a weight of 1 would never leave the first point (tensorboard 5370)
MAX_WIDTH = 100_000.0  # points, steps or seconds; wider than that is a mean, not a curve
GAUSSIAN_REACH = 4.0  # sigmas; what lies beyond weighs less than 0.0004 of the middle
BLOCK = 64  # points smoothed by one row of a matrix product
SCAN = 1024  # points between two carried values of a time-weighted average
DIRECT = 64  # taps; longer kernels are quicker as a product of spectra

Floats = npt.NDArray[np.float64]


class SmoothingKind(StrEnum):
    """How a curve is smoothed.

    ``ema`` counts points, ``time_ema`` goes by their distance along x, ``gaussian`` and ``mean``
    count points.
    """

    OFF = "off"
    EMA = "ema"
    TIME_EMA = "time_ema"
    GAUSSIAN = "gaussian"
    MEAN = "mean"


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoothing:
    """A kind and how much of it.

    ``amount`` is the weight of the past for ``ema`` (0 to below 1), the distance along x after
    which a value weighs 1/e for ``time_ema`` (steps or seconds), sigma for ``gaussian`` and the
    number of points for ``mean``.
    """

    kind: SmoothingKind = SmoothingKind.OFF
    amount: float = 0.0

    def __post_init__(self) -> None:
        """Refuses an amount that would say nothing.

        Raises:
            BadInput: ``E-USAGE``.
        """
        if self.kind is SmoothingKind.OFF:
            return
        if self.kind is SmoothingKind.EMA:
            if not 0 <= self.amount < 1:
                raise BadInput("E-USAGE", "Smoothing lies from 0 to below 1", "Use 0.6, or so.")
        elif not 0 < self.amount <= MAX_WIDTH:
            text = f"A width lies above 0 and up to {MAX_WIDTH:,.0f}"
            raise BadInput("E-USAGE", text, "Use 10, for example.")

    @property
    def is_on(self) -> bool:
        """Whether it changes anything."""
        if self.kind is SmoothingKind.MEAN:
            return self.amount >= 2
        return self.kind is not SmoothingKind.OFF and self.amount > 0

    @property
    def is_causal(self) -> bool:
        """Whether a point depends on earlier points alone."""
        return self.kind is not SmoothingKind.GAUSSIAN


OFF = Smoothing()


def ema(weight: float) -> Smoothing:
    """Returns the debiased exponential moving average of that weight of the past; 0 is off."""
    return Smoothing(kind=SmoothingKind.EMA, amount=weight) if weight else OFF


def smooth(x: Floats, values: Floats, smoothing: Smoothing, *, first_weight: float = 1.0) -> Floats:
    """Returns the smoothed ``values``, one for each, ``x`` ascending; itself when it is off.

    Args:
        x: Where the values lie.
        values: What was logged.
        smoothing: What is done.
        first_weight: For ``time_ema``: for how many points at its place the first value stands.
    """
    if not smoothing.is_on or not len(values):
        return values
    finite = np.isfinite(values)
    if finite.all():
        return _smooth_finite(x, values, smoothing, first_weight)
    result = values.copy()
    result[finite] = _smooth_finite(x[finite], values[finite], smoothing, first_weight)
    return result


def _smooth_finite(x: Floats, values: Floats, smoothing: Smoothing, first_weight: float) -> Floats:
    if not len(values):
        return values
    # Values near the largest double would overflow as a sum; a power of two scales exactly.
    exponent = math.frexp(float(np.abs(values).max()))[1]
    scale = 2.0 ** min(max(exponent, -1000), 1000)
    scaled = values / scale
    if smoothing.kind is SmoothingKind.EMA:
        return _within_past(_ema(scaled, min(smoothing.amount, MAX_WEIGHT)) * scale, values)
    if smoothing.kind is SmoothingKind.TIME_EMA:
        return _within_past(_time_ema(x, scaled, smoothing.amount, first_weight) * scale, values)
    if smoothing.kind is SmoothingKind.MEAN:
        return _mean(scaled, round(smoothing.amount), values, scale)
    return _gaussian(scaled, smoothing.amount, values, scale)


def _within_past(averaged: Floats, values: Floats) -> Floats:
    """Returns averages held between the extremes so far: rounding must not move a constant."""
    clipped: Floats = np.clip(
        averaged, np.minimum.accumulate(values), np.maximum.accumulate(values)
    )
    return clipped


def _ema(values: Floats, weight: float) -> Floats:
    """Returns ``s[n] = weight * s[n-1] + (1 - weight) * y[n]`` over ``1 - weight**(n+1)``.

    Source: Kingma and Ba, Adam (2015), section 3, for the debiasing.
    """
    count = len(values)
    blocks = -(-count // BLOCK)
    padded = np.zeros(blocks * BLOCK)
    padded[:count] = values
    # Inside a block the average is one product with a triangle of powers; between blocks only the
    # last value is carried.
    powers = np.subtract.outer(np.arange(BLOCK), np.arange(BLOCK))
    triangle = np.where(powers >= 0, (1 - weight) * weight ** np.maximum(powers, 0), 0.0)
    inside = padded.reshape(blocks, BLOCK) @ triangle.T
    carried = np.empty(blocks)
    carry, factor = 0.0, weight**BLOCK
    for index, last in enumerate(inside[:, -1].tolist()):
        carried[index] = carry
        carry = carry * factor + last
    inside += carried[:, None] * weight ** np.arange(1, BLOCK + 1)
    debias = -np.expm1(np.arange(1, count + 1) * math.log(weight))
    averaged: Floats = inside.reshape(-1)[:count] / debias
    return averaged


def _time_ema(x: Floats, values: Floats, width: float, first_weight: float) -> Floats:
    """Returns the mean of all points so far, each weighing ``exp(-distance / width)``.

    On even steps it is the debiased average of weight ``exp(-step / width)``.
    """
    kept = np.exp(-np.maximum(np.diff(x, prepend=x[0]), 0.0) / width)
    own = np.ones(len(values))
    own[0] = first_weight
    averaged: Floats = _scan(kept, values * own) / _scan(kept, own)
    return averaged


def _scan(kept: Floats, values: Floats) -> Floats:
    """Returns ``s[n] = kept[n] * s[n-1] + values[n]``.

    All blocks are walked at once, one place at a time; then each takes what the one before it left.
    """
    count = len(values)
    blocks = -(-count // SCAN)
    keep, add = np.zeros(blocks * SCAN), np.zeros(blocks * SCAN)
    keep[:count], add[:count] = kept, values
    keep = np.ascontiguousarray(keep.reshape(blocks, SCAN).T)
    add = np.ascontiguousarray(add.reshape(blocks, SCAN).T)
    for place in range(1, SCAN):
        add[place] += keep[place] * add[place - 1]
        keep[place] *= keep[place - 1]
    carried, carry = np.empty(blocks), 0.0
    ends = zip(keep[-1].tolist(), add[-1].tolist(), strict=True)
    for index, (share, own) in enumerate(ends):
        carried[index] = carry
        carry = carry * share + own
    add += keep * carried
    return np.ascontiguousarray(add.T).reshape(-1)[:count]


def _mean(scaled: Floats, window: int, values: Floats, scale: float) -> Floats:
    """Returns the mean of the last ``window`` points, of fewer at the start."""
    window = min(window, len(values))
    counts = np.minimum(np.arange(1, len(values) + 1), window)
    averaged = _windowed(scaled, window, np.add) / counts * scale
    clipped: Floats = np.clip(
        averaged, _windowed(values, window, np.minimum), _windowed(values, window, np.maximum)
    )
    return clipped


def _windowed(values: Floats, window: int, reduce: np.ufunc) -> Floats:
    """Returns ``reduce`` of the last ``window`` values at each place.

    Two running results, one forwards and one backwards through blocks of ``window``, meet in every
    window: nothing is ever subtracted, so a spike leaves no rounding behind when it goes.

    Source: van Herk, Pattern Recognition Letters 13 (1992), for minimum and maximum.
    """
    count = len(values)
    blocks = -(-count // window)
    rest = np.inf if reduce is np.minimum else -np.inf if reduce is np.maximum else 0.0
    padded = np.full(blocks * window, rest)
    padded[:count] = values
    cells = padded.reshape(blocks, window)
    forwards = reduce.accumulate(cells, axis=1).reshape(-1)
    backwards = reduce.accumulate(cells[:, ::-1], axis=1)[:, ::-1].reshape(-1)
    found: Floats = forwards[:count].copy()
    places = np.arange(window, count)
    places = places[places % window != window - 1]  # there the block itself is the window
    found[places] = reduce(forwards[places], backwards[places - window + 1])
    return found


def _gaussian(scaled: Floats, sigma: float, values: Floats, scale: float) -> Floats:
    """Returns the mean weighed by a bell of ``sigma`` points, by its inner part at the ends."""
    reach = min(max(math.ceil(GAUSSIAN_REACH * sigma), 1), len(values))
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weighed = _convolved(scaled, bell) / _convolved(np.ones(len(scaled)), bell) * scale
    # The points around each place, reach to both sides: their extremes hold what rounding adds.
    edge = np.full(reach, values[-1])
    window = min(2 * reach + 1, len(values) + reach)
    low = _windowed(np.concatenate([values, edge]), window, np.minimum)[reach:]
    high = _windowed(np.concatenate([values, edge]), window, np.maximum)[reach:]
    clipped: Floats = np.clip(weighed, low, high)
    return clipped


def _convolved(values: Floats, bell: Floats) -> Floats:
    """Returns the middle of the convolution, as long as ``values``."""
    reach = len(bell) // 2
    if len(bell) <= DIRECT or len(values) <= DIRECT:
        whole = np.convolve(values, bell)
    else:
        length = 1 << (len(values) + len(bell) - 2).bit_length()
        spectrum = np.fft.rfft(values, length) * np.fft.rfft(bell, length)
        whole = np.fft.irfft(spectrum, length)
    middle: Floats = whole[reach : reach + len(values)]
    return middle
