# SPDX-License-Identifier: Apache-2.0
"""One Parquet file for all metrics of a finished run (formats.md F2).

* Columns key, step, time, value; row groups hold one key each, sorted (key, file, position).
* Page checksums cover the pages; a checksummed index in the footer names each row group's key,
  its row count and the CRC-32 of its decoded arrays. So a flipped byte anywhere, page headers
  and footer included, is refused and never read as another number.
* Other engines read the same file as plain Parquet.
"""

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


def write_metrics(path: Path, metrics: Mapping[str, Series]) -> None:
    """Writes a new file with all series; empty series are left out.

    The caller writes to a temporary name, verifies (`read_metrics`) and renames.

    Raises:
        OSError: If the disk did not take it.
    """
    parts = [part for key in sorted(metrics) for part in _parts(key, metrics[key])]
    _write(path, parts, "zstd")
    with _open(path) as file:
        is_dense = any(_is_bomb(file, path, number) for number in range(file.num_row_groups))
    if is_dense:  # a huge constant series: written long, so that density stays a sign of attack
        _write(path, parts, "none")


def keys(path: Path) -> tuple[str, ...]:
    """Returns the metrics in a file, sorted.

    Raises:
        Untrusted: ``E-HASH`` if the file was changed, ``E-FORMAT`` if it is another kind of file.
    """
    with _open(path) as file:
        return tuple(dict.fromkeys(group.key for group in _index(file, path)))


def read_metric(path: Path, key: str) -> Series:
    """Returns one series; empty if the file has no such metric.

    Raises:
        Untrusted: ``E-HASH`` if the file was changed, ``E-BOMB`` if it expands beyond its budget.
    """
    with _open(path) as file:
        index = _index(file, path)
        found = [_read_group(file, path, i, g) for i, g in enumerate(index) if g.key == key]
    return concat(found)


def read_metrics(path: Path) -> dict[str, Series]:
    """Returns all series by metric.

    Raises:
        Untrusted: ``E-HASH`` if the file was changed, ``E-BOMB`` if it expands beyond its budget.
    """
    found: dict[str, list[Series]] = {}
    with _open(path) as file:
        for number, group in enumerate(_index(file, path)):
            found.setdefault(group.key, []).append(_read_group(file, path, number, group))
    return {key: concat(parts) for key, parts in found.items()}


def _parts(key: str, series: Series) -> Iterator[tuple[str, Series]]:
    for start in range(0, len(series), GROUP_POINTS):
        cut = slice(start, start + GROUP_POINTS)
        yield key, Series(series.steps[cut], series.times_us[cut], series.values[cut])


def _write(path: Path, parts: list[tuple[str, Series]], compression: str) -> None:
    index = [[key, len(part), _checksum(part)] for key, part in parts]
    text = json.dumps({"format": FORMAT, "groups": index}, ensure_ascii=True).encode()
    sealed = b"%08x" % zlib.crc32(text) + text
    with pq.ParquetWriter(
        path,
        _SCHEMA,
        compression=compression,
        use_dictionary=["key"],
        column_encoding=_ENCODINGS,
        write_page_checksum=True,
        write_statistics=["key", "step"],
        store_schema=False,
    ) as writer:
        writer.add_key_value_metadata({_INDEX: sealed})
        for key, part in parts:
            names = pa.DictionaryArray.from_arrays(np.zeros(len(part), np.int32), [key])
            columns = [names.cast(pa.string()), part.steps, part.times_us, part.values]
            table = pa.Table.from_arrays([pa.array(each) for each in columns], schema=_SCHEMA)
            writer.write_table(table, row_group_size=GROUP_POINTS)


def _open(path: Path) -> pq.ParquetFile:
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - 8))
        footer = int.from_bytes(stream.read(4), "little")
    if size < 12 or footer > min(size, MAX_INDEX_BYTES):
        raise _changed(path, "its end is not that of a Parquet file")
    try:
        return pq.ParquetFile(path, page_checksum_verification=True, memory_map=False)
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise _changed(path, _first_line(error)) from error


def _index(file: pq.ParquetFile, path: Path) -> list[_Group]:
    sealed = (file.metadata.metadata or {}).get(_INDEX, b"")
    if sealed[:8] != b"%08x" % zlib.crc32(sealed[8:]) or len(sealed) < 9:
        raise _changed(path, "its index is damaged or missing")
    document = json.loads(sealed[8:])
    if document["format"] != FORMAT:
        raise Untrusted(
            "E-FORMAT",
            f"{path.name} has format {document['format']}",
            "A newer Strongroom wrote it; open it there.",
        )
    groups = [_Group(*entry) for entry in document["groups"]]
    counts = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    if counts != [group.count for group in groups]:
        raise _changed(path, "its row groups are not those of its index")
    return groups


def _read_group(file: pq.ParquetFile, path: Path, number: int, group: _Group) -> Series:
    if _is_bomb(file, path, number):
        raise Untrusted(
            "E-BOMB",
            f"{path.name} expands to {group.count:,} points from almost nothing",
            "It was not written by Strongroom and was not read.",
        )
    try:
        table = file.read_row_group(number, columns=["step", "time", "value"], use_threads=False)
        series = Series(
            _array(table, "step", np.dtype(np.int64)),
            _array(table, "time", np.dtype(np.int64)),
            _array(table, "value", np.dtype(np.float64)),
        )
    except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError, MemoryError) as error:
        raise _changed(path, _first_line(error)) from error
    if len(series) != group.count or _checksum(series) != group.crc:
        raise _changed(path, "the decoded points are not those that were written")
    return series


def _array(table: pa.Table, name: str, kind: np.dtype[Any]) -> npt.NDArray[Any]:
    found: npt.NDArray[Any] = table.column(name).combine_chunks().to_numpy()
    if found.dtype != kind:
        raise ValueError(f"the column {name} has the type {found.dtype}")
    return found


def _is_bomb(file: pq.ParquetFile, path: Path, number: int) -> bool:
    group = file.metadata.row_group(number)
    if group.num_rows <= FREE_POINTS:
        return False
    claimed = sum(group.column(i).total_compressed_size for i in range(group.num_columns))
    stored = min(claimed, path.stat().st_size)
    return bool(group.num_rows > GROUP_POINTS or group.num_rows > stored * POINTS_PER_BYTE)


def _checksum(series: Series) -> int:
    crc = zlib.crc32(np.ascontiguousarray(series.steps).data)
    crc = zlib.crc32(np.ascontiguousarray(series.times_us).data, crc)
    return zlib.crc32(np.ascontiguousarray(series.values).data, crc)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]


def _changed(path: Path, why: str) -> Untrusted:
    return Untrusted(
        "E-HASH",
        f"{path.name} was changed after it was written ({why})",
        "Copy the run folder again from where it came; the numbers in it are not shown.",
    )
