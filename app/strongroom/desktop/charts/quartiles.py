# SPDX-License-Identifier: Apache-2.0
"""What a box says of the numbers in it: median, quartiles, whiskers, and what lies outside.

Laws: quartiles interpolate between neighbours (Hyndman and Fan's seventh way, numpy's usual one);
whiskers end at the last number within 1.5 times the height of the box (Tukey); every number beyond
them is shown by itself; numbers that are not finite are left out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strongroom.desktop.charts.series import FloatArray

TUKEY = 1.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Box:
    """Is one box; ``rows`` are its runs, ``outliers`` those of them beyond the whiskers."""

    code: int
    low: float
    lower: float
    median: float
    upper: float
    high: float
    rows: NDArray[np.intp]
    outliers: NDArray[np.intp]

    @property
    def count(self) -> int:
        """How many numbers it is of."""
        return len(self.rows)


def box_of(code: int, rows: NDArray[np.intp], numbers: FloatArray) -> Box | None:
    """Returns the box of these rows' numbers, None if none of them is finite."""
    rows = rows[np.isfinite(numbers[rows])]
    if not len(rows):
        return None
    values = numbers[rows]
    lower, median, upper = (float(each) for each in np.percentile(values, (25, 50, 75)))
    reach = TUKEY * (upper - lower)
    within = (values >= lower - reach) & (values <= upper + reach)
    # Between quartiles that were interpolated there may be no number at all: then no whisker.
    low = min(float(values[within].min()), lower) if within.any() else lower
    high = max(float(values[within].max()), upper) if within.any() else upper
    return Box(
        code=code,
        low=low,
        lower=lower,
        median=median,
        upper=upper,
        high=high,
        rows=rows,
        outliers=rows[~within],
    )


def boxes_of(codes: FloatArray, numbers: FloatArray, most: int) -> tuple[tuple[Box, ...], int]:
    """Returns a box a category, and how many categories there are in all.

    With more than ``most`` categories those with the most runs are kept, in the order of all.
    """
    there = ~np.isnan(codes) & np.isfinite(numbers)
    known, counts = np.unique(codes[there].astype(np.intp), return_counts=True)
    kept = np.sort(known[np.argsort(-counts, kind="stable")[:most]])
    found = (box_of(int(code), np.nonzero(codes == code)[0], numbers) for code in kept)
    return tuple(box for box in found if box is not None), len(known)
