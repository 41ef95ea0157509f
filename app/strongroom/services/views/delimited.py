# SPDX-License-Identifier: Apache-2.0
"""CSV and TSV as pages: where each thousandth record begins, and the records from there.

* A line break between quotes is no end of a record; the index follows the quotes.
* The index grows while pages are read forwards and in one sweep in the background. It holds
  numbers only: 8 bytes for `EVERY` records.
* Types are read off the first page and say so. Values stay the text of the file.
"""

import csv
import io
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from strongroom.domain.progress import Progress
from strongroom.models.bounded import BoundedStream
from strongroom.services.views.shapes import TableColumn, TableValue
from strongroom.services.views.visible import visible_cell

EVERY = 1_000  # records between two entries of the index
SWEEP_BYTES = 4 << 20
MAX_LINE_CHARACTERS = 1 << 20  # a longer one is no table
MAX_COLUMNS = 500
_QUOTE, _BREAK = 0x22, 0x0A


@dataclass(slots=True)
class RecordIndex:
    """Byte offsets of records 0, 1,000, 2,000, …; ``total`` once the end was seen."""

    offsets: "array[int]" = field(default_factory=lambda: array("q", [0]))
    seen: int = 0
    """Records whose beginning is behind the sweep."""
    at: int = 0
    is_quoted: bool = False
    header: int = 0
    """1 if the first record names the columns."""
    total: int | None = None


def sweep(
    stream: BoundedStream, size: int, index: RecordIndex, until: int | None, progress: Progress
) -> None:
    """Extends an index until record ``until`` lies behind, or to the end of the file.

    Raises:
        Cancelled: Between two pieces; the index stays right.
    """
    while index.total is None and (until is None or index.seen <= until):
        progress.step(index.at, size, "Counting rows")
        stream.seek(index.at)
        piece = np.frombuffer(stream.read(SWEEP_BYTES), dtype=np.uint8)
        if len(piece):
            _take(index, piece)
        if index.at >= size or not len(piece):
            _finish(stream, size, index)


def _take(index: RecordIndex, piece: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> None:
    quotes = np.flatnonzero(piece == _QUOTE)
    breaks = np.flatnonzero(piece == _BREAK)
    if len(quotes) or index.is_quoted:
        before = np.searchsorted(quotes, breaks) + index.is_quoted
        breaks = breaks[before % 2 == 0]
    first = index.seen + 1  # the record that begins behind the first break
    skip = -first % EVERY
    starts = breaks[skip::EVERY] + 1 + index.at
    index.offsets.extend(starts.tolist())
    index.seen += len(breaks)
    index.is_quoted = bool((len(quotes) + index.is_quoted) % 2)
    index.at += len(piece)


def _finish(stream: BoundedStream, size: int, index: RecordIndex) -> None:
    ends_open = False
    if size:
        stream.seek(size - 1)
        ends_open = stream.read(1) != b"\n"
    index.total = index.seen + ends_open


def records(
    stream: BoundedStream, index: RecordIndex, start: int, count: int, separator: str
) -> list[list[str]]:
    """Returns records from number ``start``, which the index has reached."""
    entry = min(start // EVERY, len(index.offsets) - 1)
    stream.seek(index.offsets[entry])
    reader = csv.reader(_lines(stream), delimiter=separator)
    found: list[list[str]] = []
    try:
        for number, record in enumerate(reader, start=entry * EVERY):
            if number >= start:
                found.append(record)
            if len(found) >= count:
                break
    except csv.Error as error:
        found.append([f"The rest cannot be read: {error}"])
    return found


def first_page(
    stream: BoundedStream, index: RecordIndex, count: int, separator: str
) -> tuple[tuple[TableColumn, ...], list[list[str]]]:
    """Returns the columns and the first records; a first record of numbers is no header."""
    found = records(stream, index, 0, count + 1, separator)
    if not found:
        return (), []
    width = min(MAX_COLUMNS, max(map(len, found)))
    is_headed = has_header(found)
    index.header = int(is_headed)
    names = found[0] if is_headed else []
    body = found[1:] if is_headed else found
    columns = []
    for at in range(width):
        values = [record[at] for record in body if at < len(record) and record[at].strip()]
        name = names[at] if at < len(names) else f"column {at + 1}"
        kind = _kind(values)
        columns.append(
            TableColumn(name=visible_cell(name), type=kind, is_number=kind in {"integer", "number"})
        )
    return tuple(columns), found


def has_header(found: Sequence[Sequence[str]]) -> bool:
    """Whether the first record names the columns: none of its fields is a number."""
    return bool(found) and not any(_is_number(each) for each in found[0])


def as_rows(
    found: Sequence[Sequence[str]], columns: Sequence[TableColumn]
) -> tuple[tuple[TableValue, ...], ...]:
    """Returns records as cells; what a short record lacks is None."""
    return tuple(
        tuple(visible_cell(record[at]) if at < len(record) else None for at in range(len(columns)))
        for record in found
    )


def _kind(values: Sequence[str]) -> str:
    if not values:
        return "empty"
    if all(_is_whole(each) for each in values):
        return "integer"
    if all(_is_number(each) for each in values):
        return "number"
    return "text"


def _is_whole(text: str) -> bool:
    digits = text.strip().lstrip("+-")
    return digits.isascii() and digits.isdigit() and len(digits) < 400


def _is_number(text: str) -> bool:
    if len(text) > 400 or "_" in text:
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True


def _lines(stream: BoundedStream) -> Iterator[str]:
    text = io.TextIOWrapper(io.BufferedReader(_Unowned(stream)), "utf-8", "replace", newline="")
    while line := text.readline(MAX_LINE_CHARACTERS):
        if len(line) >= MAX_LINE_CHARACTERS:
            raise csv.Error(f"a line has more than {MAX_LINE_CHARACTERS:,} characters")
        yield line.replace("\0", "\ufffd")


class _Unowned(io.RawIOBase):
    """A stream that a text wrapper may close without closing ours."""

    def __init__(self, stream: BoundedStream) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 - anything that can be written to
        piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)
