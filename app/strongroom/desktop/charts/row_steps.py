# SPDX-License-Identifier: Apache-2.0
"""From run to run by keyboard: which one comes next in an order."""

import numpy as np
from numpy.typing import NDArray


def next_row(rows: NDArray[np.intp], current: int, sign: int) -> int:
    """Returns the row before or after ``current`` in ``rows``; an end where it is not among them.

    ``rows`` may not be empty; at its ends the row stays.
    """
    here = np.nonzero(rows == current)[0]
    at = int(here[0]) + sign if len(here) else (0 if sign > 0 else len(rows) - 1)
    return int(rows[min(max(at, 0), len(rows) - 1)])
