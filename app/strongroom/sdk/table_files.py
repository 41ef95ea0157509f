# SPDX-License-Identifier: Apache-2.0
"""Reads from files of tables what a dataset is asked for: schema, rows, profile.

* CSV, TSV and JSON lines are read once in a stream; of long ones every k-th row is looked at. Of
  Parquet only the footer is read, of a numpy file the header.
* A file that is none of these, or is not what its name says, has no schema: its digest names it.
"""

import csv
import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from strongroom.disk.parquet_footer import footer_of, footer_profile, footer_schema
from strongroom.disk.table_text import (
    MAX_HEADER_BYTES,
    PROBED,
    array_header,
    delimiter_of,
    lines_of,
    names_of,
    opened_text,
)
from strongroom.domain.column_tally import MOST_CELLS, ColumnTally, look_at, rows_apart
from strongroom.domain.data_profile import MOST_COLUMNS, DataProfile
from strongroom.sdk.losses import Lost
from strongroom.sdk.profiles import tallied

MOST_PARSED = 256 << 20  # bytes of a text file that are taken apart: a few seconds
CHUNK_BYTES = 4 << 20


class FileFacts(NamedTuple):
    """What a file of a table tells: schema as a document, rows, profile; None where unknown."""

    schema: Any = None
    rows: int | None = None
    profile: DataProfile | None = None


def facts_of(path: Path, *, with_profile: bool) -> FileFacts:
    """Returns what the file tells of the table in it; nothing of a file that holds none.

    Raises:
        OSError: If it cannot be read.
    """
    read = _READERS.get(path.suffix.lower())
    if read is None:
        return FileFacts()
    try:
        return read(path, with_profile)
    except (Lost, ValueError, csv.Error, struct.error, SyntaxError, RecursionError, MemoryError):
        return FileFacts()  # the digest still names it


def _parquet(path: Path, with_profile: bool) -> FileFacts:
    footer = footer_of(path)
    profile = footer_profile(footer)
    return FileFacts(footer_schema(footer), profile.rows, profile if with_profile else None)


def _numpy(path: Path, with_profile: bool) -> FileFacts:
    del with_profile  # its values are told by whoever logs the array
    with path.open("rb") as stream:
        described, shape = array_header(stream.read(MAX_HEADER_BYTES + 12))
    facts = {"dtype": str(described), "shape": list(shape)}
    return FileFacts(facts, shape[0] if shape else 1)


def _delimited(path: Path, with_profile: bool) -> FileFacts:
    with path.open("rb") as raw, opened_text(raw, is_delimited=True) as stream:
        head = stream.read(PROBED)
        stream.seek(0)
        rows = csv.reader(_bounded(stream, MOST_PARSED), delimiter=delimiter_of(head))
        names = names_of(next(rows, []))
        tallies = [ColumnTally(name, is_text=True) for name in names[:MOST_COLUMNS]]
        every = rows_apart(path.stat().st_size, head, len(tallies))
        count = look_at(rows, tallies if with_profile else [], every)
    return _streamed(path, names, tallies, count, every > 1, with_profile=with_profile)


def _json_lines(path: Path, with_profile: bool) -> FileFacts:
    tallies: dict[str, ColumnTally] = {}
    count = 0
    size = path.stat().st_size
    is_sampled = size > MOST_PARSED
    with path.open("rb") as raw, opened_text(raw, is_delimited=False) as stream:
        for line in _bounded(stream, MOST_PARSED):
            if not line.strip():
                continue
            row = json.loads(line)
            if not isinstance(row, dict):
                raise Lost("type", "a line is no object")
            count += 1
            if count * max(1, len(tallies)) > MOST_CELLS:
                is_sampled = True
                continue
            for name, value in row.items():
                if name not in tallies and len(tallies) < MOST_COLUMNS:
                    tallies[name] = ColumnTally(str(name))
                if name in tallies:
                    tallies[name].add(value)
    for tally in tallies.values():  # a key that a row does not have is a value that is missing
        seen = min(count, MOST_CELLS // max(1, len(tallies)))
        tally.add_all(None for _ in range(seen - tally.count))
    return _streamed(
        path, list(tallies), list(tallies.values()), count, is_sampled, with_profile=with_profile
    )


def _streamed(
    path: Path,
    names: list[str],
    tallies: list[ColumnTally],
    count: int,
    is_sampled: bool,
    *,
    with_profile: bool,
) -> FileFacts:
    rows: int | None = count
    is_cut = path.stat().st_size > MOST_PARSED
    if is_cut:
        rows = _lines(path)
    profile = tallied(tallies, rows, is_sampled=is_sampled or is_cut)
    kinds = {each.name: each.kind for each in profile.columns} if with_profile else {}
    schema = [{"name": name, "type": kinds.get(name, "text")} for name in names]
    return FileFacts(schema, rows, profile if with_profile else None)


def _lines(path: Path) -> int | None:
    """Returns how many rows follow the first, None if a quoted cell may hold a line break."""
    count, last = 0, b"\n"
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            if b'"' in chunk:
                return None
            count += chunk.count(b"\n")
            last = chunk[-1:]
    return count - (last == b"\n")


def _bounded(text: TextIO, most: int) -> Iterator[str]:
    read = 0
    for line in lines_of(text):
        read += len(line)
        if read > most:
            return
        yield line


_READERS: dict[str, Callable[[Path, bool], FileFacts]] = {
    ".csv": _delimited,
    ".tsv": _delimited,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".parquet": _parquet,
    ".npy": _numpy,
}
