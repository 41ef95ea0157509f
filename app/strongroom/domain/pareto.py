# SPDX-License-Identifier: Apache-2.0
"""The Pareto front of two metrics: the choices that none of the others beats in both.

* One choice beats another if it is at least as good in both metrics and better in one; equal
  choices beat neither each other, so all of them stand on the front.
* A choice without both values takes no part.
"""

import math
from collections.abc import Sequence


def pareto_front(
    x: Sequence[float], y: Sequence[float], *, is_low_x: bool, is_low_y: bool
) -> tuple[int, ...]:
    """Returns the places of the front, from the best ``x`` to the best ``y``.

    Args:
        x: A number a choice; NaN has none.
        y: A number a choice; NaN has none.
        is_low_x: Whether a lower ``x`` is better.
        is_low_y: Whether a lower ``y`` is better.
    """
    costs_x = [each if is_low_x else -each for each in x]
    costs_y = [each if is_low_y else -each for each in y]
    there = [
        at
        for at in range(min(len(x), len(y)))
        if not (math.isnan(costs_x[at]) or math.isnan(costs_y[at]))
    ]
    there.sort(key=lambda at: (costs_x[at], costs_y[at], at))
    front: list[int] = []
    for at in there:
        last = front[-1] if front else at
        is_equal = (costs_x[at], costs_y[at]) == (costs_x[last], costs_y[last])
        if is_equal or costs_y[at] < costs_y[last]:
            front.append(at)
    return tuple(front)
