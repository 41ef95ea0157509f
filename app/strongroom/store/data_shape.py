# SPDX-License-Identifier: Apache-2.0
"""Counts rows and names columns of data files, with their types: CSV, TSV, Parquet.

* Of JSON lines and ``.npy`` only rows are counted.
* Text is streamed and never held; of Parquet and arrays only the description is read.
* Types are told by the look at values that logging takes, so that the same file says the same.
* Nothing is executed: an array of objects is not opened, a pickle is no data file.
* A file that is none of these, or damaged, has a size and nothing else.
"""

import csv
import io
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from strongroom.disk.data_digest import CHUNK_BYTES, open_plain_data
from strongroom.disk.parquet_footer import footer_of, footer_schema
from strongroom.disk.table_text import (
    MAX_HEADER_BYTES,
    PROBED,
    array_header,
    delimiter_of,
    lines_of,
    names_of,
    opened_text,
)
from strongroom.domain.column_tally import ColumnTally, look_at, rows_apart
from strongroom.domain.data_profile import MOST_COLUMNS
from strongroom.domain.dataset_check import DataShape
from strongroom.domain.progress import Progress

READ_BYTES = 1 << 20
MOST_TYPED = 256 << 20  # bytes of a text; of a longer one logging saw a part
MAX_COLUMNS = 10_000  # of a header; a wider one is no table for people
_TEXTS = (".csv", ".tsv", ".tab")
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
            with opened_text(_whole_file(stream, size, progress), is_delimited=False) as text:
                rows = sum(1 for line in lines_of(text) if line.strip())
            return DataShape(size_bytes=size, rows=rows)
        if ending in _PARQUET:
            return _of_parquet(path, stream, size)
        if ending == ".npy":
            return DataShape(size_bytes=size, rows=_array_rows(stream.read(MAX_HEADER_BYTES + 12)))
    return DataShape(size_bytes=size)


def recorded_shape(given: dict[str, str]) -> DataShape:
    """Returns what was logged of a dataset's shape.

    Types are compared only where values were looked at: without a profile they are what somebody
    said, or text for want of a look.
    """
    columns = _columns(given.get("schema", ""))
    if columns is not None and not given.get("profile", ""):
        columns = tuple((name, "") for name, _ in columns)
    return DataShape(
        size_bytes=_whole(given.get("size", "")),
        rows=_whole(given.get("rows", "")),
        columns=columns,
    )


def _of_text(stream: io.BufferedReader, size: int, progress: Progress) -> DataShape:
    beginning = opened_text(stream, is_delimited=True)
    head = beginning.read(PROBED)
    beginning.detach()
    stream.seek(0)
    whole = _whole_file(stream, size, progress)
    with opened_text(whole, is_delimited=True) as text:
        reader = csv.reader(lines_of(text), delimiter=delimiter_of(head))
        try:
            names = names_of(next(reader, []))
            tallies = [ColumnTally(name, is_text=True) for name in names[:MOST_COLUMNS]]
            if size > MOST_TYPED:
                tallies = []
            rows = look_at(reader, tallies, rows_apart(size, head, len(tallies)))
        except csv.Error:
            return DataShape(size_bytes=size)
    kinds = {each.name: each.profile().kind for each in tallies}
    columns = tuple((name, kinds.get(name, "")) for name in names)
    return DataShape(
        size_bytes=size, rows=rows, columns=columns if len(columns) <= MAX_COLUMNS else None
    )


class _Watched(io.RawIOBase):
    """A file as far as it reached when it was opened; says how much of it was read."""

    def __init__(self, stream: io.BufferedReader, size: int, progress: Progress) -> None:
        self._stream, self._size, self._progress = stream, size, progress
        self._done, self._told = 0, 0

    def readable(self) -> bool:
        """Whether bytes can be read: they can."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - as the class above has it
        """Reads the next bytes."""
        view = memoryview(buffer)[: self._size - self._done]
        count = self._stream.readinto(view) if view else 0
        self._done += count
        if self._done - self._told >= CHUNK_BYTES:
            self._told = self._done
            self._progress.step(self._done, self._size, "Counting rows")
        return count


def _whole_file(stream: io.BufferedReader, size: int, progress: Progress) -> io.BufferedReader:
    return io.BufferedReader(_Watched(stream, size, progress), READ_BYTES)


def _of_parquet(path: Path, stream: io.BufferedReader, size: int) -> DataShape:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(stream, memory_map=False, pre_buffer=False)
        kinds = _parquet_types(path)  # in the words of whoever logged the file; Arrow has others
        columns = tuple((field.name, kinds.get(field.name, "")) for field in file.schema_arrow)
        return DataShape(
            size_bytes=size,
            rows=file.metadata.num_rows,
            columns=columns if len(columns) <= MAX_COLUMNS else None,
        )
    except (pa.ArrowException, OSError, ValueError):
        return DataShape(size_bytes=size)


def _parquet_types(path: Path) -> dict[str, str]:
    try:
        return {each["name"]: each["type"] for each in footer_schema(footer_of(path))}
    except (OSError, ValueError):
        return {}


def _array_rows(head: bytes) -> int | None:
    """Returns the first extent of an array from the head of an ``.npy`` file."""
    try:
        _, shape = array_header(head)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return shape[0] if shape else 1


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
