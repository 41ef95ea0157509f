# SPDX-License-Identifier: Apache-2.0
"""Reads the Parquet of a sealed run: exact points back, or a refusal; never other numbers.

* Every part that is handed out was decoded and found to have the CRC-32 the index names.
* Only the row groups that hold what is asked are read; some 25 MB of points are held at once.
* The older format, one metric a row group, is read like the present one.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from strongroom.domain.errors import Untrusted
from strongroom.journal.compact import INDEX_NAME, checksum
from strongroom.journal.points_index import (
    MAX_INDEX_BYTES,
    BadIndex,
    NewerIndex,
    PointsIndex,
    unpack_index,
)
from strongroom.journal.series import EVERYWHERE, Series, StepRange, concat

TOGETHER_POINTS = 1 << 20  # decoded with one call: 25 MB
FREE_POINTS = 1 << 20  # up to here a row group may be compressed to nothing (a constant series)
POINTS_PER_BYTE = 64  # beyond: no series of ours is denser, so a denser group is a bomb
READ_WHOLE = 1 << 18  # bytes; a file so small is read with one call instead of piece by piece
FEW_POINTS = 1 << 16  # for fewer, a second thread costs more than it saves
_POINT = ["step", "time", "value"]


class CompactedPoints:
    """An open file; made by `open_points`, closed with its block."""

    def __init__(self, parquet: pq.ParquetFile, index: PointsIndex, name: str, size: int) -> None:
        self._parquet = parquet
        self._index = index
        self._rows = index.group_rows()
        self._name = name
        self._size = size
        self._decoded: tuple[int, int, Series] = (0, 0, Series.empty())

    def names(self) -> tuple[str, ...]:
        """Returns the metrics, sorted."""
        return self._index.keys

    def count(self, key: str, steps: StepRange = EVERYWHERE) -> int:
        """Returns how many points a metric has, or at most has inside a range of steps."""
        return int(self._index.count[self._wanted(key, steps)].sum())

    def pieces(self, key: str, steps: StepRange = EVERYWHERE) -> Iterator[Series]:
        """Yields the points of a metric in the order they were written, piece after piece.

        Raises:
            Untrusted: ``E-HASH`` if they were changed, ``E-BOMB`` if they expand beyond bounds.
        """
        for part, series in self._parts(self._wanted(key, steps)):
            first, last = int(self._index.first[part]), int(self._index.last[part])
            yield series if steps.covers(first, last) else steps.of(series)

    def stretch(self, key: str, start: int, stop: int) -> Iterator[Series]:
        """Yields the points of a metric from one place to another, counted as they were written.

        Raises:
            Untrusted: As `pieces`.
        """
        found = self._index.parts_of(key)
        ends = np.cumsum(self._index.count[found])
        begins = ends - self._index.count[found]
        wanted = np.flatnonzero((ends > start) & (begins < stop))
        for place, (_, series) in zip(
            wanted.tolist(), self._parts(wanted + (found.start or 0)), strict=True
        ):
            begin = int(begins[place])
            yield series.cut(slice(max(0, start - begin), stop - begin))

    def all(self) -> Iterator[tuple[str, Series]]:
        """Yields every part with its metric, in the order of the file. Raises as `pieces`."""
        for part, series in self._parts(np.arange(len(self._index.key))):
            yield self._index.keys[int(self._index.key[part])], series

    def _wanted(self, key: str, steps: StepRange) -> npt.NDArray[np.intp]:
        found = self._index.parts_of(key)
        is_wanted = steps.meets(self._index.first[found], self._index.last[found])
        return np.flatnonzero(is_wanted) + (found.start or 0)

    def _parts(self, parts: npt.NDArray[np.intp]) -> Iterator[tuple[int, Series]]:
        index = self._index
        for at, part in enumerate(parts.tolist()):
            points, begin = self._held(int(index.group[part]), parts[at:])
            start = begin + int(index.row[part])
            series = points.cut(slice(start, start + int(index.count[part])))
            if checksum(series) != int(index.crc[part]):
                raise changed(self._name, "the decoded points are not those that were written")
            yield part, series

    def _held(self, group: int, parts: npt.NDArray[np.intp]) -> tuple[Series, int]:
        """Returns decoded neighbours of a row group, and where it begins among them."""
        first, end, points = self._decoded
        if not first <= group < end:
            first, end = group, group + 1
            wanted = set(self._index.group[parts[:TOGETHER_POINTS]].tolist())
            held = self._rows[group]
            while end in wanted and held + self._rows[end] <= TOGETHER_POINTS:
                held += self._rows[end]
                end += 1
            self._decoded = (0, 0, Series.empty())  # let go of the one before first
            points = self._decode(first, end)
            self._decoded = first, end, points
        return points, sum(self._rows[first:group])

    def _decode(self, first: int, end: int) -> Series:
        for number in range(first, end):
            self._refuse_bomb(number)
        rows = sum(self._rows[first:end])
        try:
            table = self._parquet.read_row_groups(
                list(range(first, end)), columns=_POINT, use_threads=rows > FEW_POINTS
            )
            points = Series(
                _array(table, "step", np.dtype(np.int64)),
                _array(table, "time", np.dtype(np.int64)),
                _array(table, "value", np.dtype(np.float64)),
            )
        except _FAULTS as error:
            raise changed(self._name, _first_line(error)) from error
        if len(points) != rows:
            raise changed(self._name, "it holds more or less points than its index says")
        return points

    def _refuse_bomb(self, number: int) -> None:
        rows = self._rows[number]
        if rows <= FREE_POINTS:
            return
        group = self._parquet.metadata.row_group(number)
        claimed = sum(group.column(i).total_compressed_size for i in range(group.num_columns))
        if rows > min(claimed, self._size) * POINTS_PER_BYTE:
            raise Untrusted(
                "E-BOMB",
                f"{self._name} expands to {rows:,} points from almost nothing",
                "It was not written by Strongroom and was not read.",
            )


@contextlib.contextmanager
def open_points(source: Path | memoryview, name: str = "") -> Iterator[CompactedPoints]:
    """Opens a file, or the bytes of one.

    Args:
        source: Where it lies, or what it holds.
        name: What messages call it; a file's own name if "".

    Raises:
        Untrusted: ``E-HASH`` if it was changed, ``E-FORMAT`` if a newer version wrote it.
        OSError: If it cannot be read.
    """
    if isinstance(source, Path):
        name = name or source.name
        with source.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - 8) if size > READ_WHOLE else 0)
            read = stream.read(READ_WHOLE)
        footer = read[-8:][:4]
        if size <= READ_WHOLE:
            source, size = memoryview(read), len(read)
    else:
        size = len(source)
        footer = bytes(source[max(0, size - 8) :][:4])
    if size < 12 or int.from_bytes(footer, "little") > min(size, MAX_INDEX_BYTES):
        raise changed(name, "its end is not that of a Parquet file")
    try:
        parquet = pq.ParquetFile(
            source if isinstance(source, Path) else pa.BufferReader(pa.py_buffer(source)),
            page_checksum_verification=True,
            memory_map=False,
        )
    except _FAULTS as error:
        raise changed(name, _first_line(error)) from error
    with parquet:
        yield CompactedPoints(parquet, _index_of(parquet, name), name, size)


def keys(path: Path) -> tuple[str, ...]:
    """Returns the metrics in a file, sorted. Raises as `open_points`."""
    with open_points(path) as points:
        return points.names()


def read_metric(path: Path, key: str) -> Series:
    """Returns one series; empty if the file has no such metric.

    Raises:
        Untrusted: ``E-HASH`` if the file was changed, ``E-BOMB`` if it expands beyond its budget.
    """
    with open_points(path) as points:
        return concat(list(points.pieces(key)))


def read_metrics(path: Path) -> dict[str, Series]:
    """Returns all series by metric. Raises as `read_metric`."""
    found: dict[str, list[Series]] = {}
    with open_points(path) as points:
        for key, series in points.all():
            found.setdefault(key, []).append(series)
    return {key: concat(each) for key, each in found.items()}


def changed(name: str, why: str) -> Untrusted:
    """Returns the error that says a file is not what was written."""
    return Untrusted(
        "E-HASH",
        f"{name} was changed after it was written ({why})",
        "Copy the run folder again from where it came; the numbers in it are not shown.",
    )


def _index_of(parquet: pq.ParquetFile, name: str) -> PointsIndex:
    metadata = parquet.metadata
    try:
        index = unpack_index((metadata.metadata or {}).get(INDEX_NAME, b""))
    except NewerIndex as error:
        raise Untrusted(
            "E-FORMAT", f"{name}: {error}", "A newer Strongroom wrote it; open it there."
        ) from error
    except BadIndex as error:
        raise changed(name, str(error)) from error
    counts = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    if counts != index.group_rows():
        raise changed(name, "its row groups are not those of its index")
    return index


def _array(table: pa.Table, name: str, kind: np.dtype[Any]) -> npt.NDArray[Any]:
    found: npt.NDArray[Any] = table.column(name).combine_chunks().to_numpy()
    if found.dtype != kind:
        raise ValueError(f"the column {name} has the type {found.dtype}")
    return found


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]


_FAULTS = (pa.ArrowException, OSError, ValueError, KeyError, OverflowError, MemoryError)
