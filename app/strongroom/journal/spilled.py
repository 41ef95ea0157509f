# SPDX-License-Identifier: Apache-2.0
"""The points of a large run, sorted by metric on the disk instead of in memory.

* Each metric has its place in one file, found from how many points it has; stretches are written
  where they belong as they are read, and read back metric after metric.
* The file has no name, or loses it when it is closed: nothing is left behind by a crash.
"""

import io
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np

from strongroom.journal.series import Series

PIECE_POINTS = 1 << 17
_POINT = np.dtype([("step", "<i8"), ("time_us", "<i8"), ("value", "<f8")])


class Spilled:
    """Takes points as they are read; use it in a ``with`` block.

    Args:
        folder: Where there is room for 24 bytes a point.
        counts: How many points each metric has.

    Raises:
        OSError: If the file cannot be made.
    """

    def __init__(self, folder: Path, counts: Mapping[str, int]) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
        self._start: dict[str, int] = {}
        self._count = dict(sorted(counts.items()))
        self._taken = dict.fromkeys(self._count, 0)
        start = 0
        for key, count in self._count.items():
            self._start[key] = start
            start += count

    def add(self, key: str, series: Series) -> None:
        """Takes the next points of a metric.

        Raises:
            ValueError: If there are more than were counted: somebody goes on writing.
            OSError: If the disk did not take them.
        """
        taken = self._taken.get(key, 0)
        if taken + len(series) > self._count.get(key, 0):
            raise ValueError("the run grew while it was read")
        points = np.empty(len(series), _POINT)
        points["step"], points["time_us"] = series.steps, series.times_us
        points["value"] = series.values
        self._file.seek((self._start[key] + taken) * _POINT.itemsize)
        left = memoryview(points.tobytes())
        while left:
            left = left[self._file.write(left) :]
        self._taken[key] = taken + len(series)

    def names(self) -> tuple[str, ...]:
        """Returns the metrics, sorted."""
        return tuple(self._count)

    def is_whole(self) -> bool:
        """Whether every point that was counted has come."""
        return self._taken == self._count

    def pieces(self, key: str) -> Iterator[Series]:
        """Yields the points of a metric in the order they came.

        Raises:
            OSError: If the disk does not give back what it took.
        """
        done = 0
        while done < self._taken.get(key, 0):
            count = min(PIECE_POINTS, self._taken[key] - done)
            self._file.seek((self._start[key] + done) * _POINT.itemsize)
            data = _exactly(self._file, count * _POINT.itemsize)
            points = np.frombuffer(data, _POINT)
            yield Series(
                np.ascontiguousarray(points["step"]),
                np.ascontiguousarray(points["time_us"]),
                np.ascontiguousarray(points["value"]),
            )
            done += count

    def close(self) -> None:
        """Gives the room on the disk back."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _value: object, _trace: TracebackType | None
    ) -> None:
        self.close()


def _exactly(file: IO[bytes], size: int) -> bytes:
    found = io.BytesIO()
    while found.tell() < size:
        piece = file.read(size - found.tell())
        if not piece:
            raise OSError(5, "The file with sorted points is shorter than it was")
        found.write(piece)
    return found.getvalue()
