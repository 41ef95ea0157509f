# SPDX-License-Identifier: Apache-2.0
"""Writes one Parquet file for all metrics of a finished run (formats.md F2, ADR 35).

* Columns key, step, time, value; sorted (key, file, position). Small metrics share a row group, a
  long one has several, so that a stretch of it can be read without the rest.
* Points come metric after metric, in pieces: one row group is held at a time, whatever the run has.
* Page checksums cover the pages, `points_index` everything else.
* Other engines read the same file as plain Parquet.
"""

import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from strongroom.journal.points_index import pack_index
from strongroom.journal.series import Series, concat

GROUP_POINTS = 1 << 17  # of a long metric: 1 MB as it lies, 3 MB decoded, a millisecond to read
SHARED_POINTS = 1 << 14  # a row group that has so many takes in no further metric
TINY_POINTS = 1 << 12  # a run; up to here compression saves nothing and costs most of the writing
INDEX_NAME = b"strongroom"
_SCHEMA = pa.schema(
    [
        pa.field("key", pa.string(), nullable=False),
        pa.field("step", pa.int64(), nullable=False),
        pa.field("time", pa.int64(), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
    ]
)
_ENCODINGS = {
    "step": "DELTA_BINARY_PACKED",
    "time": "DELTA_BINARY_PACKED",
    "value": "BYTE_STREAM_SPLIT",
}


class PointsWriter:
    """A file that is being written; use it in a ``with`` block.

    Args:
        sink: Where the bytes go: an Arrow stream.
        points: How many points there will be, about.
    """

    def __init__(self, sink: pa.NativeFile, points: int) -> None:
        self._writer = pq.ParquetWriter(
            sink,
            _SCHEMA,
            compression="zstd" if points > TINY_POINTS else "none",
            use_dictionary=["key"],
            column_encoding=_ENCODINGS,
            write_page_checksum=True,
            write_statistics=["key", "step"],
            store_schema=False,
        )
        self._keys: list[str] = []
        self._parts: list[tuple[int, int, int, int, int, int]] = []
        self._waiting: list[tuple[int, list[Series]]] = []
        self._held = 0
        self._groups = 0

    def add(self, key: str, pieces: Iterable[Series]) -> None:
        """Adds all points of a metric; metrics come in the order of their names."""
        place = len(self._keys)
        if self._held >= SHARED_POINTS:
            self._flush()
        for piece in pieces:
            start = 0
            while start < len(piece):
                if place == len(self._keys):
                    self._keys.append(key)
                end = start + GROUP_POINTS - self._held
                self._take(place, piece.cut(slice(start, end)))
                start = end
                if self._held >= GROUP_POINTS:
                    self._flush()

    def _take(self, place: int, part: Series) -> None:
        self._held += len(part)
        if self._waiting and self._waiting[-1][0] == place:
            self._waiting[-1][1].append(part)
        else:
            self._waiting.append((place, [part]))

    def _flush(self) -> None:
        """Writes what waits as one row group."""
        if not self._waiting:
            return
        parts = [(place, concat(pieces)) for place, pieces in self._waiting]
        for place, part in parts:
            steps = int(part.steps.min()), int(part.steps.max())
            self._parts.append((place, self._groups, len(part), checksum(part), *steps))
        places = [place for place, _ in parts]
        counts = [len(part) for _, part in parts]
        names = pa.array(self._keys[places[0] :], pa.string())
        rows = np.repeat(np.array(places) - places[0], counts)
        points = concat([part for _, part in parts])
        table = pa.Table.from_arrays(
            [
                names.take(pa.array(rows)),
                pa.array(points.steps),
                pa.array(points.times_us),
                pa.array(points.values),
            ],
            schema=_SCHEMA,
        )
        self._writer.write_table(table, row_group_size=len(points))
        self._waiting, self._held = [], 0
        self._groups += 1

    def close(self) -> None:
        """Writes what is left, and the footer."""
        self._flush()
        self._writer.add_key_value_metadata({INDEX_NAME: pack_index(self._keys, self._parts)})
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _value: object, _trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()


def write_metrics(path: Path, metrics: Mapping[str, Series]) -> None:
    """Writes a new file with all series; empty series are left out.

    Raises:
        OSError: If the disk did not take it.
    """
    path.write_bytes(encode_metrics(metrics))


def encode_metrics(metrics: Mapping[str, Series]) -> memoryview:
    """Returns the bytes of a file with all series; empty series are left out."""
    sink = pa.BufferOutputStream()
    with PointsWriter(sink, sum(map(len, metrics.values()))) as writer:
        for key in sorted(metrics):
            writer.add(key, [metrics[key]])
    return memoryview(sink.getvalue())


def checksum(series: Series) -> int:
    """Returns the CRC-32 of all steps, all times, all values."""
    crc = zlib.crc32(np.ascontiguousarray(series.steps).data)
    crc = zlib.crc32(np.ascontiguousarray(series.times_us).data, crc)
    return zlib.crc32(np.ascontiguousarray(series.values).data, crc)
