# SPDX-License-Identifier: Apache-2.0
"""The runs that everybody writes who is measured here; the standard library only."""

import random
from collections.abc import Iterator

FILTER = "metrics.m0 > 0.5 and params.p0 != 'v3'"  # four runs in nine
ORDER = "metrics.m1 DESC"
PAGE = 100

Made = tuple[str, dict[str, str], dict[str, float]]
"""Name, params and metrics of a run."""


def runs(start: int, count: int) -> Iterator[Made]:
    """Yields runs, the same for the same numbers, whoever asks."""
    for number in range(start, start + count):
        chance = random.Random(number)
        params = {f"p{index}": f"v{chance.randrange(8)}" for index in range(20)}
        yield f"run-{number:06}", params, {f"m{index}": chance.random() for index in range(10)}


def points(count: int) -> list[float]:
    """Returns the points of one metric."""
    chance = random.Random(count)
    return [chance.random() for _ in range(count)]
