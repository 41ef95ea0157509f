# SPDX-License-Identifier: Apache-2.0
"""One Parquet file for all metrics of a finished run (formats.md F2).

* Columns key, step, time, value; row groups hold one key each, sorted (key, file, position).
* Page checksums cover the pages; a checksummed index in the footer names each row group's key,
  its row count and the CRC-32 of its decoded arrays. So a flipped byte anywhere, page headers
  and footer included, is refused and never read as another number.
* Other engines read the same file as plain Parquet.
* A file is made in memory, so that its bytes can be read back, hashed and then written once.
"""

import contextlib
import itertools
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from strongroom.domain.errors import Untrusted
from strongroom.journal.series import Series, concat

FORMAT = 1
GROUP_POINTS = 1 << 23  # points in one row group: 200 MB decoded, what a reader holds at once
FREE_POINTS = 1 << 20  # up to here a group may be compressed to nothing (a constant series)
POINTS_PER_BYTE = 64  # beyond: no series of ours is denser, so a denser group is a bomb
TOGETHER_POINTS = 1 << 16  # so many are packed or unpacked with one call, whatever their metrics
TINY_POINTS = 256  # a metric; up to here compression saves nothing and costs most of the writing
MAX_INDEX_BYTES = 64 << 20  # footer and index of a run with 100,000 metrics
_INDEX = b"strongroom"
_SCHEMA = pa.schema(
    [
        pa.field("key", pa.string(), nullable=False),
        pa.field("step", pa.int64(), nullable=False),
        pa.field("time", pa.int64(), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
    ]
)
_POINT = ["step", "time", "value"]
_ENCODINGS = {
    "step": "DELTA_BINARY_PACKED",
    "time": "DELTA_BINARY_PACKED",
    "value": "BYTE_STREAM_SPLIT",
}


@dataclass(frozen=True, slots=True)
class _Group:
    """One row group as the index knows it."""

    key: str
    count: int
    crc: int


@dataclass(frozen=True, slots=True)
class _File:
    """An open file, its name for messages and its size in bytes."""

    parquet: pq.ParquetFile
    name: str
    size: int


def write_metrics(path: Path, metrics: Mapping[str, Series]) -> None:
    """Writes a new file with all series; empty series are left out.

    Raises:
        OSError: If the disk did not take it.
    """
    path.write_bytes(encode_metrics(metrics))


def encode_metrics(metrics: Mapping[str, Series]) -> memoryview:
    """Returns the bytes of a file with all series; empty series are left out."""
    parts = [part for key in sorted(metrics) for part in _parts(key, metrics[key])]
    points = sum(len(part) for _, part in parts)
    if points <= TINY_POINTS * len(parts):
        return memoryview(_encode(parts, "none"))
    data = _encode(parts, "zstd")
    with _opened(data, "") as file:
        is_dense = any(_is_bomb(file, number) for number in range(file.parquet.num_row_groups))
    if is_dense:  # a huge constant series: written long, so that density stays a sign of attack
        data = _encode(parts, "none")
    return memoryview(data)


def decode_metrics(data: memoryview, name: str) -> dict[str, Series]:
    """Returns all series in the bytes of a file; the name is for messages.

    Raises:
        Untrusted: As `read_metrics`.
    """
    with _opened(pa.py_buffer(data), name) as file:
        return _read_all(file)


def keys(path: Path) -> tuple[str, ...]:
    """Returns the metrics in a file, sorted.

    Raises:
        Untrusted: ``E-HASH`` if the file was changed, ``E-FORMAT`` if it is another kind of file.
    """
    with _open(path) as file:
        return tuple(dict.fromkeys(group.key for group in _index(file)))


def read_metric(path: Path, key: str) -> Series:
    """Returns one series; empty if the file has no such metric.

    Raises:
        Untrusted: ``E-HASH`` if the file was changed, ``E-BOMB`` if it expands beyond its budget.
    """
    with _open(path) as file:
        index = _index(file)
        found = [_read_group(file, i, group) for i, group in enumerate(index) if group.key == key]
    return concat(found)


def read_metrics(path: Path) -> dict[str, Series]:
    """Returns all series by metric.

    Raises:
        Untrusted: ``E-HASH`` if the file was changed, ``E-BOMB`` if it expands beyond its budget.
    """
    with _open(path) as file:
        return _read_all(file)


def _read_all(file: _File) -> dict[str, Series]:
    index = _index(file)
    if sum(group.count for group in index) <= TOGETHER_POINTS:
        parts = _read_together(file, index)
    else:
        parts = [_read_group(file, number, group) for number, group in enumerate(index)]
    found: dict[str, list[Series]] = {}
    for group, series in zip(index, parts, strict=True):
        found.setdefault(group.key, []).append(series)
    return {key: concat(each) for key, each in found.items()}


def _parts(key: str, series: Series) -> Iterator[tuple[str, Series]]:
    for start in range(0, len(series), GROUP_POINTS):
        cut = slice(start, start + GROUP_POINTS)
        yield key, Series(series.steps[cut], series.times_us[cut], series.values[cut])


def _encode(parts: list[tuple[str, Series]], compression: str) -> pa.Buffer:
    index = [[key, len(part), _checksum(part)] for key, part in parts]
    text = json.dumps({"format": FORMAT, "groups": index}, ensure_ascii=True).encode()
    sealed = b"%08x" % zlib.crc32(text) + text
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        _SCHEMA,
        compression=compression,
        use_dictionary=["key"],
        column_encoding=_ENCODINGS,
        write_page_checksum=True,
        write_statistics=["key", "step"],
        store_schema=False,
    ) as writer:
        writer.add_key_value_metadata({_INDEX: sealed})
        for batch in _batches(parts):
            names = [pa.repeat(pa.scalar(key, pa.string()), len(part)) for key, part in batch]
            series = concat([part for _, part in batch])
            columns = [series.steps, series.times_us, series.values]
            table = pa.Table.from_arrays(
                [pa.concat_arrays(names), *(pa.array(each) for each in columns)], schema=_SCHEMA
            )
            writer.write_table(table, row_group_size=len(batch[0][1]))  # cuts between the metrics
    return sink.getvalue()


