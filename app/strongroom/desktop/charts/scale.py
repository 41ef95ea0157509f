# SPDX-License-Identifier: Apache-2.0
"""How data become places on the two axes: unit of x, logarithms, ticks, and what may be zoomed to.

Law: one frozen value; whoever holds it, on any thread, gets the same answers.
"""

import math
from dataclasses import dataclass

from strongroom.desktop.charts.ticks import (
    Ticks,
    XAxis,
    clock_ticks,
    duration_ticks,
    log_ticks,
    number_ticks,
)

PADDING = 0.015  # of the range, or the first and last labels disappear
LEAST_SHARE = 1e-11  # of a number; a shorter range has no pixels float64 can tell apart
Range = tuple[float, float]
_TICKS = {
    XAxis.STEP: number_ticks,
    XAxis.RELATIVE: duration_ticks,
    XAxis.TIME: clock_ticks,
    XAxis.METRIC: number_ticks,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Says what x counts and which axes are logarithmic."""

    x_axis: XAxis = XAxis.STEP
    log_x: bool = False
    log_y: bool = False

    def x_ticks(self, low: float, high: float, most: int = 5) -> Ticks:
        """Returns the ticks between two places on the x axis."""
        return (log_ticks if self.log_x else _TICKS[self.x_axis])(low, high, most)

    def y_ticks(self, low: float, high: float, most: int = 5) -> Ticks:
        """Returns the ticks between two places on the y axis."""
        return (log_ticks if self.log_y else number_ticks)(low, high, most)

    def x_place(self, x: float) -> float:
        """Returns where ``x`` lies on its axis; what a logarithm cannot show lies at -inf."""
        return _place(x, is_log=self.log_x)

    def y_place(self, y: float) -> float:
        """Returns where ``y`` lies on its axis; what a logarithm cannot show lies at -inf."""
        return _place(y, is_log=self.log_y)

    def x_value(self, place: float) -> float:
        """Returns the x of a place on the axis."""
        return _value(place, is_log=self.log_x)

    def y_value(self, place: float) -> float:
        """Returns the y of a place on the axis."""
        return _value(place, is_log=self.log_y)


def padded(low: float, high: float) -> Range:
    """Returns the range with 1.5 % at both ends; a single value gets room around it."""
    room = (high - low) * PADDING
    if room <= 0:
        room = abs(low) * 0.05 or 0.5
    return low - room, high + room


def widened(low: float, high: float, limits: tuple[float | None, float | None]) -> Range:
    """Returns the padded range with the ends a person has set, if there is room between them."""
    below, above = limits
    found = padded(low, high)
    set_ = (found[0] if below is None else below, found[1] if above is None else above)
    if can_show(*set_):
        return set_
    if below is not None and math.isfinite(below):
        return below, below + max(found[1] - found[0], abs(below) * 0.05, 1e-9)
    if above is not None and math.isfinite(above):
        return above - max(found[1] - found[0], abs(above) * 0.05, 1e-9), above
    return found


def zoomed(low: float, high: float, factor: float, share: float) -> Range | None:
    """Returns the range shrunk about ``share`` of it, or None when nobody could see it."""
    middle = low + (high - low) * share
    found = middle - (middle - low) * factor, middle + (high - middle) * factor
    return found if can_show(*found) else None


def can_show(low: float, high: float) -> bool:
    """Returns whether two numbers are apart enough to tell pixels between them."""
    size = max(abs(low), abs(high))
    is_finite = math.isfinite(low) and math.isfinite(high)
    return is_finite and LEAST_SHARE * size < high - low < 1e200


def _place(value: float, *, is_log: bool) -> float:
    if not is_log:
        return value
    return math.log10(value) if value > 0 else -math.inf


def _value(place: float, *, is_log: bool) -> float:
    return 10.0 ** min(place, 308.0) if is_log else place
