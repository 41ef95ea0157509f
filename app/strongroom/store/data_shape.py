# SPDX-License-Identifier: Apache-2.0
"""Counts rows and names columns of data files: CSV, TSV, JSON lines, Parquet, ``.npy``.

* Text is streamed and never held; of Parquet and arrays only the description is read.
* Nothing is executed: an array of objects is not opened, a pickle is no data file.
* A file that is none of these, or damaged, has a size and nothing else.
"""

import ast
import csv
import io
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from strongroom.disk.data_digest import CHUNK_BYTES, open_plain_data
from strongroom.domain.dataset_check import DataShape
from strongroom.domain.progress import Progress

MAX_COLUMNS = 10_000  # of a header; a wider one is no table for people
MAX_LINE_BYTES = 16 << 20  # a line of text; what is longer is no table
MAX_HEADER_BYTES = 64 << 10  # of an .npy file
_TEXTS = (".csv", ".tsv", ".tab")
_DELIMITERS = b"\t;,|"
_LINES = (".jsonl", ".ndjson")
_PARQUET = (".parquet", ".pq")


def shape_of(path: Path, progress: Progress) -> DataShape:
    """Returns what can be counted of a file.

    Raises:
        OSError: If it cannot be read.
        Cancelled: If somebody asked to stop.
    """
    descriptor = open_plain_data(path)
    with os.fdopen(descriptor, "rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        ending = path.suffix.casefold()
        if ending in _TEXTS:
            return _of_text(stream, size, progress)
        if ending in _LINES:
            rows = sum(1 for line in _lines(stream, size, progress) if line.strip())
            return DataShape(size_bytes=size, rows=rows)
        if ending in _PARQUET:
            return _of_parquet(stream, size)
        if ending == ".npy":
            return DataShape(size_bytes=size, rows=_array_rows(stream.read(MAX_HEADER_BYTES)))
    return DataShape(size_bytes=size)


def recorded_shape(given: dict[str, str]) -> DataShape:
    """Returns what was logged of a dataset's shape."""
    return DataShape(
        size_bytes=_whole(given.get("size", "")),
        rows=_whole(given.get("rows", "")),
        columns=_columns(given.get("schema", "")),
    )


def _of_text(stream: io.BufferedReader, size: int, progress: Progress) -> DataShape:
    head = stream.readline(1 << 20)  # the delimiter is found as it was when the file was logged
    delimiter = chr(max(_DELIMITERS, key=head.count)) if head else ","
    stream.seek(0)
    lines = (line.decode("utf-8", "replace") for line in _lines(stream, size, progress))
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        header = next(reader, [])
        rows = sum(1 for row in reader if row)
    except csv.Error:
        return DataShape(size_bytes=size)
    header[:1] = [name.removeprefix("\ufeff") for name in header[:1]]
    names = [name.strip() or f"column {place}" for place, name in enumerate(header)]
    columns = tuple((name, "") for name in names) if len(names) <= MAX_COLUMNS else None
    return DataShape(size_bytes=size, rows=rows, columns=columns)


def _lines(stream: io.BufferedReader, size: int, progress: Progress) -> Iterator[bytes]:
    """Yields the lines of a file as far as it reached when it was opened."""
    done, told = 0, 0
    while done < size and (line := stream.readline(MAX_LINE_BYTES)):
        done += len(line)
        if done - told >= CHUNK_BYTES:
            told = done
            progress.step(done, size, "Counting rows")
        yield line


def _of_parquet(stream: io.BufferedReader, size: int) -> DataShape:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(stream, memory_map=False, pre_buffer=False)
        # Arrow names types in other words than whoever logged the file: names are compared.
        columns = tuple((field.name, "") for field in file.schema_arrow)
        return DataShape(
            size_bytes=size,
            rows=file.metadata.num_rows,
            columns=columns if len(columns) <= MAX_COLUMNS else None,
        )
    except (pa.ArrowException, OSError, ValueError):
        return DataShape(size_bytes=size)


def _array_rows(head: bytes) -> int | None:
    """Returns the first extent of an array from the head of an ``.npy`` file."""
    if head[:6] != b"\x93NUMPY" or len(head) < 12:
        return None
    wide = head[6] >= 2
    start = 12 if wide else 10
    length = int.from_bytes(head[8:start], "little")
    try:
        described = ast.literal_eval(head[start : start + length].decode("utf-8").strip())
        shape = described["shape"]
    except (ValueError, SyntaxError, KeyError, TypeError, MemoryError, RecursionError):
        return None
    return shape[0] if isinstance(shape, tuple) and shape and type(shape[0]) is int else None


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else None


def _columns(schema: str) -> tuple[tuple[str, str], ...] | None:
    try:
        listed = json.loads(schema)
    except (ValueError, RecursionError):
        return None
    if not isinstance(listed, list) or len(listed) > MAX_COLUMNS or not _all_named(listed):
        return None
    return tuple((str(each["name"]), str(each.get("type", ""))) for each in listed)


def _all_named(listed: Iterable[object]) -> bool:
    return all(isinstance(each, dict) and "name" in each for each in listed)
