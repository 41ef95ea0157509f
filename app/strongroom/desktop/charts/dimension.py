# SPDX-License-Identifier: Apache-2.0
"""One variable of many runs, as a plot over runs is given it: numbers, times or categories.

Laws: every place is a float64 a run, NaN where the run has nothing that can be placed; categories
lie at 0, 1, 2 … in the order given; texts are shown, never parsed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike

from strongroom.desktop.charts.scale import Range
from strongroom.desktop.charts.series import FloatArray
from strongroom.desktop.charts.ticks import (
    AT_MOST,
    Ticks,
    clock_ticks,
    duration_text,
    duration_ticks,
    log_ticks,
    number_ticks,
    value_text,
)

MISSING = "—"
LOG_FROM = 100.0  # times between smallest and largest value: then an axis starts as a logarithm


class Measure(Enum):
    """Names what a dimension counts."""

    NUMBER = "number"
    DURATION = "duration"  # seconds
    TIME = "time"  # seconds since 1970 UTC
    CATEGORY = "category"


_TICKS = {
    Measure.NUMBER: number_ticks,
    Measure.DURATION: duration_ticks,
    Measure.TIME: clock_ticks,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dimension:
    """Is one variable: ``numbers`` a run (a place in ``categories`` for categories).

    Attributes:
        key: What it is called between chart and page; unique among the dimensions of a plot.
        title: What people read.
        unit: Stands behind the title, "" for none.
        is_log: Places are log10 of the numbers; numbers of 0 and below have no place.
    """

    key: str
    title: str
    numbers: FloatArray
    measure: Measure = Measure.NUMBER
    categories: tuple[str, ...] = ()
    unit: str = ""
    is_log: bool = False
    places: FloatArray = field(init=False)
    _extent: Range | None = field(init=False)

    def __post_init__(self) -> None:
        places = self.places_of(self.numbers)
        known = places[~np.isnan(places)]
        extent = (float(known.min()), float(known.max())) if len(known) else None
        if self.is_category:
            extent = (-0.5, len(self.categories) - 0.5) if len(self.categories) else None
        object.__setattr__(self, "places", places)
        object.__setattr__(self, "_extent", extent)

    @property
    def is_category(self) -> bool:
        """Whether its values are categories."""
        return self.measure is Measure.CATEGORY

    @property
    def can_be_log(self) -> bool:
        """Whether a logarithm shows at least two different values of it."""
        if self.measure not in {Measure.NUMBER, Measure.DURATION}:
            return False
        positive = self.numbers[np.isfinite(self.numbers) & (self.numbers > 0)]
        return len(positive) > 1 and positive.min() < positive.max()

    def places_of(self, numbers: ArrayLike) -> FloatArray:
        """Returns where numbers lie on the axis, NaN where it cannot show them."""
        given = np.asarray(numbers, np.float64)
        if not self.is_log:
            return np.where(np.isfinite(given), given, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log10(given)
        return np.where(np.isfinite(logs), logs, np.nan)

    def number_at(self, place: float) -> float:
        """Returns the number of a place on the axis."""
        return 10.0 ** min(place, 308.0) if self.is_log else place

    def extent(self) -> Range | None:
        """Returns the lowest and highest place, None without any."""
        return self._extent

    def ticks(self, low: float, high: float, most: int = AT_MOST) -> Ticks:
        """Returns the ticks between two places."""
        if self.is_category:
            return self._category_ticks(low, high, most)
        if self.is_log:
            return log_ticks(low, high, most)
        return _TICKS[self.measure](low, high, most)

    def text(self, row: int) -> str:
        """Returns the value of a run in words, a dash where it has none."""
        return self.number_text(float(self.numbers[row]))

    def number_text(self, number: float) -> str:
        """Returns a number of this dimension in words."""
        if math.isnan(number):
            return MISSING
        if self.is_category:
            code = round(number)
            return self.categories[code] if 0 <= code < len(self.categories) else MISSING
        if self.measure is Measure.DURATION:
            return duration_text(number)
        if self.measure is Measure.TIME:
            return _moment(number)
        if math.isinf(number):
            return "∞" if number > 0 else "-∞"
        return value_text(number)

    @property
    def heading(self) -> str:
        """The title with its unit and scale."""
        notes = [note for note in (self.unit, "log" if self.is_log else "") if note]
        return f"{self.title}, {', '.join(notes)}" if notes else self.title

    def _category_ticks(self, low: float, high: float, most: int) -> Ticks:
        first, last = max(0, math.ceil(low)), min(len(self.categories) - 1, math.floor(high))
        stride = max(1, math.ceil((last - first + 1) / max(most, 1)))
        codes = range(first, last + 1, stride)
        return Ticks(
            step=1.0,
            values=tuple(float(code) for code in codes),
            labels=tuple(self.categories[code] for code in codes),
        )


def of_categories(
    key: str, title: str, codes: ArrayLike, categories: Sequence[str], unit: str = ""
) -> Dimension:
    """Returns a dimension of categories; a code below 0 is a run without one."""
    given = np.asarray(codes, np.float64)
    return Dimension(
        key=key,
        title=title,
        numbers=np.where(given >= 0, given, np.nan),
        measure=Measure.CATEGORY,
        categories=tuple(categories),
        unit=unit,
    )


def spans_decades(numbers: ArrayLike) -> bool:
    """Returns whether numbers are all above 0 and so far apart that a logarithm shows more."""
    known = np.asarray(numbers, np.float64)
    known = known[np.isfinite(known)]
    if not len(known) or known.min() <= 0:
        return False
    return math.log10(known.max()) - math.log10(known.min()) >= math.log10(LOG_FROM)


def _moment(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return MISSING