def _batches(parts: list[tuple[str, Series]]) -> Iterator[list[tuple[str, Series]]]:
    """Yields neighbours of the same length together, while they are small."""
    for count, group in itertools.groupby(parts, key=lambda part: len(part[1])):
        step = max(1, TOGETHER_POINTS // count)
        equal = list(group)
        for start in range(0, len(equal), step):
            yield equal[start : start + step]


@contextlib.contextmanager
def _open(path: Path) -> Iterator[_File]:
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - 8))
        footer = stream.read(4)
    with _parsed(path, path.name, size, footer) as file:
        yield file


@contextlib.contextmanager
def _opened(data: pa.Buffer, name: str) -> Iterator[_File]:
    footer = data[max(0, data.size - 8) :].to_pybytes()[:4]
    with _parsed(pa.BufferReader(data), name, data.size, footer) as file:
        yield file


@contextlib.contextmanager
def _parsed(source: Path | pa.BufferReader, name: str, size: int, footer: bytes) -> Iterator[_File]:
    if size < 12 or int.from_bytes(footer, "little") > min(size, MAX_INDEX_BYTES):
        raise _changed(name, "its end is not that of a Parquet file")
    try:
        file = pq.ParquetFile(source, page_checksum_verification=True, memory_map=False)
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise _changed(name, _first_line(error)) from error
    with file:
        yield _File(file, name, size)


def _index(file: _File) -> list[_Group]:
    metadata = file.parquet.metadata
    sealed = (metadata.metadata or {}).get(_INDEX, b"")
    if sealed[:8] != b"%08x" % zlib.crc32(sealed[8:]) or len(sealed) < 9:
        raise _changed(file.name, "its index is damaged or missing")
    document = json.loads(sealed[8:])
    if document["format"] != FORMAT:
        raise Untrusted(
            "E-FORMAT",
            f"{file.name} has format {document['format']}",
            "A newer Strongroom wrote it; open it there.",
        )
    groups = [_Group(*entry) for entry in document["groups"]]
    counts = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    if counts != [group.count for group in groups]:
        raise _changed(file.name, "its row groups are not those of its index")
    return groups


def _read_group(file: _File, number: int, group: _Group) -> Series:
    if _is_bomb(file, number):
        raise Untrusted(
            "E-BOMB",
            f"{file.name} expands to {group.count:,} points from almost nothing",
            "It was not written by Strongroom and was not read.",
        )
    series = _decoded(file, [number], use_threads=group.count > TOGETHER_POINTS)
    return _checked(file, series, group)


def _read_together(file: _File, index: list[_Group]) -> list[Series]:
    """Returns the series of all groups, which are few points in all."""
    points = _decoded(file, list(range(len(index))), use_threads=False)
    if len(points) != sum(group.count for group in index):
        raise _changed(file.name, "it holds more or less points than its index says")
    found, start = [], 0
    for group in index:
        cut = slice(start, start + group.count)
        part = Series(points.steps[cut], points.times_us[cut], points.values[cut])
        found.append(_checked(file, part, group))
        start = cut.stop
    return found


def _decoded(file: _File, numbers: list[int], *, use_threads: bool) -> Series:
    if not numbers:
        return Series.empty()
    try:
        table = file.parquet.read_row_groups(numbers, columns=_POINT, use_threads=use_threads)
        return Series(
            _array(table, "step", np.dtype(np.int64)),
            _array(table, "time", np.dtype(np.int64)),
            _array(table, "value", np.dtype(np.float64)),
        )
    except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError, MemoryError) as error:
        raise _changed(file.name, _first_line(error)) from error


def _checked(file: _File, series: Series, group: _Group) -> Series:
    if len(series) != group.count or _checksum(series) != group.crc:
        raise _changed(file.name, "the decoded points are not those that were written")
    return series


def _array(table: pa.Table, name: str, kind: np.dtype[Any]) -> npt.NDArray[Any]:
    found: npt.NDArray[Any] = table.column(name).combine_chunks().to_numpy()
    if found.dtype != kind:
        raise ValueError(f"the column {name} has the type {found.dtype}")
    return found


def _is_bomb(file: _File, number: int) -> bool:
    group = file.parquet.metadata.row_group(number)
    if group.num_rows <= FREE_POINTS:
        return False
    claimed = sum(group.column(i).total_compressed_size for i in range(group.num_columns))
    stored = min(claimed, file.size)
    return bool(group.num_rows > GROUP_POINTS or group.num_rows > stored * POINTS_PER_BYTE)


def _checksum(series: Series) -> int:
    crc = zlib.crc32(np.ascontiguousarray(series.steps).data)
    crc = zlib.crc32(np.ascontiguousarray(series.times_us).data, crc)
    return zlib.crc32(np.ascontiguousarray(series.values).data, crc)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]


def _changed(name: str, why: str) -> Untrusted:
    return Untrusted(
        "E-HASH",
        f"{name} was changed after it was written ({why})",
        "Copy the run folder again from where it came; the numbers in it are not shown.",
    )
