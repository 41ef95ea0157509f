# SPDX-License-Identifier: Apache-2.0
"""A sealed metric of more points than are drawn one by one: its stretches, read in pieces.

* Places count points as they were written; only the row groups of a stretch are read, and their
  checksums are verified on the way.
"""

from collections.abc import Iterator
from pathlib import Path

from strongroom.journal.series import Series, concat
from strongroom.store.run_state import METRICS_FILE
from strongroom.store.steady_reading import steadily

LONG = 1 << 20  # points; up to here a chart is given every one
TOGETHER = 1 << 20  # points handed on at once: 25 MB


def count_points(folder: Path, key: str) -> int:
    """Returns how many sealed points a metric has.

    Raises:
        Untrusted: ``E-HASH`` if the Parquet's own description does not hold.
        OSError: If there is no Parquet, or it cannot be read.
    """
    from strongroom.journal.compacted import open_points

    with open_points(folder / METRICS_FILE) as points:
        return points.count(key)


def stretch(folder: Path, key: str, start: int, stop: int) -> Series:
    """Returns the points from one place to another.

    Raises:
        Untrusted: ``E-HASH`` if they do not hold.
        OSError: If they cannot be read.
    """
    return steadily(folder, lambda: concat(list(pieces(folder, key, start, stop))))


def pieces(folder: Path, key: str, start: int, stop: int) -> Iterator[Series]:
    """Yields the same, at most about `TOGETHER` points at once. Raises as `stretch`."""
    from strongroom.journal.compacted import open_points

    held: list[Series] = []
    count = 0
    with open_points(folder / METRICS_FILE) as points:
        for piece in points.stretch(key, start, stop):
            held.append(piece)
            count += len(piece)
            if count >= TOGETHER:
                yield concat(held)
                held, count = [], 0
    if count:
        yield concat(held)
